/**
 * Pages against the unpaged query.
 * Harness pattern: Property Harness.
 * PROVES: pages, each resumed from the last row of the one before, are the unpaged query at the final
 *   state: no row twice, none left out, whatever is appended between them.
 * CATCHES: a limit applied before the filter (M29), an `after` that is inclusive or skips sequence 0
 *   (M30), a posting list that misses rows of late entities.
 * SEEDED: fast-check; a failure prints its seed and path.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Region, Store } from '../../src/index.ts'
import {
  REGION_CLOCKS,
  REGION_ENTITIES,
  REGION_KINDS,
  REGION_SCOPES,
  appendChosen,
  matches,
  regionOf,
} from '../support/api-corpus.ts'
import { openStore } from '../support/api-store.ts'

const region: fc.Arbitrary<Region> = fc
  .tuple(
    fc.constantFrom(...REGION_ENTITIES),
    fc.constantFrom(...REGION_SCOPES),
    fc.constantFrom(...REGION_KINDS),
    fc.constantFrom(...REGION_CLOCKS),
  )
  .map((parts) => regionOf(...parts))

const choice = fc.tuple(fc.nat(20), fc.nat(20), fc.nat(20))
/** What is appended before each page. */
const program = fc.array(fc.array(choice, { maxLength: 6 }), { maxLength: 12 })

function appendAll(store: Store, choices: readonly [number, number, number][]): void {
  for (const [entity, scope, ofKind] of choices) appendChosen(store, entity, scope, ofKind)
}

describe('R-13 the paging law', () => {
  it('holds for any region and any limit, with appends between pages', () => {
    // One store for all runs: it only grows, and the law holds at any state of it.
    const store = openStore()
    fc.assert(
      fc.property(region, fc.integer({ min: 1, max: 9 }), program, (where, limit, steps) => {
        const seen: number[] = []
        let after: number | undefined
        const turn = (): boolean => {
          const page = store.page(where, after === undefined ? { limit } : { limit, after })
          expect(page.entries.length).toBeLessThanOrEqual(limit)
          for (const entry of page.entries) seen.push(entry.sequence)
          after = page.entries.at(-1)?.sequence ?? after
          if (page.next !== undefined) expect(page.next).toBe(after)
          return page.next !== undefined
        }
        for (const choices of steps) {
          appendAll(store, choices)
          turn()
        }
        for (let turns = 0; turn(); turns += 1) if (turns > 5000) expect.fail('no last page')
        const all = [...store.entries()].filter((row) => matches(row, where))
        expect(seen).toEqual(all.map(({ sequence }) => sequence))
        expect([...store.entries(where)].map(({ sequence }) => sequence)).toEqual(seen)
      }),
      { numRuns: 60 },
    )
  })

  it('holds backwards over a state that stands still', () => {
    const store = openStore()
    for (let i = 0; i < 60; i += 1) appendChosen(store, i, i >> 2, i >> 1)
    fc.assert(
      fc.property(region, fc.integer({ min: 1, max: 9 }), (where, limit) => {
        const seen: number[] = []
        for (let after: number | undefined; ;) {
          const options = after === undefined ? { limit } : { limit, after }
          const rows = [...store.entries(where, { ...options, reverse: true })]
          for (const row of rows) seen.push(row.sequence)
          if (rows.length < limit) break
          if (seen.length > 5000) expect.fail('no last page')
          after = rows.at(-1)!.sequence
        }
        const forward = [...store.entries(where)].map(({ sequence }) => sequence)
        expect(seen).toEqual(forward.toReversed())
      }),
      { numRuns: 100 },
    )
  })
})
