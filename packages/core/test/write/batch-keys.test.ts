/** Idempotency keys of batches: a batch was written before, or it was not; there is no half. */
import { describe, expect, it } from 'vitest'
import {
  IdempotencyKey,
  draft,
  idempotencyKey,
  type Draft,
  type DraftOptions,
} from '../../src/index.ts'
import { Counted, Noted, at } from '../support/api-events.ts'
import { refusal } from '../support/api-errors.ts'
import { openStore, stateOf } from '../support/api-store.ts'
import { copyOf } from '../support/scratch.ts'
import { diskCalls, expectSound, key, numbersOf, rig, watchPoints } from './rig.ts'

const keyed = (n: number, options: DraftOptions = {}, entity = 'a'): Draft =>
  draft(at(entity), Noted, { n }, { idempotencyKey: key(n), ...options })

const plain = (n: number): Draft => draft(at('a'), Noted, { n })

describe('a batch with idempotency keys', () => {
  it('W-60 W-66 makes each key an event id, and a repeat returns the first receipts in item order', () => {
    const { store, platform } = rig()
    const drafts = [3, 1, 2].map((n) => keyed(n))
    const first = store.appendBatch(drafts)
    expect(first.map(({ eventId }) => eventId)).toEqual([key(3), key(1), key(2)])
    const before = stateOf(store)
    platform.forget()
    const { points, marks } = watchPoints()
    expect(store.appendBatch(drafts)).toEqual(first.map((each) => ({ ...each, replayed: true })))
    const [three, one, two] = first.map((each) => ({ ...each, replayed: true }))
    const turned = store.appendBatch([keyed(1), keyed(2), keyed(3)])
    expect(turned).toEqual([one, two, three])
    expect(stateOf(store)).toEqual(before)
    expect(diskCalls(platform)).toEqual([])
    expect([points, marks]).toEqual([[], ['batch.replayed', 'batch.replayed']])
  })

  it('W-66 W-65 repeats after a close and after a crash', () => {
    const { store, dataDir } = rig()
    const extensions = new Map([['acme.t', Uint8Array.of(1)]])
    const first = store.appendBatch([keyed(1, { extensions }), keyed(2, { flags: 3 })])
    const crashed = copyOf(dataDir)
    store.close()
    for (const dir of [dataDir, crashed]) {
      const again = openStore({ dataDir: dir })
      const { eventCount } = again.stats()
      const replayed = again.appendBatch([keyed(1), keyed(2)])
      expect(replayed).toEqual(first.map((each) => ({ ...each, replayed: true })))
      expect(again.stats().eventCount).toBe(eventCount)
    }
  })

  it('W-66 with keys on some items only is refused, wherever the gap is', () => {
    const { store } = rig()
    const before = stateOf(store)
    for (const drafts of [
      [keyed(1), plain(2)],
      [plain(1), keyed(2)],
      [keyed(1), plain(2), keyed(3)],
    ]) {
      const { reason } = refusal('IdempotencyPartialBatch', () => store.appendBatch(drafts))
      expect(reason).toMatch(/\d of \d items/)
    }
    expect(stateOf(store)).toEqual(before)
    expect(store.appendBatch([plain(1), plain(2)])).toHaveLength(2)
  })

  it('W-66 of which some keys are known is refused, also when the known one is of a single append', () => {
    const { store } = rig()
    store.append(at('z'), Counted, { n: 0 }, { idempotencyKey: key(2) })
    const before = stateOf(store)
    const error = refusal('IdempotencyPartialBatch', () =>
      store.appendBatch([keyed(1), keyed(2), keyed(3)]),
    )
    expect(error.reason).toContain('1 of 3')
    expect(stateOf(store)).toEqual(before)
    const [replayed] = store.appendBatch([keyed(2)])
    expect(replayed).toMatchObject({ replayed: true, coordinate: { entity: 'z' } })
    expect(store.appendBatch([keyed(1), keyed(3)]).map(({ replayed: r }) => r)).toEqual([
      false,
      false,
    ])
    expectSound(store)
  })

  it('W-67 D-7 with the same key twice is refused, new or known', () => {
    const { store } = rig()
    const twice = [keyed(1), keyed(2, { idempotencyKey: key(1) })]
    const before = stateOf(store)
    const { reason } = refusal('IdempotencyPartialBatch', () => store.appendBatch(twice))
    expect(reason).toContain(key(1))
    expect(stateOf(store)).toEqual(before)
    store.appendBatch([keyed(1)])
    refusal('IdempotencyPartialBatch', () => store.appendBatch(twice))
    expect(numbersOf(store)).toEqual([1])
  })

  it('W-63 under onReplay: "verify" refuses an item that differs, and names what', () => {
    const { store } = rig()
    store.appendBatch([keyed(1), keyed(2)])
    const verify = { onReplay: 'verify' } as const
    const before = stateOf(store)
    expect(store.appendBatch([keyed(1, verify), keyed(2, verify)])).toHaveLength(2)
    const moved = [keyed(1, verify), keyed(2, verify, 'b')]
    const error = refusal('IdempotencyConflict', () => store.appendBatch(moved))
    expect([error.eventId, error.differs]).toEqual([key(2), ['coordinate']])
    const other = draft(at('a'), Counted, { n: 9 }, { ...verify, idempotencyKey: key(1) })
    const both = refusal('IdempotencyConflict', () => store.appendBatch([other, keyed(2)]))
    expect(both.differs).toEqual(['kind', 'content'])
    expect(stateOf(store)).toEqual(before)
  })

  it('W-62 W-66 replays the original extensions, flags and positions, not those of the retry', () => {
    const { store } = rig()
    const extensions = new Map([['acme.t', Uint8Array.of(1)]])
    const [first] = store.appendBatch([keyed(1, { extensions, flags: 5 })])
    const [retry] = store.appendBatch([keyed(1, { flags: 6 }, 'elsewhere')])
    expect(retry).toEqual({ ...first, replayed: true })
    expect(store.get(first!.eventId).flags).toBe(5)
  })

  it('W-70 never needs them: a store that requires keys takes a batch without', () => {
    const { store } = rig({ requireIdempotencyKeys: true })
    refusal('IdempotencyRequired', () => store.append(at('a'), Noted, { n: 1 }))
    expect(store.appendBatch([plain(1), plain(2)])).toHaveLength(2)
  })

  it('W-66 W-107 a replay is no command of the cadence', () => {
    const { store, platform } = rig({ syncEveryNEvents: 2 })
    store.appendBatch([keyed(1)])
    store.append(at('a'), Noted, { n: 9 })
    platform.forget()
    store.appendBatch([keyed(1)])
    expect(diskCalls(platform)).toEqual([])
    store.append(at('a'), Noted, { n: 10 })
    expect(diskCalls(platform)).toEqual(['pwrite 000001.fbat', 'fsync 000001.fbat all'])
  })

  it('W-111 W-66 a replay under until: "durable" syncs what was not synced', () => {
    const { store, platform } = rig()
    for (const n of [1, 2]) store.append(at('a'), Noted, { n }, { idempotencyKey: key(n) })
    platform.forget()
    store.appendBatch([keyed(2), keyed(1)], { until: 'durable' })
    expect(diskCalls(platform)).toEqual(['fsync 000001.fbat all'])
    expect(store.frontier().durableHlc.sequence).toBe(2)
    store.appendBatch([keyed(2), keyed(1)], { until: 'durable' })
    expect(diskCalls(platform)).toEqual([])
  })

  it('W-6 W-60 takes the key of zeros and derived keys', () => {
    const { store } = rig()
    const zero = IdempotencyKey.fromHex('0'.repeat(32))
    const derived = idempotencyKey('orders', 'é')
    const drafts = [zero, derived].map((idempotencyKey, n) =>
      draft(at('a'), Noted, { n }, { idempotencyKey }),
    )
    const first = store.appendBatch(drafts)
    expect(first.map(({ eventId }) => eventId)).toEqual([zero, derived])
    expect(store.appendBatch(drafts).every(({ replayed }) => replayed)).toBe(true)
  })

  it('W-76 W-66 a batch whose write failed leaves its keys free', () => {
    const { store, platform } = rig()
    platform.spaceLeft = 800
    refusal('BatchFailed', () => store.appendBatch([keyed(1), keyed(2)]))
    platform.spaceLeft = undefined
    const receipts = store.appendBatch([keyed(1), keyed(2)])
    expect(receipts.map(({ replayed }) => replayed)).toEqual([false, false])
    expect(numbersOf(store)).toEqual([1, 2])
  })
})
