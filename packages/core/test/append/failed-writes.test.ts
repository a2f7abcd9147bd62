/** A write that fails leaves nothing; one that cannot be undone ends the writer, and only the writer. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isStoreError, type Store } from '../../src/index.ts'
import { Noted, at } from '../support/api-events.ts'
import { refusal, thrownBy } from '../support/api-errors.ts'
import { FakeClock } from '../support/api-clock.ts'
import { FaultPlatform } from '../support/api-faults.ts'
import { freshDir, openReadOnly, openStore, segmentNames, stateOf } from '../support/api-store.ts'

interface Rig {
  readonly store: Store
  readonly platform: FaultPlatform
  readonly dataDir: string
}

function rig(options: { segmentMaxBytes?: number } = {}): Rig {
  const platform = new FaultPlatform()
  const dataDir = freshDir()
  const store = openStore({ dataDir, platform, clock: new FakeClock(), ...options })
  return { store, platform, dataDir }
}

function bytesOf(dataDir: string, name: string): string {
  return readFileSync(join(dataDir, name)).toString('hex')
}

describe('a disk that fills up', () => {
  it('W-46 after any number of bytes of a frame leaves no byte of it, and the store goes on', () => {
    const { store, platform, dataDir } = rig()
    const first = store.append(at('a'), Noted, { n: 0 })
    const before = stateOf(store)
    const file = bytesOf(dataDir, '000001.fbat')
    for (let k = 0; k < first.diskPos.length; k += 1) {
      platform.spaceLeft = k
      const error = refusal('Io', () => store.append(at('a'), Noted, { n: 1 }))
      if ((error.cause as { code?: string }).code !== 'ENOSPC') expect.fail(`cause at ${k}`)
      if (bytesOf(dataDir, '000001.fbat') !== file) expect.fail(`bytes remain after ${k}`)
    }
    expect(stateOf(store)).toEqual(before)
    platform.spaceLeft = undefined
    const second = store.append(at('a'), Noted, { n: 1 })
    expect(second).toMatchObject({ sequence: first.sequence + 1, clock: 1 })
    expect(second.diskPos.offset).toBe(first.diskPos.offset + first.diskPos.length)
    store.close()
    const reopened = openStore({ dataDir })
    expect(reopened.diagnostics().openReport.healed).toEqual([])
    expect([...reopened.events({ entity: 'a' })].map((event) => event.payload)).toEqual([
      { n: 0 },
      { n: 1 },
    ])
  })

  it('tells the operation, the segment and the cause', () => {
    const { store, platform, dataDir } = rig()
    platform.spaceLeft = 3
    const error = refusal('Io', () => store.append(at('a'), Noted, { n: 1 }))
    expect(error.path).toBe(join(dataDir, '000001.fbat'))
    expect(error.message).toContain('IO error')
    expect(error.message).toContain('append to the segment')
    expect(error.message).toContain('ENOSPC')
    expect(error.syscall).toBe('write')
  })

  it('W-46 writes on until all is written when the system takes a few bytes at a time', () => {
    const whole = rig()
    const pieces = rig()
    pieces.platform.writeLimit = 7
    const { store } = pieces
    const receipt = store.append(at('a'), Noted, { n: 1 })
    const expected = whole.store.append(at('a'), Noted, { n: 1 })
    expect(receipt.diskPos).toEqual(expected.diskPos)
    expect(pieces.platform.filesOf('pwrite').length).toBeGreaterThan(receipt.diskPos.length / 7)
    expect(store.get(receipt.eventId).payload).toEqual({ n: 1 })
    store.close()
    const size = statSync(join(pieces.dataDir, '000001.fbat')).size
    whole.store.close()
    expect(size).toBe(statSync(join(whole.dataDir, '000001.fbat')).size)
  })
})

describe('a write that cannot be undone', () => {
  function poisoned(): Rig & { readonly first: string } {
    const made = rig()
    const { store, platform } = made
    const first = store.append(at('a'), Noted, { n: 0 }).eventId
    platform.spaceLeft = 100
    platform.refuse = (call) => (call.name === 'ftruncate' ? 'EIO' : undefined)
    const error = refusal('Io', () => store.append(at('a'), Noted, { n: 1 }))
    expect((error.cause as { code?: string }).code).toBe('ENOSPC')
    platform.spaceLeft = undefined
    platform.refuse = undefined
    return { ...made, first }
  }

  it('D5 W-164 refuses every later write with WriterCrashed and its first failure', () => {
    const { store } = poisoned()
    const before = stateOf(store)
    const calls = [
      (): unknown => store.append(at('a'), Noted, { n: 1 }),
      (): unknown => store.append(at('a'), Noted, { n: 1 }, { until: 'durable' }),
      (): unknown => store.appendBytes(at('b'), Noted.kind, new Uint8Array(1)),
      (): unknown => store.sync(),
    ]
    for (const call of [...calls, ...calls]) {
      const error = refusal('WriterCrashed', call)
      expect(isStoreError(error.cause, 'Io')).toBe(true)
      expect(error.message).toContain('ENOSPC')
    }
    expect(stateOf(store)).toEqual(before)
  })

  it('D5 leaves every read as it was', () => {
    const { store, first } = poisoned()
    const id = first as never
    expect(store.get(id).payload).toEqual({ n: 0 })
    expect(store.count({ entity: 'a' })).toBe(1)
    expect([...store.ancestors(id)]).toHaveLength(1)
    expect(store.diagnostics().eventCount).toBe(2)
  })

  it('Q27 is also one whose truncation could not be synced: a crash could bring the rest back', () => {
    const { store, platform } = rig()
    platform.spaceLeft = 100
    platform.refuse = (call) => (call.name === 'fsync' ? 'EIO' : undefined)
    refusal('Io', () => store.append(at('a'), Noted, { n: 1 }))
    platform.spaceLeft = undefined
    platform.refuse = undefined
    refusal('WriterCrashed', () => store.append(at('a'), Noted, { n: 1 }))
  })

  it('Q27 is undone durably: truncation, then sync, before the error is thrown', () => {
    const { store, platform } = rig()
    platform.forget()
    platform.spaceLeft = 100
    refusal('Io', () => store.append(at('a'), Noted, { n: 1 }))
    const names = platform.calls.map((call) => call.name)
    expect(names.filter((name) => name !== 'pwrite')).toEqual(['ftruncate', 'fsync'])
  })

  it('D21 closes with WriterCrashed, writes nothing and releases the lock', () => {
    const { store, platform, dataDir } = poisoned()
    platform.forget()
    const size = statSync(join(dataDir, '000001.fbat')).size
    refusal('WriterCrashed', () => store.close())
    for (const name of ['pwrite', 'fsync', 'ftruncate', 'rename'] as const) {
      expect(platform.filesOf(name), name).toEqual([])
    }
    expect(statSync(join(dataDir, '000001.fbat')).size).toBe(size)
    expect(store.closed).toBe(true)
    store.close()
    const reopened = openStore({ dataDir })
    expect(reopened.diagnostics().openReport.healed).toMatchObject([
      { segmentId: 1, reason: 'TornTail', bytesRemoved: 100 },
    ])
    expect([...reopened.events({ entity: 'a' })].map((event) => event.payload)).toEqual([{ n: 0 }])
    reopened.append(at('a'), Noted, { n: 1 }, { expected: 0 })
  })

  it('D14 is disposed of without a throw', () => {
    const { store, dataDir } = poisoned()
    store[Symbol.dispose]()
    expect(store.closed).toBe(true)
    openReadOnly({ dataDir })
  })
})

describe('a rotation that fails', () => {
  /** A store whose next append must rotate first. */
  function full(): Rig {
    const made = rig({ segmentMaxBytes: 3000 })
    made.store.appendBytes(at('a'), Noted.kind, new Uint8Array(4000))
    return made
  }

  function succeedsNow({ store, dataDir, platform }: Rig, segmentId: number): void {
    platform.refuse = undefined
    platform.spaceLeft = undefined
    const receipt = store.append(at('a'), Noted, { n: 1 })
    expect(receipt).toMatchObject({ sequence: 2, clock: 1, diskPos: { segmentId } })
    expect(store.get(receipt.eventId).payload).toEqual({ n: 1 })
    expect([...store.events({ entity: 'a' })]).toHaveLength(2)
    store.close()
    const reopened = openStore({ dataDir })
    expect(reopened.diagnostics().openReport.healed).toEqual([])
    expect([...reopened.events({ entity: 'a' })]).toHaveLength(2)
  }

  it('in the footer leaves no byte of it, and nothing of the event', () => {
    const made = full()
    made.store.sync()
    const before = stateOf(made.store)
    for (const k of [0, 1, 50, 200]) {
      made.platform.spaceLeft = k
      const error = refusal('Io', () => made.store.append(at('a'), Noted, { n: 1 }))
      expect(error.message).toContain('seal the full segment')
    }
    expect(stateOf(made.store)).toEqual(before)
    succeedsNow(made, 2)
  })

  it.each(['open', 'pwrite', 'fsync', 'rename', 'fsyncDir', 'lstat'] as const)(
    'in the %s of the next segment leaves no new file, and nothing of the event',
    (name) => {
      const made = full()
      const { store, platform, dataDir } = made
      const stats = store.stats()
      platform.refuse = (call) => {
        const sealing = call.name === 'pwrite' || call.name === 'fsync'
        if (sealing && call.file === '000001.fbat') return undefined
        return call.name === name ? 'EIO' : undefined
      }
      for (let attempt = 0; attempt < 2; attempt += 1) {
        const error = refusal('Io', () => store.append(at('a'), Noted, { n: 1 }))
        expect(error.message).toContain('create the next segment')
        expect(error.path).not.toBe(join(dataDir, '000001.fbat'))
        expect(store.stats()).toEqual(stats)
        expect(segmentNames(dataDir)).toEqual(['000001.fbat'])
      }
      expect(store.get([...store.entries({ entity: 'a' })][0]!.eventId).clock).toBe(0)
      succeedsNow(made, 2)
    },
  )

  it('W-105 in the sync of the full segment is Io, and ends the writer', () => {
    const { store, platform, dataDir } = full()
    const stats = store.stats()
    const { durableHlc } = store.frontier()
    platform.refuse = (call) => (call.name === 'fsync' ? 'EIO' : undefined)
    const error = refusal('Io', () => store.append(at('a'), Noted, { n: 1 }))
    expect(error.message).toContain('sync the full segment')
    platform.refuse = undefined
    expect(store.stats()).toEqual(stats)
    expect(store.frontier().durableHlc).toEqual(durableHlc)
    refusal('WriterCrashed', () => store.append(at('a'), Noted, { n: 1 }))
    refusal('WriterCrashed', () => store.close())
    expect(openStore({ dataDir }).count({ entity: 'a' })).toBe(1)
  })

  it('in closing the full segment is Io, and the store goes on', () => {
    const made = full()
    made.platform.refuse = (call) =>
      call.name === 'close' && call.file === '000001.fbat' ? 'EIO' : undefined
    refusal('Io', () => made.store.append(at('a'), Noted, { n: 1 }))
    succeedsNow(made, 2)
  })

  it('and a close after it leaves an intact directory', () => {
    const { store, platform, dataDir } = full()
    platform.refuse = (call) => (call.name === 'rename' ? 'EIO' : undefined)
    refusal('Io', () => store.append(at('a'), Noted, { n: 1 }))
    store.close()
    platform.refuse = undefined
    const reopened = openStore({ dataDir })
    expect(reopened.diagnostics().openReport.healed).toEqual([])
    expect(reopened.count({ entity: 'a' })).toBe(1)
  })
})

describe('W-43 no failure takes a sequence', () => {
  it('whatever makes an append throw, the next one has the next number', () => {
    const { store, platform } = rig({ segmentMaxBytes: 100_000 })
    const throwing = {
      get n(): number {
        throw new RangeError('no value')
      },
    }
    const fail = (run: () => unknown): void => void thrownBy(run)
    fail(() => store.append(at(''), Noted, { n: 1 }))
    fail(() => store.append(at('a'), Noted, throwing))
    fail(() => store.append(at('a'), Noted, { n: Number.NaN }))
    fail(() => store.append(at('a'), Noted, { n: 1 }, { expected: 7 }))
    fail(() => store.append(at('a'), Noted, { n: 1 }, { flags: 999 }))
    fail(() => store.appendBytes(at('a'), 6 as never, new Uint8Array(1)))
    fail(() => store.appendBytes(at('a'), Noted.kind, new Uint8Array(17 * 1024 * 1024)))
    platform.spaceLeft = 10
    fail(() => store.append(at('a'), Noted, { n: 1 }))
    platform.spaceLeft = undefined
    expect(store.append(at('a'), Noted, { n: 1 })).toMatchObject({ sequence: 1, clock: 0 })
  })
})
