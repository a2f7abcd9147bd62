/** Visibility fences: written at once, seen by nobody before the publish, by nobody ever after a cancel. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  Kind,
  Store,
  defineProjection,
  draft,
  type AppendReceipt,
  type DraftOptions,
  type Fence,
  type PendingReceipt,
} from '../../src/index.ts'
import { abandon } from '../../src/testing.ts'
import { Noted, at } from '../support/api-events.ts'
import { messagesOn } from '../support/api-channel.ts'
import { argumentError, refusal } from '../support/api-errors.ts'
import { openReadOnly, openStore, segmentNames, stateOf } from '../support/api-store.ts'
import { copyOf, filesIn } from '../support/scratch.ts'
import { diskCalls, expectChains, expectSound, key, numbersOf, rig, watchPoints } from './rig.ts'

const RANGES = 'visibility_ranges.fbv'

const note = (n: number, entity = 'a', options?: DraftOptions): ReturnType<typeof draft> =>
  draft(at(entity), Noted, { n }, options)

function add(to: Store, n: number, entity?: string): AppendReceipt
function add(to: Fence, n: number, entity?: string): PendingReceipt<AppendReceipt>
function add(to: Store | Fence, n: number, entity = 'a'): unknown {
  return (to as Store).append(at(entity), Noted, { n })
}

const Count = defineProjection<number>({
  name: 'Count',
  init: () => 0,
  on: (on) => [on(Noted, (count) => count + 1)],
})

/** The receipt of a pending write, whose fence is published meanwhile. */
const publishedIds = (...pending: PendingReceipt<AppendReceipt>[]): string[] =>
  pending.map((each) => each.receipt().eventId)

