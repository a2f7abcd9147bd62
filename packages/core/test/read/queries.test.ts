/** Queries: the rows of a region, all of them, once, in commit order. */
import { describe, expect, it } from 'vitest'
import { Kind, type IndexEntry, type ReadOnlyStore, type Region } from '../../src/index.ts'
import {
  REGION_CLOCKS,
  REGION_ENTITIES,
  REGION_KINDS,
  REGION_SCOPES,
  appendChosen,
  matches,
  regionOf,
} from '../support/api-corpus.ts'
import { Counted, Noted, at } from '../support/api-events.ts'
import { argumentError } from '../support/api-errors.ts'
import { freshDir, openReadOnly, openStore } from '../support/api-store.ts'

type Reader = Pick<ReadOnlyStore, 'entries' | 'count' | 'page' | 'events'>

function sequences(rows: Iterable<IndexEntry>): number[] {
  return [...rows].map(({ sequence }) => sequence)
}

function* allRegions(): Iterable<Region> {
  for (const entity of REGION_ENTITIES) {
    for (const scope of REGION_SCOPES) {
      for (const ofKind of REGION_KINDS) {
        for (const clock of REGION_CLOCKS) yield regionOf(entity, scope, ofKind, clock)
      }
    }
  }
}

const MIDDLE = 120

/** Compares every query with the plain definition of a region over all rows. */
function compareAll(store: Reader): void {
  const rows = [...store.entries()]
  let regions = 0
  for (const region of allRegions()) {
    const expected = rows.filter((row) => matches(row, region)).map(({ sequence }) => sequence)
    const named = JSON.stringify(region)
    if (sequences(store.entries(region)).join() !== expected.join()) expect.fail(`entries ${named}`)
    const reversed = sequences(store.entries(region, { reverse: true }))
    if (reversed.join() !== expected.toReversed().join()) expect.fail(`reverse ${named}`)
    if (store.count(region) !== expected.length) expect.fail(`count ${named}`)
    const page = store.page(region, { limit: Infinity })
    if (sequences(page.entries).join() !== expected.join()) expect.fail(`page ${named}`)
    for (const options of [{ limit: 3 }, { after: MIDDLE, limit: 2 }, { after: MIDDLE }]) {
      const cut = expected.filter((sequence) => sequence > (options.after ?? -1))
      const wanted = cut.slice(0, options.limit).join()
      if (sequences(store.entries(region, options)).join() !== wanted) {
        expect.fail(`entries ${named} ${JSON.stringify(options)}`)
      }
      if (sequences(store.page(region, { limit: 9999, ...options }).entries).join() !== wanted) {
        expect.fail(`page ${named} ${JSON.stringify(options)}`)
      }
    }
    regions += 1
  }
  expect(regions).toBeGreaterThan(4000)
}

