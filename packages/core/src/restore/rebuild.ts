/**
 * The index from the segments alone: footers where they can be trusted, frames elsewhere.
 * Nothing is changed on disk; what a crash left unfinished is returned as a plan.
 */
import type { PlatformFs } from '@batpak/platform'
import { StoreError, io } from '../errors.ts'
import { assertCoordinate } from '../event/coordinate.ts'
import { EventIndex } from '../index-store/event-index.ts'
import type { EntityRecord } from '../index-store/names.ts'
import type { RowSource } from '../index-store/columns.ts'
import { HEADER_PREFIX_BYTES, decodeSegmentHeader, type SegmentHeader } from '../segment/header.ts'
import { frameLength } from '../segment/frame-length.ts'
import { scanFrames, type SegmentTail } from '../segment/scan.ts'
import { readTrailer } from '../segment/sidx.ts'
import { findFrame } from '../segment/tail.ts'
import { FileWindow } from '../segment/window.ts'
import type { SegmentRef } from './directory.ts'
import { mark } from '../testing/hooks.ts'
import { readFooter } from './footer.ts'
import { KindFallbacks } from './report.ts'
import { sortedBySequence } from './sort.ts'

/** A segment whose end is unfinished, or which is no segment at all. */
export interface UnfinishedSegment {
  readonly segment: SegmentRef
  readonly tail:
    SegmentTail | { readonly reason: 'ShortHeader'; readonly offset: 0; readonly bytes: number }
}

export interface RebuiltIndex {
  readonly index: EventIndex
  readonly unfinished: readonly UnfinishedSegment[]
  /** Segments of which a killed process may have left a part in the page cache alone. */
  readonly unsynced: readonly SegmentRef[]
  readonly fallbacks: KindFallbacks
}

/**
 * @throws StoreError `CorruptSegment`, `CorruptFrame`, `CrcMismatch`, `Coordinate*`, `UnsafeInteger`
 *   for damage that is not an unfinished end; `DataDirMalformed` for what is no file; `Io` when a file
 *   cannot be read
 */
export function rebuildIndex(fs: PlatformFs, segments: readonly SegmentRef[]): RebuiltIndex {
  const builder = new IndexBuilder()
  const unfinished: UnfinishedSegment[] = []
  const unsynced: SegmentRef[] = []
  for (const [i, segment] of segments.entries()) {
    const last = i === segments.length - 1
    const { sealed, tail } = readSegment(fs, segment, last, builder)
    if (!sealed) builder.endUnsealed(segment.id)
    if (tail !== undefined) unfinished.push({ segment, tail })
    else if (last || !sealed) unsynced.push(segment)
  }
  return { index: builder.finish(), unfinished, unsynced, fallbacks: builder.fallbacks }
}

function readSegment(
  fs: PlatformFs,
  segment: SegmentRef,
  last: boolean,
  builder: IndexBuilder,
): { readonly sealed: boolean; readonly tail: UnfinishedSegment['tail'] | undefined } {
  return io(`read segment ${segment.id}`, segment.path, () => {
    const fd = fs.open(segment.path, 'read')
    try {
      const { kind, size } = fs.fstat(fd)
      if (kind === 'other') {
        const reason = 'it is named like a segment and is no file'
        throw new StoreError('DataDirMalformed', { path: segment.path, reason })
      }
      const file = new FileWindow(fs, fd, size)
      const sealed = readFooter(file, segment.id, builder)
      mark(sealed ? 'restore.footer' : 'restore.scan')
      return { sealed, tail: sealed ? undefined : scan(file, segment, last, builder) }
    } finally {
      fs.close(fd)
    }
  })
}

function scan(
  file: FileWindow,
  segment: SegmentRef,
  last: boolean,
  builder: IndexBuilder,
): UnfinishedSegment['tail'] | undefined {
  const from = readHeader(file, segment.id)
  if (from === undefined) {
    if (last) return { reason: 'ShortHeader', offset: 0, bytes: file.size }
    const detail = `the file ends inside its header (${file.size} bytes)`
    throw new StoreError('CorruptSegment', { segmentId: segment.id, detail })
  }
  const { end, sealed } = frameRegion(file, from)
  return scanFrames(file, { segmentId: segment.id, from, end, sealed }, (head, offset, length) => {
    if (head.payloadForm === 'inline') builder.markRewritten()
    builder.add(head, head.entity, head.scope, segment.id, offset, length)
  })
}

/**
 * Where the first frame begins; undefined when the file ends inside the header.
 * @throws StoreError `CorruptSegment` for another magic, version or content, and for a length that is
 *   too large
 */
