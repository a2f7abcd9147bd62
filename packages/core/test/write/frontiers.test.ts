/** When writes become durable: waits, background syncs, groups; and what happens when a sync fails. */
import { describe, expect, it, vi } from 'vitest'
import {
  draft,
  isStoreError,
  type AppendReceipt,
  type HlcPoint,
  type Store,
  type StoreError,
} from '../../src/index.ts'
import { Noted, at } from '../support/api-events.ts'
import { argumentError, refusal, thrownBy } from '../support/api-errors.ts'
import type { FaultPlatform } from '../support/api-faults.ts'
import { openStore } from '../support/api-store.ts'
import { diskCalls, key, numbersOf, rig } from './rig.ts'

const add = (store: Store, n = 0): AppendReceipt => store.append(at('a'), Noted, { n })

/** The background syncs are held back until the test lets them go, or fail. */
function heldSyncs(platform: FaultPlatform): {
  readonly begun: () => number
  readonly release: (error?: Error) => void
} {
  const held: ((error?: Error) => void)[] = []
  let begun = 0
  platform.override('fsyncAsync', (real) => async (fd, what) => {
    begun += 1
    await new Promise<void>((resolve, reject) => {
      held.push((error) => (error === undefined ? resolve() : reject(error)))
    })
    await real(fd, what)
  })
  return {
    begun: () => begun,
    release: (error) => held.shift()!(error),
  }
}

const settled = async (): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, 15))
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`expected a rejection, got ${String(value)}`)
    },
    (error: unknown) => error,
  )
}

async function refused(
  code: Parameters<typeof isStoreError>[1],
  promise: Promise<unknown>,
): Promise<StoreError> {
  const error = await rejection(promise)
  if (isStoreError(error, code)) return error
  throw error
}

