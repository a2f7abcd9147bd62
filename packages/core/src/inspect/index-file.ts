/** The headers of `index.fbati` and `index.ckpt`; their entries are counted, not compared. */
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { PlatformFs } from '@batpak/platform'
import { MalformedError, Reader } from '../encoding/reader.ts'
import { asStoreError, io } from '../errors.ts'
import { segmentFileName } from '../segment/name.ts'
import { FileWindow } from '../segment/window.ts'
import type { StoreFileInfo } from './directory.ts'

/** The header of an index file. `defect`: why a reader passes it over and uses the segments. */
export interface IndexFileInfo {
  readonly kind: 'mmap-index' | 'checkpoint'
  readonly name: string
  readonly bytes: number
  readonly version?: number
  /** What it covers: everything before this place. */
  readonly watermark?: { readonly segmentId: number; readonly offset: number }
  /** The next sequence, as of the file. */
  readonly allocated?: number
  readonly entryCount?: number
  readonly defect?: string
}

/**
 * Reads the header of an index file and checks what a reader checks before it looks at entries.
 * @throws StoreError `Io`
 */
export function readIndexFile(
  fs: PlatformFs,
  dir: string,
  kind: IndexFileInfo['kind'],
  files: readonly StoreFileInfo[],
): IndexFileInfo {
  const { name } = files.find((file) => file.kind === kind)!
  const info = withFile(fs, join(dir, name), (file) => {
    const about = { kind, name, bytes: file.size }
    return kind === 'mmap-index' ? mmapIndex(about, file) : checkpoint(about, file)
  })
  return checkWatermark(info, files)
}

/** Fixed header lengths by version: 1 has no summary length, 5 adds the extension length. */
const MMAP_HEADER_BYTES: readonly number[] = [0, 56, 64, 64, 64, 72]
const MMAP_ENTRY_BYTES: readonly number[] = [0, 162, 162, 170, 170, 218]

type About = Pick<IndexFileInfo, 'kind' | 'name' | 'bytes'>

function mmapIndex(info: About, file: FileWindow): IndexFileInfo {
  const headerBytes = Math.min(file.size, 72)
  const at = file.load(0, headerBytes)
  const head = Buffer.from(file.buf.subarray(at, at + headerBytes))
  if (head.length < 12 || head.toString('latin1', 0, 6) !== 'FBATIX')
    return { ...info, defect: 'bad magic' }
  const version = head.readUInt16LE(6)
  const fixed = MMAP_HEADER_BYTES[version] ?? 0
  if (fixed === 0) return { ...info, version, defect: `unknown version ${version}` }
  if (head.length < fixed) return { ...info, version, defect: 'too short' }
  const sections = [48, 56, 64]
    .filter((offset) => offset < fixed)
    .map((offset) => u64(head, offset))
  const entryCount = u64(head, 40)
  const known = {
    ...info,
    version,
    watermark: { segmentId: u64(head, 12), offset: u64(head, 20) },
    allocated: u64(head, 28),
    entryCount,
  }
  const length = sections.reduce(
    (sum, n) => sum + n,
    fixed + entryCount * MMAP_ENTRY_BYTES[version]!,
  )
  if (length !== file.size) {
    return { ...known, defect: `its header describes ${length} bytes, the file has ${file.size}` }
  }
  return { ...known, ...crcDefect(file, head.readUInt32LE(8)) }
}

function checkpoint(info: About, file: FileWindow): IndexFileInfo {
  const at = file.load(0, Math.min(file.size, 12))
  if (file.size < 12 || file.buffer.toString('latin1', at, at + 6) !== 'FBATCK') {
    return { ...info, defect: 'bad magic' }
  }
  const stored = file.buffer.readUInt32LE(at + 8)
  const version = file.buffer.readUInt16LE(at + 6)
  const crc = crcDefect(file, stored)
  if (crc.defect !== undefined) return { ...info, version, ...crc }
  if (version < 2 || version > 6) return { ...info, version, defect: `unknown version ${version}` }
  const body = file.load(0, file.size)
  try {
    return {
      ...info,
      version,
      ...checkpointBody(new Reader(file.buf, body + 12, body + file.size)),
    }
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    return { ...info, version, defect: `its body does not decode: ${error.message}` }
  }
}

function checkpointBody(
  reader: Reader,
): Pick<IndexFileInfo, 'allocated' | 'watermark' | 'entryCount'> {
  const numbers = new Map<string, number>()
  let entryCount = 0
  for (let i = reader.mapHeader('checkpoint'); i > 0; i -= 1) {
    const key = reader.str('key')
    if (CHECKPOINT_NUMBERS.includes(key)) numbers.set(key, reader.uint(key))
    else if (key === 'entries') {
      entryCount = reader.arrayHeader(key)
      for (let n = 0; n < entryCount; n += 1) reader.skip()
    } else reader.skip()
  }
  const [allocated, segmentId, offset] = CHECKPOINT_NUMBERS.map((key) => {
    const value = numbers.get(key)
    if (value === undefined) throw new MalformedError(`no key ${key}`)
    return value
  })
  return {
    allocated: allocated!,
    watermark: { segmentId: segmentId!, offset: offset! },
    entryCount,
  }
}

const CHECKPOINT_NUMBERS: readonly string[] = [
  'global_sequence',
  'watermark_segment_id',
  'watermark_offset',
]

/** An index file is used only while the segment it ends in is there and long enough. */
function checkWatermark(info: IndexFileInfo, files: readonly StoreFileInfo[]): IndexFileInfo {
  const { watermark } = info
  if (watermark === undefined || info.defect !== undefined) return info
  const name = segmentFileName(watermark.segmentId)
  const segment = files.find((file) => file.name === name)
  if (segment === undefined)
    return { ...info, defect: `its watermark is in ${name}, which is not there` }
  if (segment.bytes >= watermark.offset) return info
  return {
    ...info,
    defect: `its watermark is at ${watermark.offset} of ${name}, which has ${segment.bytes} bytes`,
  }
}

function withFile<T>(fs: PlatformFs, path: string, read: (file: FileWindow) => T): T {
  const fd = io('open an index file', path, () => fs.open(path, 'read'))
  try {
    return read(new FileWindow(fs, fd, fs.fstat(fd).size))
  } catch (error) {
    throw asStoreError(error, 'read an index file', path)
  } finally {
    fs.close(fd)
  }
}

/** The checksum covers everything behind it. */
function crcDefect(file: FileWindow, stored: number): { readonly defect?: string } {
  const piece = 1 << 20
  let computed = 0
  for (let offset = 12; offset < file.size; offset += piece) {
    const length = Math.min(piece, file.size - offset)
    const at = file.load(offset, length)
    computed = crc32(file.buf.subarray(at, at + length), computed)
  }
  return computed === stored ? {} : { defect: `its checksum is ${computed}, it says ${stored}` }
}

function u64(buf: Buffer, at: number): number {
  return buf.readUInt32LE(at) + buf.readUInt32LE(at + 4) * 0x100000000
}
