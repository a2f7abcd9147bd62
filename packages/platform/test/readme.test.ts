import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { lockBackends } from './support/available.ts'
import { tempDir } from './support/temp-dir.ts'

const packageRoot = fileURLToPath(new URL('..', import.meta.url))

it.skipIf(lockBackends.length === 0)('the example of the README does what its comments say', () => {
  const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8')
  const example = /```js\n([\s\S]*?)```/.exec(readme)?.[1]
  const app = tempDir()
  mkdirSync(join(app, 'node_modules', '@batpak'), { recursive: true })
  symlinkSync(packageRoot, join(app, 'node_modules', '@batpak', 'platform'), 'junction')
  const run = spawnSync(
    process.execPath,
    ['--no-warnings', '--input-type=module', '-e', example!],
    {
      cwd: app,
      encoding: 'utf8',
    },
  )
  expect(run.stderr).toBe('')
  expect(run.stdout).toBe('ObservedDirectory\ntrue\nok\n')
  expect(readFileSync(join(app, 'state.json'), 'utf8')).toBe('{}')
  expect(readdirSync(app).toSorted()).toEqual(['.my.lock', 'node_modules', 'state.json'])
})