describe('a region', () => {
  it('R-4 R-5 R-6 R-7 R-8 R-20 W-14 W-15 W-16 matches what its definition says, in every shape', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir, segmentMaxBytes: 30_000 })
    // A walk through all combinations that repeats none too soon.
    for (let i = 0; i < 240; i += 1) appendChosen(store, i, i * 7 + (i >> 3), i * 5 + (i >> 4))
    compareAll(store)
    store.close()
    compareAll(openReadOnly({ dataDir }))
  })

  it('R-4 of a namespace is not a prefix: alice does not contain alice2', () => {
    const store = openStore()
    for (const entity of ['alice', 'alice:a', 'alice:a:b', 'alice2', 'alice-prod', 'al']) {
      store.append(at(entity), Noted, { n: 0 })
    }
    const found = (entity: string): string[] => [...store.entries({ entity })].map((e) => e.entity)
    expect(found('alice')).toEqual(['alice', 'alice:a', 'alice:a:b'])
    expect(found('alice:a')).toEqual(['alice:a', 'alice:a:b'])
    expect(found('alice:')).toEqual([])
    expect(found('order:*')).toEqual([])
    expect(found('')).toEqual([])
  })

  it('R-4 grows with entities that appear after their descendants', () => {
    const store = openStore()
    for (const entity of ['x:y:z', 'x', 'x:y', 'x:y:z']) store.append(at(entity), Noted, { n: 0 })
    expect(sequences(store.entries({ entity: 'x' }))).toEqual([1, 2, 3, 4])
    expect(sequences(store.entries({ entity: 'x:y' }))).toEqual([1, 3, 4])
    expect(sequences(store.entries({ entity: 'x:y:z' }))).toEqual([1, 4])
  })

  it('R-6 by event type is by its kind', () => {
    const store = openStore()
    store.append(at('a'), Noted, { n: 0 })
    store.append(at('a'), Counted, { n: 0 })
    expect(sequences(store.entries({ kind: Noted }))).toEqual([1])
    expect(sequences(store.entries({ kind: Counted.kind }))).toEqual([2])
  })

  it('R-16 holds the rows of batpak itself like any others', () => {
    const dataDir = freshDir()
    openStore({ dataDir }).close()
    const store = openStore({ dataDir })
    const rows = [...store.entries()]
    expect(rows.map(({ kind }) => kind)).toEqual([
      Kind.SYSTEM_OPEN_COMPLETED,
      Kind.SYSTEM_CLOSE_COMPLETED,
      Kind.SYSTEM_OPEN_COMPLETED,
    ])
    for (const { entity, scope } of rows) {
      expect([entity, scope]).toEqual(['batpak:store', 'batpak:lifecycle'])
    }
    expect(store.count({ entity: 'batpak' })).toBe(3)
    expect(store.count({ scope: 'batpak:lifecycle' })).toBe(3)
    expect(store.count({ kind: { category: 0 } })).toBe(3)
  })
})

describe('after, limit and reverse', () => {
  it('R-12 start behind after, sequence 0 included when there is none, and end at the limit', () => {
    const store = openStore()
    for (let n = 0; n < 5; n += 1) store.append(at('a'), Noted, { n })
    const read = (options: object): number[] => sequences(store.entries({}, options))
    expect(read({})).toEqual([0, 1, 2, 3, 4, 5])
    expect(read({ after: 0 })).toEqual([1, 2, 3, 4, 5])
    expect(read({ after: 2, limit: 2 })).toEqual([3, 4])
    expect(read({ after: 5 })).toEqual([])
    expect(read({ after: 2 ** 53 - 1 })).toEqual([])
    expect(read({ limit: 0 })).toEqual([])
    expect(read({ limit: Infinity })).toHaveLength(6)
    expect(read({ reverse: true })).toEqual([5, 4, 3, 2, 1, 0])
    expect(read({ reverse: true, after: 3 })).toEqual([2, 1, 0])
    expect(read({ reverse: true, after: 3, limit: 2 })).toEqual([2, 1])
    expect(read({ reverse: true, after: 0 })).toEqual([])
    expect(read({ reverse: false, after: 4 })).toEqual([5])
  })

  it('R-12 do the same for events, whatever axis leads', () => {
    const store = openStore()
    for (let n = 0; n < 20; n += 1) store.append(at(n % 2 === 0 ? 'a' : 'b'), Noted, { n })
    const read = (region: Region, options: object): unknown[] =>
      [...store.events(region, options)].map((event) => (event.payload as { n: number }).n)
    expect(read({ entity: 'a' }, { after: 5, limit: 3 })).toEqual([6, 8, 10])
    expect(read({ entity: 'a' }, { after: 5, limit: 3, reverse: true })).toEqual([2, 0])
    expect(read({ kind: Noted }, { after: 18 })).toEqual([18, 19])
    expect(read({ entity: 'b', kind: Noted, clock: [3, 5] }, { reverse: true })).toEqual([11, 9, 7])
  })

  it('R-12 after need not be a sequence that matches, or exists', () => {
    const store = openStore()
    for (let n = 0; n < 6; n += 1) store.append(at(n % 2 === 0 ? 'a' : 'b'), Noted, { n })
    expect(sequences(store.page({ entity: 'a' }, { after: 2, limit: 9 }).entries)).toEqual([3, 5])
    expect(sequences(store.page({ entity: 'a' }, { after: 99, limit: 9 }).entries)).toEqual([])
  })
})

