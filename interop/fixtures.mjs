// Where the committed stores of the reference are, and how they are compared.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import { dump } from './driver.mjs'

export const fixturesDir = join(
  dirname(fileURLToPath(import.meta.url)),
  '../fixtures/abi/rust-0.8.0',
)

// A clock that stands still at 0: the frontier of a read-only open is then the highest recovered point.
const common = ['--clock-us', '0', '--verify', '--walk', '64', '--max-payload', '512']

/** The two dumps of a fixture, by file name. */
export const dumps = {
  'dump.json': [...common, '--values'],
  'dump-rebuild.json': [...common, '--no-artifacts'],
}

/** Calls `use` with a copy of a store that is removed afterwards. */
export function withCopy(store, use) {
  const parent = mkdtempSync(join(tmpdir(), 'batpak-interop-'))
  try {
    const copy = join(parent, 'store')
    cpSync(store, copy, { recursive: true })
    return use(copy)
  } finally {
    rmSync(parent, { recursive: true, force: true })
  }
}

/** A dump as committed: one line per row and per entity. */
export function format(document) {
  const field = ([key, value]) => `${JSON.stringify(key)}: ${lines(value)}`
  return `{\n${Object.entries(document).map(field).join(',\n')}\n}\n`
}

function lines(value) {
  if (!Array.isArray(value) || value.length === 0) return JSON.stringify(value)
  return `[\n${value.map((item) => `  ${JSON.stringify(item)}`).join(',\n')}\n]`
}

/** The dump of a copy, and the names of files that a read-only open changed. */
export function observe(store, flags) {
  return withCopy(store, (copy) => {
    const document = dump(copy, ...flags)
    const [before, after] = [contents(store), contents(copy)]
    const names = new Set([...Object.keys(before), ...Object.keys(after)])
    names.delete('.batpak.lock')
    const changed = [...names].filter((name) => before[name] !== after[name])
    return { document, changed }
  })
}

/** Files below `dir` with their bytes in hex. */
export function contents(dir) {
  const found = {}
  for (const name of readdirSync(dir, { recursive: true })) {
    const path = join(dir, name)
    if (statSync(path).isFile()) found[relative(dir, path)] = readFileSync(path).toString('hex')
  }
  return found
}
