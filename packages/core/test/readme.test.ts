/** The example of the README, run as it stands there. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { freshDir } from './support/api-store.ts'

const packageRoot = fileURLToPath(new URL('..', import.meta.url))

it('the example of the README does what its comments say', () => {
  const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8')
  const example = /```js\n([\s\S]*?)```/.exec(readme)?.[1]
  const app = freshDir()
  mkdirSync(join(app, 'node_modules', '@batpak'), { recursive: true })
  symlinkSync(packageRoot, join(app, 'node_modules', '@batpak', 'core'), 'junction')
  const args = ['--no-warnings', '--input-type=module', '-e', example!]
  const run = spawnSync(process.execPath, args, { cwd: app, encoding: 'utf8' })
  expect(run.stderr).toBe('')
  expect(run.stdout).toBe('true\n0\n{ cents: 4990 } unsigned_accepted\norder:17 0\n')
})
