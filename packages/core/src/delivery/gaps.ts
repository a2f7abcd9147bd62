/** What a cursor passed over because a fence was cancelled. */
import type { HiddenRanges, SequenceRange } from '../index-store/hidden-ranges.ts'

export interface CursorGap {
  /** The sequence that would have followed the last delivered one. */
  readonly expected: number
  /** The sequence that was delivered instead. */
  readonly delivered: number
  /** The parts of cancelled fences between them, half-open. */
  readonly cancelledRanges: readonly SequenceRange[]
}

/** The newest gaps, as many as `capacity`. */
export class Gaps {
  readonly #capacity: number
  #gaps: CursorGap[] = []

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  delivered(expected: number, delivered: number, hidden: HiddenRanges): void {
    if (delivered <= expected || hidden.isEmpty) return
    const cancelledRanges = hidden.ranges
      .filter(({ start, end }) => start < delivered && end > expected)
      .map(({ start, end }) => ({
        start: Math.max(start, expected),
        end: Math.min(end, delivered),
      }))
    if (cancelledRanges.length === 0) return
    if (this.#gaps.length === this.#capacity) this.#gaps.shift()
    this.#gaps.push({ expected, delivered, cancelledRanges })
  }

  take(): readonly CursorGap[] {
    const gaps = this.#gaps
    this.#gaps = []
    return gaps
  }
}
