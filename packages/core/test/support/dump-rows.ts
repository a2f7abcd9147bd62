/** What a store of ours reads, in the form in which dumps have it. */
import { expect } from 'vitest'
import type { IndexEntry, Reads, StoredEvent } from '../../src/index.ts'
import type { DumpRow } from './fixture-stores.ts'
import { hex } from './raw-msgpack.ts'

/** Dumps leave out longer payloads. */
const PAYLOAD_MAX = 512

/** All visible rows in commit order: from the index, and from the frame of each. */
export function rowsOf(store: Reads): DumpRow[] {
  const events = store.events()
  return Array.from(store.entries(), (entry) => {
    const event = events.next().value as StoredEvent
    expect(event.eventId).toBe(entry.eventId)
    return { ...indexPart(entry), ...framePart(event) }
  })
}

function indexPart(entry: IndexEntry): DumpRow {
  const { sequence, diskPos, causationId, eventHash, prevHash } = entry
  return {
    globalSequence: sequence,
    eventId: entry.eventId,
    correlationId: entry.correlationId,
    causationId: causationId ?? null,
    entity: entry.entity,
    scope: entry.scope,
    kind: entry.kind,
    wallMs: entry.wallMs,
    clock: entry.clock,
    lane: entry.lane,
    depth: entry.depth,
    prevHash: hex(prevHash),
    eventHash: hex(eventHash),
    ...diskPos,
    extensions: Object.fromEntries([...entry.extensions].map(([key, bytes]) => [key, hex(bytes)])),
  }
}

function framePart(event: StoredEvent): Partial<DumpRow> {
  const { timestampUs, flags, contentHash, payloadBytes } = event
  return {
    timestampUs,
    flags,
    contentHash: hex(contentHash),
    payloadLength: payloadBytes.length,
    ...(payloadBytes.length <= PAYLOAD_MAX && { payload: hex(payloadBytes) }),
  }
}
