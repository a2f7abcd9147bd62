/**
 * The constant bytes between a frame's values, in canonical order: both codecs walk them.
 * A frame is `u32 length, u32 crc32`, both big-endian, then these keys and their values.
 */
import { Writer } from '../encoding/writer.ts'

export const FRAME_PREFIX_BYTES = 8
/** The reference refuses longer payload maps. */
export const FRAME_PAYLOAD_MAX = 268_435_456

function bytes(build: (w: Writer) => void): Uint8Array {
  const writer = new Writer(64)
  build(writer)
  return writer.toBytes()
}
const BIN16 = [0xc4, 16] as const
const HASH32 = [0xdc, 0, 32] as const
const UINT64 = [0xcf, 0, 0, 0, 0, 0, 0, 0, 0] as const

/** Everything before the event id; also how a frame is recognised behind damage. */
export const K_EVENT_ID: Uint8Array = bytes((w) => {
  w.mapHeader(4)
  w.str('event')
  w.mapHeader(3)
  w.str('header')
  w.mapHeader(9)
  w.str('event_id')
  for (const byte of BIN16) w.u8(byte)
})
export const K_CORRELATION_ID: Uint8Array = bytes((w) => {
  w.str('correlation_id')
  for (const byte of BIN16) w.u8(byte)
})
export const K_CAUSATION_ID: Uint8Array = bytes((w) => w.str('causation_id'))
export const K_TIMESTAMP_US: Uint8Array = bytes((w) => w.str('timestamp_us'))
export const K_WALL_MS: Uint8Array = bytes((w) => {
  w.str('position')
  w.mapHeader(5)
  w.str('wall_ms')
})
export const K_COUNTER: Uint8Array = bytes((w) => w.str('counter'))
export const K_DEPTH: Uint8Array = bytes((w) => w.str('depth'))
export const K_LANE: Uint8Array = bytes((w) => w.str('lane'))
export const K_SEQUENCE: Uint8Array = bytes((w) => w.str('sequence'))
export const K_PAYLOAD_SIZE: Uint8Array = bytes((w) => w.str('payload_size'))
export const K_EVENT_KIND: Uint8Array = bytes((w) => w.str('event_kind'))
export const K_FLAGS: Uint8Array = bytes((w) => w.str('flags'))
export const K_CONTENT_HASH: Uint8Array = bytes((w) => {
  w.str('content_hash')
  for (const byte of HASH32) w.u8(byte)
})
export const K_PAYLOAD: Uint8Array = bytes((w) => w.str('payload'))
export const K_HASH_CHAIN: Uint8Array = bytes((w) => w.str('hash_chain'))
export const K_PREV_HASH: Uint8Array = bytes((w) => {
  w.mapHeader(2)
  w.str('prev_hash')
  for (const byte of HASH32) w.u8(byte)
})
export const K_EVENT_HASH: Uint8Array = bytes((w) => {
  w.str('event_hash')
  for (const byte of HASH32) w.u8(byte)
})
export const K_ENTITY: Uint8Array = bytes((w) => w.str('entity'))
export const K_SCOPE: Uint8Array = bytes((w) => w.str('scope'))
export const K_RECEIPT_EXTENSIONS: Uint8Array = bytes((w) => w.str('receipt_extensions'))

/** The beginning of a frame with room for both ids: written at once, then filled in. */
export const T_IDS: Uint8Array = joined(
  K_EVENT_ID,
  new Uint8Array(16),
  K_CORRELATION_ID,
  new Uint8Array(16),
  K_CAUSATION_ID,
)
export const T_IDS_EVENT: number = K_EVENT_ID.length
export const T_IDS_CORRELATION: number = T_IDS_EVENT + 16 + K_CORRELATION_ID.length
/** From the counter to the entity clock, for the usual event without branch hints. */
export const T_UNBRANCHED: Uint8Array = joined(
  K_COUNTER,
  [0],
  K_DEPTH,
  [0],
  K_LANE,
  [0],
  K_SEQUENCE,
)

/**
 * From the first byte to the entity clock of the usual event: without cause or branch hints, at a time
 * from 1970-02-19 on, which takes eight bytes.
 */

export const T_USUAL: Uint8Array = joined(
  T_IDS,
  [0xc0],
  K_TIMESTAMP_US,
  UINT64,
  K_WALL_MS,
  UINT64,
  T_UNBRANCHED,
)
export const T_USUAL_TIMESTAMP: number = T_IDS.length + 1 + K_TIMESTAMP_US.length + 1
export const T_USUAL_WALL: number = T_USUAL_TIMESTAMP + 8 + K_WALL_MS.length + 1
/** What stands between the event hash of a frame and the one before it. */
export const T_CHAIN: Uint8Array = joined(K_HASH_CHAIN, K_PREV_HASH)

function joined(...parts: readonly Iterable<number>[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

/** Frame bytes that do not depend on payload, names and extensions, at their longest. */
export const FRAME_FIXED_MAX = 768
