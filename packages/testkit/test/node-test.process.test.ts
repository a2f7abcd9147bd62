/**
 * The built kit under the runner of Node.
 * Harness pattern: Runtime And Boundary Harness.
 * PROVES: the README's suite runs under `node --test` from the built package, fails there with the law first, and its line repeats the failure alone.
 * CATCHES: a kit that needs vitest, or the sources; M01 and every other mutant under the second runner.
 * SEEDED: deterministic / no randomness beyond the suite's name.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const [suite = '', crash = '', machine = ''] = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(
  ([, js]) => js!,
)

/** A project that has the packages of this workspace installed. */
function project(source: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'batpak-testkit-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  mkdirSync(join(directory, 'node_modules', '@batpak'), { recursive: true })
  for (const name of ['core', 'testkit']) {
    const target = fileURLToPath(new URL(`../../${name}`, import.meta.url))
    symlinkSync(target, join(directory, 'node_modules', '@batpak', name), 'junction')
  }
  writeFileSync(join(directory, 'orders.test.mjs'), source)
  return directory
}

interface Outcome {
  readonly status: number | null
  readonly output: string
}

// Without what vitest put into the environment: it would be taken for vitest.
function node(directory: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Outcome {
  const { VITEST: _, NODE_OPTIONS: __, ...inherited } = process.env
  const options = { cwd: directory, encoding: 'utf8', env: { ...inherited, ...env } } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options)
  return { status, output: stdout + stderr }
}

const underNode = ['--test', '--test-reporter=tap', 'orders.test.mjs']

it('the suite of the README passes under node --test', { timeout: 60_000 }, () => {
  const { status, output } = node(project(suite), underNode)
  expect(output).toMatch(/^# fail 0$/m)
  expect(Number(/^# pass (\d+)$/m.exec(output)?.[1])).toBeGreaterThan(15)
  expect(status).toBe(0)
})

it(
  'an application that drops the profile fails there, and the last line repeats it',
  { timeout: 60_000 },
  () => {
    const broken = suite
      .replace('(options)', '({ platformProfilePath, ...options })')
      .replace("'orders', {", "'orders', { hosts: ['linux'], real: false,")
    expect(broken).not.toBe(suite)
    const directory = project(broken)
    const { status, output } = node(directory, underNode)
    expect(status).toBe(1)
    expect(output).toContain('law L-CLOSED violated: an open that must be refused succeeded')
    const repro = /BATPAK_REPLAY='(.*)' node --test --test-name-pattern='orders open lane'/.exec(
      output,
    )
    const again = node(directory, underNode, { BATPAK_REPLAY: repro?.[1] })
    expect(again.output).toMatch(/^# tests 1$/m)
    expect(again.output).toContain('law L-CLOSED violated')
    expect(again.status).toBe(1)
  },
)

it('the crashes of the README pass under node --test', { timeout: 60_000 }, () => {
  const { status, output } = node(project(crash), underNode)
  expect(output).toMatch(/^# fail 0$/m)
  expect(output).toMatch(/^# pass 4$/m)
  expect(status).toBe(0)
})

it('the machine of the README does what its comments say', () => {
  const directory = project('')
  writeFileSync(join(directory, 'machine.mjs'), machine)
  const promised = [...machine.matchAll(/\/\/ prints: (.*)/g)].map(([, line]) => line)
  expect(promised).toHaveLength(2)
  expect(node(directory, ['machine.mjs'])).toEqual({
    status: 0,
    output: `${promised.join('\n')}\n`,
  })
})
