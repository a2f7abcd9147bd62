/** Events as the JSON of this program has them. */
import { formatKind, type IndexEntry, type StoredEvent } from '@batpak/core'
import { kindName } from './kind.ts'
import { decimal, hex, payloadJson, present, timeOfMs, timeOfUs } from '../output/wire.ts'

export function entryJson(entry: IndexEntry): Record<string, unknown> {
  const { diskPos } = entry
  return present({
    sequence: decimal(entry.sequence),
    eventId: entry.eventId,
    correlationId: entry.correlationId,
    causationId: entry.causationId,
    entity: entry.entity,
    scope: entry.scope,
    kind: formatKind(entry.kind),
    kindName: kindName(entry.kind),
    clock: entry.clock,
    wallMs: decimal(entry.wallMs),
    time: timeOfMs(entry.wallMs),
    lane: entry.lane,
    depth: entry.depth,
    eventHash: hex(entry.eventHash),
    prevHash: hex(entry.prevHash),
    diskPos: {
      segmentId: decimal(diskPos.segmentId),
      offset: decimal(diskPos.offset),
      length: diskPos.length,
    },
  })
}

/** As `entryJson`, with header, extensions and payload. */
export function eventJson(event: StoredEvent): Record<string, unknown> {
  const extensions = [...event.extensions].map(([key, value]) => [key, hex(value)])
  return {
    ...entryJson(event),
    ...present({
      timestampUs: decimal(event.timestampUs),
      timestamp: timeOfUs(event.timestampUs),
      flags: event.flags,
      contentHash: hex(event.contentHash),
      extensions: Object.fromEntries(extensions) as Record<string, string>,
      payloadBytes: hex(event.payloadBytes),
      payloadRewritten: event.payloadRewritten,
      ...payloadMembers(event),
    }),
  }
}

function payloadMembers(event: StoredEvent): {
  readonly payload?: unknown
  readonly payloadError?: string
} {
  try {
    return { payload: payloadJson(event.payload) }
  } catch (error) {
    return { payloadError: error instanceof Error ? error.message : String(error) }
  }
}