describe('syncAsync', () => {
  it('W-112 makes durable what was written at the call, off the main thread, while writes go on', async () => {
    const { store, platform } = rig()
    const { begun, release } = heldSyncs(platform)
    add(store, 1)
    const point = store.frontier().writtenHlc
    const done = store.syncAsync()
    expect(begun()).toBe(1)
    const later = add(store, 2)
    expect(store.frontier().durableHlc.sequence).toBe(0)
    release()
    expect(await done).toEqual(point)
    const { durableHlc, visibleHlc } = store.frontier()
    expect(durableHlc).toEqual(point)
    expect(durableHlc.sequence).toBeLessThan(later.sequence)
    expect(visibleHlc.sequence).toBe(later.sequence)
    expect(platform.filesOf('fsync')).toEqual([])
  })

  it('W-112 resolves at once when everything is durable', async () => {
    const { store, platform } = rig()
    add(store)
    store.sync()
    platform.forget()
    expect(await store.syncAsync()).toEqual(store.frontier().durableHlc)
    expect(diskCalls(platform)).toEqual([])
  })

  it('W-112 overlapping calls share: one under way and one queued, however many there are', async () => {
    const { store, platform } = rig()
    const { begun, release } = heldSyncs(platform)
    add(store, 1)
    const first = store.syncAsync()
    const rest: Promise<HlcPoint>[] = []
    for (let n = 2; n < 10; n += 1) {
      add(store, n)
      rest.push(store.syncAsync())
    }
    let firstDone = false
    let restDone = 0
    void first.then(() => (firstDone = true))
    for (const each of rest) void each.then(() => (restDone += 1))
    await settled()
    expect(begun()).toBe(1)
    release()
    await vi.waitFor(() => expect([firstDone, restDone, begun()]).toEqual([true, 0, 2]))
    expect(store.frontier().durableHlc.sequence).toBe(1)
    release()
    expect((await Promise.all(rest)).map(({ sequence }) => sequence)).toEqual([
      2, 3, 4, 5, 6, 7, 8, 9,
    ])
    expect(begun()).toBe(2)
    expect(store.frontier().durableHlc.sequence).toBe(9)
  })

  it('W-112 W-107 takes the commands that it covered off the cadence, and only those', async () => {
    const { store, platform } = rig({ syncEveryNEvents: 3 })
    const { release } = heldSyncs(platform)
    add(store)
    add(store)
    const done = store.syncAsync()
    release()
    await done
    platform.forget()
    add(store)
    add(store)
    expect(diskCalls(platform)).toEqual(['pwrite 000001.fbat', 'pwrite 000001.fbat'])
    const second = store.syncAsync()
    add(store)
    release()
    await second
    expect(platform.filesOf('fsync')).toEqual(['000001.fbat'])
    platform.forget()
    add(store)
    add(store)
    expect(platform.filesOf('fsync')).toEqual([])
    add(store)
    expect(platform.filesOf('fsync')).toEqual(['000001.fbat'])
  })

  it('W-112 W-107 leaves the commands that came meanwhile on the cadence', async () => {
    const { store, platform } = rig({ syncEveryNEvents: 3 })
    const { release } = heldSyncs(platform)
    add(store)
    const done = store.syncAsync()
    add(store)
    release()
    await done
    platform.forget()
    add(store)
    expect(platform.filesOf('fsync')).toEqual([])
    add(store)
    expect(platform.filesOf('fsync')).toEqual(['000001.fbat'])
  })

  // The age is of the oldest write that is not durable; the first one is, by now.
  it('W-106 W-112 counts the age of pending writes from the first one it did not cover', async () => {
    const { store, platform, clock } = rig()
    const { release } = heldSyncs(platform)
    add(store, 1)
    const done = store.syncAsync()
    clock.monoNs = 50_000_000n
    add(store, 2)
    release()
    await done
    clock.monoNs = 60_000_000n
    expect(store.frontier().oldestPendingWriteAgeMs).toBe(10)
  })

  it('W-112 across a rotation covers the events of the segment before', async () => {
    const { store, platform } = rig({ segmentMaxBytes: 1500 })
    const { release } = heldSyncs(platform)
    add(store, 1)
    const done = store.syncAsync()
    for (let n = 2; n < 8; n += 1) add(store, n)
    expect(add(store, 8).diskPos.segmentId).toBeGreaterThan(1)
    release()
    expect((await done).sequence).toBe(1)
    const { durableHlc } = store.frontier()
    const next = store.syncAsync()
    release()
    expect((await next).sequence).toBe(8)
    expect(store.frontier().durableHlc.sequence).toBe(8)
    expect(durableHlc.sequence).toBeLessThan(8)
  })

  it('W-112 W-105 that fails poisons the writer; the queued one and the waits fail with it', async () => {
    const { store, platform, dataDir } = rig()
    const { release } = heldSyncs(platform)
    add(store, 1)
    const { durableHlc } = store.frontier()
    const first = rejection(store.syncAsync())
    add(store, 2)
    const second = rejection(store.syncAsync())
    const wait = rejection(store.waitFor('durable', 2, { timeoutMs: 5000 }))
    release(Object.assign(new Error('lost'), { code: 'EIO' }))
    expect(await first).toMatchObject({ code: 'Io' })
    expect(await second).toMatchObject({ code: 'WriterCrashed' })
    expect(await wait).toMatchObject({ code: 'WriterCrashed' })
    expect(store.frontier().durableHlc).toEqual(durableHlc)
    refusal('WriterCrashed', () => add(store, 3))
    expect(await rejection(store.syncAsync())).toMatchObject({ code: 'WriterCrashed' })
    expect(numbersOf(store)).toEqual([1, 2])
    refusal('WriterCrashed', () => store.close())
    expect(numbersOf(openStore({ dataDir }))).toEqual([1, 2])
  })

  it('W-112 does not claim durability after a sync that failed while it was under way', async () => {
    const { store, platform } = rig()
    const { release } = heldSyncs(platform)
    add(store, 1)
    const done = rejection(store.syncAsync())
    platform.refuse = (call) => (call.name === 'fsync' ? 'EIO' : undefined)
    refusal('Io', () => store.sync())
    platform.refuse = undefined
    release()
    expect(await done).toMatchObject({ code: 'WriterCrashed' })
    expect(store.frontier().durableHlc.sequence).toBe(0)
  })

  it('W-112 D14 survives a close while it is under way', async () => {
    const { store, platform } = rig()
    const { release } = heldSyncs(platform)
    add(store, 1)
    const done = store.syncAsync()
    add(store, 2)
    const queued = store.syncAsync()
    store.close()
    release()
    expect((await done).sequence).toBe(1)
    expect((await queued).sequence).toBe(2)
    await refused('StoreClosed', store.syncAsync())
  })

  it('W-112 does not open the file: Io, and the store goes on', async () => {
    const { store, platform } = rig()
    add(store, 1)
    platform.refuse = (call) => (call.name === 'open' ? 'EMFILE' : undefined)
    await refused('Io', store.syncAsync())
    platform.refuse = undefined
    add(store, 2)
    expect((await store.syncAsync()).sequence).toBe(2)
  })

  it('W-112 releases its descriptor each time', async () => {
    const { store, platform } = rig()
    for (let n = 0; n < 5; n += 1) {
      add(store, n)
      await store.syncAsync()
    }
    const opened = platform.filesOf('open').length
    expect(opened).toBe(5)
    expect(platform.filesOf('close')).toHaveLength(opened)
  })
})

