// The rules of tidy for code, shown red and green on small repositories.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodies } from './tidy/functions.mjs'
import { lex } from './tidy/lexer.mjs'
import { CORE, core, expect, manifest } from './tidy/test-repository.mjs'

const schema = (text) => ({ 'packages/profile-schema/src/index.ts': text })

test('a repository that keeps the rules has no finding', () => expect({}, []))

test('imports follow the layers', () => {
  const use = (name, specifier) => ({
    [`packages/${name}/src/index.ts`]: `import { x } from '${specifier}'\n`,
  })
  expect(use('platform', '@batpak/profile-schema/evidence'), [])
  expect(use('platform', '@batpak/core'), [
    'packages/platform/src/index.ts:1 imports platform must',
  ])
  expect(use('core', '@batpak/platform'), [])
  expect(use('core', '@batpak/testkit'), ['packages/core/src/index.ts:1 imports core must not'])
  expect(use('testkit', '@batpak/core/testing'), [])
  expect(use('testkit', '@batpak/core/store'), [
    'packages/testkit/src/index.ts:1 imports @batpak/core/store is',
  ])
  expect(use('testkit', 'vitest'), ['packages/testkit/src/index.ts:1 imports test runner'])
  expect(use('profile-schema', '@batpak/platform'), [
    'packages/profile-schema/src/index.ts:1 imports profile',
  ])
  expect(
    {
      'packages/core/test/a.test.ts':
        "import { x } from '@batpak/core'\nimport y from '@batpak/testkit'\n",
    },
    ['packages/core/test/a.test.ts:2 imports core must not import @batpak/testkit'],
  )
})

test('deep, compiled and relative imports of other packages are refused', () => {
  const file = 'packages/core/test/a.test.ts'
  expect({ [file]: "import { x } from '../src/index.ts'\nspawn('../dist/bin.js')\n" }, [])
  expect({ [file]: "import { x } from '../dist/index.js'\n" }, [
    `${file}:1 imports import of compiled`,
  ])
  expect({ [file]: "import { x } from '../../platform/src/index.ts'\n" }, [
    `${file}:1 imports relative`,
  ])
  expect({ [file]: "await import('@batpak/platform/dist/index.js')\n" }, [
    `${file}:1 imports @batpak/platform/dist`,
  ])
  expect(core("import { x } from '../test/helper.ts'\n"), [
    `${CORE}:1 imports import from outside src`,
  ])
})

test('the root of profile-schema is loaded by one file of core, lazily', () => {
  const root = "'@batpak/profile-schema'"
  const lazy = `export const load = () => createRequire(import.meta.url)(${root})\n`
  const loader = 'packages/core/src/open/profile-check.ts'
  const entry = core("export { load } from './open/profile-check.ts'\n")
  expect({ ...entry, [loader]: lazy }, [])
  expect({ ...entry, [loader]: `import type { P } from ${root}\n` }, [])
  expect({ ...entry, [loader]: `import { type P } from ${root}\n` }, [
    `${loader}:1 imports static import`,
  ])
  expect(core(lazy), [`${CORE}:1 imports lazy import`])
  expect({ 'packages/cli/src/bin.ts': `import { x } from ${root}\n` }, [])
})

test('cycles of run-time imports fail, cycles of types do not', () => {
  const cycle = (back) => ({
    ...core("export { a } from './a.ts'\n"),
    'packages/core/src/a.ts': "import { b } from './b.ts'\nexport const a = b\n",
    'packages/core/src/b.ts': `import ${back} { a } from './a.ts'\nexport const b = 1\n`,
  })
  expect(cycle('type'), [])
  expect(cycle(''), ['packages/core/src/a.ts:1 cycle import cycle: packages/core/src/a.ts -> '])
})

test('files that no entry reaches, and entries without a file, are named', () => {
  const dead = { 'packages/core/src/dead.ts': 'export {}\n' }
  expect(dead, ['packages/core/src/dead.ts:1 dead-file'])
  expect({ ...dead, ...core("export const url = new URL('./dead.js', import.meta.url)\n") }, [])
  expect({ 'packages/core/package.json': manifest('.', './testing', './gate') }, [
    'packages/core/package.json:1 entry ./gate leads to packages/core/src/gate.ts, which is missing',
  ])
})

