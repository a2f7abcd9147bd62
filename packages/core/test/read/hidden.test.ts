/** Hidden ranges: what a cancelled fence wrote is in the log and nowhere else. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  IdempotencyKey,
  defineProjection,
  type AppendReceipt,
  type Store,
} from '../../src/index.ts'
import { HiddenRanges } from '../../src/index-store/hidden-ranges.ts'
import { encodeHiddenRanges } from '../../src/restore/hidden-ranges-file.ts'
import { Noted, at, hexId } from '../support/api-events.ts'
import { refusal } from '../support/api-errors.ts'
import { freshDir, openReadOnly, openStore } from '../support/api-store.ts'

/** Sequences 1 … 6 with n = sequence: a, a, b, a, b, a; each caused by the one before. */
const ENTITIES = ['a', 'a', 'b', 'a', 'b', 'a']

let dataDir: string
let receipts: AppendReceipt[]

function hide(...ranges: { start: number; end: number }[]): void {
  const bytes = encodeHiddenRanges(HiddenRanges.of(ranges))
  writeFileSync(join(dataDir, 'visibility_ranges.fbv'), bytes)
}

beforeEach(() => {
  dataDir = freshDir()
  const store = openStore({ dataDir })
  receipts = []
  for (const [i, entity] of ENTITIES.entries()) {
    const causationId = receipts.at(-1)?.eventId
    const idempotencyKey = IdempotencyKey.fromHex(hexId(i + 1))
    const options = causationId === undefined ? { idempotencyKey } : { idempotencyKey, causationId }
    receipts.push(store.append(at(entity), Noted, { n: i + 1 }, options))
  }
  store.close()
})

function values(store: Pick<Store, 'events'>): number[] {
  return [...store.events({ kind: Noted })].map((event) => Noted.decode(event).n)
}

const Sum = defineProjection<number>({
  name: 'Sum',
  init: () => 0,
  on: (on) => [on(Noted, (sum, { n }) => sum + n)],
})