describe('waitFor', () => {
  it('W-110 R-120 resolves at once for what is reached, and for the origin', async () => {
    const { store, platform } = rig()
    const receipt = add(store)
    platform.forget()
    const origin = { wallMs: 0, sequence: 0 }
    for (const mark of ['durable', 'visible', 'applied'] as const) {
      await store.waitFor(mark, origin, { timeoutMs: 0 })
    }
    await store.waitFor('visible', receipt, { timeoutMs: 0 })
    await store.waitFor('visible', receipt.sequence, { timeoutMs: 0 })
    await store.waitFor('visible', store.frontier().visibleHlc, { timeoutMs: 0 })
    expect(diskCalls(platform)).toEqual([])
  })

  it('W-111 R-120 only waits: it never syncs, and times out with what it waited for', async () => {
    const { store, platform, clock } = rig()
    const receipt = add(store)
    platform.forget()
    const zero = await refused('WaitTimeout', store.waitFor('durable', receipt, { timeoutMs: 0 }))
    expect(zero).toMatchObject({ watermark: 'Durable', target: { sequence: 1 }, waitedMs: 0 })
    const point = store.frontier().visibleHlc
    const pending = refused('WaitTimeout', store.waitFor('durable', point, { timeoutMs: 5 }))
    clock.monoNs += 7_000_000n
    expect(await pending).toMatchObject({ watermark: 'Durable', target: point, waitedMs: 7 })
    expect(diskCalls(platform)).toEqual([])
    expect(store.get(receipt.eventId).payload).toEqual({ n: 0 })
  })

  it.each([
    ['sync', (store: Store): unknown => store.sync()],
    ['a batch', (store: Store): unknown => store.appendBatch([draft(at('b'), Noted, { n: 1 })])],
    [
      'a durable append',
      (store: Store): unknown => store.append(at('b'), Noted, { n: 1 }, { until: 'durable' }),
    ],
    ['a published fence', (store: Store): unknown => publishOne(store)],
    ['a group', (store: Store): unknown => store.group(() => add(store))],
    ['syncAsync', (store: Store): unknown => store.syncAsync()],
  ])('W-110 R-120 durable is reached by %s', async (_, make) => {
    const { store } = rig()
    const receipt = add(store)
    const wait = store.waitFor('durable', receipt, { timeoutMs: 2000 })
    await make(store)
    await wait
  })

  function publishOne(store: Store): void {
    const fence = store.beginFence()
    fence.append(at('b'), Noted, { n: 1 })
    fence.publish()
  }

  it('W-110 W-113 visible is not reached by a pending write, but by its publish', async () => {
    const { store } = rig()
    const fence = store.beginFence()
    fence.append(at('a'), Noted, { n: 1 })
    await refused('WaitTimeout', store.waitFor('visible', 1, { timeoutMs: 0 }))
    let reached = false
    const wait = store.waitFor('visible', 1, { timeoutMs: 2000 }).then(() => (reached = true))
    store.sync()
    await settled()
    expect(reached).toBe(false)
    fence.publish()
    expect(await wait).toBe(true)
  })

  it('R-120 compares points by wall time first', async () => {
    const { store, clock } = rig()
    add(store)
    const { wallMs, sequence } = store.frontier().visibleHlc
    const later = { wallMs: wallMs + 1, sequence: 0 }
    await refused('WaitTimeout', store.waitFor('visible', later, { timeoutMs: 0 }))
    await store.waitFor(
      'visible',
      { wallMs: wallMs - 1, sequence: sequence + 99 },
      { timeoutMs: 0 },
    )
    clock.us += 1000
    add(store)
    await store.waitFor('visible', later, { timeoutMs: 0 })
  })

  it('R-120 ends with the reason of its signal, at once when that is aborted already', async () => {
    const { store } = rig()
    const reason = new Error('enough')
    const controller = new AbortController()
    const wait = rejection(store.waitFor('visible', 99, { signal: controller.signal }))
    controller.abort(reason)
    expect(await wait).toBe(reason)
    const aborted = { signal: AbortSignal.abort(reason) }
    expect(await rejection(store.waitFor('visible', 99, aborted))).toBe(reason)
  })

  it('R-120 R-164 ends with StoreClosed when the store closes', async () => {
    const { store } = rig()
    const waits = [1, 2, 3].map((n) =>
      rejection(store.waitFor('visible', 99 + n, { timeoutMs: 5000 })),
    )
    store.close()
    for (const error of await Promise.all(waits))
      expect(error).toMatchObject({ code: 'StoreClosed' })
    await refused('StoreClosed', store.waitFor('visible', 0, { timeoutMs: 0 }))
  })

  it('R-120 many waits on one point are all resolved by one move', async () => {
    const { store } = rig()
    const waits = Array.from({ length: 512 }, () =>
      store.waitFor('durable', 1, { timeoutMs: 5000 }),
    )
    add(store)
    store.sync()
    await Promise.all(waits)
  })

  // resolves iff the point is reached, already reached: immediately. Reads go on (D5).
  it('R-120 D5 W-110 resolves for what is reached although the writer is poisoned', async () => {
    const { store, platform } = rig()
    const receipt = add(store)
    platform.refuse = (call) => (call.name === 'fsync' ? 'EIO' : undefined)
    refusal('Io', () => store.sync())
    await store.waitFor('visible', receipt, { timeoutMs: 0 })
  })

  it.each<readonly [name: string, args: readonly unknown[]]>([
    ['mark', ['seen', 1, { timeoutMs: 1 }]],
    ['mark', [undefined, 1, { timeoutMs: 1 }]],
    ['what to wait for', ['visible', undefined, { timeoutMs: 1 }]],
    ['what to wait for', ['visible', -1, { timeoutMs: 1 }]],
    ['what to wait for', ['visible', 1.5, { timeoutMs: 1 }]],
    ['what to wait for', ['visible', 2 ** 53, { timeoutMs: 1 }]],
    ['what to wait for', ['visible', { wallMs: -1, sequence: 1 }, { timeoutMs: 1 }]],
    ['what to wait for', ['visible', {}, { timeoutMs: 1 }]],
    ['timeoutMs or a signal', ['visible', 1, {}]],
    ['signal', ['visible', 1, { signal: {} }]],
    ['timeoutMs', ['visible', 1, { timeoutMs: Number.NaN }]],
    ['timeoutMs', ['visible', 1, { timeoutMs: -1 }]],
    ['timeoutMs', ['visible', 1, { timeoutMs: 2 ** 31 }]],
    ['timeoutMs', ['visible', 1, { timeoutMs: '5' }]],
    ['timeout', ['visible', 1, { timeout: 5 }]],
  ])('R-120 is refused for a wrong %s: %j', async (name, args) => {
    const { store } = rig()
    const error = await rejection(store.waitFor(...(args as Parameters<Store['waitFor']>)))
    expect(error instanceof TypeError || error instanceof RangeError).toBe(true)
    expect((error as Error).message).toContain(name)
  })
})

