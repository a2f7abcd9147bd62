/**
 * Processes that are killed inside a write.
 * Harness pattern: Fault-Injection Harness.
 * PROVES: kill -9 at any injection point of a write leaves all earlier events and none of a batch or
 *   all of it; the next process heals, goes on with dense sequences and unbroken chains, and so does
 *   the one after its crash; what a fence held is visible (W-71, W-75, W-92, W-167).
 * CATCHES: a batch that is kept in part (M24), an open batch that is not healed and swallows what
 *   comes later (M18), a lock that outlives its process.
 * SEEDED: deterministic / no randomness.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Noted, at } from '../support/api-events.ts'
import { freshDir, openReadOnly, openStore } from '../support/api-store.ts'
import { copyOf } from '../support/scratch.ts'
import { expectSound, numbersOf } from './rig.ts'

async function killedAt(dataDir: string, point: string, how = 'plain'): Promise<void> {
  const script = fileURLToPath(new URL('killed-child.mjs', import.meta.url))
  const child = spawn(process.execPath, ['--no-warnings', script, dataDir, point, how], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said: string[] = []
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  const [, signal] = (await once(child, 'close')) as [number | null, string | null]
  expect([signal, said.join('')]).toEqual(['SIGKILL', ''])
}

/** Two generations: the process after the kill, and a crash of that one. */
function expectSurvivors(dataDir: string, numbers: readonly number[]): void {
  const store = openStore({ dataDir })
  expect(numbersOf(store)).toEqual(numbers)
  store.append(at('a'), Noted, { n: 9 }, { until: 'durable' })
  expectSound(store)
  const reader = openReadOnly({ dataDir: copyOf(dataDir) })
  // The unfinished end is gone from the file: other readers would carry it into the next segment.
  expect(reader.diagnostics().openReport.healed).toEqual([])
  expect(numbersOf(reader)).toEqual([...numbers, 9])
  expectSound(reader)
}

describe.skipIf(process.platform === 'win32')('a process that is killed', () => {
  it.each([
    ['SingleAppendStart', [1, 2]],
    ['SingleAppendWritten', [1, 2, 3]],
    ['SingleAppendPublished', [1, 2, 3]],
    ['BatchStart', [1, 2, 3]],
    ['BatchBeginWritten', [1, 2, 3]],
    ['BatchItemWritten', [1, 2, 3]],
    ['BatchItemsComplete', [1, 2, 3]],
    ['BatchCommitWritten', [1, 2, 3, 4, 5, 6]],
    ['BatchPrePublish', [1, 2, 3, 4, 5, 6]],
    ['SegmentRotation', [1, 2]],
  ] as const)('W-71 W-75 W-166 W-167 at %s leaves whole writes only', async (point, numbers) => {
    const dataDir = freshDir()
    await killedAt(dataDir, point)
    expectSurvivors(dataDir, numbers)
  })

  it.each([
    ['SingleAppendWritten', [1, 2, 3]],
    ['BatchItemWritten', [1, 2, 3]],
    ['BatchPrePublish', [1, 2, 3, 4, 5, 6]],
  ] as const)(
    'W-92 D9 at %s under a fence publishes what was written whole',
    async (point, numbers) => {
      const dataDir = freshDir()
      await killedAt(dataDir, point, 'fenced')
      expectSurvivors(dataDir, numbers)
    },
  )
})