describe('a fence', () => {
  it('W-84 is the only one, and refuses every write that is not under it', () => {
    const { store } = rig()
    const fence = store.beginFence()
    const before = stateOf(store)
    refusal('VisibilityFenceActive', () => store.beginFence())
    refusal('VisibilityFenceActive', () => add(store, 1))
    refusal('VisibilityFenceActive', () => store.appendBytes(at(''), 6 as never, new Uint8Array(1)))
    refusal('VisibilityFenceActive', () => store.appendBatch([note(1)]))
    refusal('VisibilityFenceActive', () => store.appendBatch([]))
    const outbox = store.outbox()
    outbox.push(note(1))
    refusal('VisibilityFenceActive', () => outbox.flush())
    expect(outbox.length).toBe(1)
    expect(stateOf(store)).toEqual(before)
    fence.publish()
    outbox.flush()
    store.beginFence().cancel()
    expect(add(store, 2).sequence).toBe(2)
  })

  it('W-85 writes at once, but no read sees it: by id, by query, by verification, by projection', () => {
    const { store, platform, dataDir } = rig()
    const base = add(store, 0)
    const before = readFileSync(join(dataDir, '000001.fbat')).length
    const fence = store.beginFence()
    platform.forget()
    const pending = add(fence, 1)
    expect(diskCalls(platform)).toEqual(['pwrite 000001.fbat'])
    expect(readFileSync(join(dataDir, '000001.fbat')).length).toBeGreaterThan(before)
    expect(store.frontier()).toMatchObject({
      acceptedHlc: { sequence: 2 },
      writtenHlc: { sequence: 2 },
      visibleHlc: { sequence: 1 },
    })
    expect(pending.state).toBe('pending')
    const id = leakedId(dataDir, 2)
    expect([store.has(id), store.find(id), store.entry(id)]).toEqual([false, undefined, undefined])
    refusal('NotFound', () => store.get(id))
    expect(store.count({ entity: 'a' })).toBe(1)
    expect(store.page({}, { limit: 9 }).entries.map(({ sequence }) => sequence)).toEqual([0, 1])
    expect([...store.ancestors(id)]).toEqual([])
    expect(store.project(Count, 'a')).toBe(1)
    const verdict = store.verify({ ...base, eventId: id, sequence: 2 })
    expect(verdict).toMatchObject({ outcome: 'invalid', reason: 'missing_committed_event' })
    fence.publish()
    expect(store.has(id)).toBe(true)
    expect(pending.receipt().eventId).toBe(id)
    expect(store.verify(pending.receipt()).outcome).toBe('unsigned_accepted')
  })

  it('W-86 W-113 publish syncs, then shows the whole span at once', () => {
    const { store, platform } = rig()
    const fence = store.beginFence()
    add(fence, 1)
    fence.appendBatch([note(2), note(3, 'b')])
    const visible: number[] = []
    platform.override('fsync', (real) => (fd, what) => {
      visible.push(store.frontier().visibleHlc.sequence)
      real(fd, what)
    })
    platform.forget()
    fence.publish()
    expect(diskCalls(platform)).toEqual(['fsync 000001.fbat all'])
    expect(visible).toEqual([0])
    const { visibleHlc, durableHlc, acceptedHlc } = store.frontier()
    expect([visibleHlc.sequence, durableHlc.sequence, acceptedHlc.sequence]).toEqual([3, 3, 3])
    expect(numbersOf(store)).toEqual([1, 2, 3])
    expectSound(store)
  })

  it('W-86 W-87 of no events is published and cancelled without any effect', () => {
    const { store, platform } = rig()
    const before = stateOf(store)
    store.beginFence().publish()
    store.beginFence().cancel()
    expect(diskCalls(platform)).toEqual([])
    expect(stateOf(store)).toEqual(before)
    expect(add(store, 1).sequence).toBe(1)
  })

  it('W-86 W-105 publish whose sync fails is Io: nothing becomes visible, the writer is poisoned', () => {
    const { store, platform, dataDir } = rig()
    const fence = store.beginFence()
    const pending = add(fence, 1)
    platform.refuse = (call) => (call.name === 'fsync' ? 'EIO' : undefined)
    refusal('Io', () => fence.publish())
    platform.refuse = undefined
    expect(numbersOf(store)).toEqual([])
    expect(pending.state).toBe('pending')
    refusal('FencePending', () => pending.receipt())
    refusal('WriterCrashed', () => add(fence, 2))
    refusal('WriterCrashed', () => fence.publish())
    refusal('WriterCrashed', () => store.beginFence())
    refusal('WriterCrashed', () => store.close())
    expect(numbersOf(openStore({ dataDir }))).toEqual([1])
  })

  it('W-87 cancel hides the span for ever: a gap in the sequences, frames on disk, a ranges file', () => {
    const { store, dataDir } = rig()
    add(store, 0)
    const fence = store.beginFence()
    const one = add(fence, 1)
    const batch = fence.appendBatch([note(2), note(3)])
    const written = filesIn(dataDir)
    fence.cancel()
    expect(one.state).toBe('cancelled')
    refusal('VisibilityFenceCancelled', () => one.receipt())
    refusal('VisibilityFenceCancelled', () => batch.receipt())
    expect(filesIn(dataDir)['000001.fbat']).toBe(written['000001.fbat'])
    const ranges = readFileSync(join(dataDir, RANGES)).toString('hex')
    // FBATVR, version 1, crc, { ranges: [{ start: 2, end: 5 }] }
    expect(ranges.slice(0, 16)).toBe('4642415456520100')
    expect(ranges.slice(24)).toBe('81a672616e6765739182a5737461727402a3656e6405')
    expect(numbersOf(store)).toEqual([0])
    expect(add(store, 4)).toMatchObject({ sequence: 5, clock: 1 })
    expect([...store.entries()].map(({ sequence }) => sequence)).toEqual([0, 1, 5])
    const next = store.page({}, { limit: 2 })
    expect(store.page({}, { after: next.next!, limit: 9 }).entries).toMatchObject([{ sequence: 5 }])
    expectChains(store)
  })

  it('W-87 merges ranges that touch, and keeps them sorted', () => {
    const { store, dataDir } = rig()
    for (const n of [1, 2]) {
      const fence = store.beginFence()
      add(fence, n)
      fence.cancel()
    }
    add(store, 3)
    const last = store.beginFence()
    add(last, 4)
    last.cancel()
    const ranges = readFileSync(join(dataDir, RANGES)).toString('hex').slice(24)
    expect(ranges).toBe('81a672616e6765739282a5737461727401a3656e640382a5737461727404a3656e6405')
    expect(numbersOf(store)).toEqual([3])
  })

  it('W-88 W-87 stays hidden across a close, a crash, and an abandon', () => {
    const { store, dataDir } = rig()
    add(store, 0)
    const fence = store.beginFence()
    fence.appendBatch([note(1), note(2)])
    fence.cancel()
    add(store, 3)
    const crashed = copyOf(dataDir)
    store.close()
    const closed = copyOf(dataDir)
    const again = Store.open({ dataDir })
    expect(numbersOf(again)).toEqual([0, 3])
    abandon(again)
    for (const dir of [crashed, closed, dataDir]) {
      const reopened = openStore({ dataDir: dir })
      expect(numbersOf(reopened)).toEqual([0, 3])
      expect(add(reopened, 4).clock).toBe(2)
      expectChains(reopened)
    }
  })

  it('W-88 W-87 stays hidden when another process cancels more', () => {
    const { store, dataDir } = rig()
    const first = store.beginFence()
    add(first, 1)
    first.cancel()
    add(store, 2)
    store.close()
    const again = openStore({ dataDir })
    const second = again.beginFence()
    add(second, 3)
    second.cancel()
    add(again, 4)
    expect(numbersOf(again)).toEqual([2, 4])
    again.close()
    const reader = openReadOnly({ dataDir })
    expect(numbersOf(reader)).toEqual([2, 4])
    expectChains(reader)
  })

  it('W-88 does not come back when the ranges file is damaged: the open refuses', () => {
    const { store, dataDir } = rig()
    const fence = store.beginFence()
    add(fence, 1)
    fence.cancel()
    store.close()
    const path = join(dataDir, RANGES)
    const bytes = readFileSync(path)
    bytes[bytes.length - 1]! ^= 1
    writeFileSync(path, bytes)
    for (const how of ['open', 'openReadOnly', 'openUnlocked'] as const) {
      refusal('HiddenRangesCorrupt', () => Store[how]({ dataDir }))
    }
  })

  it('W-89 that has ended refuses everything with VisibilityFenceNotActive', () => {
    const { store } = rig()
    for (const end of ['publish', 'cancel'] as const) {
      const fence = store.beginFence()
      const outbox = fence.outbox()
      outbox.push(note(8))
      expect(fence.active).toBe(true)
      fence[end]()
      expect(fence.active).toBe(false)
      const before = stateOf(store)
      refusal('VisibilityFenceNotActive', () => add(fence, 1))
      refusal('VisibilityFenceNotActive', () => fence.appendBatch([note(1)]))
      refusal('VisibilityFenceNotActive', () => fence.publish())
      refusal('VisibilityFenceNotActive', () => fence.cancel())
      refusal('VisibilityFenceNotActive', () => outbox.flush())
      fence[Symbol.dispose]()
      expect(stateOf(store)).toEqual(before)
    }
    const stale = store.beginFence()
    stale.publish()
    const current = store.beginFence()
    refusal('VisibilityFenceNotActive', () => add(stale, 1))
    refusal('VisibilityFenceNotActive', () => stale.cancel())
    expect(current.active).toBe(true)
    current.publish()
    expect(add(store, 1).sequence).toBe(1)
  })

  it('W-90 is cancelled when it is disposed of, synchronously', () => {
    const { store } = rig()
    const fence = store.beginFence()
    const pending = add(fence, 1)
    fence[Symbol.dispose]()
    expect(pending.state).toBe('cancelled')
    expect(numbersOf(store)).toEqual([])
    expect(add(store, 2)).toMatchObject({ sequence: 2, clock: 0 })
    fence[Symbol.dispose]()
    expect(numbersOf(store)).toEqual([2])
  })

  it('W-90 whose disposal fails throws nothing, and tells the diagnostics channel', () => {
    const { store, platform, dataDir } = rig()
    const told = messagesOn('batpak:fence')
    const fence = store.beginFence()
    const pending = add(fence, 1)
    platform.refuse = (call) => (call.name === 'rename' ? 'EIO' : undefined)
    fence[Symbol.dispose]()
    expect(told).toMatchObject([{ dataDir, error: { code: 'Io' } }])
    expect([pending.state, fence.active]).toEqual(['cancelled', false])
    expect(numbersOf(store)).toEqual([])
    // The next write finishes the cancel first; as long as that fails it is refused.
    refusal('Io', () => add(store, 2))
    platform.refuse = undefined
    expect(add(store, 2)).toMatchObject({ sequence: 2, clock: 0 })
    expect(numbersOf(store)).toEqual([2])
    store.close()
    expect(numbersOf(openReadOnly({ dataDir }))).toEqual([2])
  })

  it('W-90 is cancelled by the close of its store', () => {
    const { store, dataDir } = rig()
    add(store, 0)
    const fence = store.beginFence()
    const pending = add(fence, 1)
    store.close()
    expect([pending.state, fence.active]).toEqual(['cancelled', false])
    refusal('VisibilityFenceCancelled', () => pending.receipt())
    for (const call of [
      (): unknown => add(fence, 2),
      (): unknown => fence.appendBatch([note(2)]),
      (): unknown => fence.publish(),
      (): unknown => fence.cancel(),
    ]) {
      refusal('StoreClosed', call)
    }
    fence[Symbol.dispose]()
    const reopened = openStore({ dataDir })
    expect(numbersOf(reopened)).toEqual([0])
    expectChains(reopened)
  })

  it('W-92 D-2 that is open at a crash is published by it', () => {
    const { store, dataDir } = rig()
    add(store, 0)
    const fence = store.beginFence()
    add(fence, 1)
    fence.appendBatch([note(2), note(3, 'b')])
    const crashed = copyOf(dataDir)
    fence.cancel()
    const reopened = openStore({ dataDir: crashed })
    expect(numbersOf(reopened)).toEqual([0, 1, 2, 3])
    expect(reopened.diagnostics().openReport.healed).toEqual([])
    expectSound(reopened)
  })

  it('W-93 cancel syncs the segment before it writes the ranges, and makes those durable', () => {
    const { store, platform, dataDir } = rig()
    const fence = store.beginFence()
    add(fence, 1)
    platform.forget()
    const files: string[][] = []
    platform.override('fsync', (real) => (fd, what) => {
      files.push(Object.keys(filesIn(dataDir)))
      real(fd, what)
    })
    fence.cancel()
    expect(files[0]).toEqual(['000001.fbat'])
    expect(diskCalls(platform)).toEqual([
      'fsync 000001.fbat all',
      'pwrite temp',
      'fsync temp all',
      'rename temp',
      expect.stringMatching(/^fsyncDir /),
    ])
  })

  it.each(['pwrite', 'fsync', 'rename', 'fsyncDir'] as const)(
    'W-93 W-87 a cancel that fails in the %s of the ranges can be finished by the next write or close',
    (name) => {
      for (const finish of ['write', 'close'] as const) {
        const { store, platform, dataDir } = rig()
        add(store, 0)
        const fence = store.beginFence()
        const pending = add(fence, 1)
        platform.refuse = (call) => {
          const ofSegment = call.file === '000001.fbat'
          return call.name === name && !ofSegment ? 'EIO' : undefined
        }
        refusal('Io', () => fence.cancel())
        platform.refuse = undefined
        expect(pending.state).toBe('cancelled')
        refusal('VisibilityFenceNotActive', () => add(fence, 2))
        refusal('VisibilityFenceNotActive', () => fence.publish())
        expect(numbersOf(store)).toEqual([0])
        if (finish === 'write') expect(add(store, 3)).toMatchObject({ sequence: 3, clock: 1 })
        store.close()
        expect(numbersOf(openReadOnly({ dataDir }))).toEqual(finish === 'write' ? [0, 3] : [0])
      }
    },
  )

  it('W-105 a cancel whose sync fails is Io and poisons the writer; a reopen shows the events', () => {
    const { store, platform, dataDir } = rig()
    const fence = store.beginFence()
    const pending = add(fence, 1)
    platform.refuse = (call) => (call.name === 'fsync' ? 'EIO' : undefined)
    refusal('Io', () => fence.cancel())
    platform.refuse = undefined
    expect(pending.state).toBe('cancelled')
    refusal('WriterCrashed', () => add(store, 2))
    refusal('WriterCrashed', () => store.close())
    expect(filesIn(dataDir)).not.toHaveProperty(RANGES)
    expect(numbersOf(openStore({ dataDir }))).toEqual([1])
  })

  it('W-94 gives pending receipts, which are frozen and count after the publish', () => {
    const { store } = rig()
    const fence = store.beginFence()
    const one = add(fence, 1)
    const batch = fence.appendBatch([note(2), note(3)])
    const flushed = fence.outbox()
    flushed.push(note(4))
    const out = flushed.flush()
    for (const pending of [one, batch, out]) {
      expect(Object.isFrozen(pending)).toBe(true)
      expect(pending.state).toBe('pending')
      refusal('FencePending', () => pending.receipt())
    }
    fence.publish()
    for (const pending of [one, batch, out]) expect(pending.state).toBe('published')
    const receipts = [one.receipt(), ...batch.receipt(), ...out.receipt()]
    expect(receipts.map(({ sequence, clock }) => [sequence, clock])).toEqual([
      [1, 0],
      [2, 1],
      [3, 2],
      [4, 3],
    ])
    expect(one.receipt()).toBe(one.receipt())
    for (const receipt of receipts) expect(store.verify(receipt).outcome).toBe('unsigned_accepted')
  })

  it('W-94 W-82 takes no `until`', () => {
    const { store } = rig()
    const fence = store.beginFence()
    const options = { until: 'durable' } as never
    const append = (): unknown => fence.append(at('a'), Noted, { n: 1 }, options)
    expect(argumentError(TypeError, append)).toContain('until')
    fence.publish()
    expect(numbersOf(store)).toEqual([])
  })
})

