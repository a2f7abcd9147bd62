/**
 * The batch rules of recovery (disk format 7) over a walk that goes on behind damage: which events
 * count, and what is wrong with a batch.
 */
import { Kind } from '../event/kind.ts'
import { FrameHead } from '../segment/frame-head.ts'
import type { FrameStep } from './frame-walk.ts'
import { finding, type Finding } from './finding.ts'
import type { SegmentSource } from './segment-file.ts'

type Frame = Extract<FrameStep, { readonly state: 'frame' }>

const ITEMS_MAX = 1_000_000

export class BatchCheck {
  readonly #source: SegmentSource
  readonly #heads: FrameHead[] = []
  #staged: { readonly frame: Frame; readonly findings: readonly Finding[] }[] = []
  #open = false
  #begin = 0
  #remaining = 0
  /** A frame of the batch is damaged: what follows from that is not reported again. */
  #tainted = false
  /** Batches whose events count. */
  committed = 0

  constructor(source: SegmentSource) {
    this.#source = source
  }

  /** The head for the next frame: those of staged events are kept. */
  readonly nextHead = (): FrameHead => (this.#heads[this.#staged.length] ??= new FrameHead())

  /**
   * Takes the next frame; `findings` are reported only if its event counts. Calls `commit` for every
   * event that is committed by it, and returns what is wrong with the batch.
   */
  accept(
    frame: Frame,
    findings: readonly Finding[],
    commit: (frame: Frame, findings: readonly Finding[]) => void,
  ): Finding | undefined {
    const { head } = frame
    if (head.kind === Kind.SYSTEM_BATCH_BEGIN) return this.#start(frame)
    if (head.kind === Kind.SYSTEM_BATCH_COMMIT) return this.#commit(frame, commit)
    if (!head.hasChain) {
      return this.#finding('CorruptSegment', 'the frame has no hash chain', frame.offset)
    }
    if (!this.#open) {
      commit(frame, findings)
      return undefined
    }
    if (this.#remaining === 0 && !this.#tainted) {
      const message = 'the batch has more items than it announces; its events and this one are void'
      const mismatch = this.#finding('BatchMismatch', message, this.#begin)
      this.#leave()
      return mismatch
    }
    this.#staged.push({ frame, findings })
    this.#remaining -= 1
    return undefined
  }

  /** A frame of the walk was damaged or unreadable. */
  damage(): void {
    this.#tainted = this.#open
  }

  /** The end of the segment: whether the frames behind the last BEGIN are an unfinished batch. */
  finish(end: number, sealed: boolean): Finding | undefined {
    if (!this.#open || this.#tainted) return undefined
    const announced = this.#staged.length + this.#remaining
    const items = `${this.#staged.length} of ${announced} items of a batch`
    const bytes = end - this.#begin
    this.#open = false
    if (sealed) {
      const message = `${items} without commit marker; they were never acknowledged`
      return this.#finding('BatchUncommitted', message, this.#begin, bytes)
    }
    const message = `${items} without commit marker (OpenBatch); a mutable open cuts them off`
    return this.#finding('UnfinishedTail', message, this.#begin, bytes)
  }

  #start(frame: Frame): Finding | undefined {
    const items = frame.head.payloadSize
    const dropped =
      this.#open && !this.#tainted
        ? this.#finding(
            'BatchUncommitted',
            `${this.#staged.length} items of a batch without commit marker; they were never acknowledged`,
            this.#begin,
            frame.offset - this.#begin,
          )
        : undefined
    this.#leave()
    if (items < 1 || items > ITEMS_MAX) {
      const message = `the batch announces ${items} items, not 1 to ${ITEMS_MAX}`
      return this.#finding('CorruptSegment', message, frame.offset)
    }
    this.#open = true
    this.#begin = frame.offset
    this.#remaining = items
    return dropped
  }

  #commit(
    frame: Frame,
    commit: (frame: Frame, findings: readonly Finding[]) => void,
  ): Finding | undefined {
    if (!this.#open) {
      const message = 'a commit marker without a batch'
      return this.#finding('BatchUncommitted', message, frame.offset, frame.length)
    }
    const missing = this.#remaining
    const tainted = this.#tainted
    if (missing === 0 || tainted) {
      this.committed += 1
      for (const staged of this.#staged) commit(staged.frame, staged.findings)
    }
    const begin = this.#begin
    this.#leave()
    if (missing === 0 || tainted) return undefined
    const message = `the batch is committed with ${missing} items fewer than it announces; its events are void`
    return this.#finding('BatchMismatch', message, begin)
  }

  #leave(): void {
    this.#open = false
    this.#tainted = false
    this.#staged = []
  }

  #finding(
    code: 'CorruptSegment' | 'BatchMismatch' | 'BatchUncommitted' | 'UnfinishedTail',
    message: string,
    offset: number,
    bytes?: number,
  ): Finding {
    const { segmentId, name } = this.#source
    const place = bytes === undefined ? {} : { bytes }
    return finding(code, message, { file: name, segmentId, offset, ...place })
  }
}
