/** Rows of a walk as what reads return. */
import type { Engine } from '../engine.ts'
import type { EventIndex } from '../index-store/event-index.ts'
import type { IndexEntry, StoredEvent } from './entry.ts'
import { storeIterator } from './iterator.ts'
import { entryOf, eventOf } from './materialize.ts'

/** Gives row after row of the index it was made for, then -1. */
export type NextRow = () => number

/** At most `limit` of the rows. */
export function limited(next: NextRow, limit: number): NextRow {
  if (limit === Infinity) return next
  let left = limit
  return () => {
    if (left <= 0) return -1
    left -= 1
    return next()
  }
}

/** @param index the one that the rows belong to */
export function entriesOf(
  engine: Engine,
  index: EventIndex,
  next: NextRow,
): IterableIterator<IndexEntry> {
  return storeIterator(engine, () => {
    const row = next()
    return row < 0 ? undefined : entryOf(engine, row, index)
  })
}

/** As `entriesOf`, with payloads. @throws StoreError as `get`, from the iterator */
export function eventsOf(
  engine: Engine,
  index: EventIndex,
  next: NextRow,
): IterableIterator<StoredEvent> {
  return storeIterator(engine, () => {
    for (let row = next(); row >= 0; row = next()) {
      const now = engine.rowNow(index, row)
      if (now >= 0) return eventOf(engine, now, engine.reader)
    }
    return undefined
  })
}
