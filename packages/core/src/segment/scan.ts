/**
 * Reads a segment frame by frame: checks every checksum, applies the batch rules (disk format 7)
 * and tells a torn tail from damage. It changes nothing.
 */
import { MalformedError } from '../encoding/reader.ts'
import { StoreError } from '../errors.ts'
import { Kind } from '../event/kind.ts'
import { decodeFrame } from './frame-decode.ts'
import { FrameHead } from './frame-head.ts'
import { FRAME_PREFIX_BYTES } from './frame-keys.ts'
import { frameLength } from './frame-length.ts'
import { judgeTail, type TailReason } from './tail.ts'
import { FileWindow } from './window.ts'

const BATCH_ITEMS_MAX = 1_000_000

/** Receives committed events in file order. `head` is reused: copy what is kept. */
export type EventSink = (head: FrameHead, offset: number, length: number) => void

/** The unfinished end of a segment: what a heal would cut off. */
export interface SegmentTail {
  readonly reason: TailReason | 'OpenBatch'
  readonly offset: number
  readonly bytes: number
}

export interface ScanOptions {
  readonly segmentId: number
  readonly from: number
  /** Where the frames end: at the footer, else at the end of the file. */
  readonly end: number
  /** Behind a footer nothing may be torn: it was written after the last frame. */
  readonly sealed: boolean
}

/**
 * @throws StoreError `CrcMismatch`, `CorruptFrame`, `CorruptSegment` for damage
 */
export function scanFrames(
  file: FileWindow,
  options: ScanOptions,
  sink: EventSink,
): SegmentTail | undefined {
  const batch = new BatchState(options.segmentId)
  const heads = new HeadPool()
  let offset = options.from
  while (offset < options.end) {
    const length = frameLength(file, options, offset)
    const tail = length < 0 ? judgeTail(file, options, offset) : undefined
    if (tail !== undefined) {
      return batch.open
        ? openBatch(batch, options)
        : { reason: tail, offset, bytes: options.end - offset }
    }
    const head = heads.at(batch.staged)
    readHead(file, options.segmentId, offset, length, head)
    batch.accept(head, offset, length, heads, sink)
    offset += length
  }
  return batch.open && !options.sealed ? openBatch(batch, options) : undefined
}

function openBatch(batch: BatchState, options: ScanOptions): SegmentTail {
  return { reason: 'OpenBatch', offset: batch.begin, bytes: options.end - batch.begin }
}

/** Decodes the frame at `offset`, whose checksum is right. */
export function readHead(
  file: FileWindow,
  segmentId: number,
  offset: number,
  length: number,
  head: FrameHead,
): void {
  const at = file.load(offset, length)
  try {
    decodeFrame(file.buf, at + FRAME_PREFIX_BYTES, at + length, head)
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    const detail = `frame at offset ${offset} has unreadable index metadata: ${error.message}`
    throw new StoreError('CorruptSegment', { segmentId, detail }, { cause: error })
  }
}

/** Heads of the events that a batch keeps waiting; they are reused from batch to batch. */
class HeadPool {
  readonly #heads: FrameHead[] = []

  at(i: number): FrameHead {
    return (this.#heads[i] ??= new FrameHead())
  }
}

class BatchState {
  open = false
  /** Offset of the BEGIN marker. */
  begin = 0
  staged = 0
  #remaining = 0
  readonly #offsets: number[] = []
  readonly #lengths: number[] = []
  readonly #segmentId: number

  constructor(segmentId: number) {
    this.#segmentId = segmentId
  }

  accept(head: FrameHead, offset: number, length: number, heads: HeadPool, sink: EventSink): void {
    if (head.kind === Kind.SYSTEM_BATCH_BEGIN) return this.#start(head.payloadSize, offset)
    if (head.kind === Kind.SYSTEM_BATCH_COMMIT) return this.#commit(heads, sink)
    if (!head.hasChain) {
      const detail = `frame at offset ${offset} has no hash chain`
      throw new StoreError('CorruptSegment', { segmentId: this.#segmentId, detail })
    }
    if (!this.open) return sink(head, offset, length)
    // More items than announced: the batch and this event are void, as in the reference (W-75).
    if (this.#remaining === 0) return this.#leave()
    this.#offsets[this.staged] = offset
    this.#lengths[this.staged] = length
    this.staged += 1
    this.#remaining -= 1
  }

  #start(items: number, offset: number): void {
    if (items < 1 || items > BATCH_ITEMS_MAX) {
      const detail = `batch at offset ${offset} announces ${items} items, not 1 to ${BATCH_ITEMS_MAX}`
      throw new StoreError('CorruptSegment', { segmentId: this.#segmentId, detail })
    }
    this.open = true
    this.begin = offset
    this.staged = 0
    this.#remaining = items
  }

  #commit(heads: HeadPool, sink: EventSink): void {
    if (this.open && this.#remaining === 0) {
      for (let i = 0; i < this.staged; i += 1) {
        sink(heads.at(i), this.#offsets[i]!, this.#lengths[i]!)
      }
    }
    this.#leave()
  }

  #leave(): void {
    this.open = false
    this.staged = 0
  }
}