describe('the cadence', () => {
  it('W-107 starts again at a rotation, which syncs as well', () => {
    const { store, platform } = rig({ syncEveryNEvents: 3, segmentMaxBytes: 3000 })
    const syncs = (): number =>
      platform.filesOf('fsync').filter((file) => file.endsWith('.fbat')).length
    store.appendBytes(at('a'), Noted.kind, new Uint8Array(4000))
    expect(add(store, 1).diskPos.segmentId).toBe(2)
    expect(syncs()).toBe(2) // frames, then footer
    add(store, 2)
    expect(syncs()).toBe(2)
    add(store, 3)
    expect(syncs()).toBe(3)
  })

  it.each(['all', 'data'] as const)(
    'W-107 W-112 syncMode %s also holds off the main thread',
    async (syncMode) => {
      const { store, platform } = rig({ syncMode })
      const asked: string[] = []
      platform.override('fsyncAsync', (real) => (fd, what) => {
        asked.push(what)
        return real(fd, what)
      })
      add(store)
      await store.syncAsync()
      expect(asked).toEqual([syncMode])
    },
  )

  it('W-105 a batch whose rotation cannot be synced is Io, and poisons the writer', () => {
    const { store, platform, dataDir } = rig({ segmentMaxBytes: 3000 })
    store.appendBytes(at('a'), Noted.kind, new Uint8Array(4000))
    platform.refuse = (call) => (call.name === 'fsync' ? 'EIO' : undefined)
    refusal('Io', () => store.appendBatch([draft(at('a'), Noted, { n: 1 })]))
    platform.refuse = undefined
    refusal('WriterCrashed', () => store.appendBatch([draft(at('a'), Noted, { n: 1 })]))
    refusal('WriterCrashed', () => store.close())
    expect(openStore({ dataDir }).count({ entity: 'a' })).toBe(1)
  })

  // W-105: the failed sync of a close is Io. Here it fails a step earlier than the last one, and the
  // close says that the writer "had failed before".
  it.each([
    ['of its event, at a cadence of 1', false],
    ['of the fence that it cancels', true],
  ])('W-105 a close whose sync %s fails is Io', (_, fenced) => {
    const { store, platform } = rig({ syncEveryNEvents: fenced ? 1000 : 1 })
    if (fenced) store.beginFence().append(at('a'), Noted, { n: 1 })
    platform.refuse = (call) => (call.name === 'fsync' ? 'EIO' : undefined)
    refusal('Io', () => store.close())
  })
})

