/** Subscriptions: what is delivered, when they are dropped, and that the writer never notices. */
import { describe, expect, it } from 'vitest'
import type { Notification, Store, Subscription } from '../../src/index.ts'
import { Counted, Noted, at } from '../support/api-events.ts'
import { argumentError, refusal, thrownBy } from '../support/api-errors.ts'
import { openStore } from '../support/api-store.ts'
import { rejection, turns } from './turns.ts'

function drain(subscription: Subscription): number[] {
  const seen: number[] = []
  for (let next = subscription.tryNext(); next !== undefined; next = subscription.tryNext()) {
    seen.push(next.sequence)
  }
  return seen
}

function note(store: Store, n: number, entity = 'e'): number {
  return store.append(at(entity), Noted, { n }).sequence
}

describe('a subscription', () => {
  it('delivers what is committed after it, in commit order, of its region but for the clock (R-94, R-7)', () => {
    const store = openStore()
    note(store, 0)
    const all = store.subscribe({})
    const some = store.subscribe({ entity: 'a', scope: 'scope', kind: Noted, clock: [99, 99] })
    const sent = [note(store, 1, 'a'), note(store, 2, 'b'), note(store, 3, 'a:x')]
    sent.push(store.append(at('a'), Counted, { n: 4 }).sequence)
    sent.push(store.append(at('a', 'other'), Noted, { n: 4 }).sequence)
    expect(drain(all)).toEqual(sent)
    expect(drain(some)).toEqual([sent[0], sent[2]])
    expect(all.state).toBe('open')
  })

  it('tells everything but payload, hashes, extensions and place, as a value', () => {
    const store = openStore()
    const subscription = store.subscribe({})
    const cause = store.append(at('a'), Noted, { n: 1 })
    store.append(at('b'), Noted, { n: 2 }, { causationId: cause.eventId })
    const first = subscription.tryNext()!
    const second = subscription.tryNext()!
    const entry = Object.entries(store.entry(cause.eventId)!)
    const left = new Set(['eventHash', 'prevHash', 'extensions', 'diskPos'])
    expect({ ...first }).toEqual(Object.fromEntries(entry.filter(([name]) => !left.has(name))))
    expect(second.causationId).toBe(cause.eventId)
    expect(Object.isFrozen(first)).toBe(true)
    // whoever is told can read it at once
    expect(store.get(first.eventId).payload).toEqual({ n: 1 })
  })

  it('is dropped for good by the event that finds its buffer full (R-95, R-96, DEV-10)', () => {
    const store = openStore()
    const subscription = store.subscribe({ kind: Noted }, { capacity: 3 })
    const sent = [1, 2, 3].map((n) => note(store, n))
    store.append(at('e'), Counted, { n: 9 }) // takes no room
    expect(subscription.state).toBe('open')
    note(store, 4)
    expect(subscription.state).toBe('pruned')
    note(store, 5)
    expect(drainToEnd(subscription)).toEqual(sent)
    const error = refusal('SubscriptionPruned', () => subscription.tryNext())
    expect(error.capacity).toBe(3)
    refusal('SubscriptionPruned', () => subscription.tryNext())
  })

  it('has the capacity of broadcastCapacity; what is read makes room (R-100)', () => {
    const store = openStore({ broadcastCapacity: 2 })
    const subscription = store.subscribe({})
    for (let n = 0; n < 10; n += 1) {
      note(store, n)
      note(store, n)
      expect(drain(subscription)).toHaveLength(2)
    }
    for (let n = 0; n < 3; n += 1) note(store, n)
    expect(subscription.state).toBe('pruned')
  })

  it('keeps order and count over long runs', () => {
    const store = openStore()
    const subscription = store.subscribe({}, { capacity: 5000 })
    const sent: number[] = []
    const seen: number[] = []
    for (let n = 0; n < 4000; n += 1) {
      sent.push(note(store, n))
      if (n % 3 !== 0) seen.push(subscription.tryNext()!.sequence)
    }
    expect([...seen, ...drain(subscription)]).toEqual(sent)
  })

  it('hears of a fence when it is published, never of a cancelled one, of a batch in its order (R-97)', () => {
    const store = openStore()
    const subscription = store.subscribe({ kind: Noted })
    const cancelled = store.beginFence()
    cancelled.append(at('e'), Noted, { n: 1 })
    cancelled.cancel()
    const fence = store.beginFence()
    const late = store.subscribe({ kind: Noted })
    fence.append(at('e'), Noted, { n: 2 })
    fence.append(at('e'), Noted, { n: 3 })
    expect(subscription.tryNext()).toBeUndefined()
    fence.publish()
    expect(drain(late)).toHaveLength(2)
    const outbox = store.outbox()
    for (let n = 0; n < 3; n += 1) outbox.stage(at(`b${n}`), Noted, { n })
    const receipts = outbox.flush()
    expect(drain(subscription).slice(2)).toEqual(receipts.map(({ sequence }) => sequence))
  })

  it('filters by where before the buffer (R-94), once per event', () => {
    const store = openStore()
    const asked: number[] = []
    const subscription = store.subscribe(
      { kind: Noted },
      { capacity: 2, where: (n) => asked.push(n.sequence) > 0 && n.entity === 'wanted' },
    )
    const all = Array.from({ length: 9 }, (_, n) => note(store, n, n % 4 === 0 ? 'wanted' : 'x'))
    expect(subscription.state).toBe('pruned')
    expect(asked).toEqual(all)
    expect(drainToEnd(subscription)).toEqual([all[0], all[4]])
    expect(asked).toEqual(all)
  })

  it('ends with what where throws, or for what is no boolean; writers never notice (R-95)', () => {
    const store = openStore()
    const broken = new Error('where')
    const throwing = store.subscribe(
      {},
      {
        where: ({ entity }) => {
          if (entity === 'bad') throw broken
          return true
        },
      },
    )
    const odd = store.subscribe({}, { where: (async () => false) as never })
    const good = note(store, 1)
    note(store, 2, 'bad')
    note(store, 3)
    expect(throwing.tryNext()?.sequence).toBe(good)
    expect(thrownBy(() => throwing.tryNext())).toBe(broken)
    expect(throwing.state).toBe('closed')
    expect(argumentError(TypeError, () => odd.tryNext())).toMatch(/where must return a boolean/)
    expect(store.count({ entity: 'e' })).toBe(2)
  })

  it('may write, read itself, end itself and close the store from where', () => {
    const store = openStore()
    let left = 3
    const inside: number[] = []
    const feeding: Subscription = store.subscribe(
      { kind: Noted },
      {
        where: () => {
          if (left > 0) note(store, left--)
          const next = feeding.tryNext()
          if (next !== undefined) inside.push(next.sequence)
          return true
        },
      },
    )
    note(store, 9)
    const seen = drain(feeding)
    expect([...inside, ...seen]).toEqual(sequencesOf(store))
    const ending: Subscription = store.subscribe(
      {},
      {
        where: () => {
          ending[Symbol.dispose]()
          return true
        },
      },
    )
    const closing = store.subscribe(
      {},
      {
        where: () => {
          store.close()
          return true
        },
      },
    )
    note(store, 1)
    note(store, 2)
    expect(ending.tryNext()).toBeUndefined()
    expect(ending.state).toBe('closed')
    // The events before the close, and the record of the close itself.
    expect(drain(closing)).toHaveLength(3)
    expect(closing.state).toBe('closed')
  })

  it('is iterated as events come, and ends normally with the store, behind what is buffered (R-96, R-101)', async () => {
    const store = openStore()
    const subscription = store.subscribe({ kind: Noted })
    const seen: Notification[] = []
    const done = (async () => {
      for await (const next of subscription) seen.push(next)
    })()
    const sent = [note(store, 1)]
    await turns()
    expect(seen).toHaveLength(1)
    sent.push(note(store, 2), note(store, 3))
    store.close()
    await done
    expect(seen.map(({ sequence }) => sequence)).toEqual(sent)
    expect(subscription.state).toBe('closed')
    expect(subscription.tryNext()).toBeUndefined()
  })

  it('throws SubscriptionPruned from its iterator behind what is buffered (R-96)', async () => {
    const store = openStore()
    const subscription = store.subscribe({}, { capacity: 2 })
    for (let n = 0; n < 5; n += 1) note(store, n)
    const iterator = subscription[Symbol.asyncIterator]()
    expect((await iterator.next()).done).toBe(false)
    expect((await iterator.next()).done).toBe(false)
    expect(await rejection(iterator.next())).toMatchObject({ code: 'SubscriptionPruned' })
    expect((await iterator.next()).done).toBe(true)
  })

  it('is ended by leaving the loop, by dispose and by the signal; nothing is left behind (R-99)', async () => {
    const store = openStore()
    const left = store.subscribe({})
    note(store, 1)
    note(store, 2)
    for await (const _ of left) break
    expect(left.state).toBe('closed')
    expect(left.tryNext()).toBeUndefined()
    const stop = new AbortController()
    const aborted = store.subscribe({}, { signal: stop.signal })
    const waiting = aborted[Symbol.asyncIterator]().next()
    const disposed = store.subscribe({})
    const pending = disposed[Symbol.asyncIterator]().next()
    stop.abort()
    disposed[Symbol.dispose]()
    note(store, 3)
    expect((await waiting).done).toBe(true)
    expect((await pending).done).toBe(true)
    expect([aborted.state, disposed.state]).toEqual(['closed', 'closed'])
    expect(store.subscribe({}, { signal: stop.signal }).state).toBe('closed')
  })

  it('refuses nonsense', () => {
    const store = openStore()
    for (const capacity of [0, -1, 1.5, Infinity, NaN]) {
      expect(argumentError(RangeError, () => store.subscribe({}, { capacity }))).toMatch(/capacity/)
    }
    expect(argumentError(TypeError, () => store.subscribe({}, { where: 1 as never }))).toMatch(
      /where/,
    )
    expect(argumentError(TypeError, () => store.subscribe({}, { filter: 1 } as never))).toMatch(
      /filter/,
    )
    expect(argumentError(TypeError, () => store.subscribe({}, { signal: 1 as never }))).toMatch(
      /signal/,
    )
    store.close()
    refusal('StoreClosed', () => store.subscribe({}))
  })
})

function sequencesOf(store: Store): number[] {
  return [...store.entries({ kind: Noted })].map(({ sequence }) => sequence)
}

/** As `drain`, of a subscription that throws behind the last one. */
function drainToEnd(subscription: Subscription): number[] {
  const seen: number[] = []
  try {
    for (;;) {
      const next = subscription.tryNext()
      if (next === undefined) return seen
      seen.push(next.sequence)
    }
  } catch {
    return seen
  }
}