describe('a hidden event', () => {
  it('R-29 R-11 R-37 is in no query, on either side of the half-open range', () => {
    hide({ start: 2, end: 4 }, { start: 6, end: 7 })
    for (const open of [openReadOnly, openStore]) {
      const store = open({ dataDir })
      expect(values(store)).toEqual([1, 4, 5])
      expect(store.count({ kind: Noted })).toBe(3)
      expect(store.count({ entity: 'a' })).toBe(2)
      const { entries, next } = store.page({ kind: Noted }, { limit: 2 })
      expect(entries.map(({ sequence }) => sequence)).toEqual([1, 4])
      expect(next).toBe(4)
      const backwards = [...store.entries({ kind: Noted }, { reverse: true, limit: 2 })]
      expect(backwards.map(({ sequence }) => sequence)).toEqual([5, 4])
      store.close()
    }
  })

  it('R-22 is not found by id, and verifies as missing', () => {
    hide({ start: 2, end: 3 })
    const store = openReadOnly({ dataDir })
    const hidden = receipts[1]!
    refusal('NotFound', () => store.get(hidden.eventId))
    expect(store.find(hidden.eventId)).toBeUndefined()
    expect(store.entry(hidden.eventId)).toBeUndefined()
    expect(store.has(hidden.eventId)).toBe(false)
    expect(store.verify(hidden)).toEqual({ outcome: 'invalid', reason: 'missing_committed_event' })
    expect([...store.ancestors(hidden.eventId)]).toEqual([])
    expect([...store.causes(hidden.eventId)]).toEqual([])
    expect(store.has(receipts[0]!.eventId)).toBe(true)
    expect(store.has(receipts[2]!.eventId)).toBe(true)
  })

  it('R-45 ends the walks that would reach it', () => {
    hide({ start: 2, end: 3 })
    const store = openReadOnly({ dataDir })
    const last = receipts[5]!.eventId
    expect([...store.ancestors(last)].map(({ sequence }) => sequence)).toEqual([6, 4])
    expect([...store.causes(last)].map(({ sequence }) => sequence)).toEqual([5, 4, 3])
  })

  it('R-41 is not folded', () => {
    hide({ start: 2, end: 5 })
    const store = openReadOnly({ dataDir })
    expect(store.project(Sum, 'a')).toBe(1 + 6)
    expect(store.project(Sum, 'b')).toBe(5)
  })

  it('R-41 leaves no state where no other event is', () => {
    hide({ start: 3, end: 4 }, { start: 5, end: 6 })
    expect(openReadOnly({ dataDir }).project(Sum, 'b')).toBeUndefined()
  })

  it('R-40 R-180 still counts as a row and keeps its number', () => {
    hide({ start: 2, end: 7 })
    const store = openReadOnly({ dataDir })
    expect(store.stats()).toEqual({ eventCount: 8, globalSequence: 8 })
    expect(store.diagnostics()).toMatchObject({ eventCount: 8, visibleSequence: 8 })
  })

  it('R-42 W-45 is not the head: clock, chain and compare-and-swap go on from the event before it', () => {
    hide({ start: 4, end: 7 })
    const store = openStore({ dataDir })
    const next = store.append(at('a'), Noted, { n: 7 }, { expected: 1 })
    expect(next.clock).toBe(2)
    expect(next.prevHash).toEqual(receipts[1]!.contentHash)
    expect(values(store)).toEqual([1, 2, 3, 7])
    expect([...store.ancestors(next.eventId)].map(({ sequence }) => sequence)).toEqual([
      next.sequence,
      2,
      1,
    ])
  })

  it('W-44 of an entity without other events leaves it empty', () => {
    hide({ start: 3, end: 4 }, { start: 5, end: 6 })
    const store = openStore({ dataDir })
    expect(store.append(at('b'), Noted, { n: 7 }, { expected: 'empty' }).clock).toBe(0)
  })

  it('W-68 leaves its key free: an append under it is new, and is what the id means from then on', () => {
    hide({ start: 2, end: 3 })
    const store = openStore({ dataDir })
    const idempotencyKey = IdempotencyKey.fromHex(receipts[1]!.eventId)
    const again = store.append(at('a'), Noted, { n: 22 }, { idempotencyKey })
    expect(again).toMatchObject({ replayed: false, eventId: receipts[1]!.eventId })
    expect(store.get(again.eventId).payload).toEqual({ n: 22 })
    expect(store.append(at('a'), Noted, { n: 22 }, { idempotencyKey }).replayed).toBe(true)
    store.close()
    const reopened = openStore({ dataDir })
    expect(reopened.get(again.eventId).payload).toEqual({ n: 22 })
    expect(values(reopened)).toEqual([1, 3, 4, 5, 6, 22])
  })

  it('R-39 hides nothing that is written later', () => {
    hide({ start: 6, end: 8 })
    const store = openStore({ dataDir })
    store.append(at('c'), Noted, { n: 8 })
    store.close()
    expect(values(openReadOnly({ dataDir }))).toEqual([1, 2, 3, 4, 5, 8])
  })

  it('D6 hides nothing that is written later when its range reaches beyond the log, which is clipped', () => {
    hide({ start: 6, end: 50 })
    const reader = openReadOnly({ dataDir })
    const healed = [{ segmentId: 1, reason: 'HiddenRangesBeyondLog', offset: 8, bytesRemoved: 42 }]
    expect(reader.diagnostics().openReport.healed).toEqual(healed)
    reader.close()
    const store = openStore({ dataDir })
    expect(store.diagnostics().openReport.healed).toEqual(healed)
    for (let n = 0; n < 60; n += 1) store.append(at('c'), Noted, { n })
    expect(store.count({ entity: 'c' })).toBe(60)
    store.close()
    const reopened = openStore({ dataDir })
    expect(reopened.diagnostics().openReport.healed).toEqual([])
    expect(reopened.count({ entity: 'c' })).toBe(60)
  })
})