export function readHeader(file: FileWindow, segmentId: number): number | undefined {
  const prefix = Math.min(file.size, HEADER_PREFIX_BYTES)
  let at = file.load(0, prefix)
  if (prefix === HEADER_PREFIX_BYTES) {
    const body = file.buffer.readUInt32BE(at + 4)
    at = file.load(0, Math.min(file.size, HEADER_PREFIX_BYTES + Math.min(body, 65536)))
  }
  const header = decodeSegmentHeader(segmentId, file.buf.subarray(at), file.size)
  // A header that claims too much would hide frames, or pass for one that was never finished.
  const hidden = header === undefined ? findFrame(file, 0, file.size) : frameInside(file, header)
  if (hidden >= 0) {
    const detail = `its header claims the bytes of the complete frame at offset ${hidden}`
    throw new StoreError('CorruptSegment', { segmentId, detail })
  }
  return header?.length
}

function frameInside(file: FileWindow, { fieldsEnd, length }: SegmentHeader): number {
  return fieldsEnd < length && frameLength(file, { end: file.size }, fieldsEnd) > 0 ? fieldsEnd : -1
}

/** Where the frames end, and whether a footer was written behind them. */
export function frameRegion(
  file: FileWindow,
  from: number,
): { readonly end: number; readonly sealed: boolean } {
  const trailer = readTrailer(file)
  const unsealed = { end: file.size, sealed: false }
  if (trailer === undefined) return unsealed
  // The bytes of a receipt extension may end like a footer: then frames reach to the end of the file.
  if (framesReachEnd(file, from)) return unsealed
  const { tableOffset } = trailer
  if (tableOffset < from || tableOffset > file.size) return unsealed
  // A frame where the footer should begin: the offset is damaged, and events would be missed.
  if (frameLength(file, unsealed, tableOffset) > 0) return unsealed
  return { end: tableOffset, sealed: true }
}

function framesReachEnd(file: FileWindow, from: number): boolean {
  let offset = from
  while (offset < file.size) {
    const length = frameLength(file, { end: file.size }, offset)
    if (length < 0) return false
    offset += length
  }
  return true
}

/** Collects rows in the order they are found and gives the unnumbered ones their sequence. */
export class IndexBuilder {
  readonly fallbacks: KindFallbacks = new KindFallbacks()
  readonly #index: EventIndex = new EventIndex()
  #highest = -1
  #sorted = true
  /** The segment before, when it had no footer to say how many events it had. */
  #unsealed: number | undefined
  /** Whether an event of the segment was rewritten by a compaction, which may have dropped others. */
  #rewritten = false

  /** @param sequence from a footer; frames carry none and get the next one */
  add(
    source: RowSource,
    entity: string,
    scope: string,
    segmentId: number,
    offset: number,
    length: number,
    sequence: number = this.#highest + 1,
  ): void {
    // Where ids are missing, a compaction has dropped events and left its result without a footer.
    if (this.#unsealed === segmentId - 1) this.#assertComplete(this.#unsealed, sequence)
    this.#unsealed = undefined
    if (sequence < this.#highest) this.#sorted = false
    else this.#highest = sequence
    this.#index.insert(
      source,
      this.#entity(entity, scope),
      this.#index.names.internScope(scope),
      sequence,
      segmentId,
      offset,
      length,
    )
  }

  /** The segment that ends here was read by its frames. */
  endUnsealed(segmentId: number): void {
    this.#unsealed = this.#rewritten ? undefined : segmentId
    this.#rewritten = false
  }

  /**
   * Whoever began the next segment had counted the frames of this one, so its numbers go on: where
   * they do not, events were there and are not any more.
   */
  #assertComplete(segmentId: number, next: number): void {
    const missing = next - this.#highest - 1
    if (missing <= 0) return
    const range =
      missing === 1 ? `event ${next - 1} is` : `events ${next - missing} to ${next - 1} are`
    const detail = `${range} missing at its end: the next segment begins with event ${next}`
    throw new StoreError('CorruptSegment', { segmentId, detail })
  }

  markRewritten(): void {
    this.#rewritten = true
  }

  finish(): EventIndex {
    const index = this.#sorted ? this.#index : sortedBySequence(this.#index)
    index.allocated = this.#highest + 1
    index.visible = index.allocated
    return index
  }

  #entity(entity: string, scope: string): EntityRecord {
    const known = this.#index.names.entity(entity)
    if (known === undefined || this.#index.names.scope(scope) === undefined) {
      assertCoordinate(entity, scope)
    }
    return known ?? this.#index.names.internEntity(entity)
  }
}
