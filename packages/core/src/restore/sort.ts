/** Rows in sequence order where footers disagree with file order. */
import type { RowSource } from '../index-store/columns.ts'
import { EventIndex } from '../index-store/event-index.ts'

/**
 * A new index with the same rows, stably sorted by sequence. Needed only for directories in which a
 * dropping compaction of batpak 0.8.0 renumbered some events and not others.
 */
export function sortedBySequence(index: EventIndex): EventIndex {
  const { columns, names } = index
  const order = Array.from({ length: columns.count }, (_, row) => row).sort(
    (a, b) => columns.sequence(a) - columns.sequence(b) || a - b,
  )
  const sorted = new EventIndex()
  for (const row of order) {
    const scope = names.text(columns.scopeId(row))
    sorted.insert(
      rowSource(index, row),
      sorted.names.internEntity(names.text(columns.entityId(row))),
      sorted.names.internScope(scope),
      columns.sequence(row),
      columns.segmentId(row),
      columns.offset(row),
      columns.length(row),
    )
  }
  return sorted
}

function rowSource({ columns }: EventIndex, row: number): RowSource {
  const eventId = new Uint32Array(4)
  const correlationId = new Uint32Array(4)
  const causationId = new Uint32Array(4)
  columns.copyEventId(row, eventId)
  columns.copyCorrelationId(row, correlationId)
  columns.copyCausationId(row, causationId)
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
  }
}
