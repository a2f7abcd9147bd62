/**
 * Row walks against a filter over all rows.
 * Harness pattern: Equivalence Harness.
 * PROVES: whatever region, bounds and hidden ranges, a walk gives the rows that a filter over every
 *   row gives, in commit order or against it; heads are the newest rows that are not hidden.
 * CATCHES: an axis that leads and is not tested, or is tested by another's list; a bound off by one at
 *   a gap; a row of a hidden range; a namespace that misses or repeats rows.
 * SEEDED: fast-check; a failure prints its seed and path.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventKind, Region } from '../../src/index.ts'
import { EventIndex } from '../../src/index-store/event-index.ts'
import { HiddenRanges } from '../../src/index-store/hidden-ranges.ts'
import { RowWalk, inNamespace, type QueryBounds } from '../../src/index-store/query.ts'
import { rowOf } from '../support/index-rows.ts'

interface Row {
  readonly entity: string
  readonly scope: string
  readonly kind: number
  readonly clock: number
  readonly sequence: number
}

const ENTITIES = ['a', 'ab', 'a:b', 'a:b:c', 'a:c', 'b', 'b:a', 'c:']
const SCOPES = ['s', 't', 'a']
const KINDS = [0x1000, 0x1001, 0xf000, 0xf001, 0xffff, 0x0008]

/** Rows in commit order with gaps between their sequences, sometimes none, sometimes equal ones. */
const rows: fc.Arbitrary<readonly Row[]> = fc
  .array(
    fc.record({
      entity: fc.constantFrom(...ENTITIES),
      scope: fc.constantFrom(...SCOPES),
      kind: fc.constantFrom(...KINDS),
      clock: fc.nat(6),
      step: fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, fc.integer({ min: 0, max: 5 })),
    }),
    { maxLength: 60 },
  )
  .map((drafts) => {
    let sequence = -1
    return drafts.map(({ step, ...row }, i) => {
      sequence += i === 0 ? Math.max(1, step) : step
      return { ...row, sequence }
    })
  })

const region: fc.Arbitrary<Region> = fc.record(
  {
    entity: fc.constantFrom(...ENTITIES, 'a:', 'x', 'c', ''),
    scope: fc.constantFrom(...SCOPES, 'x'),
    kind: fc.oneof(
      fc.constantFrom(...KINDS, 0x2000).map((kind) => kind as EventKind),
      fc.constantFrom(
        { category: 1 },
        { category: 0xf },
        { category: 0 },
        { category: 2 },
        'any' as const,
      ),
    ),
    clock: fc.tuple(fc.nat(6), fc.nat(6)),
  },
  { requiredKeys: [] },
)

const bounds: fc.Arbitrary<QueryBounds> = fc.record(
  { after: fc.integer({ min: 0, max: 80 }), reverse: fc.boolean() },
  { requiredKeys: [] },
)

const hiddenRanges = fc
  .array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 8 })), { maxLength: 4 })
  .map((ranges) =>
    HiddenRanges.of(ranges.map(([start, length]) => ({ start, end: start + length }))),
  )

function indexOf(all: readonly Row[]): EventIndex {
  const index = new EventIndex()
  all.forEach(({ entity, scope, kind, clock, sequence }, i) => {
    const [source] = rowOf({ kind, clock, eventId: Uint32Array.of(0, 0, 0, i) })
    index.insert(
      source,
      index.names.internEntity(entity),
      index.names.internScope(scope),
      sequence,
      1,
      57,
      9,
    )
  })
  index.allocated = index.visible = (all.at(-1)?.sequence ?? -1) + 1
  return index
}

function walked(index: EventIndex, wanted: Region, limits: QueryBounds): number[] {
  const walk = new RowWalk(index, wanted, limits)
  const found: number[] = []
  for (let row = walk.next(); row >= 0; row = walk.next()) found.push(row)
  expect(walk.next()).toBe(-1)
  return found
}

