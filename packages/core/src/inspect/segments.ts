/** Segments and frames as plain values, for people who look into a store. */
import type { PlatformFs } from '@batpak/platform'
import { decodeExtensions } from '../append/extensions.ts'
import { NO_EXTENSIONS_MAP, type Extensions } from '../append/receipt.ts'
import { decodePayload } from '../encoding/payload-decode.ts'
import { StoreError, asStoreError, io } from '../errors.ts'
import { formatWords, isZeroId } from '../event/id-words.ts'
import type { CausationId, CorrelationId, EventId } from '../event/id.ts'
import { Kind, type EventKind } from '../event/kind.ts'
import { payloadOf } from '../segment/frame-decode.ts'
import type { FrameHead } from '../segment/frame-head.ts'
import { FooterEntry, readFooterEntry } from '../segment/sidx.ts'
import type { TailReason } from '../segment/tail.ts'
import type { FileWindow } from '../segment/window.ts'
import { listStoreFiles, segmentFile } from './directory.ts'
import { walkFrames, type FrameStep } from './frame-walk.ts'
import { openSegment, type OpenSegment, type SegmentSource } from './segment-file.ts'
import { requireSegmentId } from './arguments.ts'

export interface SegmentInfo {
  readonly segmentId: number
  readonly bytes: number
  /** Absent when the file ends inside it (`headerError` too is absent then), or it is damaged. */
  readonly header?: {
    readonly version: number
    readonly flags: number
    readonly createdNs: bigint
    /** As the header says; the file's name decides. */
    readonly segmentId: bigint
  }
  readonly headerError?: StoreError
  /** Where the first frame begins, and where the frames end. */
  readonly framesFrom: number
  readonly framesEnd: number
  /** Whether a footer follows the frames: it was written when the segment was finished. */
  readonly sealed: boolean
  readonly footer?: {
    readonly entryCount: number
    readonly stringCount?: number
    /** False: its structure does not hold, and the frames are read instead. */
    readonly usable: boolean
    readonly firstSequence?: number
    readonly lastSequence?: number
  }
}

/** What a frame says. Hashes are new arrays of 32 bytes. */
export interface FrameInfo {
  readonly role: 'event' | 'batch-begin' | 'batch-commit'
  readonly eventId: EventId
  readonly correlationId: CorrelationId
  readonly causationId?: CausationId
  readonly entity: string
  readonly scope: string
  readonly kind: EventKind
  readonly timestampUs: number
  readonly wallMs: number
  readonly clock: number
  readonly lane: number
  readonly depth: number
  readonly flags: number
  /** As the header says; of a batch begin the number of items. */
  readonly payloadSize: number
  readonly contentHash: Uint8Array
  /** Absent in batch markers. */
  readonly prevHash?: Uint8Array
  readonly eventHash?: Uint8Array
  readonly extensionCount: number
}

/**
 * A stretch of a segment: a `frame`; one that is whole but `unreadable`; `damaged` bytes up to the
 * next whole frame or the end; or what a crash left `unfinished` at the end.
 */
export type FrameRecord =
  | {
      readonly state: 'frame'
      readonly offset: number
      readonly length: number
      readonly frame: FrameInfo
    }
  | {
      readonly state: 'unreadable' | 'damaged'
      readonly offset: number
      readonly length: number
      readonly error: StoreError
    }
  | {
      readonly state: 'unfinished'
      readonly offset: number
      readonly length: number
      readonly reason: TailReason
    }

/** A frame with everything in it. */
export interface FrameDetail {
  readonly record: FrameRecord
  /** The bytes of the stretch, at most 1 MiB of them. */
  readonly bytes: Uint8Array
  readonly extensions: Extensions
  readonly payloadBytes?: Uint8Array
  /** The decoded payload, unless `payloadError` says why there is none. */
  readonly payload?: unknown
  readonly payloadError?: StoreError
}

const BYTES_SHOWN_MAX = 1 << 20

/** Header, frame region and footer of a segment; frames are not read. @throws StoreError `Io` */
export function readSegmentInfo(fs: PlatformFs, dir: string, segmentId: number): SegmentInfo {
  return inSegment(fs, dir, segmentId, infoOf)
}

/**
 * The frames of a segment in file order, going on behind damage. The file is open until the iterator
 * ends or is left.
 *
 * @throws StoreError `Io`
 */
export function* readFrames(
  fs: PlatformFs,
  dir: string,
  segmentId: number,
): Generator<FrameRecord, void, void> {
  const { fd, file, region } = openSegment(fs, dir, sourceOf(fs, dir, segmentId))
  try {
    for (const step of walkFrames(file, region)) yield recordOf(step)
  } catch (error) {
    throw asStoreError(error, `read segment ${segmentId}`)
  } finally {
    fs.close(fd)
  }
}

/**
 * The frame at `offset`, whether or not a frame is expected to begin there.
 * @throws StoreError `Io`; RangeError when `offset` is not inside the frames
 */
