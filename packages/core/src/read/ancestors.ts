/** The walk along the hash chain of an entity. */
import type { Engine } from '../engine.ts'
import { isZero } from '../event/hash.ts'
import type { EventIndex } from '../index-store/event-index.ts'
import type { StoredEvent } from './entry.ts'
import { eventsOf, limited } from './rows.ts'
import { Visibility } from './visibility.ts'

/**
 * The event of `id`, then its ancestors in the entity's hash chain, newest to oldest, at most
 * `limit`. Empty when no visible event has the id. The predecessor is the nearest earlier event of
 * the entity whose hash is `prevHash` (W-57): equal payloads have equal hashes.
 */
export function walkAncestors(
  engine: Engine,
  id: Uint32Array,
  limit: number,
): IterableIterator<StoredEvent> {
  const { index } = engine
  const visible = new Visibility(index)
  let row = visible.rowOf(id)
  let begun = false
  const next = (): number => {
    if (begun && row >= 0) row = predecessor(index, row, visible)
    begun = true
    return row
  }
  return eventsOf(engine, index, limited(next, limit))
}

/** Each step goes on where the one before has ended, so a whole walk passes each row once. */
function predecessor(index: EventIndex, row: number, visible: Visibility): number {
  const { columns, names } = index
  const prevHash = columns.prevHash(row)
  if (isZero(prevHash)) return -1
  const { rows } = names.entityById(columns.entityId(row))
  for (let rank = rows.lowerBound(row) - 1; rank >= 0; rank -= 1) {
    const earlier = rows.at(rank)
    if (columns.hasEventHash(earlier, prevHash) && visible.includes(earlier)) return earlier
  }
  return -1
}
