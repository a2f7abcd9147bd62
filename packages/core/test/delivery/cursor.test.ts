/** Cursors: order, once each, positions, gaps, both kinds of iteration. */
import { describe, expect, it } from 'vitest'
import type { Cursor, IndexEntry, Region } from '../../src/index.ts'
import { engineOf } from '../../src/read/reads.ts'
import { Counted, Noted, at } from '../support/api-events.ts'
import { argumentError, refusal } from '../support/api-errors.ts'
import { freshDir, openReadOnly, openStore, openUnlocked } from '../support/api-store.ts'

const NOTES: Region = { kind: Noted }

function sequences(entries: Iterable<IndexEntry>): number[] {
  return [...entries].map(({ sequence }) => sequence)
}

function drain(cursor: Cursor, max = 3): number[] {
  const seen: number[] = []
  for (;;) {
    const batch = cursor.pollBatch(max)
    if (batch.length === 0) return seen
    expect(batch.length).toBeLessThanOrEqual(max)
    seen.push(...sequences(batch))
  }
}

describe('a cursor', () => {
  it('starts before the first row and delivers sequence 0 (R-77)', () => {
    const store = openStore()
    const cursor = store.cursor({})
    expect(cursor.position).toBeUndefined()
    expect(cursor.poll()?.sequence).toBe(0)
    expect(cursor.position).toBe(0)
    expect(cursor.poll()).toBeUndefined()
  })

  it('delivers every matching row once, in commit order, also those committed later (R-78, R-13)', () => {
    const store = openStore()
    const cursor = store.cursor({ entity: 'a', kind: { category: 0xf } })
    const seen: number[] = []
    for (let n = 0; n < 50; n += 1) {
      store.append(at(n % 3 === 0 ? 'a' : 'a:b'), n % 5 === 0 ? Counted : Noted, { n })
      store.append(at('ab'), Noted, { n })
      if (n % 7 === 0) seen.push(...drain(cursor, 1 + (n % 4)))
    }
    seen.push(...drain(cursor))
    expect(seen).toEqual(sequences(store.entries({ entity: 'a', kind: { category: 0xf } })))
  })

  it('finds rows of names that did not exist when it was made, and of a namespace that grew', () => {
    const store = openStore()
    const unknown = store.cursor({ entity: 'late', scope: 'nowhere' })
    store.append(at('ns'), Noted, { n: 0 })
    const grown = store.cursor({ entity: 'ns' })
    expect(drain(unknown)).toEqual([])
    expect(drain(grown)).toHaveLength(1)
    const child = store.append(at('ns:child'), Noted, { n: 1 })
    const late = store.append(at('late', 'nowhere'), Noted, { n: 2 })
    expect(drain(grown)).toEqual([child.sequence])
    expect(drain(unknown)).toEqual([late.sequence])
  })

  it('keeps its position on an empty poll and goes on from it; a batch of 0 is empty (R-79)', () => {
    const store = openStore()
    const first = store.append(at('e'), Noted, { n: 1 })
    const cursor = store.cursor(NOTES)
    expect(cursor.pollBatch(0)).toEqual([])
    expect(cursor.position).toBeUndefined()
    expect(drain(cursor)).toEqual([first.sequence])
    store.append(at('e'), Counted, { n: 2 })
    expect(cursor.poll()).toBeUndefined()
    expect(cursor.position).toBe(first.sequence)
    const later = store.append(at('e'), Noted, { n: 3 })
    expect(cursor.poll()?.sequence).toBe(later.sequence)
  })

  it('stands at the last row of a batch and passes over hidden ranges (R-80, L-HIDE)', () => {
    const store = openStore()
    const cursor = store.cursor(NOTES)
    const first = store.append(at('e'), Noted, { n: 1 })
    const fence = store.beginFence()
    fence.append(at('e'), Noted, { n: 2 })
    expect(drain(cursor)).toEqual([first.sequence])
    fence.cancel()
    expect(cursor.poll()).toBeUndefined()
    const last = store.append(at('e'), Noted, { n: 3 })
    expect(sequences(cursor.pollBatch(5))).toEqual([last.sequence])
    expect(cursor.position).toBe(last.sequence)
  })

  it('delivers a fence when it is published, as a whole', () => {
    const store = openStore()
    const cursor = store.cursor(NOTES)
    const fence = store.beginFence()
    fence.append(at('e'), Noted, { n: 1 })
    fence.append(at('e'), Noted, { n: 2 })
    expect(cursor.poll()).toBeUndefined()
    fence.publish()
    expect(cursor.pollBatch(10)).toHaveLength(2)
  })

  it('is not influenced by another one, on read-only stores too (R-81)', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    for (let n = 0; n < 5; n += 1) store.append(at('e'), Noted, { n })
    const one = store.cursor(NOTES)
    const two = store.cursor(NOTES)
    one.pollBatch(4)
    expect(two.position).toBeUndefined()
    expect(drain(two)).toHaveLength(5)
    expect(drain(one)).toHaveLength(1)
    store.close()
    const readOnly = openReadOnly({ dataDir })
    expect(drain(readOnly.cursor(NOTES))).toHaveLength(5)
    readOnly.close()
    expect(drain(openUnlocked({ dataDir }).cursor(NOTES))).toHaveLength(5)
  })

  it('goes on by sequence when the index under it is replaced (R-155, R-152)', async () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    for (let n = 0; n < 5; n += 1) store.append(at('e'), Noted, { n })
    const reader = openUnlocked({ dataDir })
    const engine = engineOf('test', reader)
    const polled = reader.cursor(NOTES)
    const iterated = reader.cursor(NOTES)
    const seen = sequences(polled.pollBatch(2))
    const open = iterated[Symbol.iterator]()
    const first = open.next().value as IndexEntry
    const waiting = reader.cursor({ kind: Counted })[Symbol.asyncIterator]().next()
    store.append(at('e'), Noted, { n: 9 })
    const counted = store.append(at('new'), Counted, { n: 1 })
    const from = engine.index.visible
    engine.replaceIndex(engineOf('test', openUnlocked({ dataDir })).index)
    engine.commits.published(from, engine.index.visible)
    expect([...seen, ...drain(polled)]).toEqual(sequences(store.entries(NOTES)))
    // An iteration ends where the present was when it began.
    const rest = sequences({ [Symbol.iterator]: () => open })
    expect([first.sequence, ...rest]).toEqual(sequences(store.entries(NOTES)).slice(0, 5))
    expect(drain(iterated)).toHaveLength(1)
    expect((await waiting).value?.sequence).toBe(counted.sequence)
  })

  it('goes back to what was committed', () => {
    const store = openStore()
    for (let n = 0; n < 6; n += 1) store.append(at('e'), Noted, { n })
    const cursor = store.cursor(NOTES)
    const all = sequences(store.entries(NOTES))
    cursor.pollBatch(2)
    cursor.rollback()
    expect(cursor.position).toBeUndefined()
    expect(sequences(cursor.pollBatch(2))).toEqual(all.slice(0, 2))
    cursor.commit()
    cursor.pollBatch(3)
    cursor.rollback()
    expect(cursor.position).toBe(all[1])
    expect(drain(cursor)).toEqual(all.slice(2))
  })

  it('reports gaps of cancelled fences, and no others (R-82)', () => {
    const store = openStore()
    const cursor = store.cursor(NOTES, { gaps: 2 })
    const silent = store.cursor(NOTES)
    const cancelled: number[] = []
    for (let n = 0; n < 4; n += 1) {
      store.append(at('e'), Noted, { n })
      store.append(at('e'), Counted, { n }) // a gap of the filter alone
      const fence = store.beginFence()
      fence.append(at('e'), Noted, { n })
      fence.append(at('e'), Noted, { n })
      cancelled.push(store.stats().globalSequence - 2)
      fence.cancel()
    }
    const last = store.append(at('e'), Noted, { n: 9 })
    drain(cursor)
    drain(silent)
    expect(silent.takeGaps()).toEqual([])
    const [older, newer, ...none] = cursor.takeGaps()
    expect(none).toEqual([])
    expect(newer).toEqual({
      expected: last.sequence - 3,
      delivered: last.sequence,
      cancelledRanges: [{ start: cancelled[3], end: last.sequence }],
    })
    expect(older?.cancelledRanges).toEqual([{ start: cancelled[2], end: cancelled[2]! + 2 }])
    expect(cursor.takeGaps()).toEqual([])
  })

  it('copies its region: what the caller changes later does not matter', () => {
    const store = openStore()
    const region = { entity: 'e', clock: [0, 0] as [number, number] }
    const cursor = store.cursor(region)
    region.entity = 'other'
    region.clock[1] = 99
    store.append(at('e'), Noted, { n: 1 })
    store.append(at('e'), Noted, { n: 2 })
    expect(drain(cursor)).toHaveLength(1)
    expect(cursor.region).toEqual({ entity: 'e', clock: [0, 0] })
  })

  it('refuses nonsense', () => {
    const store = openStore()
    expect(argumentError(TypeError, () => store.cursor('e' as never))).toMatch(/region must be/)
    expect(argumentError(TypeError, () => store.cursor({}, { checkpiont: 'a' } as never))).toMatch(
      /checkpoint/,
    )
    expect(argumentError(RangeError, () => store.cursor({}, { gaps: 0 }))).toMatch(/gaps/)
    const cursor = store.cursor({})
    expect(argumentError(RangeError, () => cursor.pollBatch(-1))).toMatch(/max/)
    expect(argumentError(TypeError, () => cursor.pollBatch('1' as never))).toMatch(/max/)
    expect(argumentError(RangeError, () => cursor.batches({ max: 0 }))).toMatch(/max/)
    expect(argumentError(TypeError, () => cursor.batches({ signal: {} as never }))).toMatch(
      /AbortSignal/,
    )
  })
})