describe('clock and chain of an entity', () => {
  it('W-91 D-1 go on inside a fence and after its publish: 2 before, 3 fenced, 1 after', () => {
    const { store, dataDir } = rig()
    add(store, 0)
    add(store, 1)
    const fence = store.beginFence()
    const pending = [add(fence, 2), add(fence, 3), add(fence, 4)]
    fence.publish()
    expect(pending.map((each) => each.receipt().clock)).toEqual([2, 3, 4])
    expect(add(store, 5).clock).toBe(5)
    expectSound(store)
    const [latest] = store.entries({ entity: 'a' }, { reverse: true, limit: 1 })
    expect([...store.ancestors(latest!.eventId)]).toHaveLength(6)
    store.close()
    expectSound(openReadOnly({ dataDir }))
    expect(publishedIds(...pending)).toHaveLength(3)
  })

  it('W-91 D-1 go on after a cancel from the last event that is not cancelled', () => {
    const { store, dataDir } = rig()
    add(store, 0)
    const last = add(store, 1)
    const fence = store.beginFence()
    for (const n of [2, 3, 4]) add(fence, n)
    add(fence, 9, 'new')
    fence.cancel()
    const next = add(store, 5)
    expect(next).toMatchObject({ sequence: 7, clock: 2, prevHash: last.contentHash })
    expect(add(store, 6, 'new')).toMatchObject({ clock: 0, prevHash: new Uint8Array(32) })
    expectChains(store)
    store.close()
    const reopened = openStore({ dataDir })
    expectChains(reopened)
    expect(add(reopened, 7).clock).toBe(3)
    expect(add(reopened, 8, 'new').clock).toBe(1)
  })

  it('W-91 W-45 compare-and-swap under a fence sees pending events, and after a cancel does not', () => {
    const { store } = rig()
    const fence = store.beginFence()
    const swap = (expected: number | 'empty'): unknown =>
      fence.append(at('a'), Noted, { n: 1 }, { expected })
    swap('empty')
    expect(refusal('SequenceMismatch', () => swap('empty')).actual).toBe(0)
    swap(0)
    fence.cancel()
    expect(store.append(at('a'), Noted, { n: 2 }, { expected: 'empty' }).clock).toBe(0)
    expect(refusal('SequenceMismatch', () => add2(store)).actual).toBe(0)
  })

  const add2 = (store: Store): unknown => store.append(at('a'), Noted, { n: 3 }, { expected: 1 })

  it('W-91 W-74 go on across a rotation inside the fence', () => {
    const { store, dataDir } = rig({ segmentMaxBytes: 1500 })
    const fence = store.beginFence()
    for (let n = 0; n < 12; n += 1) add(fence, n)
    expect(segmentNames(dataDir).length).toBeGreaterThan(2)
    expect(numbersOf(store)).toEqual([])
    fence.publish()
    expectSound(store)
    const second = store.beginFence()
    for (let n = 0; n < 12; n += 1) add(second, n)
    second.cancel()
    add(store, 99)
    store.close()
    const reader = openReadOnly({ dataDir })
    expect(numbersOf(reader)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 99])
    expectChains(reader)
  })
})

