/** Rows of the index and frames of a segment as the objects that reads return. */
import { decodeExtensions } from '../append/extensions.ts'
import { NO_EXTENSIONS_MAP, type DiskPos, type Extensions } from '../append/receipt.ts'
import { copyBytes } from '../encoding/bytes.ts'
import { decodePayload } from '../encoding/payload-decode.ts'
import { StoreError } from '../errors.ts'
import { formatWords, isZeroId } from '../event/id-words.ts'
import type { EventId } from '../event/id.ts'
import { Kind, restoredKind, type EventKind } from '../event/kind.ts'
import type { EventIndex } from '../index-store/event-index.ts'
import { payloadOf } from '../segment/frame-decode.ts'
import type { SegmentReader } from '../segment/reader.ts'
import type { IndexEntry, StoredEvent } from './entry.ts'

/** Where entries get what the index does not hold. */
export interface RowSource {
  readonly index: EventIndex
  /** @param index the one that the row belongs to, which a refresh may have replaced since */
  extensionsOf(row: number, index: EventIndex): Extensions
}

const ID: Uint32Array = new Uint32Array(4)
const CORRELATION: Uint32Array = new Uint32Array(4)
const CAUSATION: Uint32Array = new Uint32Array(4)

class Entry implements IndexEntry {
  readonly eventId: EventId
  readonly sequence: number
  readonly entity: string
  readonly scope: string
  readonly kind: EventKind
  readonly clock: number
  readonly wallMs: number
  readonly lane: number
  readonly depth: number
  readonly correlationId: EventId
  declare readonly causationId?: EventId
  readonly eventHash: Uint8Array
  readonly prevHash: Uint8Array
  readonly diskPos: DiskPos
  readonly #source: RowSource
  readonly #index: EventIndex
  readonly #row: number
  #extensions: Extensions | undefined

  constructor(source: RowSource, index: EventIndex, row: number) {
    const { columns, names } = index
    this.#source = source
    this.#index = index
    this.#row = row
    columns.copyEventId(row, ID)
    columns.copyCorrelationId(row, CORRELATION)
    columns.copyCausationId(row, CAUSATION)
    this.eventId = formatWords(ID, 0)
    this.sequence = columns.sequence(row)
    this.entity = names.text(columns.entityId(row))
    this.scope = names.text(columns.scopeId(row))
    this.kind = columns.kind(row) as EventKind
    this.clock = columns.clock(row)
    this.wallMs = columns.wallMs(row)
    this.lane = columns.lane(row)
    this.depth = columns.depth(row)
    this.correlationId = sameWords(ID, CORRELATION) ? this.eventId : formatWords(CORRELATION, 0)
    if (!isZeroId(CAUSATION, 0)) this.causationId = formatWords(CAUSATION, 0)
    this.eventHash = columns.eventHash(row)
    this.prevHash = columns.prevHash(row)
    this.diskPos = {
      segmentId: columns.segmentId(row),
      offset: columns.offset(row),
      length: columns.length(row),
    }
  }

  get extensions(): Extensions {
    return (this.#extensions ??= this.#source.extensionsOf(this.#row, this.#index))
  }

  protected setExtensions(extensions: Extensions): void {
    this.#extensions = extensions
  }

  /** Bytes as lower-case hex, integers beyond 2^53 as decimal strings. */
  toJSON(): object {
    return {
      ...ownFields(this),
      eventHash: hex(this.eventHash),
      prevHash: hex(this.prevHash),
      extensions: Object.fromEntries([...this.extensions].map(([key, bytes]) => [key, hex(bytes)])),
    }
  }
}

class Event extends Entry implements StoredEvent {
  readonly timestampUs: number
  readonly flags: number
  readonly contentHash: Uint8Array
  declare readonly payloadRewritten?: true
  // Cut from a shared pool, which no caller should hold: what they get is a copy of its own.
  readonly #pooledBytes: Uint8Array
  #payloadBytes: Uint8Array | undefined
  #payload: unknown
  #decoded = false

  /** Copies everything out of the reader's last frame. */
  constructor(source: RowSource, row: number, reader: SegmentReader) {
    super(source, source.index, row)
    const { head, buf } = reader
    this.timestampUs = head.timestampUs
    this.flags = head.flags
    this.contentHash = head.contentHash.slice()
    if (head.payloadForm === 'inline') {
      this.payloadRewritten = true
      this.#pooledBytes = copyBytes(buf, head.payloadAt, head.payloadAt + head.payloadCount)
    } else this.#pooledBytes = payloadOf(buf, head)
    this.setExtensions(extensionsOfFrame(reader))
  }

  get payloadBytes(): Uint8Array {
    return (this.#payloadBytes ??= this.#pooledBytes.slice())
  }

  get payload(): unknown {
    if (!this.#decoded) {
      // The histograms of an OPEN event have integer keys (Q14).
      const integerKeys = this.kind === Kind.SYSTEM_OPEN_COMPLETED
      this.#payload = decodePayload(this.#pooledBytes, { integerKeys })
      this.#decoded = true
    }
    return this.#payload
  }

  override toJSON(): object {
    return {
      ...super.toJSON(),
      contentHash: hex(this.contentHash),
      payloadBytes: hex(this.payloadBytes),
      payload: withoutBigints(this.payload),
    }
  }
}

/** @param index the one that the row belongs to */
export function entryOf(
  source: RowSource,
  row: number,
  index: EventIndex = source.index,
): IndexEntry {
  return new Entry(source, index, row)
}

/**
 * Reads the event of a row.
 * @throws StoreError as `SegmentReader.read`, `CorruptSegment` when another event stands there
 */
export function eventOf(source: RowSource, row: number, reader: SegmentReader): StoredEvent {
  readRow(source.index, row, reader)
  return new Event(source, row, reader)
}

/** Reads the frame of a row into the reader and checks that it is what the index says. */
export function readRow(index: EventIndex, row: number, reader: SegmentReader): void {
  const { columns } = index
  reader.read(columns.segmentId(row), columns.offset(row), columns.length(row))
  assertHoldsRow(index, row, reader)
}

/**
 * Checks that the reader's last frame is the one of a row: the index may come from a footer, which has
 * no checksum; the frame has one.
 *
 * @throws StoreError `CorruptSegment`
 */
export function assertHoldsRow(
  { columns, names }: EventIndex,
  row: number,
  { head }: SegmentReader,
): void {
  if (
    columns.hasEventId(row, head.eventId) &&
    columns.hasEventHash(row, head.eventHash) &&
    columns.clock(row) === head.clock &&
    names.text(columns.entityId(row)) === head.entity &&
    names.text(columns.scopeId(row)) === head.scope &&
    (columns.kind(row) === head.kind || columns.kind(row) === restoredKind(head.kind).kind)
  ) {
    return
  }
  const detail = `frame at offset ${columns.offset(row)} holds another event than the index says`
  throw new StoreError('CorruptSegment', { segmentId: columns.segmentId(row), detail })
}

/** The extensions of the reader's last frame. */
export function extensionsOfFrame({ head, buf }: SegmentReader): Extensions {
  return head.extensionCount === 0 ? NO_EXTENSIONS_MAP : decodeExtensions(buf, head.extensionsAt)
}

function ownFields(entry: object): object {
  return Object.fromEntries(Object.entries(entry))
}

/** JSON has no bigint, and `JSON.stringify` throws for one. */
function withoutBigints(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return hex(value)
  if (Array.isArray(value)) return value.map(withoutBigints)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, withoutBigints(v)]))
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

function sameWords(a: Uint32Array, b: Uint32Array): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3]
}
