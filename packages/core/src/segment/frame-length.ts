/** Whether a frame stands at an offset, by its length and its checksum. */
import { crc32 } from '../encoding/crc.ts'
import { FRAME_PAYLOAD_MAX, FRAME_PREFIX_BYTES } from './frame-keys.ts'
import type { FileWindow } from './window.ts'

/** Prefix and payload of the frame at `offset` when it is complete and its checksum right, else -1. */
export function frameLength(
  file: FileWindow,
  { end }: { readonly end: number },
  offset: number,
): number {
  const length = claimedLength(file, offset, end)
  // A frame without payload is what zeros look like.
  if (length <= FRAME_PREFIX_BYTES) return -1
  const at = file.load(offset, length)
  const expected = file.buffer.readUInt32BE(at + 4)
  return crc32(file.buf, at + FRAME_PREFIX_BYTES, at + length) === expected ? length : -1
}

/** The length that the frame at `offset` claims, whatever it holds; 0 when it would end behind `end`. */
export function claimedLength(file: FileWindow, offset: number, end: number): number {
  if (end - offset < FRAME_PREFIX_BYTES) return 0
  const at = file.load(offset, FRAME_PREFIX_BYTES) // first: it may replace the buffer
  const payload = file.buffer.readUInt32BE(at)
  const length = FRAME_PREFIX_BYTES + payload
  return payload <= FRAME_PAYLOAD_MAX && length <= end - offset ? length : 0
}