describe('idempotency keys under a fence', () => {
  const keyed = (fence: Fence, n: number): PendingReceipt<AppendReceipt> =>
    fence.append(at('a'), Noted, { n }, { idempotencyKey: key(n) })

  it('W-68 D-9 of pending events are found: nothing is written twice', () => {
    const { store } = rig()
    const fence = store.beginFence()
    keyed(fence, 1)
    const before = stateOf(store)
    const again = keyed(fence, 1)
    expect(again.state).toBe('pending')
    const batch = fence.appendBatch([note(5, 'b', { idempotencyKey: key(1) })])
    expect(stateOf(store)).toEqual(before)
    refusal('IdempotencyPartialBatch', () =>
      fence.appendBatch([
        note(1, 'a', { idempotencyKey: key(1) }),
        note(2, 'a', { idempotencyKey: key(2) }),
      ]),
    )
    fence.publish()
    expect(again.receipt()).toMatchObject({ replayed: true, sequence: 1 })
    expect(batch.receipt()).toMatchObject([{ replayed: true, sequence: 1 }])
    expect(numbersOf(store)).toEqual([1])
    const idempotencyKey = key(1)
    expect(store.append(at('a'), Noted, { n: 1 }, { idempotencyKey }).replayed).toBe(true)
  })

  it('W-68 of cancelled events are free again, also after a reopen', () => {
    const { store, dataDir } = rig()
    const fence = store.beginFence()
    keyed(fence, 1)
    keyed(fence, 2)
    fence.cancel()
    const idempotencyKey = key(1)
    const fresh = store.append(at('b'), Noted, { n: 7 }, { idempotencyKey })
    expect(fresh).toMatchObject({ replayed: false, sequence: 3, eventId: key(1) })
    expect(store.get(fresh.eventId).payload).toEqual({ n: 7 })
    const crashed = copyOf(dataDir)
    store.close()
    for (const dir of [dataDir, crashed]) {
      const reopened = openStore({ dataDir: dir })
      expect(reopened.get(fresh.eventId).payload).toEqual({ n: 7 })
      expect(reopened.verify(fresh).outcome).toBe('unsigned_accepted')
      const options = { idempotencyKey: key(2) }
      expect(reopened.append(at('a'), Noted, { n: 8 }, options).replayed).toBe(false)
      expect(reopened.append(at('b'), Noted, { n: 9 }, { idempotencyKey }).replayed).toBe(true)
      expectChains(reopened)
    }
  })

  it('W-70 are required there too when the store requires them', () => {
    const { store } = rig({ requireIdempotencyKeys: true })
    const fence = store.beginFence()
    refusal('IdempotencyRequired', () => add(fence, 1))
    keyed(fence, 1)
    fence.appendBatch([note(2)])
    fence.publish()
    expect(numbersOf(store)).toEqual([1, 2])
  })
})

