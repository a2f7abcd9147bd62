// The README shows what the program does: its session is run, its table of exit codes compared.
import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect, it } from 'vitest'
import { EXIT_MEANINGS } from '../src/exit-codes.ts'
import { bin, environment } from './support/run.ts'
import { copyStore, tempDir } from './support/stores.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

it.skipIf(process.platform === 'win32')('every command of the session prints what it shows', () => {
  const cwd = tempDir()
  renameSync(copyStore('clean', cwd), join(cwd, 'data'))
  renameSync(copyStore('flipped-frame', cwd), join(cwd, 'damaged'))
  const program = join(tempDir(), 'batpak')
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" --no-warnings "${bin}" "$@"\n`)
  chmodSync(program, 0o755)
  const env = environment({ PATH: `${join(program, '..')}${delimiter}${process.env['PATH']}` })
  const session = /```console\n([^]*?)```/.exec(readme)![1]!
  const steps = session.split(/^\$ /m).slice(1)
  expect(steps.length).toBeGreaterThan(5)
  for (const step of steps) {
    const [command = '', ...shown] = step.split('\n')
    const run = spawnSync('sh', ['-c', `${command} 2>&1`], { cwd, env, encoding: 'utf8' })
    expect(hostless(run.stdout)).toBe(hostless(shown.join('\n')))
  }
})

it('the table of exit codes is the one of the program', () => {
  const rows = [...readme.matchAll(/^\| +(\d+) \| (.*?) +\|$/gm)].map(([, code, text]) => [
    code,
    text,
  ])
  expect(Object.fromEntries(rows)).toEqual(EXIT_MEANINGS)
})

/** What depends on the host, such as whether an addon for maps is installed. */
function hostless(text: string): string {
  return text
    .replaceAll(/fingerprint \d+/g, 'fingerprint N')
    .replaceAll(/^warning: .*admit.*\n/gm, '')
    .replaceAll(/^ +(?=\d+\n)/gm, '')
}
