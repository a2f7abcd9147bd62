/** The example of docs/evidence.md, run as it stands there, and its tables. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { bodyCases } from '../support/evidence-bodies.ts'
import { freshDir } from '../support/api-store.ts'

const packageRoot = fileURLToPath(new URL('../..', import.meta.url))
const text = readFileSync(join(packageRoot, '../../docs/evidence.md'), 'utf8')

it('the example of docs/evidence.md does what its comments say', () => {
  const example = /```js\n([\s\S]*?)```/.exec(text)?.[1]
  const app = freshDir()
  mkdirSync(join(app, 'node_modules', '@batpak'), { recursive: true })
  symlinkSync(packageRoot, join(app, 'node_modules', '@batpak', 'core'), 'junction')
  const args = ['--no-warnings', '--input-type=module', '-e', example!]
  const run = spawnSync(process.execPath, args, { cwd: app, encoding: 'utf8' })
  expect(run.stderr).toBe('')
  expect(run.stdout).toBe('2 []\ntrue\nStartHashMismatch\ntrue\n')
})

it('every field and every finding of a body stands in its tables', () => {
  for (const { body } of bodyCases()) {
    for (const field of Object.keys(body)) expect(text).toMatch(new RegExp(`\\b${field}\\b`))
    const { findings = [] } = body as { readonly findings?: readonly { readonly kind: string }[] }
    for (const { kind } of findings) expect(text).toMatch(new RegExp(`\\b${kind}\\b`))
  }
})