describe('the iteration of a cursor', () => {
  it('ends at the present end, whatever is appended meanwhile (R-3)', () => {
    const store = openStore()
    for (let n = 0; n < 3; n += 1) store.append(at('e'), Noted, { n })
    const cursor = store.cursor(NOTES)
    let seen = 0
    for (const _ of cursor) {
      store.append(at('e'), Noted, { n: 10 + seen })
      seen += 1
    }
    expect(seen).toBe(3)
    expect(sequences(cursor)).toHaveLength(3)
    expect(sequences(cursor)).toEqual([])
  })

  it('leaves off where it is broken off', () => {
    const store = openStore()
    for (let n = 0; n < 3; n += 1) store.append(at('e'), Noted, { n })
    const cursor = store.cursor(NOTES)
    for (const _ of cursor) break
    expect(sequences(cursor)).toHaveLength(2)
  })

  it('waits for commits when it is asynchronous, and ends with the store (R-93)', async () => {
    const store = openStore()
    const cursor = store.cursor(NOTES)
    const seen: number[] = []
    const done = (async () => {
      for await (const entry of cursor) seen.push(entry.sequence)
    })()
    const sent: number[] = []
    for (let n = 0; n < 5; n += 1) {
      sent.push(store.append(at('e'), Noted, { n }).sequence)
      store.append(at('e'), Counted, { n })
      await new Promise(setImmediate)
    }
    expect(seen).toEqual(sent)
    store.close()
    await done
    expect(seen).toEqual(sent)
  })

  it('gives batches that end when the signal aborts, in the middle of a wait or before', async () => {
    const store = openStore()
    for (let n = 0; n < 5; n += 1) store.append(at('e'), Noted, { n })
    const cursor = store.cursor(NOTES)
    const stop = new AbortController()
    const sizes: number[] = []
    for await (const batch of cursor.batches({ max: 2, signal: stop.signal })) {
      sizes.push(batch.length)
      if (sizes.length === 3) setImmediate(() => stop.abort())
    }
    expect(sizes).toEqual([2, 2, 1])
    store.append(at('e'), Noted, { n: 6 })
    for await (const _ of cursor.batches({ signal: stop.signal })) throw new Error('aborted before')
    expect(cursor.poll()).toBeDefined()
  })

  it('ends a pending next by return, and answers calls of next in their order', async () => {
    const store = openStore()
    const iterator = store.cursor(NOTES)[Symbol.asyncIterator]()
    const first = iterator.next()
    const second = iterator.next()
    const third = iterator.next()
    const a = store.append(at('e'), Noted, { n: 1 })
    const b = store.append(at('e'), Noted, { n: 2 })
    expect((await first).value?.sequence).toBe(a.sequence)
    expect((await second).value?.sequence).toBe(b.sequence)
    expect(await iterator.return()).toEqual({ done: true, value: undefined })
    expect(await third).toEqual({ done: true, value: undefined })
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })

  it('ends when the cursor is disposed of; the cursor then refuses everything', async () => {
    const store = openStore()
    const cursor = store.cursor(NOTES)
    const pending = cursor[Symbol.asyncIterator]().next()
    cursor[Symbol.dispose]()
    cursor[Symbol.dispose]()
    expect(await pending).toEqual({ done: true, value: undefined })
    expect(argumentError(TypeError, () => cursor.poll())).toMatch(/disposed/)
    expect(argumentError(TypeError, () => cursor.commit())).toMatch(/disposed/)
  })

  it('throws StoreClosed from every call once the store is closed', () => {
    const store = openStore()
    store.append(at('e'), Noted, { n: 1 })
    const cursor = store.cursor(NOTES)
    const open = cursor[Symbol.iterator]()
    store.close()
    expect(open.next().done).toBe(true)
    for (const call of [
      () => cursor.poll(),
      () => cursor.pollBatch(1),
      () => cursor.commit(),
      () => cursor.rollback(),
      () => cursor.batches(),
      () => [...cursor],
      () => store.cursor({}),
    ]) {
      refusal('StoreClosed', call)
    }
  })
})
