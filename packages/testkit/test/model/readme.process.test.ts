/**
 * The README's store suite, from the built kit under the runner of Node.
 * Harness pattern: Runtime And Boundary Harness.
 * PROVES: the example of an application runs under `node --test` from the built package, and fails there, with a line that repeats it, when the application forgets at a reopen.
 * CATCHES: an example that is out of date; a kit that needs vitest, or the sources.
 * SEEDED: deterministic / no randomness beyond the suite's name.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const example = [...readme.matchAll(/```js\n([\s\S]*?)```/g)]
  .map(([, js]) => js!)
  .find((js) => js.includes('storeSuite('))!

/** Runs `source` in a project that has the packages of this workspace installed. */
function nodeTest(source: string, env: NodeJS.ProcessEnv = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'batpak-model-readme-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  mkdirSync(join(directory, 'node_modules', '@batpak'), { recursive: true })
  for (const name of ['core', 'testkit']) {
    const target = fileURLToPath(new URL(`../../../${name}`, import.meta.url))
    symlinkSync(target, join(directory, 'node_modules', '@batpak', name), 'junction')
  }
  writeFileSync(join(directory, 'orders.test.mjs'), source)
  // Without what vitest put into the environment: it would be taken for vitest.
  const { VITEST: _, NODE_OPTIONS: __, ...inherited } = process.env
  const { stdout } = spawnSync(
    process.execPath,
    ['--test', '--test-reporter=tap', 'orders.test.mjs'],
    { cwd: directory, encoding: 'utf8', env: { ...inherited, ...env } },
  )
  return stdout
}

it('the example of the README passes under node --test', { timeout: 60_000 }, () => {
  const output = nodeTest(example)
  expect(output).toMatch(/^# pass 2$/m)
  expect(output).toMatch(/^# fail 0$/m)
})

it('without its memory it fails, and the last line repeats it', { timeout: 60_000 }, () => {
  const forgetful = example.replace('sum(quantities(this.store)) //', '0 //')
  expect(forgetful).not.toBe(example)
  const output = nodeTest(forgetful)
  expect(output).toContain('law invariant violated')
  expect(output).toMatch(/program {3}\{"place":\{"sku":0,"qty":1\}\}/)
  const [, value] = /BATPAK_REPLAY='(.*)' node --test/.exec(output)!
  const again = nodeTest(forgetful, { BATPAK_REPLAY: value })
  expect(again).toMatch(/^# tests 1$/m)
  expect(again).toContain('law invariant violated')
})
