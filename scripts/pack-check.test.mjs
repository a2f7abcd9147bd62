// What pack-check says of a tarball, on made-up packages: no packing, no registry.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { problemsOf, targetsOf } from './pack-check/contents.mjs'

const folder = mkdtempSync(join(tmpdir(), 'batpak-pack-check-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const NEEDED = ['README.md', 'LICENSE-MIT', 'LICENSE-APACHE']

/** The problems of a package with these source files and these further files in its tarball. */
function check({ sources = ['index'], files = [], manifest = {} } = {}) {
  rmSync(join(folder, 'src'), { recursive: true, force: true })
  for (const source of sources) {
    const path = join(folder, 'src', `${source}.ts`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, '')
  }
  const built = sources.flatMap((source) => [`src/${source}.ts`, `dist/${source}.js`])
  const entry = { data: Buffer.from('#!/usr/bin/env node\n'), mode: 0o755 }
  const entries = new Map([...NEEDED, ...built, ...files].map((file) => [file, entry]))
  return problemsOf({ name: 'p', manifest, entries }, folder)
}

test('targets are found under nested conditions, in lists, and not behind null', () => {
  const nested = { 'batpak-source': { require: './a.js', default: './b.ts' }, default: './c.js' }
  const manifest = {
    exports: { '.': nested, './x': ['./d.js', { default: './c.js' }], './no': null },
    bin: { tool: './e.js' },
  }
  assert.deepEqual(targetsOf(manifest), ['a.js', 'b.ts', 'c.js', 'd.js', 'e.js'])
  assert.deepEqual(targetsOf({ exports: './only.js', bin: './tool.js' }), ['only.js', 'tool.js'])
  assert.deepEqual(targetsOf({}), [])
  assert.deepEqual(check({ manifest: { exports: { '.': { a: { b: './gone.js' } } } } }), [
    'p: gone.js is missing',
  ])
})

test('folders in src and dist may be called fixtures or testing; tests are not packed', () => {
  assert.deepEqual(check({ sources: ['index', 'fixtures/profile', 'test/run'] }), [])
  for (const file of [
    'fixtures/store/a.fbat',
    'test/a.ts',
    'tests/b.ts',
    'more/test/a.ts',
    'src/node_modules/x.js',
    'coverage/index.html',
    'src/index.test.ts',
    'dist/.tsbuildinfo',
    'npm-debug.log',
  ]) {
    assert.deepEqual(check({ files: [file] }), [`p: ${file} is packed`], file)
  }
})

test('what was not built and what has no source is named', () => {
  assert.deepEqual(check({ files: ['dist/old.js'] }), ['p: dist/old.js has no source'])
  const unpacked = check({ manifest: { exports: './dist/none.js' } })
  assert.deepEqual(unpacked, ['p: dist/none.js is missing'])
})
