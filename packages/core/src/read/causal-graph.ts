/** The causal graph: from an event to what caused it, to what it caused, and to the saga around it. */
import type { Engine } from '../engine.ts'
import { isZeroId } from '../event/id-words.ts'
import { CausalMap, type CausalAxis } from '../index-store/causal-map.ts'
import type { EventIndex } from '../index-store/event-index.ts'
import type { IndexEntry } from './entry.ts'
import { entriesOf, limited } from './rows.ts'
import { Visibility } from './visibility.ts'

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
  const { index } = engine
  const visible = new Visibility(index)
  const seen = new Set<number>()
  const cause = new Uint32Array(4)
  let row = visible.rowOf(id)
  const next = (): number => {
    if (row < 0) return -1
    seen.add(row)
    index.columns.copyCausationId(row, cause)
    row = isZeroId(cause, 0) ? -1 : visible.rowOf(cause)
    if (seen.has(row)) row = -1
    return row
  }
  return entriesOf(engine, index, limited(next, limit))
}

/**
 * The effects of `id`: the events that name it as their cause, then those that name these, and so on,
 * each event once, at most `limit`; in commit order among those equally far away.
 */
export function walkEffects(
  engine: Engine,
  id: Uint32Array,
  limit: number,
): IterableIterator<IndexEntry> {
  const { index } = engine
  const visible = new Visibility(index)
  const map = causalMap(index, 'causation')
  const seen = new Set<number>([visible.rowOf(id)])
  let level: readonly number[] = unseenEffects(map, [id], visible, seen)
  let at = 0
  const next = (): number => {
    if (at === level.length) {
      level = unseenEffects(map, idsOf(index, level), visible, seen)
      at = 0
    }
    return level[at++] ?? -1
  }
  return entriesOf(engine, index, limited(next, limit))
}

/** The events whose correlation is `id`, in commit order, at most `limit`. */
export function walkCorrelated(
  engine: Engine,
  id: Uint32Array,
  limit: number,
): IterableIterator<IndexEntry> {
  const { index } = engine
  const visible = new Visibility(index)
  const others = causalMap(index, 'correlation').rowsOf(id)
  // The event that correlates with itself is not in the map.
  let own = selfCorrelated(index, id, visible)
  let other = others()
  const next = (): number => {
    for (;;) {
      let row = other
      if (own >= 0 && (other < 0 || own < other)) {
        row = own
        own = -1
      } else other = others()
      if (row < 0 || visible.includes(row)) return row
    }
  }
  return entriesOf(engine, index, limited(next, limit))
}

/** Ascending; what is returned counts as seen. */
function unseenEffects(
  map: CausalMap,
  ids: readonly Uint32Array[],
  visible: Visibility,
  seen: Set<number>,
): readonly number[] {
  const rows: number[] = []
  for (const id of ids) {
    const next = map.rowsOf(id)
    for (let row = next(); row >= 0; row = next()) {
      if (seen.has(row) || !visible.includes(row)) continue
      seen.add(row)
      rows.push(row)
    }
  }
  return ids.length === 1 ? rows : rows.sort((a, b) => a - b)
}

function idsOf({ columns }: EventIndex, rows: readonly number[]): readonly Uint32Array[] {
  return rows.map((row) => {
    const id = new Uint32Array(4)
    columns.copyEventId(row, id)
    return id
  })
}

function selfCorrelated(index: EventIndex, id: Uint32Array, visible: Visibility): number {
  const row = visible.rowOf(id)
  if (row < 0) return -1
  const correlation = new Uint32Array(4)
  index.columns.copyCorrelationId(row, correlation)
  return index.columns.hasEventId(row, correlation) ? row : -1
}

const MAPS: Record<CausalAxis, WeakMap<EventIndex, CausalMap>> = {
  causation: new WeakMap(),
  correlation: new WeakMap(),
}

/** The map of an index, which nobody pays for who never asks. */
function causalMap(index: EventIndex, axis: CausalAxis): CausalMap {
  let map = MAPS[axis].get(index)
  if (map === undefined) MAPS[axis].set(index, (map = new CausalMap(index.columns, axis)))
  return map
}