describe('a page', () => {
  it('R-13 says where the next one begins, and nothing when no further row matches', () => {
    const store = openStore()
    for (let n = 0; n < 5; n += 1) store.append(at('a'), Noted, { n })
    const region = { entity: 'a' }
    expect(store.page(region, { limit: 2 })).toMatchObject({ next: 2 })
    expect(store.page(region, { limit: 2, after: 2 })).toMatchObject({ next: 4 })
    expect(store.page(region, { limit: 2, after: 4 })).not.toHaveProperty('next')
    expect(store.page(region, { limit: 5 })).not.toHaveProperty('next')
    expect(store.page(region, { limit: 4 })).toMatchObject({ next: 4 })
    expect(store.page(region, { limit: 0 })).toEqual({ entries: [] })
    expect(store.page({ entity: 'none' }, { limit: 9 })).toEqual({ entries: [] })
  })
})

describe('R-21 nothing found', () => {
  it('is an empty answer, never a failure', () => {
    const store = openStore()
    const region = { entity: 'nobody', scope: 'nowhere', kind: { category: 9 } } as const
    expect([...store.entries(region)]).toEqual([])
    expect([...store.events(region)]).toEqual([])
    expect(store.count(region)).toBe(0)
  })
})

describe('arguments of queries', () => {
  it.each<readonly [name: string, type: typeof TypeError | typeof RangeError, options: unknown]>([
    ['limit', TypeError, { limit: '5' }],
    ['limit', TypeError, { limit: null }],
    ['limit', RangeError, { limit: -1 }],
    ['limit', RangeError, { limit: 1.5 }],
    ['limit', RangeError, { limit: Number.NaN }],
    ['after', TypeError, { after: '5', limit: 1 }],
    ['after', TypeError, { after: null, limit: 1 }],
    ['after', RangeError, { after: -1, limit: 1 }],
    ['after', RangeError, { after: 0.5, limit: 1 }],
    ['after', RangeError, { after: Infinity, limit: 1 }],
    ['after', RangeError, { after: 2 ** 53, limit: 1 }],
    ['options', TypeError, null],
    ['options', TypeError, 5],
  ])('are named when wrong: %s', (name, type, options) => {
    const store = openStore()
    expect(argumentError(type, () => store.page({}, options as never))).toContain(name)
    expect(argumentError(type, () => store.entries({}, options as never))).toContain(name)
    expect(argumentError(type, () => store.events({}, options as never))).toContain(name)
  })

  it('are named when missing or misspelled', () => {
    const store = openStore()
    expect(argumentError(TypeError, () => store.page({}, {} as never))).toContain('limit')
    expect(argumentError(TypeError, () => store.page({}, undefined as never))).toContain('options')
    const misspelled = { limmit: 5 } as never
    for (const query of [
      (): unknown => store.page({}, misspelled),
      (): unknown => store.entries({}, misspelled),
      (): unknown => store.events({}, misspelled),
    ]) {
      expect(argumentError(TypeError, query)).toMatch(/'limmit'.*'limit'/)
    }
    const reversed = { limit: 1, reverse: true } as never
    expect(argumentError(TypeError, () => store.page({}, reversed))).toContain("'reverse'")
  })

  it.each([1, 'yes', null])('refuse reverse: %j, which is neither true nor false', (reverse) => {
    const store = openStore()
    const read = (): unknown => store.entries({}, { reverse } as never)
    expect(argumentError(TypeError, read)).toContain('reverse must be a boolean')
  })
})