describe('a fenced batch', () => {
  it('W-83 D-17 is checked as any batch, with the same errors', () => {
    const { store } = rig({ singleAppendMaxBytes: 100, batchMaxSize: 2 })
    const fence = store.beginFence()
    const before = stateOf(store)
    const big = draft(at('a'), Noted, { n: 'x'.repeat(200) } as never)
    const wrong = draft(at('a', ''), Noted, { n: 1 })
    const cas = note(1, 'a', { expected: 0 } as DraftOptions)
    const tooLarge = refusal('BatchItemTooLarge', () => fence.appendBatch([note(1), big]))
    expect([tooLarge.index, tooLarge.limit]).toEqual([1, 100])
    expect(refusal('InvalidCoordinate', () => fence.appendBatch([note(1), wrong])).index).toBe(1)
    expect(refusal('BatchFailed', () => fence.appendBatch([note(1), cas])).itemIndex).toBe(1)
    const many = [note(1), note(2), note(3)]
    expect(refusal('BatchFailed', () => fence.appendBatch(many)).itemIndex).toBe(0)
    expect(stateOf(store)).toEqual(before)
    fence.publish()
    expect(numbersOf(store)).toEqual([])
  })

  it('W-107 is one command of the cadence and is not synced by itself', () => {
    const { store, platform } = rig({ syncEveryNEvents: 3 })
    const fence = store.beginFence()
    fence.appendBatch([note(1), note(2), note(3)])
    add(fence, 4)
    expect(diskCalls(platform)).toEqual(['pwrite 000001.fbat', 'pwrite 000001.fbat'])
    add(fence, 5)
    expect(diskCalls(platform)).toEqual(['pwrite 000001.fbat', 'fsync 000001.fbat all'])
    expect(store.frontier()).toMatchObject({
      durableHlc: { sequence: 5 },
      visibleHlc: { sequence: 0 },
    })
    fence.publish()
  })

  // W-105: `SyncFailed` says "committed and visible"; a fenced event is neither, and its receipt
  // would be out before the publish (W-94). Otherwise `Io`, and `BatchSyncFailed` for a batch (W-78).
  it('W-105 W-94 whose cadence sync fails does not claim that its events are visible', () => {
    const { store, platform } = rig({ syncEveryNEvents: 1 })
    const fence = store.beginFence()
    platform.refuse = (call) => (call.name === 'fsync' ? 'EIO' : undefined)
    refusal('BatchSyncFailed', () => fence.appendBatch([note(1)]))
  })

  it('W-105 W-94 an event under a fence whose cadence sync fails is Io', () => {
    const { store, platform } = rig({ syncEveryNEvents: 1 })
    const fence = store.beginFence()
    platform.refuse = (call) => (call.name === 'fsync' ? 'EIO' : undefined)
    refusal('Io', () => add(fence, 1))
  })

  it('W-76 whose write fails leaves the fence active and its earlier events pending', () => {
    const { store, platform } = rig()
    const fence = store.beginFence()
    add(fence, 1)
    platform.spaceLeft = 500
    refusal('BatchFailed', () => fence.appendBatch([note(2), note(3)]))
    platform.spaceLeft = undefined
    expect(fence.active).toBe(true)
    fence.appendBatch([note(4)])
    fence.publish()
    expect(numbersOf(store)).toEqual([1, 4])
    expectSound(store)
  })
})

