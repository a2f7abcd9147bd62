/** What must hold across segments: sequences, hybrid time of closes, and every entity's chain. */
import { formatWords } from '../event/id-words.ts'
import { Kind } from '../event/kind.ts'
import type { HiddenRanges } from '../index-store/hidden-ranges.ts'
import type { FrameHead } from '../segment/frame-head.ts'
import { ChainCheck, type ChainDefect } from './chain-check.ts'
import type { SegmentSource } from './segment-file.ts'

/** How much was looked at so far. */
export interface VerifyCounts {
  readonly segments: number
  readonly frames: number
  /** Committed events. */
  readonly events: number
  /** Committed batches. */
  readonly batches: number
  /** Of the segments. */
  readonly bytes: number
}

export class LogCheck {
  readonly level: 'quick' | 'full'
  readonly counts: { -readonly [K in keyof VerifyCounts]: VerifyCounts[K] } = {
    segments: 0,
    frames: 0,
    events: 0,
    batches: 0,
    bytes: 0,
  }
  readonly #hidden: HiddenRanges
  readonly #chain: ChainCheck = new ChainCheck()
  /** Present where events may be there twice, under a compaction that was not finished. */
  readonly #seen: Set<string> | undefined
  #highest = -1
  #close = { wallMs: -1, sequence: -1 }
  #segmentId = 0
  /** The segment before, when it has no footer to say how many events it had. */
  #unsealed: number | undefined
  /** Whether a compaction has rewritten an event of the present segment: it may have dropped others. */
  #rewritten = false

  constructor(level: 'quick' | 'full', hidden: HiddenRanges, mayRepeat: boolean) {
    this.level = level
    this.#hidden = hidden
    this.#seen = mayRepeat ? new Set() : undefined
  }

  /** The next sequence that recovery would assign. */
  get allocated(): number {
    return this.#highest + 1
  }

  /** True for an event that another file of an unfinished compaction holds too. */
  isRepeated(head: FrameHead): boolean {
    if (this.#seen === undefined) return false
    const id = formatWords(head.eventId, 0)
    if (this.#seen.has(id)) return true
    this.#seen.add(id)
    return false
  }

  /** @param stated the sequence that the footer says; without one events are counted */
  commit(
    head: FrameHead,
    source: SegmentSource,
    stated: number | undefined,
  ): readonly ChainDefect[] {
    const defects: ChainDefect[] = []
    this.counts.events += 1
    const expected = this.#highest + 1
    const sequence = stated ?? expected
    if (sequence !== expected) defects.push(this.#misnumbered(source, expected, sequence))
    this.#highest = Math.max(this.#highest, sequence)
    this.#segmentId = source.segmentId
    this.#unsealed = undefined
    if (head.payloadForm === 'inline') this.#rewritten = true
    if (head.kind === Kind.SYSTEM_CLOSE_COMPLETED) this.#checkClose(head, sequence, defects)
    if (this.level === 'full') {
      const defect = this.#chain.check(head, !this.#hidden.includes(sequence))
      if (defect !== undefined) defects.push(defect)
    }
    return defects
  }

  /** All frames of the segment were seen. @param sealed whether its footer can be read */
  endSegment(segmentId: number, sealed: boolean): void {
    if (!sealed && !this.#rewritten) this.#unsealed = segmentId
    this.#rewritten = false
  }

  #misnumbered({ segmentId }: SegmentSource, expected: number, sequence: number): ChainDefect {
    if (sequence < expected) {
      const message = `the footer gives it sequence ${sequence}, although ${expected - 1} came before`
      return { code: 'SequenceConflict', message }
    }
    const gap =
      sequence === expected + 1
        ? `sequence ${expected} has`
        : `sequences ${expected} to ${sequence - 1} have`
    if (this.#unsealed === segmentId - 1) {
      const message = `${gap} no event: segment ${this.#unsealed} has lost its end`
      return { code: 'EventsMissing', message }
    }
    if (segmentId > this.#segmentId + 1 && this.#highest >= 0) {
      const ids = `${this.#segmentId} and ${segmentId}`
      const message = `${gap} no event, and segments between ${ids} are not there`
      return { code: 'SegmentMissing', message }
    }
    return { code: 'SequenceGap', message: `${gap} no event` }
  }

  #checkClose({ wallMs }: FrameHead, sequence: number, defects: ChainDefect[]): void {
    const last = this.#close
    if (wallMs < last.wallMs || (wallMs === last.wallMs && sequence < last.sequence)) {
      const message = `a close at wall_ms ${wallMs} follows one at ${last.wallMs}; an open refuses that`
      defects.push({ code: 'CloseHlcRegression', message })
    }
    this.#close = { wallMs, sequence }
  }
}
