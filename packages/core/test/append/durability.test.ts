/** When what was written is on stable storage, and what happens when it will not go there. */
import { describe, expect, it } from 'vitest'
import type { HlcPoint, Store } from '../../src/index.ts'
import { Noted, at } from '../support/api-events.ts'
import { refusal } from '../support/api-errors.ts'
import { FakeClock, START_US } from '../support/api-clock.ts'
import { FaultPlatform } from '../support/api-faults.ts'
import { freshDir, openStore } from '../support/api-store.ts'

interface Rig {
  readonly store: Store
  readonly platform: FaultPlatform
  /** The calls that matter for durability since the last look. */
  readonly calls: () => string[]
}

function rig(options: Parameters<typeof openStore>[0] = {}): Rig {
  const platform = new FaultPlatform()
  const store = openStore({ platform, clock: new FakeClock(), ...options })
  platform.forget()
  const calls = (): string[] =>
    platform.calls
      .splice(0)
      .filter(({ name }) => ['pwrite', 'fsync', 'fsyncDir', 'rename'].includes(name))
      .map(({ name, file, what }) =>
        [name, file.replace(/^\.tmp.*/, 'temp'), what].join(' ').trim(),
      )
  return { store, platform, calls }
}

const WRITE = 'pwrite 000001.fbat'
const SYNC = 'fsync 000001.fbat all'

function note(store: Store, n = 0): number {
  return store.append(at('a'), Noted, { n }).sequence
}

describe('an append', () => {
  it('W-107 is not synced by default before the thousandth', () => {
    const { store, calls } = rig()
    for (let n = 0; n < 999; n += 1) note(store, n)
    expect(calls().filter((call) => call !== WRITE)).toEqual([])
    note(store)
    expect(calls()).toEqual([WRITE, SYNC])
  })

  it.each([0, 1])(
    'W-108 D10 with syncEveryNEvents %i is written, then synced, then returned',
    (n) => {
      const { store, calls } = rig({ syncEveryNEvents: n })
      for (let i = 0; i < 3; i += 1) {
        const sequence = note(store)
        expect(calls()).toEqual([WRITE, SYNC])
        expect(store.frontier().durableHlc.sequence).toBe(sequence)
      }
    },
  )

  it.each([
    ['all', 'all'],
    ['data', 'data'],
  ] as const)('W-107 is synced as syncMode %s says', (syncMode, what) => {
    const { store, calls } = rig({ syncMode, syncEveryNEvents: 1 })
    note(store)
    expect(calls()).toEqual([WRITE, `fsync 000001.fbat ${what}`])
  })

  it('W-107 is counted, and any sync starts the count again', () => {
    const { store, calls } = rig({ syncEveryNEvents: 3 })
    const append = (until?: 'durable'): string[] => {
      store.append(at('a'), Noted, { n: 0 }, until === undefined ? {} : { until })
      return calls()
    }
    expect([append(), append(), append()]).toEqual([[WRITE], [WRITE], [WRITE, SYNC]])
    expect([append(), append('durable')]).toEqual([[WRITE], [WRITE, SYNC]])
    expect([append(), append()]).toEqual([[WRITE], [WRITE]])
    store.sync()
    expect(calls()).toEqual([SYNC])
    expect([append(), append(), append()]).toEqual([[WRITE], [WRITE], [WRITE, SYNC]])
  })

  it('W-107 is not counted when it fails or replays', () => {
    const { store, calls, platform } = rig({ syncEveryNEvents: 2 })
    note(store)
    refusal('SequenceMismatch', () => store.append(at('a'), Noted, { n: 0 }, { expected: 9 }))
    platform.spaceLeft = 5
    refusal('Io', () => note(store))
    platform.spaceLeft = undefined
    calls()
    note(store)
    expect(calls()).toEqual([WRITE, SYNC])
  })

  it('W-111 with until: "durable" is synced exactly once', () => {
    const { store, calls } = rig()
    note(store)
    calls()
    const receipt = store.append(at('a'), Noted, { n: 1 }, { until: 'durable' })
    expect(calls()).toEqual([WRITE, SYNC])
    expect(store.frontier().durableHlc.sequence).toBe(receipt.sequence)
    store.append(at('a'), Noted, { n: 1 }, { until: 'visible' })
    expect(calls()).toEqual([WRITE])
  })

  it('D7 that rotates syncs, writes footer, syncs, then a whole new segment under its name, then the frame', () => {
    const { store, calls } = rig({ segmentMaxBytes: 3000 })
    store.appendBytes(at('a'), Noted.kind, new Uint8Array(4000))
    calls()
    const { sequence } = store.append(at('a'), Noted, { n: 1 })
    expect(calls()).toEqual([
      SYNC, // a footer on the disk without its frames would be believed
      WRITE,
      SYNC,
      'pwrite temp',
      'fsync temp all',
      'rename temp',
      expect.stringMatching(/^fsyncDir /),
      'pwrite 000002.fbat',
    ])
    expect(store.frontier().durableHlc.sequence).toBe(sequence - 1)
  })
})

