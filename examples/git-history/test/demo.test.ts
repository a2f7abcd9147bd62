/** The demo records a history once, however often it runs, and finds everything again. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import type { Report } from '../src/report.ts'

const example = fileURLToPath(new URL('..', import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'batpak-demo-test-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

function demo(main: string, name: string, env: Record<string, string> = {}): Report {
  const args = [main, '--json', '--data', join(work, name)]
  const run = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  expect(run.status, run.stderr).toBe(0)
  return JSON.parse(run.stdout) as Report
}

describe('npm run demo', () => {
  const main = join(example, 'dist', 'main.js')

  it('records every commit, and in a second run none again', () => {
    const first = demo(main, 'twice')
    expect(first.problems).toEqual([])
    expect(first.added).toBe(first.commits)
    expect(first.commits).toBeGreaterThan(5)
    expect(first.receipts).toEqual({ unsigned_accepted: first.commits })
    expect(first.chains.broken).toEqual([])
    expect(first.reference.agreeing).toBe(first.reference.events)
    const second = demo(main, 'twice')
    expect(second).toMatchObject({ added: 0, commits: first.commits, problems: [] })
    expect(second.reopened.events).toBe(first.reopened.events + 2)
  })

  it('says what is missing where nothing maps, and works all the same', () => {
    const report = demo(main, 'unmapped', { BATPAK_MMAP: 'off' })
    expect(report.problems).toEqual([])
    expect(report.profile.maps).toBe(false)
    expect(report.backends.mmap.backend).toBe('none')
  })

  it('takes the bundled history where there is no repository', () => {
    const report = demo(main, 'bundled', { GIT_DIR: join(work, 'no-repository') })
    expect(report.source).toMatch(/bundled history \(no git repository here\)/)
    expect(report.problems).toEqual([])
    expect(report.added).toBe(report.commits)
  })
})

it('an unknown option is a usage error', () => {
  const main = join(example, 'dist', 'main.js')
  const run = spawnSync(process.execPath, [main, '--nope'], { encoding: 'utf8' })
  expect(run.status).not.toBe(0)
  expect(run.stderr).toMatch(/nope/)
})
