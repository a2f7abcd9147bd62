/** The two walks: along the hash chain of an entity, and along causation across entities. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EventId, IdempotencyKey, type Store } from '../../src/index.ts'
import { Noted, at, hexId } from '../support/api-events.ts'
import { argumentError, refusal, thrownBy } from '../support/api-errors.ts'
import { writeSegment } from '../support/api-segments.ts'
import { freshDir, openReadOnly, openStore } from '../support/api-store.ts'

const UNKNOWN = EventId.fromHex(hexId(404))

function notes(store: Store, values: readonly number[], entity = 'a'): EventId[] {
  return values.map((n) => store.append(at(entity), Noted, { n }).eventId)
}

function walked(store: Pick<Store, 'ancestors'>, id: EventId, limit?: number): number[] {
  const events = store.ancestors(id, limit === undefined ? {} : { limit })
  return [...events].map((event) => Noted.decode(event).n)
}

describe('ancestors', () => {
  it('W-56 R-45 begin with the event itself and go back to the first', () => {
    const store = openStore()
    const ids = notes(store, [10, 11, 12, 13])
    notes(store, [90, 91], 'b')
    expect(walked(store, ids[3]!)).toEqual([13, 12, 11, 10])
    expect(walked(store, ids[1]!)).toEqual([11, 10])
    expect(walked(store, ids[0]!)).toEqual([10])
  })

  it('W-57 R-48 find the nearest predecessor: payloads 1,2,1,3,1,9 walk as six events', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    const ids = notes(store, [1, 2, 1, 3, 1, 9])
    expect(walked(store, ids[5]!)).toEqual([9, 1, 3, 1, 2, 1])
    const sequences = [...store.ancestors(ids[5]!)].map(({ sequence }) => sequence)
    expect(sequences).toEqual([6, 5, 4, 3, 2, 1])
    store.close()
    expect(walked(openReadOnly({ dataDir }), ids[5]!)).toEqual([9, 1, 3, 1, 2, 1])
  })

  it('W-57 walk every event once when all payloads are equal', () => {
    const store = openStore()
    const ids = notes(store, Array<number>(50).fill(7))
    expect([...store.ancestors(ids[49]!)].map(({ clock }) => clock)).toEqual(
      Array.from({ length: 50 }, (_, i) => 49 - i),
    )
  })

  it('W-56 are at most limit, and none at limit 0', () => {
    const store = openStore()
    const ids = notes(store, [10, 11, 12])
    expect(walked(store, ids[2]!, 0)).toEqual([])
    expect(walked(store, ids[2]!, 1)).toEqual([12])
    expect(walked(store, ids[2]!, 2)).toEqual([12, 11])
    expect(walked(store, ids[2]!, 3)).toEqual([12, 11, 10])
    expect(walked(store, ids[2]!, 99)).toEqual([12, 11, 10])
    expect(walked(store, ids[2]!, Infinity)).toEqual([12, 11, 10])
  })

  it('W-56 R-46 of an unknown id are none', () => {
    expect([...openStore().ancestors(UNKNOWN)]).toEqual([])
  })

  it('R-47 stay in one entity and pass over its scopes', () => {
    const store = openStore()
    store.append(at('a', 's1'), Noted, { n: 1 })
    store.append(at('b', 's1'), Noted, { n: 1 })
    const { eventId } = store.append(at('a', 's2'), Noted, { n: 2 })
    const events = [...store.ancestors(eventId)]
    expect(events.map(({ entity, scope }) => [entity, scope])).toEqual([
      ['a', 's2'],
      ['a', 's1'],
    ])
  })

  it('R-46 end where the predecessor is missing, silently', () => {
    const dataDir = freshDir()
    const eventId = hexId(9)
    writeSegment(dataDir, 1, [
      { eventId: hexId(8), clock: 0, payload: { n: 1 } },
      { eventId, clock: 1, payload: { n: 2 }, prevHash: new Uint8Array(32).fill(5) },
    ])
    const store = openReadOnly({ dataDir })
    expect(walked(store, EventId.fromHex(eventId))).toEqual([2])
  })

  it('DEV-6 R-46 throw at a frame that cannot be read', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    const ids = notes(store, [1, 2, 3])
    const { offset, length } = store.entry(ids[1]!)!.diskPos
    store.close()
    const path = join(dataDir, '000001.fbat')
    const bytes = readFileSync(path)
    bytes[offset + length - 1]! ^= 1
    writeFileSync(path, bytes)
    const walk = openReadOnly({ dataDir }).ancestors(ids[2]!)
    expect(Noted.decode(walk.next().value).n).toBe(3)
    refusal('CrcMismatch', () => walk.next())
  })
})

describe('causes', () => {
  function chain(): { store: Store; ids: EventId[]; dataDir: string } {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    const ids: EventId[] = []
    for (const entity of ['order', 'payment', 'shipment', 'mail']) {
      const causationId = ids.at(-1)
      const options = causationId === undefined ? {} : { causationId }
      ids.push(store.append(at(entity), Noted, { n: ids.length }, options).eventId)
    }
    return { store, ids, dataDir }
  }

  const ids = (entries: Iterable<{ readonly eventId: EventId }>): EventId[] =>
    [...entries].map(({ eventId }) => eventId)

  it('W-59 go from the direct cause to the root, across entities', () => {
    const { store, ids: made, dataDir } = chain()
    const [order, payment, shipment, mail] = made as [EventId, EventId, EventId, EventId]
    expect(ids(store.causes(mail))).toEqual([shipment, payment, order])
    expect(ids(store.causes(payment))).toEqual([order])
    expect(ids(store.causes(order))).toEqual([])
    store.close()
    expect(ids(openReadOnly({ dataDir }).causes(mail))).toEqual([shipment, payment, order])
  })

  it('W-59 are at most limit', () => {
    const { store, ids: made } = chain()
    const [order, payment, shipment, mail] = made as [EventId, EventId, EventId, EventId]
    expect(ids(store.causes(mail, { limit: 0 }))).toEqual([])
    expect(ids(store.causes(mail, { limit: 1 }))).toEqual([shipment])
    expect(ids(store.causes(mail, { limit: 2 }))).toEqual([shipment, payment])
    expect(ids(store.causes(mail, { limit: 3 }))).toEqual([shipment, payment, order])
    expect(ids(store.causes(mail, { limit: 4 }))).toEqual([shipment, payment, order])
  })

  it('W-52 W-59 end at an id that no event has', () => {
    const store = openStore()
    const { eventId } = store.append(at('a'), Noted, { n: 1 }, { causationId: UNKNOWN })
    const next = store.append(at('a'), Noted, { n: 2 }, { causationId: eventId }).eventId
    expect(ids(store.causes(next))).toEqual([eventId])
    expect(ids(store.causes(eventId))).toEqual([])
    expect(ids(store.causes(UNKNOWN))).toEqual([])
  })

  it.each([1, 2, 5])('W-52 W-59 end where causation runs in a circle of %i', (size) => {
    const store = openStore()
    const key = (i: number): IdempotencyKey => IdempotencyKey.fromHex(hexId((i % size) + 1))
    const made = Array.from({ length: size }, (_, i) => {
      const causationId = EventId.fromHex(key(i + 1))
      return store.append(at('a'), Noted, { n: i }, { idempotencyKey: key(i), causationId }).eventId
    })
    expect(ids(store.causes(made[0]!))).toEqual(made.slice(1))
    // Entered from outside, the circle is walked once.
    const outside = store.append(at('b'), Noted, { n: 9 }, { causationId: made[0]! }).eventId
    expect(ids(store.causes(outside))).toEqual(made)
  })
})

describe('arguments of the walks', () => {
  it.each(['ancestors', 'causes', 'effects', 'correlated'] as const)(
    'of %s are named when wrong',
    (name) => {
      const store = openStore()
      const walk = (id: unknown, options?: unknown): (() => unknown) => {
        return () => store[name](id as EventId, options as { limit: number })
      }
      for (const id of [
        undefined,
        null,
        5,
        'short',
        `event:${hexId(1)}`,
        hexId(1).toUpperCase() + 'x',
      ]) {
        expect(argumentError(TypeError, walk(id))).toMatch(/^id must be an id of 32/)
      }
      expect(argumentError(TypeError, walk(UNKNOWN, { limit: '1' }))).toContain('limit')
      expect(argumentError(RangeError, walk(UNKNOWN, { limit: -1 }))).toContain('limit')
      expect(argumentError(RangeError, walk(UNKNOWN, { limit: 0.5 }))).toContain('limit')
      expect(argumentError(RangeError, walk(UNKNOWN, { limit: NaN }))).toContain('limit')
      expect(argumentError(TypeError, walk(UNKNOWN, { limits: 1 }))).toMatch(/'limits'.*'limit'/)
      expect(argumentError(TypeError, walk(UNKNOWN, null))).toContain(`${name} options`)
    },
  )

  it.each(['get', 'find', 'entry', 'has'] as const)('of %s are named when wrong', (name) => {
    const store = openStore()
    for (const id of [undefined, null, 5, {}, '', hexId(1).slice(1), `event:${hexId(1)}`]) {
      const message = argumentError(TypeError, () => store[name](id as EventId))
      expect(message).toMatch(/^id must be an id of 32 lower-case hex digits, got /)
    }
    expect(thrownBy(() => store[name]('A'.repeat(32) as EventId))).toBeInstanceOf(TypeError)
  })
})
