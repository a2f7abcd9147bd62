/** The two upward walks: along the hash chain of an entity, and along causation across entities. */
import type { Engine } from '../engine.ts'
import { isZeroId } from '../event/id-words.ts'
import { isZero } from '../event/hash.ts'
import type { HiddenRanges } from '../index-store/hidden-ranges.ts'
import type { IndexEntry, StoredEvent } from './entry.ts'
import { storeIterator } from './iterator.ts'
import { entryOf, eventOf } from './materialize.ts'

/** What is visible, fixed when a walk begins. */
class Visibility {
  readonly #engine: Engine
  readonly #bound: number
  readonly #hidden: HiddenRanges

  constructor(engine: Engine) {
    this.#engine = engine
    this.#bound = engine.index.visible
    this.#hidden = engine.index.hidden
  }

  includes(row: number): boolean {
    const sequence = this.#engine.index.columns.sequence(row)
    return sequence < this.#bound && !this.#hidden.includes(sequence)
  }
}

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
  const visible = new Visibility(engine)
  let row = startRow(engine, id, visible)
  let left = limit
  return storeIterator(engine, () => {
    if (row < 0 || left <= 0) return undefined
    const event = eventOf(engine, row, engine.reader)
    left -= 1
    row = isZero(event.prevHash) ? -1 : predecessor(engine, row, event.prevHash, visible)
    return event
  })
}

/**
 * The causes of the event of `id`: its direct cause first, then that event's cause and so on, at most
 * `limit`. It ends at a root, at an id that names no visible event, and where causation runs in a
 * circle.
 */
export function walkCauses(
  engine: Engine,
  id: Uint32Array,
  limit: number,
): IterableIterator<IndexEntry> {
  const visible = new Visibility(engine)
  const { index } = engine
  const seen = new Set<number>()
  const next = new Uint32Array(4)
  let row = startRow(engine, id, visible)
  let left = limit
  return storeIterator(engine, () => {
    if (row < 0 || left <= 0) return undefined
    seen.add(row)
    index.columns.copyCausationId(row, next)
    if (isZeroId(next, 0)) return undefined
    row = startRow(engine, next, visible)
    if (row < 0 || seen.has(row)) {
      row = -1
      return undefined
    }
    left -= 1
    return entryOf(engine, row)
  })
}

function startRow({ index }: Engine, id: Uint32Array, visible: Visibility): number {
  const row = index.rowOf(id)
  return row >= 0 && visible.includes(row) ? row : -1
}

function predecessor(
  { index }: Engine,
  row: number,
  prevHash: Uint8Array,
  visible: Visibility,
): number {
  const { rows } = index.names.entityById(index.columns.entityId(row))
  for (let rank = rows.lowerBound(row) - 1; rank >= 0; rank -= 1) {
    const earlier = rows.at(rank)
    if (index.columns.hasEventHash(earlier, prevHash) && visible.includes(earlier)) return earlier
  }
  return -1
}
