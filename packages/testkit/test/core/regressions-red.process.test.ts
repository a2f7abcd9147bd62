/**
 * The saved programs against a batpak without the rule that each is about.
 * Harness pattern: Fault-Injection Harness.
 * PROVES: every saved program turns red, with the law that it names, when its rule is switched off in a copy of the built packages.
 * CATCHES: a program that cannot fail; a change after which a program no longer reaches its rule.
 * SEEDED: deterministic / no randomness.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import type { Program } from '../../src/index.ts'
import { savedRegressions, type Patch } from '../support/regressions.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const PACKAGES = ['profile-schema', 'platform', 'core', 'testkit']
const regressions = savedRegressions()
let copy = ''

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'batpak-mutant-'))
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'junction')
  for (const name of PACKAGES) {
    for (const part of ['dist', 'package.json', 'node_modules']) {
      // Links between the packages are relative: in the copy they lead to the copy.
      const options = { recursive: true, verbatimSymlinks: true }
      cpSync(join(ROOT, 'packages', name, part), join(copy, 'packages', name, part), options)
    }
  }
}, 60_000)

afterAll(() => rmSync(copy, { recursive: true, force: true }))

for (const { id, law, rule, program, mutant } of regressions) {
  it(`${id} breaks ${law} without ${rule}`, { timeout: 60_000 }, () => {
    mutant.forEach(apply)
    expect(lawsBrokenBy([program])).toEqual([law])
  })
}

it('without a mutant they break no law', { timeout: 60_000 }, () => {
  const programs = regressions.map(({ program }) => program)
  expect(lawsBrokenBy(programs)).toEqual(programs.map(() => 'none'))
})

/** Switches a rule off in the copy until the running test ends. */
function apply({ file, replace, by }: Patch): void {
  const path = join(copy, 'packages', file)
  const text = readFileSync(path, 'utf8')
  expect(text.split(replace), `${replace} stands once in ${file}`).toHaveLength(2)
  writeFileSync(
    path,
    text.replace(replace, () => by),
  )
  onTestFinished(() => writeFileSync(path, text))
}

/** Runs programs in a process of its own, on the copy. */
function lawsBrokenBy(programs: readonly Program[]): unknown {
  const kit = pathToFileURL(join(copy, 'packages/testkit/dist/index.js')).href
  const source = `
    import { replayProgram } from ${JSON.stringify(kit)}
    const laws = JSON.parse(process.argv[1]).map((program) => {
      try {
        replayProgram(program)
        return 'none'
      } catch (error) {
        return error.law ?? error.stack
      }
    })
    console.log(JSON.stringify(laws))`
  const args = ['--input-type=module', '--eval', source, JSON.stringify(programs)]
  const { NODE_OPTIONS: _, ...env } = process.env
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env })
  return stderr === '' ? (JSON.parse(stdout) as unknown) : stderr
}
