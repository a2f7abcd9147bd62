/** What the README shows runs and prints what it says, and the fixtures are what their script writes. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const packageDir = fileURLToPath(new URL('..', import.meta.url))

it('the example of the README prints what its comments say', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const example = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  const promised = [...example.matchAll(/\/\/ prints: (.*)/g)].map(([, line]) => line)
  // From standard input, so that the package is found by its name, as a user's program finds it.
  const args = ['--input-type=module', '-']
  const options = { cwd: packageDir, input: example, encoding: 'utf8' } as const
  expect(promised.length).toBeGreaterThan(0)
  expect(execFileSync(process.execPath, args, options).trimEnd().split('\n')).toStrictEqual(
    promised,
  )
})

it('the fixtures are what their script writes', () => {
  const script = fileURLToPath(new URL('../../../fixtures/platform/generate.mjs', import.meta.url))
  execFileSync(process.execPath, [script, '--check'], { cwd: packageDir })
})