describe('until', () => {
  it('W-111 applied with nothing tracked is behind for ever: WaitTimeout at once, committed all the same', () => {
    const { store } = rig()
    const append = (): unknown => store.append(at('a'), Noted, { n: 1 }, { until: 'applied' })
    const error = refusal('WaitTimeout', append)
    expect(error).toMatchObject({ watermark: 'Applied', target: { sequence: 1 }, waitedMs: 0 })
    expect(numbersOf(store)).toEqual([1])
    expect(store.frontier().appliedHlc.sequence).toBe(0)
    const idempotencyKey = key(3)
    const options = { until: 'applied', idempotencyKey } as const
    refusal('WaitTimeout', () => store.append(at('a'), Noted, { n: 2 }, options))
    refusal('WaitTimeout', () => store.append(at('a'), Noted, { n: 2 }, options))
    expect(numbersOf(store)).toEqual([1, 2])
  })

  it('W-110 D-15 a timeout or failed sync never means "not written": a retry by key is a replay', () => {
    const { store, platform, dataDir } = rig()
    platform.refuse = (call) => (call.name === 'fsync' ? 'EIO' : undefined)
    const options = { until: 'durable', idempotencyKey: key(1) } as const
    const append = (to: Store): AppendReceipt => to.append(at('a'), Noted, { n: 1 }, options)
    const { receipts } = refusal('SyncFailed', () => append(store))
    platform.refuse = undefined
    refusal('WriterCrashed', () => store.close())
    const reopened = openStore({ dataDir })
    expect(append(reopened)).toEqual({ ...receipts[0], replayed: true })
  })
})

