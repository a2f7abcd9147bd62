/** How far the store has come: six points, from accepted to emitted. */
import type { Clock } from '@batpak/platform'
import { HLC_ORIGIN, compareHlc, laterHlc, type HlcPoint } from './hlc.ts'

export interface FrontierView {
  /** Ordering coordinates were assigned. */
  readonly acceptedHlc: HlcPoint
  /** The frame was written. */
  readonly writtenHlc: HlcPoint
  /** A sync covered it. */
  readonly durableHlc: HlcPoint
  /** Readers see it. */
  readonly visibleHlc: HlcPoint
  /** The slowest tracked projection has folded it. */
  readonly appliedHlc: HlcPoint
  /** Subscribers were told. */
  readonly emittedHlc: HlcPoint
  /** Positive while visible events are not synced yet. */
  readonly visibleMinusDurableSeq: number
  /** Milliseconds since the oldest write that is not durable; absent when everything is. */
  readonly oldestPendingWriteAgeMs?: number
}

/** Plain numbers, because every append moves them. Wall times never fall, so neither do points. */
export class Frontier {
  readonly #clock: Clock
  #writtenMs = 0
  #writtenSeq = 0
  #visibleMs = 0
  #visibleSeq = 0
  #durable: HlcPoint = HLC_ORIGIN
  #applied: HlcPoint = HLC_ORIGIN
  #pendingSinceNs: bigint | undefined
  /** Whether a background sync has begun and nothing was written since; else since when it was. */
  #uncovered: 'nothing' | bigint | undefined
  #onAdvance: (() => void) | undefined
  /** What was applied, while something counts for it; else `applied` stands at the open point. */
  appliedBy: (() => HlcPoint | undefined) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** All six stand at `point`: the state after an open. */
  reset(point: HlcPoint): void {
    this.#writtenMs = this.#visibleMs = point.wallMs
    this.#writtenSeq = this.#visibleSeq = point.sequence
    this.#durable = this.#applied = point
    this.#pendingSinceNs = this.#uncovered = undefined
  }

  get visible(): HlcPoint {
    return { wallMs: this.#visibleMs, sequence: this.#visibleSeq }
  }

  get durable(): HlcPoint {
    return this.#durable
  }

  get applied(): HlcPoint {
    return this.appliedBy?.() ?? this.#applied
  }

  /** The applied point may have moved. */
  advanced(): void {
    this.#onAdvance?.()
  }

  /** Calls `listener` after a point moved; one at a time, undefined for none. */
  set onAdvance(listener: (() => void) | undefined) {
    this.#onAdvance = listener
  }

  get written(): HlcPoint {
    return { wallMs: this.#writtenMs, sequence: this.#writtenSeq }
  }

  /** Since when a write of now is pending. Read before it: the clock may be the caller's code. */
  pendingSinceNs(): bigint {
    const since = this.#pendingSinceNs
    return since === undefined || this.#uncovered === 'nothing' ? this.#clock.nowMonoNs() : since
  }

  /** A sync began that will not cover what is written from here on. */
  syncBegan(): void {
    this.#uncovered = 'nothing'
  }

  markWritten(wallMs: number, sequence: number, pendingSinceNs: bigint): void {
    this.#writtenMs = wallMs
    this.#writtenSeq = sequence
    this.#pendingSinceNs ??= pendingSinceNs
    if (this.#uncovered === 'nothing') this.#uncovered = pendingSinceNs
  }

  markVisible(wallMs: number, sequence: number): void {
    this.#visibleMs = wallMs
    this.#visibleSeq = sequence
    this.#onAdvance?.()
  }

  /** A sync returned that covers everything written up to `point`. */
  markDurable(point: HlcPoint): void {
    this.#durable = laterHlc(point, this.#durable)
    if (compareHlc(this.#durable, this.written) >= 0) {
      this.#pendingSinceNs = this.#uncovered = undefined
    } else if (typeof this.#uncovered === 'bigint') this.#pendingSinceNs = this.#uncovered
    this.#onAdvance?.()
  }

  view(): FrontierView {
    const { written, visible } = this
    const view = {
      acceptedHlc: written,
      writtenHlc: written,
      durableHlc: { ...this.#durable },
      visibleHlc: visible,
      appliedHlc: { ...this.applied },
      emittedHlc: visible,
      visibleMinusDurableSeq: visible.sequence - this.#durable.sequence,
    }
    if (this.#pendingSinceNs === undefined) return view
    const ageNs = this.#clock.nowMonoNs() - this.#pendingSinceNs
    return { ...view, oldestPendingWriteAgeMs: Number(ageNs / 1_000_000n) }
  }
}
