/** What a projection has to fold, fixed before any of the caller's code runs. */
import type { EventIndex } from '../index-store/event-index.ts'
import type { EntityRecord } from '../index-store/names.ts'
import type { Fold } from './fold.ts'

export interface Plan {
  /** The visible rows of the entity that the projection binds, in stream order. */
  readonly rows: readonly number[]
  /** The sequence of the last of them; -1 for none. */
  readonly watermark: number
  /** All visible rows of the entity. */
  readonly generation: number
}

const EMPTY: Plan = { rows: [], watermark: -1, generation: 0 }

export function planOf(
  index: EventIndex,
  fold: Pick<Fold<never>, 'binds'>,
  record: EntityRecord | undefined,
): Plan {
  if (record === undefined) return EMPTY
  const { columns } = index
  const known = record.rows.lowerBound(columns.lowerBound(index.visible))
  const rows: number[] = []
  let generation = 0
  for (let rank = 0; rank < known; rank += 1) {
    const row = record.rows.at(rank)
    if (index.isHidden(row)) continue
    generation += 1
    if (fold.binds(columns.kind(row))) rows.push(row)
  }
  const watermark = rows.length === 0 ? -1 : columns.sequence(rows.at(-1)!)
  return { rows, watermark, generation }
}

/** How many rows of the plan reach up to exactly this sequence; -1 when none ends there. */
export function rowsUpTo(index: EventIndex, { rows }: Plan, sequence: number): number {
  const row = index.columns.lowerBound(sequence)
  if (row >= index.columns.count || index.columns.sequence(row) !== sequence) return -1
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rows[middle]! < row) low = middle + 1
    else high = middle
  }
  return rows[low] === row ? low + 1 : -1
}
