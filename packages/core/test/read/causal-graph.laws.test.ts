/**
 * The causal graph against plain definitions.
 * Harness pattern: Equivalence Harness.
 * PROVES: in any graph, with circles, causes that are nowhere or come later, cancelled and open fences,
 *   `effects` is the breadth-first order over what is visible, `correlated` the filter by correlation,
 *   `causes` the path upward; on any kind of store and after a reopen.
 * CATCHES: an event twice, or again from a circle; an invisible one yielded or walked through; a limit
 *   or a level out of order; a map that misses what was appended after the first question.
 * SEEDED: fast-check; a failure prints its seed and path.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventId, IdempotencyKey, type IndexEntry, type Store } from '../../src/index.ts'
import { Noted, at, hexId } from '../support/api-events.ts'
import { freshDir, openReadOnly, openStore, openUnlocked } from '../support/api-store.ts'

type Graph = Pick<Store, 'entries' | 'effects' | 'correlated' | 'causes'>
const idOf = (n: number): EventId => EventId.fromHex(hexId(n + 1))
const ids = (rows: Iterable<IndexEntry>): string[] => [...rows].map((row) => row.eventId)

function expectedEffects(rows: readonly IndexEntry[], id: EventId): string[] {
  const found = new Set<string>()
  for (let level = [id as string]; level.length > 0;) {
    level = rows
      .filter((row) => level.includes(row.causationId ?? '') && row.eventId !== id)
      .map((row) => row.eventId)
      .filter((each) => !found.has(each))
    for (const each of level) found.add(each)
  }
  return [...found]
}

function expectedCauses(rows: readonly IndexEntry[], id: EventId): string[] {
  const seen: string[] = [id]
  for (;;) {
    const row = rows.find((each) => each.eventId === seen.at(-1))
    const cause = rows.find((each) => each.eventId === row?.causationId)
    if (row === undefined || cause === undefined || seen.includes(cause.eventId)) break
    seen.push(cause.eventId)
  }
  return seen.slice(1)
}

function expectGraph(store: Graph, count: number): void {
  const rows = [...store.entries({ kind: Noted })]
  for (let n = 0; n <= count; n += 1) {
    const id = idOf(n)
    const effects = expectedEffects(rows, id)
    expect(ids(store.effects(id)), `effects of ${n}`).toEqual(effects)
    expect(ids(store.effects(id, { limit: 2 }))).toEqual(effects.slice(0, 2))
    const correlated = ids(rows.filter((row) => row.correlationId === id))
    expect(ids(store.correlated(id)), `correlated with ${n}`).toEqual(correlated)
    expect(ids(store.correlated(id, { limit: 1 }))).toEqual(correlated.slice(0, 1))
    expect(ids(store.causes(id)), `causes of ${n}`).toEqual(expectedCauses(rows, id))
  }
}

const event = fc.record({
  cause: fc.option(fc.nat(14)),
  correlation: fc.option(fc.nat(14)),
  fence: fc.constantFrom('none', 'publish', 'cancel'),
})

describe('W-59 the causal graph', () => {
  it('is what its definitions say, whatever was cancelled, and after a reopen', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 14 }),
        fc.boolean(),
        fc.boolean(),
        (events, early, open) => {
          const dataDir = freshDir()
          const store = openStore({ dataDir })
          if (early) expectGraph(store, 2)
          events.forEach(({ cause, correlation, fence: how }, i) => {
            const options = {
              idempotencyKey: IdempotencyKey.fromHex(hexId(i + 1)),
              ...(cause === null ? {} : { causationId: idOf(cause) }),
              ...(correlation === null ? {} : { correlationId: idOf(correlation) }),
            }
            const fence = how === 'none' ? undefined : store.beginFence()
            ;(fence ?? store).append(at(`e${i % 3}`), Noted, { n: i }, options)
            if (fence !== undefined && !(open && i === events.length - 1)) {
              if (how === 'publish') fence.publish()
              else fence.cancel()
            }
          })
          expectGraph(store, events.length)
          expectGraph(openUnlocked({ dataDir }), events.length)
          store.close()
          expectGraph(openReadOnly({ dataDir }), events.length)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('keeps to what was visible when it was asked (R-3)', () => {
    const store = openStore()
    const root = store.append(at('a'), Noted, { n: 0 }).eventId
    const caused = { causationId: root, correlationId: root }
    const child = store.append(at('a'), Noted, { n: 1 }, caused).eventId
    const [effects, correlated] = [store.effects(root), store.correlated(root)]
    const late = store.append(at('b'), Noted, { n: 2 }, { ...caused, causationId: child }).eventId
    expect(ids(effects)).toEqual([child])
    expect(ids(correlated)).toEqual([root, child])
    expect(ids(store.effects(root))).toEqual([child, late])
    expect(ids(store.correlated(root))).toEqual([root, child, late])
  })

  it('goes level by level: direct effects first, each level in commit order', () => {
    const store = openStore()
    const add = (causationId?: EventId): EventId =>
      store.append(at('a'), Noted, { n: 0 }, causationId === undefined ? {} : { causationId })
        .eventId
    const root = add()
    const [a, b] = [add(root), add(root)]
    const [b1, a1, a2] = [add(b), add(a), add(a)]
    const c = add(root)
    const b11 = add(b1)
    expect(ids(store.effects(root))).toEqual([a, b, c, b1, a1, a2, b11])
    expect(ids(store.effects(root, { limit: 4 }))).toEqual([a, b, c, b1])
    expect(ids(store.effects(root, { limit: 0 }))).toEqual([])
    expect(ids(store.effects(b))).toEqual([b1, b11])
    expect(ids(store.effects(b11))).toEqual([])
  })

  it('W-52 knows the effects of an id that no event has, and of one that comes later', () => {
    const store = openStore()
    const command = EventId.fromHex(hexId(77))
    const effect = store.append(at('a'), Noted, { n: 1 }, { causationId: command }).eventId
    expect(ids(store.effects(command))).toEqual([effect])
    expect(ids(store.correlated(command))).toEqual([])
    const options = { idempotencyKey: IdempotencyKey.fromHex(hexId(77)), correlationId: effect }
    expect(store.append(at('a'), Noted, { n: 2 }, options).eventId).toBe(command)
    expect(ids(store.effects(command))).toEqual([effect])
    expect(ids(store.correlated(effect))).toEqual([effect, command])
  })

  it('follows reactions through three levels and several entities', () => {
    const store = openStore()
    const order = store.append(at('order:1'), Noted, { n: 1 })
    const react = (cause: EventId, entity: string): EventId =>
      store.append(
        at(entity),
        Noted,
        { n: 1 },
        {
          causationId: cause,
          correlationId: order.eventId,
        },
      ).eventId
    const payment = react(order.eventId, 'payment:1')
    const shipment = react(payment, 'shipment:1')
    const mail = react(shipment, 'mail:1')
    store.append(at('order:2'), Noted, { n: 2 })
    expect(ids(store.effects(order.eventId))).toEqual([payment, shipment, mail])
    expect(ids(store.correlated(order.eventId))).toEqual([order.eventId, payment, shipment, mail])
    expect(ids(store.causes(mail))).toEqual([shipment, payment, order.eventId])
  })
})
