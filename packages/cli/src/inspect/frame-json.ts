/** Frames as JSON. */
import type { FrameDetail, FrameInfo, FrameRecord } from '@batpak/core/inspect'
import { formatKind } from '@batpak/core'
import { kindName } from '../event/kind.ts'
import { decimal, hex, payloadJson, present, timeOfMs, timeOfUs } from '../output/wire.ts'

export function recordJson(record: FrameRecord): Record<string, unknown> {
  const { state, length } = record
  const place = { state, offset: decimal(record.offset), length: decimal(length) }
  if (record.state === 'frame') return { ...place, ...frameJson(record.frame) }
  if (record.state === 'unfinished') return { ...place, reason: record.reason }
  return { ...place, code: record.error.code, message: record.error.message }
}

/** As `recordJson`, with bytes, extensions and payload. */
export function detailJson(detail: FrameDetail): Record<string, unknown> {
  const { record, bytes, extensions, payloadBytes, payloadError } = detail
  return {
    ...recordJson(record),
    ...present({
      extensions: Object.fromEntries([...extensions].map(([key, value]) => [key, hex(value)])),
      payload: 'payload' in detail ? payloadJson(detail.payload) : undefined,
      payloadError: payloadError?.message,
      payloadBytes: payloadBytes === undefined ? undefined : hex(payloadBytes),
      bytes: hex(bytes),
    }),
  }
}

function frameJson(frame: FrameInfo): object {
  return present({
    role: frame.role,
    eventId: frame.eventId,
    correlationId: frame.correlationId,
    causationId: frame.causationId,
    entity: frame.entity,
    scope: frame.scope,
    kind: formatKind(frame.kind),
    kindName: kindName(frame.kind),
    timestampUs: decimal(frame.timestampUs),
    timestamp: timeOfUs(frame.timestampUs),
    wallMs: decimal(frame.wallMs),
    time: timeOfMs(frame.wallMs),
    clock: frame.clock,
    lane: frame.lane,
    depth: frame.depth,
    flags: frame.flags,
    payloadSize: frame.payloadSize,
    contentHash: hex(frame.contentHash),
    prevHash: frame.prevHash && hex(frame.prevHash),
    eventHash: frame.eventHash && hex(frame.eventHash),
    extensionCount: frame.extensionCount,
  })
}
