// The rules of tidy for documents, headers and named rules, shown red and green.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idsIn } from './tidy/harness.mjs'
import { loadProject } from './tidy/project.mjs'
import { check, core, expect, manifest, repository } from './tidy/test-repository.mjs'
import { unnamedRules } from './tidy/unnamed-rules.mjs'

test('harness files carry their header', () => {
  const file = 'packages/testkit/test/core/open.lane.test.ts'
  const header = (changes = {}) => {
    const parts = {
      pattern: 'Harness pattern: State-Machine Harness (open lane).',
      proves: 'PROVES: INV-A-B; it opens.',
      catches: 'CATCHES: M01 M45; a leak.',
      seeded: 'SEEDED: deterministic / no randomness.',
      ...changes,
    }
    return `/**\n * Lane.\n${Object.values(parts)
      .map((line) => ` * ${line}\n`)
      .join('')} */\n`
  }
  const ledger = { 'docs/testing.md': 'INV-A-B\n' }
  expect({ [file]: header(), ...ledger }, [])
  expect({ [file]: '' }, Array(4).fill(`${file}:1 harness`))
  expect({ [file]: header({ pattern: 'Harness pattern: Magic Harness.' }) }, [
    `${file}:1 harness harness pattern Magic`,
  ])
  expect({ [file]: header({ proves: '' }) }, [`${file}:1 harness header without PROVES`])
  expect({ [file]: header({ catches: 'CATCHES: M46; M7.' }) }, [
    `${file}:1 harness unknown mutant M46`,
    `${file}:1 harness unknown mutant M7`,
  ])
  expect({ [file]: header({ proves: 'PROVES: INV-C.' }), ...ledger }, [
    `${file}:1 harness unknown invariant INV-C`,
  ])
  expect({ [file]: `${header()}${'\n'.repeat(494)}` }, [`${file}:1 file-lines has 501 lines`])
})

test('a README snippet equals its source region', () => {
  const source = {
    'examples/a/main.ts': 'f(() => {\n  // #region use\n  one()\n    two()\n  // #endregion\n})\n',
  }
  const readme = (code) => ({
    ...source,
    'README.md': `# a\n\n<!-- source: examples/a/main.ts#use -->\n\n\`\`\`ts\n${code}\`\`\`\n`,
  })
  expect(readme('one()\n  two()\n'), [])
  expect(readme('one()\n'), ['README.md:3 snippet differs'])
  expect({ ...readme(''), 'examples/a/main.ts': '' }, [
    'README.md:3 snippet examples/a/main.ts has no region',
  ])
  expect({ 'README.md': '<!-- source: gone.ts#x -->\n```ts\n```\n' }, [
    'README.md:1 snippet source gone.ts',
  ])
})

test('rules named in test titles are counted and must exist', () => {
  const file = 'packages/core/test/a.test.ts'
  const { rulesNamed, findings } = check({
    [file]:
      "test('W-7..W-9 and R-3', f)\nit.each(['R-9'])('W-1 %s', f)\ndescribe(`W-12`, f)\nf('W-99')\n",
  })
  assert.deepEqual(rulesNamed, { W: [1, 7, 8, 9, 12], R: [3] })
  assert.deepEqual(findings, [])
  expect({ [file]: "\ntest('W-999', f)\n" }, [`${file}:2 rule-id unknown rule W-999`])
  assert.deepEqual(
    [...idsIn('W-2, W-4..5')].map(([, id]) => id),
    [2, 4, 5],
  )
})

test('a rule is named by a test or listed with a reason, and not both', () => {
  const root = repository({
    'scripts/tidy/unnamed-rules.mjs': '',
    'packages/core/test/a.test.ts': "test('W-1..W-167', f)\n",
  })
  const found = (...list) =>
    [...unnamedRules(loadProject(root), list)].map(({ message }) => message)
  assert.deepEqual(found({ first: 168, reason: 'not built' }), [])
  assert.deepEqual(found(), ['no test names W-168'])
  assert.deepEqual(found({ first: 166, last: 168, reason: 'not built' }), [
    'W-166 is listed, but a test names it',
    'W-167 is listed, but a test names it',
  ])
  assert.deepEqual(found({ first: 168, reason: '' }), ['no reason for W-168'])
})

test('the README of a package lists its entries', () => {
  const file = 'packages/core/README.md'
  const row = (entry) => `| \`${entry}\` | x |\n`
  const readme = (...rows) => ({
    'packages/core/package.json': JSON.stringify({
      ...JSON.parse(manifest('.', './testing')),
      name: '@batpak/core',
    }),
    [file]: `# x\n\n## Entries\n\n| import | gives |\n| - | - |\n${rows.map(row).join('')}\n## More\n\n${row('other')}`,
  })
  expect(readme('@batpak/core', '@batpak/core/testing'), [])
  expect(readme('@batpak/core'), [`${file}:3 entries does not list @batpak/core/testing`])
  expect(readme('@batpak/core', '@batpak/core/testing', '@batpak/core/gate'), [
    `${file}:3 entries lists @batpak/core/gate, which is not exported`,
  ])
  expect({ ...readme(), [file]: '# x\n' }, [`${file}:1 entries has no section`])
  expect({ 'packages/platform/README.md': '# x\n' }, [])
})

test('the README of a package links nothing outside it', () => {
  const file = 'packages/platform/README.md'
  expect({ [file]: '# x\n\n[a](#x) [b](src/index.ts) [c](https://example.org/../d)\n' }, [])
  expect({ [file]: '# x\n\n[errors](../../docs/errors.md)\n' }, [
    `${file}:3 link link ../../docs/errors.md leaves the package`,
  ])
  expect({ 'README.md': '[core](packages/core) [up](../x)\n' }, [])
})

test('the map names the folders of core', () => {
  const files = (map) => ({
    'ARCHITECTURE.md': map,
    ...core("import './gate/a.ts'\n"),
    'packages/core/src/gate/a.ts': 'export {}\n',
  })
  expect(files('    read/ · gate/   what permits\n'), [])
  expect(files('    delegate/  other\n'), [
    'ARCHITECTURE.md:1 map does not name packages/core/src/gate',
  ])
})
