/** A hybrid-clock point: ordered by wall time, then by store-wide sequence. */
export interface HlcPoint {
  /** Milliseconds since the Unix epoch. */
  readonly wallMs: number
  readonly sequence: number
}

export const HLC_ORIGIN: HlcPoint = Object.freeze({ wallMs: 0, sequence: 0 })

/** Negative, zero or positive as `a` is before, at or after `b`. */
export function compareHlc(a: HlcPoint, b: HlcPoint): number {
  return a.wallMs - b.wallMs || a.sequence - b.sequence
}

export function laterHlc(a: HlcPoint, b: HlcPoint): HlcPoint {
  return compareHlc(a, b) >= 0 ? a : b
}