test('core and profile-schema do not touch the machine', () => {
  for (const text of [
    "import { readFileSync } from 'node:fs'",
    "import fs from 'fs'",
    "const load = (name = 'mmap-io') => name",
    'const now = Date.now()',
    'const now = new Date()',
    'const now = performance.now()',
    'const dice = Math.random()',
    'const id = randomUUID()',
    'const now = process.hrtime.bigint()',
    'const dir = process.env.DIR',
  ]) {
    expect(core(`\n${text}\n`), [`${CORE}:2 banned`])
    expect(schema(`\n${text}\n`), ['packages/profile-schema/src/index.ts:2 banned'])
  }
  expect(core('const a = "Date.now()" // Math.random()\nconst b = clock.performance.now()\n'), [])
  expect(core("import { crc32 } from 'node:zlib'\n"), [])
  expect(schema("import { crc32 } from 'node:zlib'\n"), [
    'packages/profile-schema/src/index.ts:1 banned module',
  ])
  expect(schema('const b = Buffer.from([])\n'), [
    'packages/profile-schema/src/index.ts:1 banned Buffer',
  ])
  expect(schema('const p = process.platform\n'), [
    'packages/profile-schema/src/index.ts:1 banned process',
  ])
  expect(
    { 'packages/platform/src/index.ts': "import { readFileSync } from 'node:fs'\nDate.now()\n" },
    [],
  )
})

test('the console belongs to the cli', () => {
  expect({ 'packages/cli/src/bin.ts': 'console.log(1)\n' }, [])
  expect({ 'packages/testkit/src/index.ts': 'console.log(1)\n' }, [
    'packages/testkit/src/index.ts:1 banned console',
  ])
})

test('any is refused as a type and allowed as a word', () => {
  for (const text of [
    'let x: any',
    'const y = x as any',
    'let m: Map<string, any>',
    'let l: any[]',
  ]) {
    expect(core(`${text}\n`), [`${CORE}:1 banned any`])
  }
  expect(core('// any: as any\nconst any = { any: 1, all: any() }\nconst many: Any = 1\n'), [])
})

test('core throws its own errors', () => {
  for (const text of [
    "throw new Error('x')",
    "reject(new Error('x'))",
    "throw 'x'",
    'throw new SyntaxError()',
  ]) {
    expect(core(`${text}\n`), [`${CORE}:1 banned`])
  }
  for (const name of ['StoreError', 'TypeError', 'RangeError', 'InvariantError']) {
    expect(core(`throw new ${name}('x')\n`), [])
  }
  expect(core('throw error\n'), [])
  const carrier = (comment) =>
    core(`/** ${comment} */\nclass Torn extends Error {}\nthrow new Torn()\n`)
  expect(carrier('Internal: the scanner turns it into CorruptFrame.'), [])
  expect(carrier('A torn frame.'), [`${CORE}:3 banned thrown class Torn`])
  expect({ 'packages/platform/src/index.ts': "throw new Error('x')\n" }, [])
})

test('a catch throws, uses the error or says why not', () => {
  const where = `${CORE}:1 catch`
  expect(core('try { f() } catch {}\n'), [where])
  expect(core('try { f() } catch { return 1 }\n'), [where])
  expect(core('try { f() } catch (error) { return 1 }\n'), [where])
  expect(core('f().catch(() => {})\n'), [where])
  expect(core('try { f() } catch { /* gone already: nothing to release */ }\n'), [])
  expect(core('try { f() } catch (error) { throw wrap(error) }\n'), [])
  expect(core('try { f() } catch (error) { return { ok: false, error } }\n'), [])
})

test('checks are switched off with a reason only', () => {
  const where = `${CORE}:1 silenced`
  expect(core('// @ts-ignore\n'), [where])
  expect(core('// @ts-expect-error the message is wrong on purpose\n'), [])
  expect(core('// oxlint-disable-next-line no-eval\n'), [where])
  expect(core('// oxlint-disable-next-line no-eval -- the fixture needs it\n'), [])
})

