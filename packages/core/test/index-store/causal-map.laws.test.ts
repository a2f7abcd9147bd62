/**
 * The causal map against a filter over all rows.
 * Harness pattern: Equivalence Harness.
 * PROVES: for every id the map gives exactly the rows that name it, in commit order, whenever it is
 *   asked first and however many rows come between questions.
 * CATCHES: a chain that loses its end, an id that another's slot swallows, a growth that forgets ids,
 *   rows that are added and never read.
 * SEEDED: fast-check; a failure prints its seed and path.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CausalMap } from '../../src/index-store/causal-map.ts'
import { EventIndex } from '../../src/index-store/event-index.ts'
import { rowOf } from '../support/index-rows.ts'

const idOf = (n: number): Uint32Array => Uint32Array.of(n & 1, 0, n >> 4, n)

it.each(['causation', 'correlation'] as const)('gives the rows that name an id as %s', (axis) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(90), fc.boolean()), { minLength: 1, maxLength: 300 }),
      (named) => {
        const index = new EventIndex()
        const map = new CausalMap(index.columns, axis)
        const { names } = index
        const expected = new Map<number, number[]>()
        named.forEach(([n, ask], row) => {
          const eventId = idOf(row + 1)
          const [source] = rowOf({
            eventId,
            causationId: axis === 'causation' ? idOf(n) : new Uint32Array(4),
            correlationId: axis === 'correlation' ? idOf(n) : eventId,
          })
          index.insert(source, names.internEntity('e'), names.internScope('s'), row, 1, 57, 9)
          const isNone = axis === 'causation' ? n === 0 : n === row + 1
          if (!isNone) expected.set(n, [...(expected.get(n) ?? []), row])
          if (ask) expect(rowsOf(map, n)).toEqual(expected.get(n) ?? [])
        })
        for (let n = 1; n <= 91; n += 1)
          expect(rowsOf(map, n), `${n}`).toEqual(expected.get(n) ?? [])
      },
    ),
    { numRuns: 200 },
  )
})

it('an answer that is being read grows no further than the rows it had, or goes on in order', () => {
  const index = new EventIndex()
  const map = new CausalMap(index.columns, 'causation')
  const add = (row: number): void => {
    const [source] = rowOf({ eventId: idOf(row + 10), causationId: idOf(1) })
    const { names } = index
    index.insert(source, names.internEntity('e'), names.internScope('s'), row, 1, 57, 9)
  }
  for (let row = 0; row < 3; row += 1) add(row)
  const next = map.rowsOf(idOf(1))
  expect(next()).toBe(0)
  for (let row = 3; row < 1000; row += 1) add(row)
  expect(rowsOf(map, 1)).toHaveLength(1000)
  expect([next(), next(), next()]).toEqual([1, 2, 3])
})

function rowsOf(map: CausalMap, n: number): number[] {
  const next = map.rowsOf(idOf(n))
  const rows: number[] = []
  for (let row = next(); row >= 0; row = next()) rows.push(row)
  return rows
}
