/** Event id → row, whatever ids callers choose. */
import { describe, expect, it } from 'vitest'
import { Columns } from '../../src/index-store/columns.ts'
import { IdTable } from '../../src/index-store/id-table.ts'
import { rowOf } from '../support/index-rows.ts'

type Words = readonly [number, number, number, number]

function fill(ids: readonly Words[]): {
  readonly table: IdTable
  readonly get: (id: Words) => number
} {
  const columns = new Columns()
  const table = new IdTable(columns)
  for (const id of ids) {
    const words = Uint32Array.from(id)
    const row = columns.push(...rowOf({ eventId: words, sequence: columns.count }))
    table.put(words, row)
  }
  return { table, get: (id) => table.get(Uint32Array.from(id)) }
}

const COUNT = 40_000
/** Ids that differ in one place alone: each would collide if that place did not count. */
const FAMILIES: readonly (readonly [what: string, id: (i: number) => Words])[] = [
  ['counting up in the last word', (i) => [0, 0, 0, i]],
  ['counting up in the first word', (i) => [i, 0, 0, 0]],
  ['counting up in the second word', (i) => [7, i, 7, 7]],
  ['counting up in the third word', (i) => [7, 7, i, 7]],
  ['multiples of 2^16 in the last word', (i) => [1, 2, 3, (i << 16) ^ (i >>> 16)]],
  ['multiples of 2^16 in the first word', (i) => [(i << 16) ^ (i >>> 16), 1, 2, 3]],
  ['two words that move together', (i) => [i, i, 0, 0]],
  ['two words that move apart', (i) => [i, COUNT - i, 0, 0]],
  [
    'as UUIDv7 of one millisecond',
    (i) => [0x018bcfe5, 0x68007000 | (i & 0xfff), 0x80000000 | ((i * 2_654_435_761) >>> 2), i],
  ],
]

describe('the id table', () => {
  it.each(FAMILIES)('finds every id, and no other, of ids %s', (_, id) => {
    const { get } = fill(Array.from({ length: COUNT }, (__, i) => id(i)))
    for (let i = 0; i < COUNT; i += 1) {
      if (get(id(i)) !== i) expect(`${i}: ${get(id(i))}`).toBe(`${i}: ${i}`)
    }
    for (const other of [COUNT, COUNT + 1, COUNT * 2]) expect(get(id(other))).toBe(-1)
  })

  it.each(FAMILIES)('needs few steps for ids %s: no family clusters', (_, id) => {
    const ids = Array.from({ length: COUNT }, (__, i) => id(i))
    const columns = new Columns()
    let compared = 0
    const counting = Object.assign(Object.create(columns) as Columns, {
      hasEventId: (row: number, words: Uint32Array) => {
        compared += 1
        return columns.hasEventId(row, words)
      },
      copyEventId: (row: number, out: Uint32Array) => columns.copyEventId(row, out),
    })
    const table = new IdTable(counting)
    for (const words of ids.map((words) => Uint32Array.from(words))) {
      table.put(words, columns.push(...rowOf({ eventId: words, sequence: columns.count })))
    }
    // Half full at most: a good hash looks at about one and a half entries.
    expect(compared / COUNT).toBeLessThan(3)
  })

  it('finds the row put last of several with one id, also after it has grown', () => {
    const ids: Words[] = []
    for (let i = 0; i < 3000; i += 1) ids.push([0, 0, 0, i % 1000])
    const { get } = fill(ids)
    for (let i = 0; i < 1000; i += 1) expect(get([0, 0, 0, i])).toBe(2000 + i)
    expect(get([0, 0, 0, 1000])).toBe(-1)
  })

  it('is empty before the first id, and the id of zeros is one like any other', () => {
    const { table } = fill([])
    expect(table.get(new Uint32Array(4))).toBe(-1)
    expect(fill([[0, 0, 0, 0]]).get([0, 0, 0, 0])).toBe(0)
  })
})
