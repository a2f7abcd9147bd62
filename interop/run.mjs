// The interop check: builds the driver; the packages' `dist` is expected to be built. Then runs every
// test here against the real reference implementation, and prints what was compared.
// Usage: node run.mjs [NAME …] [--programs N] [--generations N] [--seed N]
//   NAME: only test files whose name contains it. The rest is for the random programs.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { build } from './driver.mjs'
import { report } from './tally.mjs'

const number = { type: 'string' }
const { values, positionals } = parseArgs({
  options: { programs: number, generations: number, seed: number },
  allowPositionals: true,
})

process.stderr.write('[interop] building the Rust driver (the first time takes about a minute)\n')
build()
const started = Date.now()
const scratch = mkdtempSync(join(tmpdir(), 'batpak-interop-tally-'))
const tally = join(scratch, 'tally')
const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=2', ...files()], {
  stdio: 'inherit',
  env: environment(),
})
const lines = report(tally)
rmSync(scratch, { recursive: true, force: true })
console.log(`[interop] compared in ${((Date.now() - started) / 1000).toFixed(0)} s:`)
for (const line of lines) console.log(line)
process.exitCode = status ?? 1

function files() {
  const tests = fileURLToPath(new URL('test/', import.meta.url))
  const wanted = (name) =>
    name.endsWith('.test.mjs') &&
    (positionals.length === 0 || positionals.some((part) => name.includes(part)))
  const found = readdirSync(tests).filter(wanted)
  if (found.length === 0) throw new Error(`no test file is named like ${positionals.join(', ')}`)
  return found.map((name) => `${tests}${name}`)
}

function environment() {
  const env = { ...process.env, BATPAK_INTEROP_TALLY: tally }
  for (const [name, value] of Object.entries(values)) {
    env[`BATPAK_INTEROP_${name.toUpperCase()}`] = value
  }
  return env
}
