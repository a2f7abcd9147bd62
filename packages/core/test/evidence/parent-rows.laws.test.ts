/**
 * Parents by hash against a plain definition.
 * Harness pattern: Equivalence Harness.
 * PROVES: parents found by scanning and by the table are those that the definition names.
 * CATCHES: a farther parent than the nearest, a hidden one, one of another entity, a wrong count.
 * SEEDED: the random numbers are in the test; a failure repeats itself.
 */
import { expect, it } from 'vitest'
import { ParentRows } from '../../src/evidence/parent-rows.ts'
import { EventIndex } from '../../src/index-store/event-index.ts'
import { HiddenRanges } from '../../src/index-store/hidden-ranges.ts'

function hashNumber(n: number): Uint8Array {
  return new Uint8Array(32).fill(n)
}

/** An index with rows of two entities whose hashes are few, some of them hidden. */
function randomIndex(random: () => number, rows: number): EventIndex {
  const index = new EventIndex()
  const scope = index.names.internScope('s')
  for (let row = 0; row < rows; row += 1) {
    const entity = index.names.internEntity(random() < 0.8 ? 'a' : 'b')
    const source = {
      eventId: Uint32Array.of(1, 2, 3, row),
      correlationId: Uint32Array.of(1, 2, 3, row),
      causationId: new Uint32Array(4),
      kind: 0xf001,
      wallMs: 1,
      clock: row,
      lane: 0,
      depth: 0,
      prevHash: new Uint8Array(32),
      eventHash: hashNumber(Math.floor(random() * 6)),
    }
    index.insert(source, entity, scope, row * 2, 1, 0, 0)
  }
  const hidden = [...Array(rows).keys()].filter(() => random() < 0.1)
  index.hideFrom(0, HiddenRanges.of(hidden.map((row) => ({ start: row * 2, end: row * 2 + 1 }))))
  index.visible = rows * 2 - Math.floor(random() * 4)
  return index
}

function byDefinition(
  index: EventIndex,
  entityId: number,
  hash: Uint8Array,
  below: number,
): unknown {
  const matches: number[] = []
  for (let row = 0; row < below; row += 1) {
    const { columns } = index
    if (columns.entityId(row) !== entityId || !index.isVisible(row)) continue
    if (columns.hasEventHash(row, hash)) matches.push(row)
  }
  return matches.length === 0 ? undefined : { row: matches.at(-1), count: matches.length }
}

it.each(Array.from({ length: 40 }, (_, seed) => seed))('R-130 in a random log, seed %i', (seed) => {
  let state = seed * 7919 + 1
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647
  const rows = 1 + Math.floor(random() * 80)
  const index = randomIndex(random, rows)
  const entityId = index.columns.entityId(0)
  const parents = new ParentRows(index, entityId, rows)
  let asked = 0
  // From the newest to the oldest: first the scan answers, then the table.
  for (let below = rows; below > 0; below -= Math.floor(random() * 2)) {
    const hash = hashNumber(Math.floor(random() * 7))
    const expected = byDefinition(index, entityId, hash, below)
    expect(parents.find(hash, below)).toEqual(expected)
    asked += 1
    if (asked > 500) break
  }
  expect(asked).toBeGreaterThan(rows / 2)
})
