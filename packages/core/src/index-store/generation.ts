/** How far an entity's stream has come. */
import type { EventIndex } from './event-index.ts'
import type { EntityRecord } from './names.ts'
import { visibleRows } from './query.ts'

/** The number of visible events of an entity. */
export function generationOf(index: EventIndex, { rows }: EntityRecord): number {
  return visibleRows(index, rows)
}