describe('a sync that fails', () => {
  function failing(options: Parameters<typeof openStore>[0] = {}): Rig {
    const made = rig(options)
    made.platform.refuse = (call) => (call.name === 'fsync' ? 'EIO' : undefined)
    return made
  }

  function stopped({ store, platform }: Rig, count: number): void {
    platform.refuse = undefined
    refusal('WriterCrashed', () => note(store))
    refusal('WriterCrashed', () => store.sync())
    expect(store.count({ entity: 'a' })).toBe(count)
    const { dataDir } = store.diagnostics()
    refusal('WriterCrashed', () => store.close())
    expect(openStore({ dataDir }).count({ entity: 'a' })).toBe(count)
  }

  it('W-105 at the cadence throws SyncFailed with the receipt of the visible event', () => {
    const made = failing({ syncEveryNEvents: 2 })
    const { store } = made
    note(store)
    const { durableHlc } = store.frontier()
    const error = refusal('SyncFailed', () => note(store, 7))
    const [receipt] = error.receipts
    expect(error.receipts).toHaveLength(1)
    expect(receipt).toMatchObject({ type: 'append', sequence: 2, clock: 1, replayed: false })
    expect(store.get(receipt!.eventId).payload).toEqual({ n: 7 })
    expect(store.verify(receipt!).outcome).toBe('unsigned_accepted')
    expect((error.cause as Error).message).toContain('EIO')
    expect(store.frontier().durableHlc).toEqual(durableHlc)
    expect(store.frontier().visibleHlc.sequence).toBe(2)
    stopped(made, 2)
  })

  it('W-105 under until: "durable" throws SyncFailed with the receipt', () => {
    const made = failing()
    const { store } = made
    const append = (): unknown => store.append(at('a'), Noted, { n: 1 }, { until: 'durable' })
    const error = refusal('SyncFailed', append)
    expect(error.receipts).toMatchObject([{ sequence: 1 }])
    stopped(made, 1)
  })

  it('W-105 in sync() throws Io', () => {
    const made = failing()
    note(made.store)
    const error = refusal('Io', () => made.store.sync())
    expect(error.message).toContain('sync the segment')
    stopped(made, 1)
  })

  it('W-105 in close() throws, releases the lock and leaves the store readable', () => {
    const { store } = failing()
    note(store)
    const { dataDir } = store.diagnostics()
    const error = refusal('Io', () => store.close())
    expect(error.message).toContain('sync the last segment')
    expect(store.closed).toBe(true)
    const reopened = openStore({ dataDir })
    expect(reopened.count({ entity: 'a' })).toBe(1)
  })

  it('W-105 throws SyncFailed even when a platform throws something without a code', () => {
    const { store, platform } = rig({ syncEveryNEvents: 1 })
    const boom = new Error('no code')
    const restore = platform.override('fsync', () => () => {
      throw boom
    })
    const error = refusal('SyncFailed', () => note(store))
    expect(error.receipts).toHaveLength(1)
    expect(error.cause).toBe(boom)
    restore()
    refusal('WriterCrashed', () => note(store))
  })
})

