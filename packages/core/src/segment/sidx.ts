/** The SIDX footer: a sealed segment's own index (disk format 8). It carries no checksum. */
import { Writer } from '../encoding/writer.ts'
import { MalformedError, Reader } from '../encoding/reader.ts'
import type { EventIndex } from '../index-store/event-index.ts'
import type { RowSource } from '../index-store/columns.ts'
import { FileWindow } from './window.ts'

export const FOOTER_ENTRY_BYTES = 162
export const FOOTER_TRAILER_BYTES = 16
const MAGIC = 0x53445832 // "SDX2"

/** The last 16 bytes of a file that ends in the footer's magic; its offsets are unchecked. */
export interface FooterTrailer {
  /** Where the string table begins and the frames end. */
  readonly tableOffset: number
  readonly count: number
}

/** The trailer, or undefined when the file does not end in one. */
export function readTrailer(file: FileWindow): FooterTrailer | undefined {
  if (file.size < FOOTER_TRAILER_BYTES) return undefined
  const at = file.load(file.size - FOOTER_TRAILER_BYTES, FOOTER_TRAILER_BYTES)
  if (file.buf.readUInt32BE(at + 12) !== MAGIC) return undefined
  const tableOffset = file.buf.readUInt32LE(at) + file.buf.readUInt32LE(at + 4) * 0x100000000
  return { tableOffset, count: file.buf.readUInt32LE(at + 8) }
}

/** One footer entry; the reader reuses a single instance. */
export class FooterEntry implements RowSource {
  readonly eventId: Uint32Array = new Uint32Array(4)
  readonly correlationId: Uint32Array = new Uint32Array(4)
  readonly causationId: Uint32Array = new Uint32Array(4)
  readonly prevHash: Uint8Array = new Uint8Array(32)
  readonly eventHash: Uint8Array = new Uint8Array(32)
  entity = ''
  scope = ''
  kind = 0
  wallMs = 0
  clock = 0
  lane = 0
  depth = 0
  offset = 0
  length = 0
  sequence = 0
}

/**
 * The strings of a footer whose structure holds: entries and table inside the file, the table an
 * array of strings. Undefined otherwise: the segment is then read frame by frame.
 */
export function readFooterStrings(
  file: FileWindow,
  trailer: FooterTrailer,
): readonly string[] | undefined {
  const entries = entriesStart(file, trailer)
  if (entries < 0 || trailer.tableOffset > entries) return undefined
  const length = entries - trailer.tableOffset
  const at = file.load(trailer.tableOffset, length)
  try {
    const reader = new Reader(file.buf, at, at + length)
    const count = reader.arrayHeader('string table')
    const strings: string[] = []
    for (let i = 0; i < count; i += 1) strings.push(reader.str('string'))
    return strings
  } catch (error) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}

/** Reads entry `i` into `entry`; false when it names a string that the table does not have. */
export function readFooterEntry(
  file: FileWindow,
  trailer: FooterTrailer,
  strings: readonly string[],
  i: number,
  entry: FooterEntry,
): boolean {
  const at = file.load(
    entriesStart(file, trailer) + i * FOOTER_ENTRY_BYTES,
    FOOTER_ENTRY_BYTES,
  )
  const { buf } = file
  const entity = strings[buf.readUInt32LE(at + 16)]
  const scope = strings[buf.readUInt32LE(at + 20)]
  if (entity === undefined || scope === undefined) return false
  entry.entity = entity
  entry.scope = scope
  readLittleId(buf, at, entry.eventId)
  entry.kind = buf.readUInt16LE(at + 24)
  entry.wallMs = readU64(buf, at + 26)
  entry.clock = buf.readUInt32LE(at + 34)
  entry.lane = buf.readUInt32LE(at + 38)
  entry.depth = buf.readUInt32LE(at + 42)
  buf.copy(entry.prevHash, 0, at + 46, at + 78)
  buf.copy(entry.eventHash, 0, at + 78, at + 110)
  entry.offset = readU64(buf, at + 110)
  entry.length = buf.readUInt32LE(at + 118)
  entry.sequence = readU64(buf, at + 122)
  readLittleId(buf, at + 130, entry.correlationId)
  readLittleId(buf, at + 146, entry.causationId)
  return true
}

/** The footer for rows `first … end-1` of the index, whose frames end at `framesEnd`. */
export function encodeFooter(
  index: EventIndex,
  first: number,
  end: number,
  framesEnd: number,
): Uint8Array {
  const { columns, names } = index
  const strings = new Map<number, number>()
  const slot = (id: number): number => {
    let known = strings.get(id)
    if (known === undefined) strings.set(id, (known = strings.size))
    return known
  }
  const entries = new Writer((end - first) * FOOTER_ENTRY_BYTES + FOOTER_TRAILER_BYTES)
  const id = new Uint32Array(4)
  for (let row = first; row < end; row += 1) {
    columns.copyEventId(row, id)
    littleId(entries, id)
    entries.u32le(slot(columns.entityId(row)))
    entries.u32le(slot(columns.scopeId(row)))
    entries.u8(columns.kind(row) & 0xff)
    entries.u8(columns.kind(row) >>> 8)
    entries.u64le(columns.wallMs(row))
    entries.u32le(columns.clock(row))
    entries.u32le(columns.lane(row))
    entries.u32le(columns.depth(row))
    entries.raw(columns.prevHash(row))
    entries.raw(columns.eventHash(row))
    entries.u64le(columns.offset(row))
    entries.u32le(columns.length(row))
    entries.u64le(columns.sequence(row))
    columns.copyCorrelationId(row, id)
    littleId(entries, id)
    columns.copyCausationId(row, id)
    littleId(entries, id)
  }
  const out = new Writer(entries.pos + strings.size * 32 + 32)
  out.arrayHeader(strings.size)
  for (const nameId of strings.keys()) out.str(names.text(nameId))
  out.raw(entries.buf.subarray(0, entries.pos))
  out.u64le(framesEnd)
  out.u32le(end - first)
  out.ensure(4)
  out.pos = out.buf.writeUInt32BE(MAGIC, out.pos)
  return out.toBytes()
}

/** Where the entries begin; negative when they do not fit into the file. */
function entriesStart(file: FileWindow, trailer: FooterTrailer): number {
  return file.size - FOOTER_TRAILER_BYTES - trailer.count * FOOTER_ENTRY_BYTES
}

function littleId(out: Writer, words: Uint32Array): void {
  for (let i = 3; i >= 0; i -= 1) out.u32le(words[i]!)
}

function readLittleId(buf: Buffer, at: number, out: Uint32Array): void {
  for (let i = 0; i < 4; i += 1) out[3 - i] = buf.readUInt32LE(at + i * 4)
}

function readU64(buf: Buffer, at: number): number {
  return buf.readUInt32LE(at) + buf.readUInt32LE(at + 4) * 0x100000000
}
