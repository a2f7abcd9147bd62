import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { blake3 } from '../../src/event/hash.ts'
import { parseWords } from '../../src/event/id-words.ts'
import { Writer } from '../../src/encoding/writer.ts'
import { payloadBytes } from '../../src/encoding/payload-encode.ts'
import { FrameDraft, encodeFrame, encodeNames } from '../../src/segment/frame-encode.ts'
import { encodeSegmentHeader } from '../../src/segment/header.ts'
import { segmentFileName } from '../../src/segment/name.ts'
import { hexId } from './api-events.ts'

/** An event that no append wrote: for states that a store reaches only after years, or never. */
export interface HandMade {
  readonly eventId?: string
  readonly entity?: string
  readonly scope?: string
  readonly kind?: number
  readonly clock?: number
  readonly wallMs?: number
  /** Default: `wallMs` in microseconds. */
  readonly timestampUs?: number
  readonly causationId?: string
  readonly payload?: unknown
  readonly prevHash?: Uint8Array
}

let nextId = 0x7000_0000

/** Writes segment `id` with these frames and no footer: a rebuild numbers them in order. */
export function writeSegment(dataDir: string, id: number, events: readonly HandMade[]): void {
  const out = new Writer(4096)
  for (const event of events) encodeFrame(out, draftOf(event))
  const header = encodeSegmentHeader(id, 1n)
  writeFileSync(join(dataDir, segmentFileName(id)), Buffer.concat([header, out.toBytes()]))
}

function draftOf(event: HandMade): FrameDraft {
  const draft = new FrameDraft()
  const { wallMs = 1_700_000_000_000, payload = null } = event
  parseWords(event.eventId ?? hexId((nextId += 1)), draft.eventId, 0)
  draft.correlationId.set(draft.eventId)
  if (event.causationId !== undefined) parseWords(event.causationId, draft.causationId, 0)
  draft.timestampUs = event.timestampUs ?? wallMs * 1000
  draft.wallMs = wallMs
  draft.clock = event.clock ?? 0
  draft.kind = event.kind ?? 0xf001
  draft.payload = payloadBytes(payload)
  draft.eventHash.set(blake3(draft.payload))
  if (event.prevHash !== undefined) draft.prevHash.set(event.prevHash)
  draft.names = encodeNames(event.entity ?? 'a', event.scope ?? 's')
  return draft
}
