/** Where an event stands in its entity's branches. */

export interface DagPosition {
  readonly wallMs: number
  /** Always 0 in events written since 0.8.0. */
  readonly counter: number
  readonly depth: number
  readonly lane: number
  /** The entity clock, not the store-wide sequence. */
  readonly sequence: number
}

/** Comparisons hold within one entity only: they ignore which entity a position belongs to. */
export const DagPosition = {
  /** The position of an index entry. */
  of(entry: {
    readonly wallMs: number
    readonly depth: number
    readonly lane: number
    readonly clock: number
  }): DagPosition {
    const { wallMs, depth, lane, clock } = entry ?? {}
    for (const [name, value] of Object.entries({ wallMs, depth, lane, clock })) {
      if (typeof value === 'number') continue
      throw new TypeError(`DagPosition.of: ${name} must be a number, got ${typeof value}`)
    }
    return { wallMs, counter: 0, depth, lane, sequence: clock }
  },

  /** Depth and lane for the first event of a branch that leaves a parent at `parentDepth`. */
  fork(parentDepth: number, lane: number): DagPosition {
    return { wallMs: 0, counter: 0, depth: parentDepth + 1, lane, sequence: 0 }
  },

  /** True iff both stand on one lane and depth and `a` comes first; otherwise they do not compare. */
  isAncestorOf(a: DagPosition, b: DagPosition): boolean {
    return a.lane === b.lane && a.depth === b.depth && a.sequence < b.sequence
  },

  /** -1, 0 or 1 within one lane and depth; undefined where the positions do not compare. */
  compare(a: DagPosition, b: DagPosition): -1 | 0 | 1 | undefined {
    if (a.lane !== b.lane || a.depth !== b.depth) return undefined
    if (a.sequence !== b.sequence) return a.sequence < b.sequence ? -1 : 1
    return a.wallMs === b.wallMs && a.counter === b.counter ? 0 : undefined
  },

  /** `depth:lane:sequence@wallMs.counter` */
  format(p: DagPosition): string {
    return `${p.depth}:${p.lane}:${p.sequence}@${p.wallMs}.${p.counter}`
  },
} as const
