/**
 * Lock backends against other processes.
 * Harness pattern: Runtime And Boundary Harness.
 * PROVES: one live owner per lock file, across processes and across implementations of flock.
 * CATCHES: a backend that takes POSIX record locks, a helper whose lock dies with it, a lock that
 *   outlives its process.
 * SEEDED: deterministic / no randomness.
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hasFlockProgram, hasPython, lockBackends } from '../support/available.ts'
import type { Child } from '../support/child.ts'
import { startProgram, startScript } from '../support/child.ts'
import { platformWith } from '../support/host.ts'
import { tempDir } from '../support/temp-dir.ts'

interface Outcome {
  readonly locked: boolean
  readonly backend: string
}

async function hold(path: string, backend: string): Promise<{ child: Child; outcome: Outcome }> {
  const child = startScript('hold-lock.mjs', [path], { BATPAK_LOCK: backend })
  return { child, outcome: JSON.parse(await child.line()) as Outcome }
}

function tryHere(path: string, backend: string): boolean {
  const { fs } = platformWith({ lock: backend }).platform
  const fd = fs.open(path, 'lock-nofollow')
  try {
    return fs.tryLock(fd)
  } finally {
    fs.close(fd)
  }
}

describe.each(lockBackends)('a process that locks with %s', (holder) => {
  it.each(lockBackends)('excludes one that locks with %s until it ends', async (contender) => {
    const path = join(tempDir(), '.batpak.lock')
    const { child, outcome } = await hold(path, holder)
    expect(outcome.locked).toBe(true)
    expect(outcome.backend.startsWith(holder)).toBe(true)
    expect(tryHere(path, contender)).toBe(false)
    await child.end()
    expect(tryHere(path, contender)).toBe(true)
  })

  it('frees the lock when it is killed', async () => {
    const path = join(tempDir(), '.batpak.lock')
    const { child } = await hold(path, holder)
    expect(tryHere(path, holder)).toBe(false)
    await child.kill()
    expect(tryHere(path, holder)).toBe(true)
  })

  it.skipIf(!hasFlockProgram)('excludes a foreign flock(1)', async () => {
    const path = join(tempDir(), '.batpak.lock')
    const { child } = await hold(path, holder)
    expect(spawnSync('flock', ['-x', '-n', path, 'true']).status).toBe(1)
    await child.end()
    expect(spawnSync('flock', ['-x', '-n', path, 'true']).status).toBe(0)
  })

  it.skipIf(!hasFlockProgram)('is excluded by a foreign flock(1)', async () => {
    const path = join(tempDir(), '.batpak.lock')
    writeFileSync(path, '')
    const foreign = startProgram('flock', ['-x', path, '-c', 'echo locked; cat'])
    expect(await foreign.line()).toBe('locked')
    expect((await hold(path, holder)).outcome.locked).toBe(false)
    await foreign.end()
    expect(tryHere(path, holder)).toBe(true)
  })

  it.skipIf(!hasPython)("is excluded by, and excludes, Python's fcntl.flock", async () => {
    const path = join(tempDir(), '.batpak.lock')
    writeFileSync(path, '')
    const foreign = startProgram('python3', ['-c', pythonFlock, path])
    expect(await foreign.line()).toBe('locked')
    expect(tryHere(path, holder)).toBe(false)
    await foreign.end()
    const { child } = await hold(path, holder)
    const late = startProgram('python3', ['-c', pythonFlock, path])
    expect(await late.line()).toBe('held by another')
    await child.end()
  })
})

const pythonFlock = `
import fcntl, sys
f = open(sys.argv[1], 'r+')
try:
    fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
    print('locked', flush=True)
except BlockingIOError:
    print('held by another', flush=True)
sys.stdin.read()
`
