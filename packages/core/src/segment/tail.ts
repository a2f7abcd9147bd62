/**
 * Torn tail or damage?
 *
 * A tail that a crash left behind was never acknowledged as durable and may be cut off. Damage must
 * never be: a single flipped bit in a length field would otherwise cut off every event behind it.
 */
import { crc32 } from '../encoding/crc.ts'
import { MalformedError, Reader } from '../encoding/reader.ts'
import { StoreError } from '../errors.ts'
import { decodeFrame } from './frame-decode.ts'
import { FrameHead } from './frame-head.ts'
import {
  FRAME_PAYLOAD_MAX,
  FRAME_PREFIX_BYTES,
  K_EVENT_ID,
  K_RECEIPT_EXTENSIONS,
} from './frame-keys.ts'
import { claimedLength, frameLength } from './frame-length.ts'
import type { ScanOptions } from './scan.ts'
import { FileWindow } from './window.ts'

export type TailReason = 'TornTail' | 'ZeroTail'

/** A canonical frame never ends in so many zeros: its last bytes are names. */
const TORN_ZEROS = 16

/**
 * Judges the bytes from `offset` to the end, where no frame with a right checksum begins.
 *
 * @throws StoreError `CorruptFrame`, `CrcMismatch`, `CorruptSegment` when they are damage
 */
export function judgeTail(file: FileWindow, options: ScanOptions, offset: number): TailReason {
  const { segmentId, end } = options
  const rest = end - offset
  const damaged = (reason: string): StoreError =>
    new StoreError('CorruptFrame', { segmentId, offset, reason })
  if (options.sealed) {
    throw claimedLength(file, offset, end) > 0
      ? damagedFrame(file, segmentId, offset)
      : damaged('the frame does not end where the footer begins')
  }
  if (rest < FRAME_PREFIX_BYTES) return 'TornTail'
  if (onlyZeros(file, offset, end)) return 'ZeroTail'
  if (intactButForLength(file, offset, end)) {
    throw damaged('its length field is damaged, the frame itself is complete')
  }
  const length = claimedLength(file, offset, end)
  const behind = findFrame(file, offset + 1, end)
  if (length > 0 && (behind >= 0 || !isTorn(file, offset, length, end))) {
    throw damagedFrame(file, segmentId, offset)
  }
  if (behind >= 0) {
    throw damaged(`its length field is damaged, a complete frame follows at offset ${behind}`)
  }
  return 'TornTail'
}

/** A frame that is complete in length: its content is wrong, or it has none. */
function damagedFrame(file: FileWindow, segmentId: number, offset: number): StoreError {
  const at = file.load(offset, FRAME_PREFIX_BYTES)
  if (file.buffer.readUInt32BE(at) !== 0 || file.buffer.readUInt32BE(at + 4) !== 0) {
    return new StoreError('CrcMismatch', { segmentId, offset })
  }
  const detail = `frame at offset ${offset} has unreadable index metadata: it is empty`
  return new StoreError('CorruptSegment', { segmentId, detail })
}

/**
 * A frame that is complete in length and lost its end: its size reached the disk, its data did not.
 * In doubt it is none, because what is torn is cut off.
 */
function isTorn(file: FileWindow, offset: number, length: number, end: number): boolean {
  return (
    endsInZeros(file, offset + length, end) &&
    !isWhole(file, offset, length) &&
    !mayOwnItsZeros(file, offset, length)
  )
}

/** A frame that still decodes, down to the extensions at its end, is not one that lost its end. */
function isWhole(file: FileWindow, offset: number, length: number): boolean {
  const at = file.load(offset, length)
  try {
    const head = new FrameHead()
    decodeFrame(file.buf, at + FRAME_PREFIX_BYTES, at + length, head)
    return head.extensionsAt > 0
  } catch (error) {
    if (error instanceof MalformedError) return false
    throw error
  }
}

/** Whether the file ends in a run of zeros that began in the frame that ends at `frameEnd`. */
function endsInZeros(file: FileWindow, frameEnd: number, end: number): boolean {
  return onlyZeros(file, Math.min(end - TORN_ZEROS, frameEnd - 1), end)
}

/**
 * The zeros may be those of the last receipt extension, and the damage elsewhere. Two signs, of which
 * one flipped bit leaves one: the key of the extensions before the zeros, and a byte list of just the
 * length that reaches the frame's end.
 */
