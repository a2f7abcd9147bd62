/** What an open takes, a close gives back: descriptors, however often and however it ends. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Store } from '../../src/index.ts'
import { Noted, at } from '../support/api-events.ts'
import { refusal, thrownBy } from '../support/api-errors.ts'
import { FaultPlatform } from '../support/api-faults.ts'
import { freshDir, segmentNames } from '../support/api-store.ts'

const linux = process.platform === 'linux'

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}

/** Real files and locks; only the waiting for the disk is left out. */
function withoutSyncs(): FaultPlatform {
  const platform = new FaultPlatform()
  platform.fs.fsync = (): void => undefined
  platform.fs.fsyncDir = (): void => undefined
  return platform
}

describe.skipIf(!linux)('descriptors', () => {
  it('are all given back after 2000 cycles of opening and closing', { timeout: 60_000 }, () => {
    const platform = withoutSyncs()
    // Where no addon locks, each lock costs a process; its descriptor is what matters here.
    platform.override('tryLock', () => () => true)
    const dataDir = freshDir()
    const cycle = (i: number): void => {
      const how = i % 4 === 3 ? 'openReadOnly' : 'open'
      // Maps are probed with a file of their own: every tenth time is often enough.
      const mmap = i % 10 === 0 ? 'auto' : 'off'
      const store = Store[how]({ dataDir, platform, mmap })
      if (store instanceof Store) store.append(at('a'), Noted, { n: i })
      else store.get([...store.entries({}, { reverse: true, limit: 1 })][0]!.eventId)
      store.close()
      platform.forget()
      if (i % 8 === 7) for (const name of segmentNames(dataDir)) rmSync(join(dataDir, name))
    }
    for (let i = 0; i < 3; i += 1) cycle(i)
    const before = openDescriptors()
    for (let i = 3; i < 2000; i += 1) cycle(i)
    expect(openDescriptors()).toBe(before)
  })

  it('are given back by opens that are refused', () => {
    const dataDir = freshDir()
    const platform = withoutSyncs()
    const owner = Store.open({ dataDir, platform })
    const before = openDescriptors()
    for (let i = 0; i < 50; i += 1) {
      refusal('StoreLocked', () => Store.open({ dataDir, platform }))
      refusal('Configuration', () => Store.open({ dataDir, platform, fdBudget: 0 }))
    }
    expect(openDescriptors()).toBe(before)
    owner.close()
    const closed = openDescriptors()
    platform.refuse = (call) => (call.name === 'rename' ? 'EIO' : undefined)
    for (let i = 0; i < 50; i += 1) thrownBy(() => Store.open({ dataDir, platform }))
    expect(openDescriptors()).toBe(closed)
  })

  it.each(['auto', 'off'] as const)(
    'are given back by reads of many segments (mmap %s)',
    (mmap) => {
      const dataDir = freshDir()
      const platform = withoutSyncs()
      const before = openDescriptors()
      const store = Store.open({ dataDir, platform, mmap, segmentMaxBytes: 1, fdBudget: 3 })
      for (let n = 0; n < 20; n += 1) store.append(at('a'), Noted, { n })
      for (let i = 0; i < 3; i += 1) expect([...store.events({ entity: 'a' })]).toHaveLength(20)
      // Lock, active segment, and at most three sealed ones.
      expect(openDescriptors() - before).toBeLessThanOrEqual(5)
      store.close()
      expect(openDescriptors()).toBe(before)
    },
  )

  it('are given back by a store whose writer broke, and by disposal', () => {
    const dataDir = freshDir()
    const platform = withoutSyncs()
    const before = openDescriptors()
    const store = Store.open({ dataDir, platform })
    platform.spaceLeft = 10
    platform.refuse = (call) => (call.name === 'ftruncate' ? 'EIO' : undefined)
    refusal('Io', () => store.append(at('a'), Noted, { n: 1 }))
    refusal('WriterCrashed', () => store.close())
    platform.spaceLeft = undefined
    platform.refuse = undefined
    {
      using disposed = Store.open({ dataDir, platform })
      disposed.append(at('a'), Noted, { n: 1 })
    }
    expect(openDescriptors()).toBe(before)
  })
})
