/** From a directory to an index, with a report of how. Nothing is changed on disk. */
import type { PlatformFs } from '@batpak/platform'
import type { StoreClock } from '../frontier/store-clock.ts'
import type { EventIndex } from '../index-store/event-index.ts'
import { listDirectory, type SegmentRef } from './directory.ts'
import { plannedHeals } from './heal.ts'
import { readHiddenRanges } from './hidden-ranges-file.ts'
import { rebuildIndex, type UnfinishedSegment } from './rebuild.ts'
import { KindFallbacks, type OpenReport } from './report.ts'

export interface Restored {
  readonly index: EventIndex
  readonly report: OpenReport
  readonly unfinished: readonly UnfinishedSegment[]
  /** Segments to sync before anything may build on them. */
  readonly unsynced: readonly SegmentRef[]
  /** The id a new segment takes. */
  readonly nextSegmentId: number
  /** What is odd about names in the directory. */
  readonly remarks: readonly string[]
}

/** @throws StoreError as `listDirectory`, `rebuildIndex`, `readHiddenRanges` */
export function restore(fs: PlatformFs, dir: string, clock: StoreClock): Restored {
  const start = clock.nowMonoNs()
  const { segments, remarks } = listDirectory(fs, dir)
  const { index, unfinished, unsynced, fallbacks } = rebuildIndex(fs, segments)
  const built = clock.nowMonoNs()
  const hiddenOnDisk = readHiddenRanges(fs, dir)
  // A range beyond the last event would swallow events to come (hazard 23.12).
  if (!hiddenOnDisk.isEmpty) index.hideFrom(0, hiddenOnDisk.clippedTo(index.allocated))
  const end = clock.nowMonoNs()
  const removed = unfinished.some(({ tail }) => tail.reason === 'ShortHeader') ? 1 : 0
  const lastId = segments.at(-1 - removed)?.id ?? 0
  const system = KindFallbacks.total(fallbacks.system)
  const effect = KindFallbacks.total(fallbacks.effect)
  const report: OpenReport = {
    path: 'Rebuild',
    restoredEntries: index.columns.count,
    tailEntries: 0,
    elapsedUs: microseconds(end - start),
    phasePlanBuildUs: microseconds(built - start),
    phaseInternerUs: 0,
    phaseRestoreIndexUs: 0,
    phaseHiddenRangesUs: microseconds(end - built),
    mmapLoadStatus: 'NotTried',
    checkpointLoadStatus: 'NotTried',
    unknownReservedSystemKindFallbacks: system,
    unknownReservedSystemKindHistogram: fallbacks.system,
    unknownReservedEffectKindFallbacks: effect,
    unknownReservedEffectKindHistogram: fallbacks.effect,
    cumulativeUnknownReservedSystemKindFallbacks: system,
    cumulativeUnknownReservedSystemKindHistogram: fallbacks.system,
    cumulativeUnknownReservedEffectKindFallbacks: effect,
    cumulativeUnknownReservedEffectKindHistogram: fallbacks.effect,
    healed: plannedHeals(unfinished, index, hiddenOnDisk, lastId),
  }
  return { index, report, unfinished, unsynced, nextSegmentId: lastId + 1, remarks }
}

function microseconds(ns: bigint): number {
  return Number(ns / 1000n)
}
