/** Rows for the index, with defaults. */
import type { RowPlace, RowSource } from '../../src/index-store/columns.ts'

export type RowParts = Partial<RowSource> & Partial<RowPlace>

/** What `Columns.push` takes: the facts of an event, and where it belongs. */
export function rowOf(parts: RowParts = {}): [RowSource, RowPlace] {
  const eventId = parts.eventId ?? Uint32Array.of(0, 0, 0, parts.sequence ?? 0)
  return [
    {
      eventId,
      correlationId: parts.correlationId ?? eventId,
      causationId: parts.causationId ?? new Uint32Array(4),
      kind: parts.kind ?? 0xf001,
      wallMs: parts.wallMs ?? 0,
      clock: parts.clock ?? 0,
      lane: parts.lane ?? 0,
      depth: parts.depth ?? 0,
      prevHash: parts.prevHash ?? new Uint8Array(32),
      eventHash: parts.eventHash ?? new Uint8Array(32),
    },
    {
      sequence: parts.sequence ?? 0,
      entityId: parts.entityId ?? 1,
      scopeId: parts.scopeId ?? 2,
      segmentId: parts.segmentId ?? 1,
      offset: parts.offset ?? 57,
      length: parts.length ?? 100,
    },
  ]
}
