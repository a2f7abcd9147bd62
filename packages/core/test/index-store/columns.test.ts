/** The columns of the index: what goes in comes out, across growth and chunks. */
import { describe, expect, it } from 'vitest'
import { CHUNK_ROWS, Columns } from '../../src/index-store/columns.ts'
import { rowOf, type RowParts } from '../support/index-rows.ts'

const words = (a: number, b: number, c: number, d: number): Uint32Array =>
  Uint32Array.of(a, b, c, d)
const hash = (n: number): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => (n * 31 + i * 7) & 0xff)

/** Every fact of a row, from its number alone. */
function parts(i: number, branched: boolean, caused: boolean, correlated: boolean): RowParts {
  return {
    eventId: words(i, i ^ 0xffff, 7, ~i >>> 0),
    ...(correlated && { correlationId: words(9, 9, 9, i) }),
    ...(caused && { causationId: words(0, 0, 0, i + 1) }),
    ...(branched && { lane: 0xffff_ffff - i, depth: i }),
    kind: i & 0xffff,
    wallMs: Number.MAX_SAFE_INTEGER - i,
    clock: 0xffff_ffff - i,
    prevHash: hash(i),
    eventHash: hash(i + 1),
    sequence: i * 2,
    entityId: i % 1000,
    scopeId: 0xffff_ffff - (i % 7),
    segmentId: 0xffff_fffe - (i % 3),
    offset: 2 ** 40 + i,
    length: 268_435_464 - (i % 11),
  }
}

function read(columns: Columns, row: number): object {
  const [eventId, correlationId, causationId] = [
    words(1, 1, 1, 1),
    words(1, 1, 1, 1),
    words(1, 1, 1, 1),
  ]
  columns.copyEventId(row, eventId)
  columns.copyCorrelationId(row, correlationId)
  columns.copyCausationId(row, causationId)
  const both = new Uint8Array(70)
  expect(columns.copyHashes(row, both, 3)).toBe(67)
  expect(both.subarray(3, 35)).toEqual(columns.prevHash(row))
  const event = new Uint8Array(32)
  columns.copyEventHash(row, event)
  expect(event).toEqual(both.subarray(35, 67))
  expect(columns.hasEventHash(row, event)).toBe(true)
  event[31]! ^= 1
  expect(columns.hasEventHash(row, event)).toBe(false)
  expect(columns.hasEventId(row, eventId)).toBe(true)
  return {
    eventId,
    correlationId,
    causationId,
    kind: columns.kind(row),
    wallMs: columns.wallMs(row),
    clock: columns.clock(row),
    lane: columns.lane(row),
    depth: columns.depth(row),
    prevHash: columns.prevHash(row),
    eventHash: columns.eventHash(row),
    sequence: columns.sequence(row),
    entityId: columns.entityId(row),
    scopeId: columns.scopeId(row),
    segmentId: columns.segmentId(row),
    offset: columns.offset(row),
    length: columns.length(row),
  }
}

function expected(given: RowParts): object {
  const [source, place] = rowOf(given)
  return { ...source, ...place }
}

describe('columns', () => {
  it('give back every fact of every row across two chunk borders, whatever appears when', () => {
    // Branches, causes and correlations first appear in the middle of a chunk, at a power of two, and
    // not at all in a later chunk.
    const columns = new Columns()
    const rows = CHUNK_ROWS * 2 + 300
    const given = (i: number): RowParts =>
      parts(
        i,
        i === 200 || i === CHUNK_ROWS + 5,
        i >= 256 && i < 300,
        i === 129 || i === CHUNK_ROWS,
      )
    for (let i = 0; i < rows; i += 1) expect(columns.push(...rowOf(given(i)))).toBe(i)
    expect(columns.count).toBe(rows)
    const looked = [
      0, 1, 127, 128, 129, 130, 199, 200, 201, 255, 256, 299, 300, 511, 512, 65_535, 65_536, 65_537,
    ]
    for (const i of [
      ...looked,
      CHUNK_ROWS + 4,
      CHUNK_ROWS + 5,
      CHUNK_ROWS + 6,
      CHUNK_ROWS * 2 - 1,
      CHUNK_ROWS * 2,
      rows - 1,
    ]) {
      expect(read(columns, i), `row ${i}`).toEqual(expected(given(i)))
    }
    for (let i = 0; i < rows; i += 997)
      expect(read(columns, i), `row ${i}`).toEqual(expected(given(i)))
  })

  it.each<readonly [what: string, late: RowParts]>([
    ['a correlation', { correlationId: words(1, 2, 3, 4) }],
    ['a cause', { causationId: words(0, 0, 0, 1) }],
    ['a cause whose id is zero but for its first word', { causationId: words(1, 0, 0, 0) }],
    ['a correlation that differs in its first word alone', { correlationId: words(1, 0, 0, 128) }],
    ['a lane', { lane: 0x8000_0000 }],
    ['a depth', { depth: 1 }],
  ])('with %s that appears late leave the rows before it as they were', (_, late) => {
    // Every place within a growing chunk: before, at and after each growth.
    for (const at of [0, 1, 126, 127, 128, 129, 255, 256, 257]) {
      const columns = new Columns()
      const given = (i: number): RowParts => ({ sequence: i, ...(i === at && late) })
      for (let i = 0; i < 300; i += 1) columns.push(...rowOf(given(i)))
      for (let i = 0; i < 300; i += 1) {
        if (i % 37 !== 0 && Math.abs(i - at) > 2) continue
        expect(read(columns, i), `row ${i}, late at ${at}`).toEqual(expected(given(i)))
      }
    }
  })

  it('copy what they are given: a source may be used again', () => {
    const columns = new Columns()
    const source = rowOf(parts(5, true, true, true))
    columns.push(...source)
    source[0].eventId.fill(0)
    source[0].prevHash.fill(0)
    source[0].causationId.fill(0)
    expect(read(columns, 0)).toEqual(expected(parts(5, true, true, true)))
  })

  it('give copies of hashes, which callers may change', () => {
    const columns = new Columns()
    columns.push(...rowOf(parts(5, true, true, true)))
    columns.prevHash(0).fill(0)
    columns.eventHash(0).fill(0)
    expect(read(columns, 0)).toEqual(expected(parts(5, true, true, true)))
  })

  it.each<readonly [what: string, sequence: (row: number) => number]>([
    ['without gaps', (row) => row],
    ['that begin at 5', (row) => row + 5],
    ['with gaps', (row) => row * 3],
    ['with one gap', (row) => (row < 50 ? row : row + 1000)],
    ['with equal ones', (row) => row >> 1],
    ['equal at the beginning', (row) => Math.max(0, row - 20)],
    ['equal where row and sequence meet', (row) => (row < 30 ? 30 : row)],
  ])('find the first row of a sequence among sequences %s', (_, sequence) => {
    const columns = new Columns()
    expect(columns.lowerBound(0)).toBe(0)
    expect(columns.lowerBound(7)).toBe(0)
    const all = Array.from({ length: 200 }, (__, row) => sequence(row))
    for (const [row, number] of all.entries())
      columns.push(...rowOf({ sequence: number, eventId: words(0, 0, 0, row) }))
    const first = (wanted: number): number => {
      const row = all.findIndex((number) => number >= wanted)
      return row < 0 ? all.length : row
    }
    for (const wanted of [
      -1,
      0,
      ...all,
      ...all.map((number) => number + 1),
      5000,
      Number.MAX_SAFE_INTEGER,
    ]) {
      expect(columns.lowerBound(wanted), `sequence ${wanted}`).toBe(first(wanted))
    }
  })
})
