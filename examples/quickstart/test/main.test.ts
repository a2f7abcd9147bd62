/** The twelve lines of the README do what the README says. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')

it('the first run prints what stands in the README', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'batpak-quickstart-'))
  try {
    const { stdout, stderr, status } = spawnSync(process.execPath, [main], {
      cwd,
      encoding: 'utf8',
    })
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    const [, shown] = /prints\n\n```text\n([^]*?)```/.exec(readme) ?? []
    expect(stdout).toBe(shown)
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
})

it('the example has twelve lines', () => {
  const source = readFileSync(new URL('../src/main.ts', import.meta.url), 'utf8')
  const lines = source.split('\n').filter((line) => line !== '' && !line.startsWith('//'))
  expect(lines).toHaveLength(12)
})
