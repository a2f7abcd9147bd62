/** What an open found and did: given to the observer, kept in diagnostics, stored as the OPEN event. */

export type IndexPath = 'Mmap' | 'Checkpoint' | 'Rebuild'
export type ArtifactStatus = 'NotTried' | 'Missing' | 'Invalid' | 'Loaded'

/** A repair of what a crash left behind. The bytes a heal cut off stand beside the segment. */
export interface Heal {
  readonly segmentId: number
  readonly reason: HealReason
  /** Where the file was cut; for hidden ranges the first sequence that has no event. */
  readonly offset: number
  /** For hidden ranges the number of sequences that are not hidden any more. */
  readonly bytesRemoved: number
}

/**
 * - `TornTail`, `ZeroTail`: an unfinished frame, or zeros, behind the last complete one.
 * - `OpenBatch`: a batch without its commit marker at the end of a segment.
 * - `ShortHeader`: a last segment without a whole header.
 * - `HiddenRangesBeyondLog`: hidden ranges that would have swallowed events to come.
 */
export type HealReason =
  'TornTail' | 'ZeroTail' | 'OpenBatch' | 'ShortHeader' | 'HiddenRangesBeyondLog'

export interface OpenReport {
  /** Which source the index came from. */
  readonly path: IndexPath
  readonly restoredEntries: number
  /** Entries replayed behind an index file. */
  readonly tailEntries: number
  readonly elapsedUs: number
  readonly phasePlanBuildUs: number
  readonly phaseInternerUs: number
  readonly phaseRestoreIndexUs: number
  readonly phaseHiddenRangesUs: number
  readonly mmapLoadStatus: ArtifactStatus
  readonly mmapInvalidReason?: string
  readonly checkpointLoadStatus: ArtifactStatus
  readonly checkpointInvalidReason?: string
  /** Unknown reserved kinds that were read as DATA or EFFECT_ERROR, by raw kind. */
  readonly unknownReservedSystemKindFallbacks: number
  readonly unknownReservedSystemKindHistogram: ReadonlyMap<number, number>
  readonly unknownReservedEffectKindFallbacks: number
  readonly unknownReservedEffectKindHistogram: ReadonlyMap<number, number>
  readonly cumulativeUnknownReservedSystemKindFallbacks: number
  readonly cumulativeUnknownReservedSystemKindHistogram: ReadonlyMap<number, number>
  readonly cumulativeUnknownReservedEffectKindFallbacks: number
  readonly cumulativeUnknownReservedEffectKindHistogram: ReadonlyMap<number, number>
  /** Repairs of this open; a read-only open lists what it passed over and changed nothing. */
  readonly healed: readonly Heal[]
}

/** Counts of unknown reserved kinds met while reading binary indexes. */
export class KindFallbacks {
  readonly system: Map<number, number> = new Map()
  readonly effect: Map<number, number> = new Map()

  count(raw: number, family: 'system' | 'effect'): void {
    const histogram = this[family]
    histogram.set(raw, (histogram.get(raw) ?? 0) + 1)
  }

  static total(histogram: ReadonlyMap<number, number>): number {
    let total = 0
    for (const count of histogram.values()) total += count
    return total
  }
}
