/** The two frames around a batch (disk format 7): they hold no event and take no sequence. */
import type { Writer } from '../encoding/writer.ts'
import { BATCH_COORDINATE } from '../event/coordinate.ts'
import { Kind } from '../event/kind.ts'
import { encodeNames, seal } from './frame-encode.ts'
import * as K from './frame-keys.ts'

const MARKER_MAX_BYTES = 512
const NAMES: Uint8Array = encodeNames(BATCH_COORDINATE.entity, BATCH_COORDINATE.scope)
const ZERO_HASH: Uint8Array = new Uint8Array(32)

/** Appends the BEGIN marker of a batch of `count` items, the first of which has `sequence`. */
export function encodeBegin(
  out: Writer,
  sequence: number,
  count: number,
  timestampUs: number,
): number {
  return encodeMarker(out, Kind.SYSTEM_BATCH_BEGIN, sequence, count, timestampUs)
}

/** Appends the COMMIT marker: from here on the batch counts. */
export function encodeCommit(out: Writer, sequence: number, timestampUs: number): number {
  return encodeMarker(out, Kind.SYSTEM_BATCH_COMMIT, sequence, 0, timestampUs)
}

function encodeMarker(
  out: Writer,
  kind: number,
  sequence: number,
  count: number,
  timestampUs: number,
): number {
  out.ensure(MARKER_MAX_BYTES)
  const start = out.pos
  out.pos += K.FRAME_PREFIX_BYTES
  const batchId = Uint32Array.of(0, 0, Math.floor(sequence / 2 ** 32), sequence)
  putIdBehind(out, K.K_EVENT_ID, batchId)
  putIdBehind(out, K.K_CORRELATION_ID, batchId)
  out.raw(K.K_CAUSATION_ID)
  out.nil()
  putUintBehind(out, K.K_TIMESTAMP_US, timestampUs)
  putUintBehind(out, K.K_WALL_MS, Math.floor(timestampUs / 1000))
  for (const key of [K.K_COUNTER, K.K_DEPTH, K.K_LANE, K.K_SEQUENCE]) putUintBehind(out, key, 0)
  putUintBehind(out, K.K_PAYLOAD_SIZE, count)
  putUintBehind(out, K.K_EVENT_KIND, kind)
  putUintBehind(out, K.K_FLAGS, 0)
  out.raw(K.K_CONTENT_HASH)
  out.raw(ZERO_HASH)
  out.raw(K.K_PAYLOAD)
  out.arrayHeader(0)
  out.raw(K.K_HASH_CHAIN)
  out.nil()
  out.raw(NAMES)
  out.mapHeader(0)
  return seal(out, start, out.pos)
}

function putUintBehind(out: Writer, key: Uint8Array, value: number): void {
  out.raw(key)
  out.int(value)
}

/** The key holds the id's own two bytes of form already. */
function putIdBehind(out: Writer, key: Uint8Array, words: Uint32Array): void {
  out.raw(key)
  for (const word of words) out.u32be(word)
}
