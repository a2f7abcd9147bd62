/** Outboxes: events are collected, encoded as they come, and flushed as one batch. */
import { describe, expect, it } from 'vitest'
import { draft, type Outbox } from '../../src/index.ts'
import { Noted, at } from '../support/api-events.ts'
import { argumentError, refusal } from '../support/api-errors.ts'
import { stateOf } from '../support/api-store.ts'
import { diskCalls, expectSound, key, numbersOf, rig } from './rig.ts'

const note = (n: number): ReturnType<typeof draft> => draft(at('a'), Noted, { n })

const stage = (outbox: Outbox<unknown>, n: number): void => outbox.stage(at('a'), Noted, { n })

describe('an outbox', () => {
  it('W-95 encodes at once: what changes after staging does not count', () => {
    const { store, platform } = rig()
    const outbox = store.outbox()
    const before = stateOf(store)
    const value = { n: 1 }
    outbox.stage(at('a'), Noted, value)
    value.n = 2
    outbox.push(note(3))
    expect(outbox.length).toBe(2)
    expect(diskCalls(platform)).toEqual([])
    expect(stateOf(store)).toEqual(before)
    outbox.flush()
    expect(numbersOf(store)).toEqual([1, 3])
  })

  it('W-95 refuses at the staging what cannot be encoded, and stages nothing', () => {
    const { store } = rig()
    const outbox = store.outbox()
    stage(outbox, 1)
    refusal('Serialization', () => stage(outbox, Number.NaN))
    refusal('InvalidUnicode', () => outbox.stage(at('a'), Noted, { n: '\ud800' } as never))
    expect(argumentError(TypeError, () => outbox.push({} as never))).toContain('draft')
    expect(argumentError(TypeError, () => outbox.stage(null as never, Noted, { n: 1 }))).toContain(
      'at must be',
    )
    expect(outbox.length).toBe(1)
    outbox.flush()
    expect(numbersOf(store)).toEqual([1])
  })

  it('W-96 W-98 flushes as one atomic batch in order, and is empty and usable after it', () => {
    const { store, platform } = rig()
    const outbox = store.outbox()
    for (const n of [3, 1, 2]) stage(outbox, n)
    const receipts = outbox.flush()
    expect(receipts.map(({ sequence }) => sequence)).toEqual([1, 2, 3])
    expect(diskCalls(platform)).toEqual(['pwrite 000001.fbat', 'fsync 000001.fbat all'])
    expect(outbox.length).toBe(0)
    stage(outbox, 4)
    expect(outbox.flush()).toMatchObject([{ sequence: 4, clock: 3 }])
    expect(numbersOf(store)).toEqual([3, 1, 2, 4])
    expectSound(store)
  })

  it('W-96 that is empty flushes to [] and touches nothing', () => {
    const { store, platform } = rig()
    expect(store.outbox().flush()).toEqual([])
    expect(diskCalls(platform)).toEqual([])
  })

  it.each([
    ['is refused', 'BatchFailed'],
    ['cannot be written', 'BatchFailed'],
    ['comes while a fence is open', 'VisibilityFenceActive'],
    ['comes after the close', 'StoreClosed'],
  ] as const)('W-97 keeps its items when the flush %s', (how, code) => {
    const { store, platform } = rig({ batchMaxSize: 2 })
    const outbox = store.outbox()
    for (const n of [1, 2]) stage(outbox, n)
    if (how === 'is refused') stage(outbox, 3)
    if (how === 'cannot be written') platform.spaceLeft = 100
    const fence = how === 'comes while a fence is open' ? store.beginFence() : undefined
    if (how === 'comes after the close') store.close()
    refusal(code, () => outbox.flush())
    expect(outbox.length).toBe(how === 'is refused' ? 3 : 2)
    if (store.closed) return
    platform.spaceLeft = undefined
    fence?.cancel()
    if (how === 'is refused') {
      outbox.clear()
      for (const n of [1, 2]) stage(outbox, n)
    }
    outbox.flush()
    expect(numbersOf(store)).toEqual([1, 2])
  })

  it('W-97 W-78 does not keep its items when the batch was written and only its sync failed', () => {
    const { store, platform } = rig()
    const outbox = store.outbox()
    stage(outbox, 1)
    platform.refuse = (call) => (call.name === 'fsync' ? 'EIO' : undefined)
    refusal('BatchSyncFailed', () => outbox.flush())
    expect(outbox.length).toBe(0)
  })

  it('W-97 keeps the order when its flush is refused and more is staged', () => {
    const { store } = rig({ batchMaxSize: 3 })
    const outbox = store.outbox()
    stage(outbox, 1)
    stage(outbox, 2)
    const fence = store.beginFence()
    refusal('VisibilityFenceActive', () => outbox.flush())
    stage(outbox, 3)
    fence.cancel()
    outbox.flush()
    expect(numbersOf(store)).toEqual([1, 2, 3])
  })

  it('W-98 cleared or disposed of without a flush writes nothing, and the store goes on', () => {
    const { store } = rig()
    const before = stateOf(store)
    const outbox = store.outbox()
    stage(outbox, 1)
    outbox.clear()
    expect(outbox.length).toBe(0)
    stage(outbox, 2)
    outbox[Symbol.dispose]()
    expect(outbox.length).toBe(0)
    expect(outbox.flush()).toEqual([])
    expect(stateOf(store)).toEqual(before)
    stage(outbox, 3)
    outbox.flush()
    expect(numbersOf(store)).toEqual([3])
  })

  it('W-66 replays a flush that is repeated with the same keys', () => {
    const { store } = rig()
    const outbox = store.outbox()
    const again = [1, 2].map((n) => draft(at('a'), Noted, { n }, { idempotencyKey: key(n) }))
    for (const each of again) outbox.push(each)
    const first = outbox.flush()
    for (const each of again) outbox.push(each)
    expect(outbox.flush()).toEqual(first.map((receipt) => ({ ...receipt, replayed: true })))
    expect(numbersOf(store)).toEqual([1, 2])
  })

  it('W-94 W-97 of a fence flushes to a pending receipt, and keeps its items when that is refused', () => {
    const { store } = rig({ batchMaxSize: 1 })
    const fence = store.beginFence()
    const outbox = fence.outbox()
    stage(outbox, 1)
    stage(outbox, 2)
    refusal('BatchFailed', () => outbox.flush())
    expect(outbox.length).toBe(2)
    outbox.clear()
    stage(outbox, 3)
    const pending = outbox.flush()
    expect([pending.state, outbox.length, numbersOf(store)]).toEqual(['pending', 0, []])
    fence.publish()
    expect(pending.receipt()).toMatchObject([{ sequence: 1, clock: 0 }])
    expect(numbersOf(store)).toEqual([3])
  })

  it('R-164 W-161 of a closed store is StoreClosed', () => {
    const { store } = rig()
    store.close()
    refusal('StoreClosed', () => store.outbox())
  })
})
