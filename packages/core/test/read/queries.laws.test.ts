/**
 * Queries of real stores against a filter over all rows.
 * Harness pattern: Equivalence Harness.
 * PROVES: after any program of appends, batches, fences that are published, cancelled or left open, and
 *   reopens, every query is the filter over what is visible, in commit order or against it; a page,
 *   `count`, `entity` and point reads agree with it, on the store, beside it and after a reopen.
 * CATCHES: a row of an open or cancelled fence in any read, part of a batch, a row twice or
 *   out of order, a count or a bound that forgets what is hidden.
 * SEEDED: fast-check; a failure prints its seed and path.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { draftBytes, type Fence, type IndexEntry, type Reads } from '../../src/index.ts'
import {
  ENTITIES,
  KINDS,
  REGION_CLOCKS,
  REGION_ENTITIES,
  REGION_KINDS,
  REGION_SCOPES,
  SCOPES,
  matches,
  regionOf,
} from '../support/api-corpus.ts'
import { at } from '../support/api-events.ts'
import { freshDir, openReadOnly, openStore, openUnlocked } from '../support/api-store.ts'

const NIL = Uint8Array.of(0xc0)
const place = fc.record({
  entity: fc.constantFrom(...ENTITIES),
  scope: fc.constantFrom(...SCOPES),
  kind: fc.constantFrom(...KINDS),
})
type Place = typeof place extends fc.Arbitrary<infer T> ? T : never
const step = fc.oneof(
  { weight: 6, arbitrary: place.map((one) => ({ do: 'append' as const, one })) },
  {
    weight: 2,
    arbitrary: fc
      .array(place, { minLength: 1, maxLength: 4 })
      .map((all) => ({ do: 'batch' as const, all })),
  },
  { weight: 3, arbitrary: fc.constantFrom('fence', 'publish', 'cancel').map((d) => ({ do: d })) },
  { weight: 1, arbitrary: fc.constant({ do: 'reopen' as const }) },
)
const region = fc
  .tuple(
    fc.constantFrom(...REGION_ENTITIES),
    fc.constantFrom(...REGION_SCOPES),
    fc.constantFrom(...REGION_KINDS),
    fc.constantFrom(...REGION_CLOCKS),
  )
  .map((parts) => regionOf(...parts))
const query = fc.record({
  region,
  after: fc.option(fc.nat(40), { nil: undefined }),
  limit: fc.option(fc.nat(12), { nil: undefined }),
  reverse: fc.boolean(),
})
type Query = typeof query extends fc.Arbitrary<infer T> ? T : never

const sequences = (rows: Iterable<IndexEntry>): number[] => [...rows].map((row) => row.sequence)
const without = (value: number | undefined, name: string): object =>
  value === undefined ? {} : { [name]: value }

/** @param visible what may be seen, in commit order */
function expectQueries(
  store: Reads,
  visible: readonly IndexEntry[],
  queries: readonly Query[],
): void {
  expect(sequences(store.entries())).toEqual(sequences(visible))
  for (const { region: where, after, limit, reverse } of queries) {
    const all = visible.filter((row) => matches(row, where))
    const behind = all.filter(
      ({ sequence }) => after === undefined || (reverse ? sequence < after : sequence > after),
    )
    const wanted = sequences(reverse ? behind.toReversed() : behind).slice(0, limit ?? Infinity)
    const options = { ...without(after, 'after'), ...without(limit, 'limit'), reverse }
    const label = JSON.stringify({ where, ...options })
    expect(sequences(store.entries(where, options)), label).toEqual(wanted)
    expect(sequences(store.events(where, options)), label).toEqual(wanted)
    expect(store.count(where), label).toBe(all.length)
    if (reverse || limit === undefined) continue
    const page = store.page(where, { limit, ...without(after, 'after') })
    expect(sequences(page.entries), label).toEqual(wanted)
    const next = limit > 0 && behind.length > limit ? wanted.at(-1) : undefined
    expect(page.next, label).toBe(next)
  }
  for (const name of ENTITIES) {
    const own = sequences(visible.filter(({ entity }) => entity === name))
    expect(sequences(store.entity(name).entries()), name).toEqual(own)
    expect(store.entity(name).generation).toBe(own.length === 0 ? undefined : own.length)
    expect(store.entity(name).latest()?.sequence).toBe(own.at(-1))
  }
}

describe('queries', () => {
  it('R-11 R-14 R-19 R-20 R-30 R-32 R-33 R-34 R-35 R-38 R-39 are the filter over what is visible', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 25 }),
        fc.array(query, { minLength: 1, maxLength: 6 }),
        (program, queries) => {
          const dataDir = freshDir()
          let store = openStore({ dataDir })
          let fence: Fence | undefined
          let fenced: number[] = []
          const hidden = new Set<number>()
          const record = (made: number): void => void fenced.push(made)
          const append = ({ entity, scope, kind }: Place): void => {
            const sequence = store.stats().globalSequence
            const draft = draftBytes(at(entity, scope), kind, NIL)
            if (fence === undefined) store.appendBytes(at(entity, scope), kind, NIL)
            else {
              fence.appendBatch([draft])
              record(sequence)
            }
          }
          const end = (how: 'publish' | 'cancel'): void => {
            if (how === 'cancel') for (const sequence of fenced) hidden.add(sequence)
            fence?.[how]()
            fence = undefined
            fenced = []
          }
          /** Everything in the log, as a reader beside the store sees it, that is not hidden. */
          const seen = (withFence: boolean): IndexEntry[] =>
            [...openUnlocked({ dataDir }).entries()].filter(
              ({ sequence }) => !hidden.has(sequence) && (withFence || !fenced.includes(sequence)),
            )
          for (const action of program) {
            if (action.do === 'append') append((action as { one: Place }).one)
            else if (action.do === 'batch') {
              const drafts = (action as { all: readonly Place[] }).all.map((each) =>
                draftBytes(at(each.entity, each.scope), each.kind, NIL),
              )
              const first = store.stats().globalSequence
              if (fence === undefined) store.appendBatch(drafts)
              else {
                fence.appendBatch(drafts)
                drafts.forEach((_, i) => record(first + i))
              }
            } else if (action.do === 'reopen') {
              if (fence !== undefined) end('cancel')
              store.close()
              store = openStore({ dataDir })
            } else if (action.do === 'fence') fence ??= store.beginFence()
            else if (fence !== undefined) end(action.do)
          }
          expectQueries(store, seen(false), queries)
          expectQueries(openUnlocked({ dataDir }), seen(true), queries)
          if (fence !== undefined) end('cancel')
          store.close()
          expectQueries(openReadOnly({ dataDir }), seen(false), queries)
        },
      ),
      { numRuns: 40 },
    )
  })
})