describe('frontiers under a fence', () => {
  it('W-113 W-106 keep their order; after a cancel visible jumps over the span at the next write', () => {
    const { store } = rig()
    const sequences = (): number[] => {
      const f = store.frontier()
      return [f.acceptedHlc, f.writtenHlc, f.durableHlc, f.visibleHlc].map((hlc) => hlc.sequence)
    }
    const fence = store.beginFence()
    add(fence, 1)
    add(fence, 2)
    expect(sequences()).toEqual([2, 2, 0, 0])
    store.sync()
    expect(sequences()).toEqual([2, 2, 2, 0])
    fence.cancel()
    expect(sequences()).toEqual([2, 2, 2, 0])
    add(store, 3)
    expect(sequences()).toEqual([3, 3, 2, 3])
    expect(numbersOf(store)).toEqual([3])
  })

  it('W-39 W-158 a close after a cancel is not earlier than what was cancelled', () => {
    const { store, clock, dataDir } = rig()
    add(store, 0)
    clock.us += 10_000_000
    const fence = store.beginFence()
    add(fence, 1)
    const { wallMs } = store.frontier().acceptedHlc
    expect(wallMs).toBeGreaterThan(store.frontier().visibleHlc.wallMs)
    fence.cancel()
    store.close()
    const [close] = openReadOnly({ dataDir }).entries({}, { reverse: true })
    expect(close).toMatchObject({ kind: Kind.SYSTEM_CLOSE_COMPLETED, wallMs })
  })

  it('W-166 a published and a cancelled fence are told as marks', () => {
    const { store } = rig()
    const { marks } = watchPoints()
    store.beginFence().publish()
    store.beginFence().cancel()
    expect(marks).toEqual(['fence.published', 'fence.cancelled'])
  })
})

/** The event id of a fenced write: the id that a crash of this moment would show. */
function leakedId(dataDir: string, sequence: number): AppendReceipt['eventId'] {
  const reader = Store.openUnlocked({ dataDir })
  try {
    return [...reader.entries()].find((entry) => entry.sequence === sequence)!.eventId
  } finally {
    reader.close()
  }
}