function mayOwnItsZeros(file: FileWindow, offset: number, length: number): boolean {
  const at = file.load(offset, length)
  const { buf, buffer } = file
  const end = at + length
  let zeros = end
  while (zeros > at && buf[zeros - 1] === 0) zeros -= 1
  const key = buffer.lastIndexOf(K_RECEIPT_EXTENSIONS, zeros - 1)
  if (key >= at && key + K_RECEIPT_EXTENSIONS.length < zeros) return true
  return endsInByteList(file, at + FRAME_PREFIX_BYTES, end, zeros)
}

/**
 * Whether a byte list that begins before `zeros` ends exactly at `end`. Read backwards, element by
 * element: a byte from 0x80 on stands behind 0xcc. The header stands behind the last letter of a key.
 */
function endsInByteList(file: FileWindow, from: number, end: number, zeros: number): boolean {
  const { buf, buffer } = file
  let count = 0
  for (let p = end; p > from + 6; count += 1) {
    if (p <= zeros) {
      if (count < 16 && buf[p - 1] === (0x90 | count) && buf[p - 2]! < 0x80) return true
      if (buf[p - 3] === 0xdc && buffer.readUInt16BE(p - 2) === count && buf[p - 4]! < 0x80)
        return true
      if (buf[p - 5] === 0xdd && buffer.readUInt32BE(p - 4) === count && buf[p - 6]! < 0x80)
        return true
    }
    if (buf[p - 2] === 0xcc) p -= 2
    else if (buf[p - 1]! < 0x80) p -= 1
    else return false
  }
  return false
}

function onlyZeros(file: FileWindow, from: number, end: number): boolean {
  for (let offset = from; offset < end;) {
    const piece = Math.min(end - offset, 65536)
    const at = file.load(offset, piece)
    for (let i = at; i < at + piece; i += 1) if (file.buf[i] !== 0) return false
    offset += piece
  }
  return true
}

/** True when the payload map at `offset` is whole and its checksum right, whatever its length says. */
function intactButForLength(file: FileWindow, offset: number, end: number): boolean {
  const rest = Math.min(end - offset, FRAME_PREFIX_BYTES + FRAME_PAYLOAD_MAX)
  const at = file.load(offset, rest)
  const body = at + FRAME_PREFIX_BYTES
  if (!startsFrame(file.buf, body, at + rest)) return false
  const reader = new Reader(file.buf, body, at + rest)
  try {
    reader.skip()
  } catch (error) {
    if (error instanceof MalformedError) return false
    throw error
  }
  return crc32(file.buf, body, reader.pos) === file.buffer.readUInt32BE(at + 4)
}

/** The offset of the first complete frame that begins at or behind `from`; -1 when there is none. */
export function findFrame(file: FileWindow, from: number, end: number): number {
  // In pieces: what a crash leaves may be larger than any buffer.
  for (let piece = from; end - piece > FRAME_PREFIX_BYTES; piece += SEARCH_BYTES) {
    const found = possibleFrames(file, piece, end).find(
      (offset) => frameLength(file, { end }, offset) > 0,
    )
    if (found !== undefined) return found
  }
  return -1
}

const SEARCH_BYTES = 1 << 20

/** Offsets in one piece of the file, from `piece` on, that have a payload map behind a prefix. */
function possibleFrames(file: FileWindow, piece: number, end: number): readonly number[] {
  const overlap = FRAME_PREFIX_BYTES + FRAME_START.length - 1
  const length = Math.min(end - piece, SEARCH_BYTES + overlap)
  const at = file.load(piece, length)
  const bytes = file.buffer.subarray(at, at + length)
  const offsets: number[] = []
  let body = bytes.indexOf(FRAME_START, FRAME_PREFIX_BYTES)
  while (body >= 0) {
    offsets.push(piece + body - FRAME_PREFIX_BYTES)
    body = bytes.indexOf(FRAME_START, body + 1)
  }
  return offsets
}

/** What every frame's payload map begins with. */
const FRAME_START: Uint8Array = K_EVENT_ID.slice(0, 7)

function startsFrame(buf: Uint8Array, at: number, end: number): boolean {
  if (end - at < FRAME_START.length) return false
  return FRAME_START.every((byte, i) => buf[at + i] === byte)
}
