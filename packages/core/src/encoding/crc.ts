/**
 * CRC-32 (ISO-HDLC) of frames. `node:zlib` by measurement: a frame has about 700 bytes, where it
 * takes 0.21 µs against 0.32 for `crc-32`; below about 200 bytes it is the other way round.
 */
import { crc32 as zlibCrc32 } from 'node:zlib'

/** CRC-32 of all of `bytes`, unsigned. */
export function crc32Of(bytes: Uint8Array): number {
  return zlibCrc32(bytes)
}

/** CRC-32 of `buf[from … to-1]`, unsigned. */
export function crc32(buf: Uint8Array, from: number, to: number): number {
  return zlibCrc32(new Uint8Array(buf.buffer, buf.byteOffset + from, to - from))
}