/** The same by the words of the region alone. */
function filtered(
  all: readonly Row[],
  hidden: HiddenRanges,
  visible: number,
  wanted: Region,
  { after, reverse }: QueryBounds,
): number[] {
  const { entity, scope, kind, clock } = wanted
  const found = all.flatMap((row, i) => {
    const fits =
      (entity === undefined || row.entity === entity || row.entity.startsWith(`${entity}:`)) &&
      (scope === undefined || row.scope === scope) &&
      (kind === undefined ||
        kind === 'any' ||
        (typeof kind === 'number'
          ? row.kind === kind
          : row.kind >> 12 === (kind as { category: number }).category)) &&
      (clock === undefined || (row.clock >= clock[0] && row.clock <= clock[1])) &&
      (after === undefined || (reverse === true ? row.sequence < after : row.sequence > after)) &&
      row.sequence < visible &&
      !hidden.ranges.some((range) => range.start <= row.sequence && row.sequence < range.end)
    return fits ? [i] : []
  })
  return reverse === true ? found.reverse() : found
}

describe('a row walk', () => {
  it('gives what a filter over all rows gives (R-4, R-29)', () => {
    fc.assert(
      fc.property(
        rows,
        hiddenRanges,
        fc.nat(6),
        fc.array(fc.tuple(region, bounds), { minLength: 1, maxLength: 8 }),
        (all, hidden, pending, queries) => {
          const index = indexOf(all)
          index.hideFrom(0, hidden)
          index.visible = Math.max(0, index.allocated - pending)
          for (const [wanted, limits] of queries) {
            const expected = filtered(all, hidden, index.visible, wanted, limits)
            expect(walked(index, wanted, limits)).toEqual(expected)
          }
        },
      ),
      { numRuns: 800 },
    )
  })

  it('keeps to what was visible when it was made, while rows are added and hidden (R-3)', () => {
    fc.assert(
      fc.property(rows, region, fc.boolean(), (all, wanted, reverse) => {
        const index = indexOf(all)
        const expected = filtered(all, HiddenRanges.NONE, index.visible, wanted, { reverse })
        const walk = new RowWalk(index, wanted, { reverse })
        const { names } = index
        for (const [i, entity] of ENTITIES.entries()) {
          const [source] = rowOf({ eventId: Uint32Array.of(1, 1, 1, i) })
          index.insert(
            source,
            names.internEntity(entity),
            names.internScope('s'),
            index.allocated,
            1,
            57,
            9,
          )
          index.allocated += 1
          index.visible = index.allocated
        }
        index.hideFrom(0, HiddenRanges.of([{ start: 0, end: index.allocated }]))
        const found: number[] = []
        for (let row = walk.next(); row >= 0; row = walk.next()) found.push(row)
        expect(found).toEqual(expected)
      }),
      { numRuns: 200 },
    )
  })
})

describe('the head of an entity', () => {
  it('is its newest row that is not hidden, whether hidden before or after it was added (R-42)', () => {
    fc.assert(
      fc.property(rows, hiddenRanges, hiddenRanges, (all, first, second) => {
        const index = new EventIndex()
        index.hideFrom(0, first)
        const { names } = index
        const half = all.length >> 1
        all.forEach(({ entity, scope, sequence }, i) => {
          if (i === half) index.hideFrom(0, second)
          const [source] = rowOf({ eventId: Uint32Array.of(0, 0, 0, i) })
          index.insert(
            source,
            names.internEntity(entity),
            names.internScope(scope),
            sequence,
            1,
            57,
            9,
          )
        })
        if (half >= all.length) index.hideFrom(0, second)
        for (const name of new Set(all.map((row) => row.entity))) {
          const expected = all.findLastIndex(
            (row) => row.entity === name && !second.includes(row.sequence),
          )
          expect(names.entity(name)!.head, name).toBe(expected)
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('a namespace', () => {
  it('holds itself and what follows it behind a colon', () => {
    for (const [entity, prefix, inside] of [
      ['a', 'a', true],
      ['a:b', 'a', true],
      ['ab', 'a', false],
      ['a', 'ab', false],
      ['a:b', 'a:', false],
      ['a::b', 'a:', true],
      ['é:b', 'é', true],
    ] as const) {
      expect(inNamespace(entity, prefix), `${entity} in ${prefix}`).toBe(inside)
    }
  })
})