describe('group', () => {
  it('W-104 runs many appends with one sync at the end, whatever the cadence', () => {
    const { store, platform } = rig({ syncEveryNEvents: 1 })
    const result = store.group(() => {
      for (let n = 0; n < 10; n += 1) add(store, n)
      expect(platform.filesOf('fsync')).toEqual([])
      return 'done'
    })
    expect(result).toBe('done')
    expect(platform.filesOf('fsync')).toEqual(['000001.fbat'])
    expect(store.frontier().durableHlc).toEqual(store.frontier().acceptedHlc)
    add(store)
    expect(platform.filesOf('fsync')).toHaveLength(2)
  })

  it('W-104 also syncs when the function throws, and lets that error through', () => {
    const { store, platform } = rig()
    const boom = new Error('boom')
    const thrown = thrownBy(() =>
      store.group(() => {
        add(store)
        throw boom
      }),
    )
    expect(thrown).toBe(boom)
    expect(platform.filesOf('fsync')).toEqual(['000001.fbat'])
    expect(numbersOf(store)).toEqual([0])
  })

  it('W-104 inside another joins it', () => {
    const { store, platform } = rig()
    store.group(() => {
      add(store)
      store.group(() => add(store))
      add(store)
      expect(platform.filesOf('fsync')).toEqual([])
    })
    expect(platform.filesOf('fsync')).toHaveLength(1)
  })

  it('W-104 W-72 W-111 keeps the syncs that a batch and until: "durable" need', () => {
    const { store, platform } = rig()
    store.group(() => {
      add(store)
      store.append(at('a'), Noted, { n: 1 }, { until: 'durable' })
      expect(platform.filesOf('fsync')).toHaveLength(1)
      store.appendBatch([draft(at('a'), Noted, { n: 2 })])
      expect(platform.filesOf('fsync')).toHaveLength(2)
      add(store)
    })
    expect(platform.filesOf('fsync')).toHaveLength(3)
  })

  it('W-104 holds a fence: its publish syncs, and the cadence waits for the end', () => {
    const { store, platform } = rig({ syncEveryNEvents: 1 })
    store.group(() => {
      const fence = store.beginFence()
      fence.append(at('a'), Noted, { n: 1 })
      expect(platform.filesOf('fsync')).toEqual([])
      fence.publish()
      expect(platform.filesOf('fsync')).toHaveLength(1)
    })
    expect(numbersOf(store)).toEqual([1])
  })

  it('W-105 whose sync fails is SyncFailed with the receipts that no sync had covered', () => {
    const { store, platform } = rig()
    const boom = new Error('boom')
    platform.refuse = (call) => (call.name === 'fsync' && armed ? 'EIO' : undefined)
    let armed = false
    const error = refusal('SyncFailed', () =>
      store.group(() => {
        add(store, 1)
        store.sync()
        add(store, 2)
        add(store, 3)
        armed = true
        throw boom
      }),
    )
    expect(error.receipts.map(({ sequence }) => sequence)).toEqual([2, 3])
    expect((error.cause as AggregateError).errors[0]).toBe(boom)
    refusal('WriterCrashed', () => add(store, 4))
    refusal('WriterCrashed', () => store.group(() => 1))
    expect(numbersOf(store)).toEqual([1, 2, 3])
  })

  // W-104, W-105: what the group wrote is not durable, so it must not return as if it were.
  it('W-104 W-105 whose writer was poisoned inside does not return as if it had synced', () => {
    const { store, platform } = rig()
    platform.refuse = (call) => (call.name === 'fsync' ? 'EIO' : undefined)
    const run = (): unknown =>
      store.group(() => {
        add(store, 1)
        try {
          store.append(at('a'), Noted, { n: 2 }, { until: 'durable' })
        } catch {
          // the caller goes on with what the group still promises
        }
      })
    thrownBy(run)
  })

  it('W-104 takes a synchronous function only', async () => {
    const { store } = rig()
    let inner: Promise<unknown> | undefined
    const asynchronous = (): unknown => {
      inner = Promise.resolve(add(store, 1))
      return inner
    }
    expect(argumentError(TypeError, () => store.group(asynchronous))).toContain('synchronous')
    await inner
    expect(store.frontier().durableHlc.sequence).toBe(1)
    argumentError(TypeError, () => store.group(5 as never))
    expect(add(store, 2).sequence).toBe(2)
  })

  it('W-104 of nothing syncs nothing, and a close inside ends it', () => {
    const { store, platform } = rig()
    store.group(() => 1)
    expect(platform.filesOf('fsync')).toEqual([])
    expect(store.group(() => store.close())).toBeUndefined()
    refusal('StoreClosed', () => store.group(() => 1))
  })

  it('W-99 W-100 W-101 W-103 there is no queue: every write returns its receipt or throws, in call order', () => {
    const { store } = rig()
    const names = ['submit', 'trySubmit', 'appendAsync', 'submitBatch', 'writerPressure', 'flush']
    for (const name of names) expect(name in store).toBe(false)
    const receipts = [add(store, 1), add(store, 2), add(store, 3)]
    expect(receipts.map(({ sequence }) => sequence)).toEqual([1, 2, 3])
  })
})
