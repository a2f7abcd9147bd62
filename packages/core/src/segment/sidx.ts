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
  if (file.buffer.readUInt32BE(at + 12) !== MAGIC) return undefined
  const tableOffset = file.buffer.readUInt32LE(at) + file.buffer.readUInt32LE(at + 4) * 0x100000000
  return { tableOffset, count: file.buffer.readUInt32LE(at + 8) }
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
    // Bytes between table and entries: the count is wrong, and entries would be missed.
    return reader.pos === reader.end ? strings : undefined
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
  const at = file.load(entriesStart(file, trailer) + i * FOOTER_ENTRY_BYTES, FOOTER_ENTRY_BYTES)
  const { buffer: buf } = file
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
  const slots = internNames(index, first, end)
  const table = new Writer(slots.size * 32 + 8)
  table.arrayHeader(slots.size)
  for (const nameId of slots.keys()) table.str(index.names.text(nameId))
  const entries = (end - first) * FOOTER_ENTRY_BYTES
  // One buffer for all of it: a full segment's footer has tens of megabytes.
  const out = Buffer.allocUnsafeSlow(table.pos + entries + FOOTER_TRAILER_BYTES)
  let p = table.buffer.copy(out, 0, 0, table.pos)
  for (let row = first; row < end; row += 1) p = putEntry(out, p, index, row, slots)
  p = put64le(out, p, framesEnd)
  p = put32le(out, p, end - first)
  out.writeUInt32BE(MAGIC, p)
  return out
}

/** Each name once, numbered in the order of the entries, entity before scope. */
function internNames({ columns }: EventIndex, first: number, end: number): Map<number, number> {
  const slots = new Map<number, number>()
  for (let row = first; row < end; row += 1) {
    for (const nameId of [columns.entityId(row), columns.scopeId(row)]) {
      if (!slots.has(nameId)) slots.set(nameId, slots.size)
    }
  }
  return slots
}

const ID: Uint32Array = new Uint32Array(4)

function putEntry(
  out: Uint8Array,
  at: number,
  { columns }: EventIndex,
  row: number,
  slots: ReadonlyMap<number, number>,
): number {
  columns.copyEventId(row, ID)
  let p = putLittleId(out, at, ID)
  p = put32le(out, p, slots.get(columns.entityId(row))!)
  p = put32le(out, p, slots.get(columns.scopeId(row))!)
  const kind = columns.kind(row)
  out[p] = kind
  out[p + 1] = kind >>> 8
  p = put64le(out, p + 2, columns.wallMs(row))
  p = put32le(out, p, columns.clock(row))
  p = put32le(out, p, columns.lane(row))
  p = put32le(out, p, columns.depth(row))
  p = columns.copyHashes(row, out, p)
  p = put64le(out, p, columns.offset(row))
  p = put32le(out, p, columns.length(row))
  p = put64le(out, p, columns.sequence(row))
  columns.copyCorrelationId(row, ID)
  p = putLittleId(out, p, ID)
  columns.copyCausationId(row, ID)
  return putLittleId(out, p, ID)
}

/** Where the entries begin; negative when they do not fit into the file. */
function entriesStart(file: FileWindow, trailer: FooterTrailer): number {
  return file.size - FOOTER_TRAILER_BYTES - trailer.count * FOOTER_ENTRY_BYTES
}

function put32le(buf: Uint8Array, at: number, value: number): number {
  buf[at] = value
  buf[at + 1] = value >>> 8
  buf[at + 2] = value >>> 16
  buf[at + 3] = value >>> 24
  return at + 4
}

function put64le(buf: Uint8Array, at: number, value: number): number {
  return put32le(buf, put32le(buf, at, value % 0x100000000), Math.floor(value / 0x100000000))
}

function putLittleId(buf: Uint8Array, at: number, words: Uint32Array): number {
  let p = at
  for (let i = 3; i >= 0; i -= 1) p = put32le(buf, p, words[i]!)
  return p
}

function readLittleId(buf: Buffer, at: number, out: Uint32Array): void {
  for (let i = 0; i < 4; i += 1) out[3 - i] = buf.readUInt32LE(at + i * 4)
}

function readU64(buf: Buffer, at: number): number {
  return buf.readUInt32LE(at) + buf.readUInt32LE(at + 4) * 0x100000000
}
