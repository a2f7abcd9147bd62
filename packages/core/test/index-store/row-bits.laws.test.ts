/**
 * Intersections of posting lists as bitmaps.
 * Harness pattern: Equivalence Harness.
 * PROVES: the common rows of lists, forwards and backwards between any bounds, are those of a filter;
 *   a walk that changes over to bitmaps gives what one without them gives, also after rows were added
 *   to lists that have bitmaps already.
 * CATCHES: a word or bit off by one at either bound; a bitmap that is not extended; an axis, a clock
 *   or a hidden range forgotten at the change-over.
 * SEEDED: fast-check; a failure prints its seed and path.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventKind, Region } from '../../src/index.ts'
import { EventIndex } from '../../src/index-store/event-index.ts'
import { HiddenRanges } from '../../src/index-store/hidden-ranges.ts'
import { PostingList } from '../../src/index-store/posting-list.ts'
import { RowWalk } from '../../src/index-store/query.ts'
import { CommonRows, isDense } from '../../src/index-store/row-bits.ts'
import { rowOf } from '../support/index-rows.ts'

const ROWS = 200
const rowSet = fc
  .uniqueArray(fc.nat(ROWS - 1), { maxLength: ROWS })
  .map((rows) => rows.sort((a, b) => a - b))

function listOf(rows: readonly number[]): PostingList {
  const list = new PostingList()
  for (const row of rows) list.push(row)
  return list
}

describe('common rows', () => {
  it('are those of all lists, from any row to any row, in both directions', () => {
    fc.assert(
      fc.property(
        fc.array(rowSet, { minLength: 2, maxLength: 3 }),
        fc.nat(ROWS),
        fc.nat(ROWS),
        (sets, a, b) => {
          const [from, end] = [Math.min(a, b), Math.max(a, b)]
          const common = new CommonRows(sets.map(listOf), ROWS)
          const expected = sets
            .reduce((x, y) => x.filter((row) => y.includes(row)))
            .filter((row) => row >= from && row < end)
          const forward: number[] = []
          for (let at = from; (at = common.firstFrom(at, end)) >= 0; at += 1) forward.push(at)
          expect(forward).toEqual(expected)
          const backward: number[] = []
          for (let at = end - 1; at >= 0 && (at = common.lastFrom(at, from)) >= 0; at -= 1)
            backward.push(at)
          expect(backward).toEqual(expected.toReversed())
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('are of lists that have at least a row in 64', () => {
    expect(isDense(listOf([5]), 64)).toBe(true)
    expect(isDense(listOf([5]), 65)).toBe(false)
    expect(isDense(listOf([5, 6]), 128)).toBe(true)
  })
})

/** Scope and kind fall together only in every 997th row; entities take turns in blocks. */
function insert(index: EventIndex, rows: number): void {
  const { names } = index
  for (let i = 0; i < rows; i += 1) {
    const n = index.allocated
    const rare = n % 997 === 0
    const [source] = rowOf({
      kind: n % 2 === 0 || rare ? 0xf001 : 0xf002,
      clock: n % 5,
      eventId: Uint32Array.of(0, 0, 0, n),
    })
    const entity = names.internEntity(`e:${(n >> 7) % 4}`)
    const scope = names.internScope(n % 2 === 1 || rare ? 's' : 't')
    index.insert(source, entity, scope, n, 1, 57, 9)
    index.allocated = n + 1
  }
  index.visible = index.allocated
}

const REGIONS: readonly Region[] = [
  { scope: 's', kind: 0xf001 as EventKind },
  { scope: 's', kind: 0xf001 as EventKind, entity: 'e' },
  { scope: 's', kind: 0xf001 as EventKind, entity: 'e:2' },
  { scope: 's', kind: 0xf001 as EventKind, clock: [1, 3] },
  { scope: 't', kind: 0xf002 as EventKind },
  { scope: 's', entity: 'e:1', kind: { category: 0xf } },
]

function expectWalks(index: EventIndex): void {
  const { columns, names } = index
  for (const region of REGIONS) {
    for (const after of [undefined, 0, 5000, 9970]) {
      for (const reverse of [false, true]) {
        const expected: number[] = []
        for (let row = 0; row < columns.count; row += 1) {
          const clock = columns.clock(row)
          const name = names.text(columns.entityId(row))
          if (
            (region.scope === undefined || names.text(columns.scopeId(row)) === region.scope) &&
            (typeof region.kind !== 'number' || columns.kind(row) === region.kind) &&
            (region.entity === undefined || `${name}:`.startsWith(`${region.entity}:`)) &&
            (region.clock === undefined ||
              (clock >= region.clock[0] && clock <= region.clock[1])) &&
            (after === undefined || (reverse ? row < after : row > after)) &&
            index.isVisible(row)
          ) {
            expected.push(row)
          }
        }
        if (reverse) expected.reverse()
        const walk = new RowWalk(index, region, { after, reverse })
        const found: number[] = []
        for (let row = walk.next(); row >= 0; row = walk.next()) found.push(row)
        expect(found, JSON.stringify({ region, after, reverse })).toEqual(expected)
        expect(walk.next()).toBe(-1)
      }
    }
  }
}

describe('a walk over long lists with few rows in common', () => {
  it('R-20 gives what a filter gives, also once rows were added and hidden', () => {
    const index = new EventIndex()
    insert(index, 10_000)
    expectWalks(index)
    insert(index, 3000)
    expectWalks(index)
    index.hideFrom(
      0,
      HiddenRanges.of([
        { start: 1990, end: 4000 },
        { start: 9970, end: 9972 },
      ]),
    )
    expectWalks(index)
    index.visible = 11_500
    expectWalks(index)
  })

  it('R-3 keeps to what was visible when it was made', () => {
    const index = new EventIndex()
    insert(index, 4000)
    const walk = new RowWalk(index, REGIONS[0]!)
    insert(index, 4000)
    const found: number[] = []
    for (let row = walk.next(); row >= 0; row = walk.next()) found.push(row)
    expect(found).toEqual([0, 997, 1994, 2991, 3988])
  })
})
