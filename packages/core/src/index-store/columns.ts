/**
 * The facts of every committed event, one row each, in global-sequence order.
 *
 * Typed arrays in chunks: a million rows cost the collector nothing, growing never copies more than
 * one chunk, and a row number is also the row's rank in commit order.
 */
import { isZeroId } from '../event/id-words.ts'

const CHUNK_BITS = 16
export const CHUNK_ROWS: number = 1 << CHUNK_BITS
const CHUNK_MASK = CHUNK_ROWS - 1
const FIRST_CAPACITY = 128

/** What a row takes over from a frame, a footer entry or a draft. */
export interface RowSource {
  readonly eventId: Uint32Array
  readonly correlationId: Uint32Array
  /** Zeros when there is none. */
  readonly causationId: Uint32Array
  readonly kind: number
  readonly wallMs: number
  readonly clock: number
  readonly lane: number
  readonly depth: number
  readonly prevHash: Uint8Array
  readonly eventHash: Uint8Array
}

/** Where a row belongs and where its frame is. */
export interface RowPlace {
  readonly sequence: number
  readonly entityId: number
  readonly scopeId: number
  readonly segmentId: number
  readonly offset: number
  readonly length: number
}

class Chunk {
  eventId: Uint32Array
  sequence: Float64Array
  wallMs: Float64Array
  offset: Float64Array
  clock: Uint32Array
  entityId: Uint32Array
  scopeId: Uint32Array
  segmentId: Uint32Array
  length: Uint32Array
  kind: Uint16Array
  /** prev hash and event hash, 64 bytes a row. */
  hashes: Uint8Array
  /** Present from the first row of the chunk that needs them. */
  correlationId: Uint32Array | undefined
  causationId: Uint32Array | undefined
  /** lane and depth. */
  branch: Uint32Array | undefined

  constructor(capacity: number) {
    this.eventId = new Uint32Array(capacity * 4)
    this.sequence = new Float64Array(capacity)
    this.wallMs = new Float64Array(capacity)
    this.offset = new Float64Array(capacity)
    this.clock = new Uint32Array(capacity)
    this.entityId = new Uint32Array(capacity)
    this.scopeId = new Uint32Array(capacity)
    this.segmentId = new Uint32Array(capacity)
    this.length = new Uint32Array(capacity)
    this.kind = new Uint16Array(capacity)
    this.hashes = new Uint8Array(capacity * 64)
  }

  get capacity(): number {
    return this.clock.length
  }

  grown(): Chunk {
    const next = new Chunk(this.capacity * 2)
    next.eventId.set(this.eventId)
    next.sequence.set(this.sequence)
    next.wallMs.set(this.wallMs)
    next.offset.set(this.offset)
    next.clock.set(this.clock)
    next.entityId.set(this.entityId)
    next.scopeId.set(this.scopeId)
    next.segmentId.set(this.segmentId)
    next.length.set(this.length)
    next.kind.set(this.kind)
    next.hashes.set(this.hashes)
    next.correlationId = widened(this.correlationId)
    next.causationId = widened(this.causationId)
    next.branch = widened(this.branch)
    return next
  }
}

function widened(column: Uint32Array | undefined): Uint32Array | undefined {
  if (column === undefined) return undefined
  const next = new Uint32Array(column.length * 2)
  next.set(column)
  return next
}

export class Columns {
  readonly #chunks: Chunk[] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  /** Adds a row and returns its number. */
  push(source: RowSource, place: RowPlace): number {
    const row = this.#count
    const i = row & CHUNK_MASK
    const chunk = this.#chunkForPush(row, i)
    chunk.sequence[i] = place.sequence
    chunk.entityId[i] = place.entityId
    chunk.scopeId[i] = place.scopeId
    chunk.segmentId[i] = place.segmentId
    chunk.offset[i] = place.offset
    chunk.length[i] = place.length
    chunk.kind[i] = source.kind
    chunk.wallMs[i] = source.wallMs
    chunk.clock[i] = source.clock
    copyId(source.eventId, chunk.eventId, i)
    copyHash(source.prevHash, chunk.hashes, i * 64)
    copyHash(source.eventHash, chunk.hashes, i * 64 + 32)
    if (chunk.correlationId !== undefined || !sameId(source.correlationId, source.eventId)) {
      chunk.correlationId ??= correlationColumn(chunk, i)
      copyId(source.correlationId, chunk.correlationId, i)
    }
    if (chunk.causationId !== undefined || !isZeroId(source.causationId, 0)) {
      chunk.causationId ??= new Uint32Array(chunk.capacity * 4)
      copyId(source.causationId, chunk.causationId, i)
    }
    if (chunk.branch !== undefined || (source.lane | source.depth) !== 0) {
      chunk.branch ??= new Uint32Array(chunk.capacity * 2)
      chunk.branch[i * 2] = source.lane
      chunk.branch[i * 2 + 1] = source.depth
    }
    this.#count = row + 1
    return row
  }