export function readFrame(
  fs: PlatformFs,
  dir: string,
  segmentId: number,
  offset: number,
): FrameDetail {
  return inSegment(fs, dir, segmentId, ({ file, region }) => {
    if (!Number.isSafeInteger(offset) || offset < region.from || offset >= region.end) {
      throw new RangeError(
        `offset ${offset} is not among the frames of segment ${segmentId}, ${region.from} to ${region.end - 1}`,
      )
    }
    const step = walkFrames(file, { ...region, from: offset }).next().value!
    return detailOf(file, step)
  })
}

function infoOf({
  source,
  file,
  header,
  headerError,
  region,
  footer,
  footerFile,
}: OpenSegment): SegmentInfo {
  return {
    segmentId: source.segmentId,
    bytes: file.size,
    ...(header === undefined
      ? {}
      : {
          header: {
            version: header.version,
            flags: header.flags,
            createdNs: header.createdNs,
            segmentId: header.segmentId,
          },
        }),
    ...(headerError === undefined ? {} : { headerError }),
    framesFrom: region.from,
    framesEnd: region.end,
    sealed: region.sealed,
    ...(footer === undefined ? {} : { footer: footerInfo(footer, footerFile) }),
  }
}

function footerInfo(
  { trailer, strings }: NonNullable<OpenSegment['footer']>,
  file: FileWindow,
): NonNullable<SegmentInfo['footer']> {
  const { count: entryCount } = trailer
  if (strings === undefined) return { entryCount, usable: false }
  const info = { entryCount, stringCount: strings.length, usable: true }
  const entry = new FooterEntry()
  if (entryCount === 0 || !readFooterEntry(file, trailer, strings, 0, entry)) return info
  const firstSequence = entry.sequence
  if (!readFooterEntry(file, trailer, strings, entryCount - 1, entry)) return info
  return { ...info, firstSequence, lastSequence: entry.sequence }
}

function recordOf(step: FrameStep): FrameRecord {
  if (step.state !== 'frame') return step
  const { state, offset, length, head } = step
  return { state, offset, length, frame: frameInfo(head) }
}

function frameInfo(head: FrameHead): FrameInfo {
  const causation = isZeroId(head.causationId, 0)
    ? {}
    : { causationId: formatWords(head.causationId, 0) }
  const chain = head.hasChain
    ? { prevHash: head.prevHash.slice(), eventHash: head.eventHash.slice() }
    : {}
  return {
    role: roleOf(head.kind),
    eventId: formatWords(head.eventId, 0),
    correlationId: formatWords(head.correlationId, 0),
    ...causation,
    entity: head.entity,
    scope: head.scope,
    kind: head.kind as EventKind,
    timestampUs: head.timestampUs,
    wallMs: head.wallMs,
    clock: head.clock,
    lane: head.lane,
    depth: head.depth,
    flags: head.flags,
    payloadSize: head.payloadSize,
    contentHash: head.contentHash.slice(),
    ...chain,
    extensionCount: head.extensionCount,
  }
}

function roleOf(kind: number): FrameInfo['role'] {
  if (kind === Kind.SYSTEM_BATCH_BEGIN) return 'batch-begin'
  return kind === Kind.SYSTEM_BATCH_COMMIT ? 'batch-commit' : 'event'
}

function detailOf(file: FileWindow, step: FrameStep): FrameDetail {
  const { offset, length } = step
  const shown = Math.min(length, BYTES_SHOWN_MAX)
  // One load: offsets in the head are relative to the buffer of this moment.
  const at = file.load(offset, length)
  const bytes = new Uint8Array(file.buf.subarray(at, at + shown))
  const record = recordOf(step)
  if (step.state !== 'frame' || !step.head.hasChain) {
    return { record, bytes, extensions: NO_EXTENSIONS_MAP }
  }
  const { head } = step
  const payloadBytes = storedPayload(file.buf, head)
  const extensions =
    head.extensionCount === 0 ? NO_EXTENSIONS_MAP : decodeExtensions(file.buf, head.extensionsAt)
  return { record, bytes, extensions, payloadBytes, ...decoded(payloadBytes, head.kind) }
}

/** The payload bytes; of a rewritten payload the encoding of its value. */
function storedPayload(buf: Uint8Array, head: FrameHead): Uint8Array {
  if (head.payloadForm !== 'inline') return payloadOf(buf, head)
  return new Uint8Array(buf.subarray(head.payloadAt, head.payloadAt + head.payloadCount))
}

function decoded(bytes: Uint8Array, kind: number): Pick<FrameDetail, 'payload' | 'payloadError'> {
  try {
    return { payload: decodePayload(bytes, { integerKeys: kind === Kind.SYSTEM_OPEN_COMPLETED }) }
  } catch (payloadError) {
    if (!(payloadError instanceof StoreError)) throw payloadError
    return { payloadError }
  }
}

function sourceOf(fs: PlatformFs, dir: string, segmentId: number): SegmentSource {
  requireSegmentId(segmentId)
  return { segmentId, name: segmentFile(listStoreFiles(fs, dir), segmentId) }
}

function inSegment<T>(
  fs: PlatformFs,
  dir: string,
  segmentId: number,
  read: (segment: OpenSegment) => T,
): T {
  const segment = openSegment(fs, dir, sourceOf(fs, dir, segmentId))
  try {
    return io(`read segment ${segmentId}`, segment.source.name, () => read(segment))
  } finally {
    fs.close(segment.fd)
  }
}
