/** Writes the frame of one event, byte for byte as batpak 0.8.0 does (disk format 4.2 and 5). */
import { crc32Of } from '../encoding/crc.ts'
import {
  put32,
  putArrayHeader,
  putByteList,
  putHash,
  putUint,
  putUint64,
  Writer,
} from '../encoding/writer.ts'
import { isZeroId } from '../event/id-words.ts'
import { invariant } from '../invariant.ts'
import * as K from './frame-keys.ts'

const U32_END = 2 ** 32

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

/**
 * Appends the frame to `out` and returns its length in bytes. The hot path of every append: constant
 * parts are copied in pieces as long as possible, because a copy costs 12 ns whatever its length.
 */
export function encodeFrame(out: Writer, frame: FrameDraft): number {
  out.ensure(
    K.FRAME_FIXED_MAX + frame.payload.length * 2 + frame.names.length + frame.extensions.length,
  )
  const { buf } = out
  const start = out.pos
  const body = start + K.FRAME_PREFIX_BYTES
  let p = isUsual(frame) ? putUsual(buf, body, frame) : putUnusual(buf, body, frame)
  putId(buf, body + K.T_IDS_EVENT, frame.eventId)
  putId(buf, body + K.T_IDS_CORRELATION, frame.correlationId)
  p = putUint(buf, p, frame.clock)
  p = putUint(buf, copy(buf, p, K.K_PAYLOAD_SIZE), frame.payload.length)
  p = putUint(buf, copy(buf, p, K.K_EVENT_KIND), frame.kind)
  p = putUint(buf, copy(buf, p, K.K_FLAGS), frame.flags)
  const hashAt = copy(buf, p, K.K_CONTENT_HASH)
  p = putHash(buf, hashAt, frame.eventHash)
  const hashBytes = p - hashAt
  p = putArrayHeader(buf, copy(buf, p, K.K_PAYLOAD), frame.payload.length)
  p = putByteList(buf, p, frame.payload, 0, frame.payload.length)
  p = copy(buf, p, K.T_CHAIN)
  p = copy(buf, putHash(buf, p, frame.prevHash), K.K_EVENT_HASH)
  buf.copyWithin(p, hashAt, hashAt + hashBytes)
  p = copy(buf, copy(buf, p + hashBytes, frame.names), frame.extensions)
  return seal(out, start, p)
}

/** Whether everything before the clock has the form of `T_USUAL`. */
function isUsual({ causationId, depth, lane, timestampUs, wallMs }: FrameDraft): boolean {
  const small = timestampUs < U32_END || wallMs < U32_END
  return depth === 0 && lane === 0 && !small && isZeroId(causationId, 0)
}

/** All up to the clock, but for the ids. */
function putUsual(buf: Uint8Array, at: number, { timestampUs, wallMs }: FrameDraft): number {
  buf.set(K.T_USUAL, at)
  putUint64(buf, at + K.T_USUAL_TIMESTAMP, timestampUs)
  putUint64(buf, at + K.T_USUAL_WALL, wallMs)
  return at + K.T_USUAL.length
}

function putUnusual(buf: Uint8Array, at: number, frame: FrameDraft): number {
  let p = putCausation(buf, copy(buf, at, K.T_IDS), frame.causationId)
  p = putUint(buf, copy(buf, p, K.K_TIMESTAMP_US), frame.timestampUs)
  p = putUint(buf, copy(buf, p, K.K_WALL_MS), frame.wallMs)
  return putBranch(buf, p, frame)
}

/** Fills in length and checksum of the frame whose payload map ends at `end`. */
export function seal(out: Writer, start: number, end: number): number {
  const body = start + K.FRAME_PREFIX_BYTES
  invariant(end - body <= K.FRAME_PAYLOAD_MAX, 'a frame payload fits into 256 MiB')
  put32(out.buf, start, end - body)
  put32(out.buf, start + 4, crc32Of(out.view(body, end)) | 0)
  out.pos = end
  return end - start
}

function copy(buf: Uint8Array, at: number, bytes: Uint8Array): number {
  buf.set(bytes, at)
  return at + bytes.length
}

function putId(buf: Uint8Array, at: number, words: Uint32Array): number {
  // `| 0`: a word from 2^31 on would be passed as a number object of its own
  const p = put32(buf, put32(buf, at, words[0]! | 0), words[1]! | 0)
  return put32(buf, put32(buf, p, words[2]! | 0), words[3]! | 0)
}

function putCausation(buf: Uint8Array, at: number, words: Uint32Array): number {
  if (isZeroId(words, 0)) {
    buf[at] = 0xc0
    return at + 1
  }
  buf[at] = 0xc4
  buf[at + 1] = 16
  return putId(buf, at + 2, words)
}

function putBranch(buf: Uint8Array, at: number, { depth, lane }: FrameDraft): number {
  if (depth === 0 && lane === 0) return copy(buf, at, K.T_UNBRANCHED)
  let p = putUint(buf, copy(buf, at, K.K_COUNTER), 0)
  p = putUint(buf, copy(buf, p, K.K_DEPTH), depth)
  p = putUint(buf, copy(buf, p, K.K_LANE), lane)
  return copy(buf, p, K.K_SEQUENCE)
}