  sequence(row: number): number {
    return this.#at(row).sequence[row & CHUNK_MASK]!
  }
  wallMs(row: number): number {
    return this.#at(row).wallMs[row & CHUNK_MASK]!
  }
  clock(row: number): number {
    return this.#at(row).clock[row & CHUNK_MASK]!
  }
  kind(row: number): number {
    return this.#at(row).kind[row & CHUNK_MASK]!
  }
  entityId(row: number): number {
    return this.#at(row).entityId[row & CHUNK_MASK]!
  }
  scopeId(row: number): number {
    return this.#at(row).scopeId[row & CHUNK_MASK]!
  }
  segmentId(row: number): number {
    return this.#at(row).segmentId[row & CHUNK_MASK]!
  }
  offset(row: number): number {
    return this.#at(row).offset[row & CHUNK_MASK]!
  }
  length(row: number): number {
    return this.#at(row).length[row & CHUNK_MASK]!
  }
  lane(row: number): number {
    return this.#at(row).branch?.[(row & CHUNK_MASK) * 2] ?? 0
  }
  depth(row: number): number {
    return this.#at(row).branch?.[(row & CHUNK_MASK) * 2 + 1] ?? 0
  }

  copyEventId(row: number, out: Uint32Array): void {
    copyOut(this.#at(row).eventId, row, out)
  }

  copyCorrelationId(row: number, out: Uint32Array): void {
    const chunk = this.#at(row)
    copyOut(chunk.correlationId ?? chunk.eventId, row, out)
  }

  /** Zeros when there is none. */
  copyCausationId(row: number, out: Uint32Array): void {
    const { causationId } = this.#at(row)
    if (causationId === undefined) out.fill(0)
    else copyOut(causationId, row, out)
  }

  hasEventId(row: number, id: Uint32Array): boolean {
    const { eventId } = this.#at(row)
    const at = (row & CHUNK_MASK) * 4
    return (
      eventId[at + 3] === id[3] &&
      eventId[at + 2] === id[2] &&
      eventId[at + 1] === id[1] &&
      eventId[at] === id[0]
    )
  }

  /** A new array of 32 bytes. */
  prevHash(row: number): Uint8Array {
    const at = (row & CHUNK_MASK) * 64
    return this.#at(row).hashes.slice(at, at + 32)
  }

  /** A new array of 32 bytes. */
  eventHash(row: number): Uint8Array {
    const at = (row & CHUNK_MASK) * 64 + 32
    return this.#at(row).hashes.slice(at, at + 32)
  }

  /** Copies prev hash and event hash to `out[at …]`; returns the position behind them. */
  copyHashes(row: number, out: Uint8Array, at: number): number {
    const from = (row & CHUNK_MASK) * 64
    out.set(this.#at(row).hashes.subarray(from, from + 64), at)
    return at + 64
  }

  copyEventHash(row: number, out: Uint8Array): void {
    const { hashes } = this.#at(row)
    const at = (row & CHUNK_MASK) * 64 + 32
    for (let i = 0; i < 32; i += 1) out[i] = hashes[at + i]!
  }

  hasEventHash(row: number, hash: Uint8Array): boolean {
    const { hashes } = this.#at(row)
    const at = (row & CHUNK_MASK) * 64 + 32
    for (let i = 0; i < 32; i += 1) if (hashes[at + i] !== hash[i]) return false
    return true
  }

  /** The first row whose sequence is at least `sequence`; `count` when there is none. */
  lowerBound(sequence: number): number {
    if (sequence <= 0) return 0
    // Without burned or dropped numbers the row is the sequence itself.
    if (
      sequence < this.#count &&
      this.sequence(sequence) === sequence &&
      this.sequence(sequence - 1) < sequence
    ) {
      return sequence
    }
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.sequence(middle) < sequence) low = middle + 1
      else high = middle
    }
    return low
  }

  #at(row: number): Chunk {
    return this.#chunks[row >>> CHUNK_BITS]!
  }

  #chunkForPush(row: number, i: number): Chunk {
    const c = row >>> CHUNK_BITS
    let chunk = this.#chunks[c]
    if (chunk === undefined) {
      chunk = new Chunk(c === 0 ? FIRST_CAPACITY : CHUNK_ROWS)
      this.#chunks.push(chunk)
    } else if (i === chunk.capacity) {
      chunk = chunk.grown()
      this.#chunks[c] = chunk
    }
    return chunk
  }
}

/** The column of a chunk whose first `rows` events correlate with themselves. */
function correlationColumn(chunk: Chunk, rows: number): Uint32Array {
  const column = new Uint32Array(chunk.capacity * 4)
  column.set(chunk.eventId.subarray(0, rows * 4))
  return column
}

function copyId(from: Uint32Array, to: Uint32Array, row: number): void {
  const at = row * 4
  to[at] = from[0]!
  to[at + 1] = from[1]!
  to[at + 2] = from[2]!
  to[at + 3] = from[3]!
}

function copyOut(column: Uint32Array, row: number, out: Uint32Array): void {
  const at = (row & CHUNK_MASK) * 4
  for (let i = 0; i < 4; i += 1) out[i] = column[at + i]!
}

function copyHash(from: Uint8Array, to: Uint8Array, at: number): void {
  for (let i = 0; i < 32; i += 1) to[at + i] = from[i]!
}

function sameId(a: Uint32Array, b: Uint32Array): boolean {
  return a[3] === b[3] && a[2] === b[2] && a[1] === b[1] && a[0] === b[0]
}
