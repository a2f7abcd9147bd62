/** Iterators: what is visible is fixed when one is made; they end with the store. */
import { describe, expect, it } from 'vitest'
import { Noted, at } from '../support/api-events.ts'
import { freshDir, openStore } from '../support/api-store.ts'

describe('an iterator', () => {
  it('R-3 of entries and events yields what was visible when it was made, and nothing newer', () => {
    const store = openStore()
    for (let n = 0; n < 3; n += 1) store.append(at('a'), Noted, { n })
    const made = [
      store.entries({ entity: 'a' }),
      store.events({ entity: 'a' }),
      store.entries({}, { after: 0 }),
      store.entries({ scope: 'scope' }),
      store.entries({ kind: Noted }),
      store.entries({ entity: 'a' }, { reverse: true }),
    ]
    for (let n = 3; n < 6; n += 1) store.append(at('a'), Noted, { n })
    for (const iterator of made) expect([...iterator]).toHaveLength(3)
    expect([...store.entries({ entity: 'a' })]).toHaveLength(6)
  })

  it('R-3 yields none of the appends that are made while it runs', () => {
    const store = openStore()
    for (let n = 0; n < 3; n += 1) store.append(at('a'), Noted, { n })
    let seen = 0
    for (const event of store.events({ entity: 'a' })) {
      seen += 1
      if (seen > 3) break
      store.append(at('a'), Noted, { n: Noted.decode(event).n + 100 })
    }
    expect(seen).toBe(3)
    expect(store.count({ entity: 'a' })).toBe(6)
  })

  it('R-3 yields nothing for an entity that appears after it was made', () => {
    const store = openStore()
    const made = [
      store.entries({ entity: 'late' }),
      store.entries({ scope: 'late' }),
      store.entries({ kind: Noted }),
      store.entries({ entity: 'late', kind: Noted }),
    ]
    store.append(at('late', 'late'), Noted, { n: 1 })
    for (const iterator of made) expect([...iterator]).toEqual([])
  })

  it('R-3 of a walk is fixed as well', () => {
    const store = openStore()
    const first = store.append(at('a'), Noted, { n: 1 }).eventId
    const second = store.append(at('a'), Noted, { n: 2 }, { causationId: first }).eventId
    const ancestors = store.ancestors(second)
    const causes = store.causes(second)
    store.append(at('a'), Noted, { n: 3 }, { causationId: second })
    expect([...ancestors].map((event) => event.eventId)).toEqual([second, first])
    expect([...causes].map((entry) => entry.eventId)).toEqual([first])
  })

  it('is lazy: nothing is read before it is asked for', () => {
    const store = openStore()
    for (let n = 0; n < 3; n += 1) store.append(at('a'), Noted, { n })
    const iterator = store.events({ entity: 'a' })
    expect(iterator[Symbol.iterator]()).toBe(iterator)
    expect(Noted.decode(iterator.next().value)).toEqual({ n: 0 })
    expect([...iterator].map((event) => Noted.decode(event).n)).toEqual([1, 2])
    expect(iterator.next()).toEqual({ done: true, value: undefined })
    expect(iterator.next()).toEqual({ done: true, value: undefined })
  })

  it('runs beside others over the same rows', () => {
    const store = openStore({ segmentMaxBytes: 1, fdBudget: 1 })
    for (let n = 0; n < 4; n += 1) store.append(at('a'), Noted, { n })
    const pairs: string[] = []
    for (const outer of store.events({ entity: 'a' })) {
      for (const inner of store.events({ entity: 'a' }, { reverse: true })) {
        pairs.push(`${Noted.decode(outer).n}${Noted.decode(inner).n}`)
      }
    }
    expect(pairs).toHaveLength(16)
    expect(new Set(pairs).size).toBe(16)
    expect(pairs.slice(0, 4)).toEqual(['03', '02', '01', '00'])
  })

  it('R-164 ends when the store is closed', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir, segmentMaxBytes: 1 })
    for (let n = 0; n < 3; n += 1) store.append(at('a'), Noted, { n })
    const last = [...store.entries({ entity: 'a' })].at(-1)!.eventId
    const running = [
      store.entries(),
      store.events(),
      store.ancestors(last),
      store.causes(last),
      store.entries({}, { reverse: true }),
    ]
    for (const iterator of running) iterator.next()
    store.close()
    for (const iterator of running) expect(iterator.next().done).toBe(true)
    for (const iterator of running) expect([...iterator]).toEqual([])
  })
})
