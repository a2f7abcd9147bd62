/** Writes the frame of one event, byte for byte as batpak 0.8.0 does (disk format 4.2 and 5). */
import { crc32 } from '../encoding/crc.ts'
import { put32, putArrayHeader, putByteList, putUint as uint, Writer } from '../encoding/writer.ts'
import { isZeroId } from '../event/id-words.ts'
import { invariant } from '../invariant.ts'
import * as K from './frame-keys.ts'

/** What a frame says about its event. One instance is reused for every append. */
export class FrameDraft {
  readonly eventId: Uint32Array = new Uint32Array(4)
  readonly correlationId: Uint32Array = new Uint32Array(4)
  /** Zeros when there is none. */
  readonly causationId: Uint32Array = new Uint32Array(4)
  timestampUs = 0
  wallMs = 0
  depth = 0
  lane = 0
  clock = 0
  kind = 0
  flags = 0
  /** BLAKE3 of the payload: content hash and event hash in one. */
  readonly eventHash: Uint8Array = new Uint8Array(32)
  readonly prevHash: Uint8Array = new Uint8Array(32)
  payload: Uint8Array = new Uint8Array(0)
  payloadLength = 0
  /** `entity`, `scope` and the key `receipt_extensions`, encoded: see `encodeNames`. */
  names: Uint8Array = new Uint8Array(0)
  /** The extension map, encoded: `80` when there are none. */
  extensions: Uint8Array = NO_EXTENSIONS
}

export const NO_EXTENSIONS: Uint8Array = Uint8Array.of(0x80)

/** The part of a frame that only depends on the coordinate; made once per coordinate. */
export function encodeNames(entity: string, scope: string): Uint8Array {
  const out = new Writer(128)
  out.raw(K.K_ENTITY)
  out.str(entity)
  out.raw(K.K_SCOPE)
  out.str(scope)
  out.raw(K.K_RECEIPT_EXTENSIONS)
  return out.toBytes()
}

/** Appends the frame to `out` and returns its length in bytes. Long, because it is the hot path. */
export function encodeFrame(out: Writer, frame: FrameDraft): number {
  out.ensure(
    K.FRAME_FIXED_MAX + frame.payloadLength * 2 + frame.names.length + frame.extensions.length,
  )
  const { buf } = out
  const start = out.pos
  let p = start + K.FRAME_PREFIX_BYTES
  p = copy(buf, p, K.K_EVENT_ID)
  p = id(buf, p, frame.eventId)
  p = copy(buf, p, K.K_CORRELATION_ID)
  p = id(buf, p, frame.correlationId)
  p = copy(buf, p, K.K_CAUSATION_ID)
  if (isZeroId(frame.causationId, 0)) {
    buf[p++] = 0xc0
  } else {
    buf[p] = 0xc4
    buf[p + 1] = 16
    p = id(buf, p + 2, frame.causationId)
  }
  p = uint(buf, copy(buf, p, K.K_TIMESTAMP_US), frame.timestampUs)
  p = uint(buf, copy(buf, p, K.K_WALL_MS), frame.wallMs)
  p = uint(buf, copy(buf, p, K.K_COUNTER), 0)
  p = uint(buf, copy(buf, p, K.K_DEPTH), frame.depth)
  p = uint(buf, copy(buf, p, K.K_LANE), frame.lane)
  p = uint(buf, copy(buf, p, K.K_SEQUENCE), frame.clock)
  p = uint(buf, copy(buf, p, K.K_PAYLOAD_SIZE), frame.payloadLength)
  p = uint(buf, copy(buf, p, K.K_EVENT_KIND), frame.kind)
  p = uint(buf, copy(buf, p, K.K_FLAGS), frame.flags)
  p = copy(buf, p, K.K_CONTENT_HASH)
  const hashAt = p
  p = putByteList(buf, p, frame.eventHash, 0, 32)
  const hashEnd = p
  p = putArrayHeader(buf, copy(buf, p, K.K_PAYLOAD), frame.payloadLength)
  p = putByteList(buf, p, frame.payload, 0, frame.payloadLength)
  p = copy(buf, p, K.K_HASH_CHAIN)
  p = putByteList(buf, copy(buf, p, K.K_PREV_HASH), frame.prevHash, 0, 32)
  p = copy(buf, p, K.K_EVENT_HASH)
  for (let i = hashAt; i < hashEnd; i += 1) buf[p++] = buf[i]!
  p = copy(buf, p, frame.names)
  p = copy(buf, p, frame.extensions)
  return seal(out, start, p)
}

/** Fills in length and checksum of the frame whose payload map ends at `end`. */
export function seal(out: Writer, start: number, end: number): number {
  const body = start + K.FRAME_PREFIX_BYTES
  invariant(end - body <= K.FRAME_PAYLOAD_MAX, 'a frame payload fits into 256 MiB')
  put32(out.buf, start, end - body)
  put32(out.buf, start + 4, crc32(out.buf, body, end))
  out.pos = end
  return end - start
}

function copy(buf: Uint8Array, at: number, bytes: Uint8Array): number {
  const { length } = bytes
  for (let i = 0; i < length; i += 1) buf[at + i] = bytes[i]!
  return at + length
}

function id(buf: Uint8Array, at: number, words: Uint32Array): number {
  return put32(buf, put32(buf, put32(buf, put32(buf, at, words[0]!), words[1]!), words[2]!), words[3]!)
}
