/** `visibility_ranges.fbv`: what cancelled fences hide, durably (disk format 12.1). */
import { join } from 'node:path'
import { readWholeFile, type PlatformFs } from '@batpak/platform'
import { crc32 } from '../encoding/crc.ts'
import { MalformedError, Reader } from '../encoding/reader.ts'
import { Writer } from '../encoding/writer.ts'
import { StoreError, isStoreError } from '../errors.ts'
import type { HiddenRangesCorruption } from '../errors/fields.ts'
import { HiddenRanges, type SequenceRange } from '../index-store/hidden-ranges.ts'
import { HIDDEN_RANGES_FILE } from '../segment/name.ts'

const MAGIC = 'FBATVR'
const VERSION = 1
const PREFIX_BYTES = 12

/**
 * Reads the hidden ranges of `dir`; none when the file does not exist.
 *
 * @throws StoreError `HiddenRangesCorrupt` for any defect: guessing would resurrect cancelled events
 */
export function readHiddenRanges(fs: PlatformFs, dir: string): HiddenRanges {
  const path = join(dir, HIDDEN_RANGES_FILE)
  let bytes: Uint8Array
  try {
    bytes = readWholeFile(fs, path)
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ENOENT') return HiddenRanges.NONE
    throw new StoreError(
      'HiddenRangesCorrupt',
      { path, corruption: { kind: 'ReadFailed' } },
      { cause },
    )
  }
  const corruption = prefixDefect(bytes)
  if (corruption !== undefined) throw new StoreError('HiddenRangesCorrupt', { path, corruption })
  return decodeBody(path, bytes)
}

/** The file's bytes for `ranges`. */
export function encodeHiddenRanges(ranges: HiddenRanges): Uint8Array {
  const out = new Writer(PREFIX_BYTES + 64)
  out.raw(Buffer.from(MAGIC, 'latin1'))
  out.u8(VERSION)
  out.u8(0)
  out.u32le(0)
  out.mapHeader(1)
  out.str('ranges')
  out.arrayHeader(ranges.ranges.length)
  for (const { start, end } of ranges.ranges) {
    out.mapHeader(2)
    out.str('start')
    out.int(start)
    out.str('end')
    out.int(end)
  }
  out.buffer.writeUInt32LE(crc32(out.buf, PREFIX_BYTES, out.pos), 8)
  return out.toBytes()
}

function prefixDefect(bytes: Uint8Array): HiddenRangesCorruption | undefined {
  if (bytes.length < PREFIX_BYTES) {
    return { kind: 'TooShort', actual: bytes.length, required: PREFIX_BYTES }
  }
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.toString('latin1', 0, MAGIC.length) !== MAGIC) return { kind: 'BadMagic' }
  const observed = view.readUInt16LE(6)
  if (observed !== VERSION) return { kind: 'UnsupportedVersion', observed, expected: VERSION }
  const stored = view.readUInt32LE(8)
  const computed = crc32(bytes, PREFIX_BYTES, bytes.length)
  return stored === computed ? undefined : { kind: 'CrcMismatch', stored, computed }
}

function decodeBody(path: string, bytes: Uint8Array): HiddenRanges {
  const corrupt = (kind: 'DecodeFailed' | 'MalformedEntries', cause: unknown): StoreError =>
    new StoreError('HiddenRangesCorrupt', { path, corruption: { kind } }, { cause })
  try {
    return HiddenRanges.of(decodeRanges(new Reader(bytes, PREFIX_BYTES)))
  } catch (error) {
    if (error instanceof MalformedError) throw corrupt('DecodeFailed', error)
    if (isStoreError(error, 'RangeMalformed')) throw corrupt('MalformedEntries', error)
    throw error
  }
}

function decodeRanges(reader: Reader): SequenceRange[] {
  let ranges: SequenceRange[] | undefined
  for (let i = reader.mapHeader('hidden ranges'); i > 0; i -= 1) {
    if (reader.str('key') !== 'ranges') reader.skip()
    else {
      ranges = []
      for (let n = reader.arrayHeader('ranges'); n > 0; n -= 1) ranges.push(decodeRange(reader))
    }
  }
  if (ranges === undefined) throw new MalformedError('no key ranges')
  return ranges
}

function decodeRange(reader: Reader): SequenceRange {
  let start = -1
  let end = -1
  for (let i = reader.mapHeader('range'); i > 0; i -= 1) {
    const key = reader.str('key')
    if (key === 'start') start = reader.uint('start')
    else if (key === 'end') end = reader.uint('end')
    else reader.skip()
  }
  if (start < 0 || end < 0) throw new MalformedError('a range without start or end')
  return { start, end }
}