test('unfinished marks and top-level await stay out of src', () => {
  expect(core('// TODO: later\n'), [`${CORE}:1 unfinished`])
  expect(core('const x = await f()\n'), [`${CORE}:1 await`])
  expect(core('async function g() {\n  await f()\n}\nconst h = async () => await f()\n'), [])
  expect({ 'packages/cli/src/bin.ts': 'await main()\n' }, [])
})

test('sizes have limits and debts are named, used and justified', () => {
  const lines = (count) => '// x\n'.repeat(count)
  const long = (count) => `export function f(): { a: 1 } {\n${lines(count - 2)}}\n`
  const DEBT = 'scripts/tidy/debt.json'
  const debt = (entry) => ({ [DEBT]: JSON.stringify([entry]) })
  const entry = { rule: 'file-lines', file: CORE, lines: 401, reason: 'one table' }
  expect(core(lines(400)), [])
  expect(core(lines(401)), [`${CORE}:1 file-lines has 401 lines, the limit is 400`])
  expect({ ...core(lines(401)), ...debt(entry) }, [])
  expect({ ...core(lines(402)), ...debt(entry) }, [
    `${CORE}:1 file-lines has 402 lines, its debt allows 401`,
  ])
  expect({ ...core(lines(400)), ...debt(entry) }, [`${DEBT}:1 debt stale`])
  expect({ ...core(lines(401)), ...debt({ ...entry, reason: '' }) }, [`${DEBT}:1 debt no reason`])
  expect(core(long(70)), [])
  expect(core(long(71)), [`${CORE}:1 function-lines f has 71 lines`])
})

test('no path of a machine, registry host or build result is committed', () => {
  const path = ['', 'home', 'someone', 'x'].join('/') // in parts: this file is checked as well
  const outside = ['..', 'shared', 'x'].join('/')
  const host = ['https://registry', 'example'].join('.')
  expect({ 'a.yml': `dir: ${path}\n` }, ['a.yml:1 hygiene path of one machine'])
  expect(
    {
      'a.md': `code \`${path}\`\n\n\`\`\`\n${path}\n\`\`\`\n`,
      'b.ts': "const x = '/home/'\n",
    },
    [],
  )
  expect({ 'a.md': `text ${path}\n` }, ['a.md:1 hygiene path of one machine'])
  expect({ 'a.md': `\n\`${outside}\`\n` }, ['a.md:2 hygiene path outside'])
  expect({ 'a.yml': `${host}\n` }, ['a.yml:1 hygiene registry host'])
  expect({ 'pnpm-lock.yaml': 'tarball: https://example.org\n' }, [
    'pnpm-lock.yaml:1 hygiene address',
  ])
  expect({ 'interop/Cargo.lock': '' }, ['interop/Cargo.lock:1 hygiene build result'], { git: true })
})

test('every TypeScript project is type-checked', () => {
  const files = (path) => ({
    'tsconfig.json': JSON.stringify({ references: [{ path }] }),
    'examples/a/tsconfig.json': '{}',
  })
  expect(files('examples/a'), [])
  expect(files('examples/b'), ['examples/a/tsconfig.json:1 typecheck nothing type-checks'])
})

test('the lexer tells code from text', () => {
  const { code, literals, comments } = lex('a(`x${b("c")}y`) / 2 // e\nf(/["`]/) + \'d\'')
  assert.deepEqual(
    literals.map(({ value }) => value),
    ['c', 'xy', 'd'],
  )
  assert.equal(comments.length, 1)
  assert.equal(code, 'a(` ${b(" ")} `) / 2     \nf(/    /) + \' \'')
})

test('function bodies are found behind types and not in signatures', () => {
  const names = (text) => bodies(lex(text).code).map(({ name }) => name)
  assert.deepEqual(names('function f(a: { b: 1 }): { c: 2 } | D<{ e: 3 }> {\n}'), ['f'])
  assert.deepEqual(names('class A {\n  static async g<T>(x: T): Promise<void> {\n  }\n}'), ['g'])
  assert.deepEqual(names('const h = (x: number): number => {\n}'), ['h'])
  assert.deepEqual(
    names('function f(a: 1): void\ninterface B {\n  g(x: 1): { y: 2 }\n}\nif (x) {\n}'),
    [],
  )
  assert.deepEqual(names('function is(x: unknown): x is { a: 1 } {\n}'), ['is'])
})
