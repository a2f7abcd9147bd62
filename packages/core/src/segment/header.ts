/** The head of a segment file: magic, length, named-field map. */
import { StoreError } from '../errors.ts'
import { MalformedError, Reader } from '../encoding/reader.ts'
import { Writer } from '../encoding/writer.ts'
import { record } from './frame-tolerant.ts'

const MAGIC = 0x46424154 // "FBAT"
const VERSION = 1
/** Magic and length field. */
export const HEADER_PREFIX_BYTES = 8
/** A header body longer than this is not one: the reference writes about 50 bytes. */
const HEADER_BODY_MAX = 64 * 1024

export interface SegmentHeader {
  readonly version: number
  readonly flags: number
  readonly createdNs: bigint
  readonly segmentId: bigint
  /** Where its fields end; up to `length` anything may stand, and nothing does. */
  readonly fieldsEnd: number
  /** Where the first frame begins. */
  readonly length: number
}

/** The bytes a new segment begins with. @param createdNs nanoseconds since the Unix epoch */
export function encodeSegmentHeader(segmentId: number, createdNs: bigint): Uint8Array {
  const out = new Writer(64)
  out.u32be(MAGIC)
  out.u32be(0)
  out.mapHeader(4)
  out.str('version')
  out.int(VERSION)
  out.str('flags')
  out.int(0)
  out.str('created_ns')
  out.bigint(createdNs)
  out.str('segment_id')
  out.int(segmentId)
  out.buffer.writeUInt32BE(out.pos - HEADER_PREFIX_BYTES, 4)
  return out.toBytes()
}

/**
 * Reads the header at the start of `bytes`; `undefined` when the file ends inside it.
 * @throws StoreError `CorruptSegment` for another magic, version or content
 */
export function decodeSegmentHeader(
  segmentId: number,
  bytes: Uint8Array,
  fileSize: number,
): SegmentHeader | undefined {
  const corrupt = (detail: string): StoreError =>
    new StoreError('CorruptSegment', { segmentId, detail })
  if (fileSize < HEADER_PREFIX_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0) !== MAGIC) throw corrupt('bad magic')
  const length = HEADER_PREFIX_BYTES + view.getUint32(4)
  if (length > HEADER_BODY_MAX) throw corrupt(`its header claims ${length} bytes`)
  if (length > fileSize) return undefined
  try {
    return decodeBody(bytes, length, corrupt)
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    throw corrupt(`its header is unreadable: ${error.message}`)
  }
}

function decodeBody(
  bytes: Uint8Array,
  length: number,
  corrupt: (detail: string) => StoreError,
): SegmentHeader {
  const header = { version: 0, flags: 0, createdNs: 0n, segmentId: 0n, fieldsEnd: 0, length }
  const reader = new Reader(bytes, HEADER_PREFIX_BYTES, length)
  record(reader, 'header', HEADER_FIELDS, {
    version: (r) => (header.version = r.uint('version', 0xffff)),
    flags: (r) => (header.flags = r.uint('flags', 0xffff)),
    created_ns: (r) => (header.createdNs = BigInt(r.integer('created_ns'))),
    segment_id: (r) => (header.segmentId = BigInt(r.integer('segment_id'))),
  })
  header.fieldsEnd = reader.pos
  if (header.version !== VERSION) throw corrupt(`unsupported segment version: ${header.version}`)
  return header
}

const HEADER_FIELDS: readonly string[] = ['version', 'flags', 'created_ns', 'segment_id']
export const SEGMENT_HEADER_MAX_BYTES: number = HEADER_BODY_MAX