describe('frontiers', () => {
  const order = (store: Store): void => {
    const f = store.frontier()
    const points = [
      f.acceptedHlc,
      f.writtenHlc,
      f.durableHlc,
      f.visibleHlc,
      f.appliedHlc,
      f.emittedHlc,
    ]
    const [accepted, written, durable, visible, applied, emitted] = points.map(
      ({ wallMs, sequence }) => (wallMs - START_US / 1000) * 1e6 + sequence,
    ) as [number, number, number, number, number, number]
    expect(accepted).toBeGreaterThanOrEqual(written)
    expect(written).toBeGreaterThanOrEqual(durable)
    expect(accepted).toBeGreaterThanOrEqual(visible)
    expect(visible).toBeGreaterThanOrEqual(applied)
    expect(emitted).toBeGreaterThanOrEqual(visible)
    expect(f.visibleMinusDurableSeq).toBe(f.visibleHlc.sequence - f.durableHlc.sequence)
    expect('oldestPendingWriteAgeMs' in f).toBe(durable !== accepted)
  }

  it('W-106 R-117 keep their order and do not go back', () => {
    const clock = new FakeClock()
    const { store } = rig({ clock, syncEveryNEvents: 4, segmentMaxBytes: 4000 })
    let last = 0
    for (let i = 0; i < 30; i += 1) {
      clock.us += i % 3 === 0 ? -5000 : 3000
      note(store, i)
      if (i % 7 === 0) store.sync()
      order(store)
      const { visibleHlc } = store.frontier()
      const now = (visibleHlc.wallMs - START_US / 1000) * 1e6 + visibleHlc.sequence
      expect(now).toBeGreaterThan(last)
      last = now
    }
  })

  it('R-119 visible runs ahead of durable by one after one append, and sync catches up', () => {
    const clock = new FakeClock()
    const { store } = rig({ clock })
    clock.monoNs = 5_000_000n
    note(store)
    clock.monoNs = 12_900_000n
    expect(store.frontier()).toMatchObject({
      visibleMinusDurableSeq: 1,
      oldestPendingWriteAgeMs: 7,
    })
    note(store)
    expect(store.frontier().oldestPendingWriteAgeMs).toBe(7)
    store.sync()
    const after = store.frontier()
    expect(after.visibleMinusDurableSeq).toBe(0)
    expect(after.durableHlc).toEqual(after.visibleHlc)
    expect(after).not.toHaveProperty('oldestPendingWriteAgeMs')
  })

  it('counts the age of pending writes from the first one that succeeded', () => {
    const clock = new FakeClock()
    const { store, platform } = rig({ clock })
    clock.monoNs = 1_000_000n
    platform.spaceLeft = 1
    refusal('Io', () => note(store))
    platform.spaceLeft = undefined
    expect(store.frontier()).not.toHaveProperty('oldestPendingWriteAgeMs')
    clock.monoNs = 9_000_000n
    note(store)
    clock.monoNs = 10_000_000n
    expect(store.frontier().oldestPendingWriteAgeMs).toBe(1)
  })

  it('W-109 R-118 all stand at the open event after an open, and at one recovered point read-only', () => {
    const dataDir = freshDir()
    const clock = new FakeClock()
    const store = openStore({ dataDir, clock })
    const six = (view: ReturnType<Store['frontier']>): unknown[] => [
      view.acceptedHlc,
      view.writtenHlc,
      view.durableHlc,
      view.visibleHlc,
      view.appliedHlc,
      view.emittedHlc,
    ]
    const sixTimes = (point: HlcPoint): HlcPoint[] => Array.from({ length: 6 }, () => point)
    const wallMs = clock.us / 1000
    expect(six(store.frontier())).toEqual(sixTimes({ wallMs, sequence: 0 }))
    note(store)
    store.close()
    clock.us += 5_000_000
    const again = openStore({ dataDir, clock })
    expect(six(again.frontier())).toEqual(sixTimes({ wallMs: wallMs + 5000, sequence: 3 }))
  })
})
