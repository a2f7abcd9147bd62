/** One entity, exactly: its stream, its newest event, its generation. */
import { describe, expect, it } from 'vitest'
import { DagPosition, defineProjection, type EntityView, type IndexEntry } from '../../src/index.ts'
import { Counted, Noted, at } from '../support/api-events.ts'
import { argumentError, refusal } from '../support/api-errors.ts'
import { freshDir, openReadOnly, openStore } from '../support/api-store.ts'

const sequences = (rows: Iterable<IndexEntry>): number[] => [...rows].map((row) => row.sequence)

const Sum = defineProjection<number>({
  name: 'Sum',
  init: () => 0,
  on: (on) => [on(Noted, (sum, { n }) => sum + n)],
})

describe('an entity', () => {
  it('is the one of that name, without its namespace', () => {
    const store = openStore()
    for (const name of ['a', 'a:b', 'ab', 'a', 'b', 'a:b', 'a']) {
      store.append(at(name), Noted, { n: 1 })
    }
    const a = store.entity('a')
    expect(sequences(a.entries())).toEqual([1, 4, 7])
    expect(a.latest()!.sequence).toBe(7)
    expect(a.generation).toBe(3)
    expect(a.project(Sum)).toBe(3)
    expect(store.entity('a:b').project(Sum)).toBe(2)
  })

  it('R-21 that nobody knows has nothing', () => {
    const store = openStore()
    for (const name of ['none', '', '*', 'a:']) {
      const view = store.entity(name)
      expect(sequences(view.entries())).toEqual([])
      expect(view.latest()).toBeUndefined()
      expect(view.generation).toBeUndefined()
      expect(view.project(Sum)).toBeUndefined()
    }
  })

  it('follows what is appended; an iterator keeps to its moment (R-3)', () => {
    const store = openStore()
    const view = store.entity('late')
    expect(view.generation).toBeUndefined()
    store.append(at('late'), Noted, { n: 1 })
    const rows = view.entries()
    store.append(at('late'), Noted, { n: 2 })
    expect(sequences(rows)).toEqual([1])
    expect([view.generation, view.latest()!.sequence]).toEqual([2, 2])
  })

  it('R-12 gives a part of the stream, in both directions', () => {
    const store = openStore()
    for (let n = 0; n < 4; n += 1) {
      store.append(at('a'), Noted, { n })
      store.append(at('b'), Counted, { n })
    }
    const a = store.entity('a')
    expect(sequences(a.entries({ after: 3 }))).toEqual([5, 7])
    expect(sequences(a.entries({ after: 2, limit: 2 }))).toEqual([3, 5])
    expect(sequences(a.entries({ reverse: true }))).toEqual([7, 5, 3, 1])
    expect(sequences(a.entries({ reverse: true, after: 5, limit: 1 }))).toEqual([3])
    expect(sequences(a.entries({ limit: 0 }))).toEqual([])
    expect(sequences(a.entries({ after: 99 }))).toEqual([])
    expect(sequences(store.entity('batpak:store').entries({ after: 0 }))).toEqual([])
  })

  it('R-15 DEV-2 R-2 streams in commit order, whatever the clocks say', () => {
    let nowUs = 5_000_000
    const dataDir = freshDir()
    const clock = {
      nowUs: () => nowUs,
      nowWallNs: () => 0n,
      nowMonoNs: () => 0n,
      processBootNs: 0n,
    }
    const store = openStore({ dataDir, clock })
    const fence = store.beginFence()
    for (let n = 1; n <= 4; n += 1) {
      nowUs -= 1_000_000
      fence.append(at(n % 2 === 0 ? 'a' : 'b'), Noted, { n })
    }
    fence.publish()
    store.append(at('a'), Noted, { n: 5 })
    expect(sequences(store.entity('a').entries())).toEqual([2, 4, 5])
    expect(sequences(store.entries({ kind: Noted }))).toEqual([1, 2, 3, 4, 5])
    // the hybrid time of another entity may lie before.
    store.close()
    expect(sequences(openReadOnly({ dataDir }).entity('a').entries())).toEqual([2, 4, 5])
  })

  it('R-41 R-33 R-35 DEV-3 has neither fenced nor cancelled events, and its generation counts none', () => {
    const store = openStore()
    const view = store.entity('a')
    store.append(at('a'), Noted, { n: 1 })
    const cancelled = store.beginFence()
    cancelled.append(at('a'), Noted, { n: 2 })
    const state = (v: EntityView): unknown => [
      sequences(v.entries()),
      v.latest()!.sequence,
      v.generation,
    ]
    expect(state(view)).toEqual([[1], 1, 1])
    cancelled.cancel()
    expect(state(view)).toEqual([[1], 1, 1])
    store.append(at('a'), Noted, { n: 3 })
    expect(state(view)).toEqual([[1, 3], 3, 2])
    expect(sequences(view.entries({ reverse: true }))).toEqual([3, 1])
    const published = store.beginFence()
    published.append(at('a'), Noted, { n: 4 })
    published.append(at('a'), Noted, { n: 5 })
    expect(state(view)).toEqual([[1, 3], 3, 2])
    published.publish()
    expect(state(view)).toEqual([[1, 3, 4, 5], 5, 4])
    expect(view.project(Sum)).toBe(13)
  })

  it('R-1 the positions of its events are ordered where lane and depth agree', () => {
    const store = openStore()
    for (const depth of [0, 0, 1]) {
      store.append(at('a'), Noted, { n: 0 }, { position: { lane: 0, depth } })
    }
    const [first, second, forked] = [...store.entity('a').entries()].map((e) => DagPosition.of(e))
    expect(DagPosition.isAncestorOf(first!, second!)).toBe(true)
    expect(DagPosition.isAncestorOf(second!, first!)).toBe(false)
    expect(DagPosition.isAncestorOf(first!, forked!)).toBe(false)
  })

  it('refuses what is no name and no option', () => {
    const store = openStore()
    for (const name of [undefined, null, 5, {}, ['a']]) {
      expect(argumentError(TypeError, () => store.entity(name as never))).toContain('entity')
    }
    const view = store.entity('a')
    const entries = (options: unknown) => (): unknown => view.entries(options as { limit: number })
    expect(argumentError(TypeError, entries({ limits: 1 }))).toMatch(/'limits'.*'limit'/)
    expect(argumentError(TypeError, entries({ reverse: 1 }))).toContain('reverse')
    for (const limit of [-1, 0.5, NaN]) {
      expect(argumentError(RangeError, entries({ limit }))).toContain('limit')
    }
    for (const after of [-1, 0.5, NaN, Infinity]) {
      expect(argumentError(RangeError, entries({ after }))).toContain('after')
    }
  })

  it('R-164 of a closed store refuses every question', () => {
    const store = openStore()
    store.append(at('a'), Noted, { n: 1 })
    const view = store.entity('a')
    const rows = view.entries()
    store.close()
    expect([...rows]).toEqual([])
    refusal('StoreClosed', () => view.entries())
    refusal('StoreClosed', () => view.latest())
    refusal('StoreClosed', () => view.generation)
    refusal('StoreClosed', () => view.project(Sum))
  })
})
