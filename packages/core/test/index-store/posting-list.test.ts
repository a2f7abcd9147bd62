/** Lists of row numbers: growth, ranks, copies. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PostingList } from '../../src/index-store/posting-list.ts'

function listOf(rows: readonly number[]): PostingList {
  const list = new PostingList()
  for (const row of rows) list.push(row)
  return list
}

const ascending = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 80 }).map((steps) =>
  steps.map(
    (
      (sum) => (step: number) =>
        (sum += step)
    )(-1),
  ),
)

describe('a posting list', () => {
  it('gives every row by its rank, and the rank of the first row at or behind another', () => {
    fc.assert(
      fc.property(ascending, (rows) => {
        const list = listOf(rows)
        expect(list.count).toBe(rows.length)
        expect(rows.map((_, rank) => list.at(rank))).toEqual(rows)
        for (let row = -1; row <= (rows.at(-1) ?? 0) + 2; row += 1) {
          const rank = rows.findIndex((other) => other >= row)
          expect(list.lowerBound(row)).toBe(rank < 0 ? rows.length : rank)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('and its copy go separate ways', () => {
    for (const length of [0, 1, 4, 5, 100]) {
      const rows = Array.from({ length }, (_, i) => i)
      const list = listOf(rows)
      const copy = list.clone()
      list.push(1000)
      copy.push(2000)
      expect([list.count, copy.count]).toEqual([length + 1, length + 1])
      expect([list.at(length), copy.at(length)]).toEqual([1000, 2000])
      expect(rows.map((_, rank) => copy.at(rank))).toEqual(rows)
    }
  })

  it('holds row numbers up to the last of 32 bits', () => {
    const list = listOf([0, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff])
    expect(list.at(3)).toBe(0xffff_ffff)
    expect(list.lowerBound(0x8000_0000)).toBe(2)
  })
})
