/** How far an entity's stream has come. */
import type { EventIndex } from './event-index.ts'
import type { EntityRecord } from './names.ts'

/** The number of visible events of an entity. */
export function generationOf(index: EventIndex, { rows }: EntityRecord): number {
  const known = rows.lowerBound(index.columns.lowerBound(index.visible))
  if (index.hidden.isEmpty) return known
  let visible = 0
  for (let rank = 0; rank < known; rank += 1) if (!index.isHidden(rows.at(rank))) visible += 1
  return visible
}
