// Small repositories in a temp directory, on which the tests of tidy show each rule red and green.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after } from 'node:test'
import { tidy } from '../tidy.mjs'

const work = mkdtempSync(join(tmpdir(), 'batpak-tidy-'))
after(() => rmSync(work, { recursive: true, force: true }))

export const manifest = (...subpaths) => {
  const exports = subpaths.map((subpath) => [
    subpath,
    { 'batpak-source': `./src/${subpath === '.' ? 'index' : subpath.slice(2)}.ts` },
  ])
  return JSON.stringify({ exports: Object.fromEntries(exports) })
}
const SKELETON = {
  'packages/profile-schema/package.json': manifest('.', './evidence'),
  'packages/profile-schema/src/index.ts': 'export {}\n',
  'packages/profile-schema/src/evidence.ts': 'export {}\n',
  'packages/platform/package.json': manifest('.'),
  'packages/platform/src/index.ts': 'export {}\n',
  'packages/core/package.json': manifest('.', './testing'),
  'packages/core/src/index.ts': 'export {}\n',
  'packages/core/src/testing.ts': 'export {}\n',
  'packages/testkit/package.json': manifest('.'),
  'packages/testkit/src/index.ts': 'export {}\n',
  'packages/cli/package.json': JSON.stringify({ bin: { batpak: './dist/bin.js' } }),
  'packages/cli/src/bin.ts': '#!/usr/bin/env node\nexport {}\n',
}

/** Its root directory; the files are given by their path in it. */
export function repository(files) {
  const root = mkdtempSync(join(work, 'r'))
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  return root
}

export function check(files, { git = false } = {}) {
  const root = repository({ ...SKELETON, ...files })
  if (git) {
    execFileSync('git', ['init', '-q'], { cwd: root })
    execFileSync('git', ['add', '-A', '-f'], { cwd: root })
  }
  return tidy(root)
}

/** Expects exactly these findings, each written `file:line rule` or `file:line rule text`. */
export function expect(files, wanted, options) {
  const found = check(files, options).findings.map(
    ({ file, line, rule, message }) => `${file}:${line} ${rule} ${message}`,
  )
  assert.equal(found.length, wanted.length, found.join('\n') || 'nothing found')
  for (const [index, start] of wanted.entries()) {
    assert.ok(found[index].startsWith(start), `${found[index]}\ninstead of\n${start}`)
  }
}

export const core = (text) => ({ 'packages/core/src/index.ts': text })
export const CORE = 'packages/core/src/index.ts'
