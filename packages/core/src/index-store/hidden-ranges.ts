/** Half-open ranges of global sequences that are never visible: what cancelled fences wrote. */
import { StoreError } from '../errors.ts'

export interface SequenceRange {
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

/** Immutable: sorted by start, overlapping and touching ranges merged. */
export class HiddenRanges {
  static readonly NONE: HiddenRanges = new HiddenRanges([])

  readonly ranges: readonly SequenceRange[]

  private constructor(ranges: readonly SequenceRange[]) {
    this.ranges = ranges
  }

  /** @throws StoreError `RangeMalformed` for a range whose start is not below its end */
  static of(ranges: readonly SequenceRange[]): HiddenRanges {
    const merged: { start: number; end: number }[] = []
    for (const { start, end } of [...ranges].sort((a, b) => a.start - b.start)) {
      if (start >= end) throw new StoreError('RangeMalformed', { start, end })
      const last = merged.at(-1)
      if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end)
      else merged.push({ start, end })
    }
    return merged.length === 0 ? HiddenRanges.NONE : new HiddenRanges(merged)
  }

  get isEmpty(): boolean {
    return this.ranges.length === 0
  }

  includes(sequence: number): boolean {
    return this.rangeOf(sequence) !== undefined
  }

  /** The range that a sequence lies in. */
  rangeOf(sequence: number): SequenceRange | undefined {
    const { ranges } = this
    if (ranges.length === 0) return undefined
    let low = 0
    let high = ranges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (ranges[middle]!.end <= sequence) low = middle + 1
      else high = middle
    }
    const range = ranges[low]
    return range !== undefined && range.start <= sequence ? range : undefined
  }

  /** The same ranges without what lies at or beyond `end`. */
  clippedTo(end: number): HiddenRanges {
    const kept = this.ranges
      .filter((range) => range.start < end)
      .map((range) => ({ start: range.start, end: Math.min(range.end, end) }))
    return HiddenRanges.of(kept)
  }
}
