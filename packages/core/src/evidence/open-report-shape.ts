/** The report of an open as the store's own OPEN event has it: absent reasons have no entry. */
import type { OpenReport } from '../restore/report.ts'
import { struct } from './composite-shapes.ts'
import { TEXT, U64, choice, omittable, refused } from './scalar-shapes.ts'
import type { Shape } from './shape.ts'

const STATUS: Shape<OpenReport['mmapLoadStatus']> = choice(
  'NotTried',
  'Missing',
  'Invalid',
  'Loaded',
)

/** Counts by kind, ascending. */
const HISTOGRAM: Shape<ReadonlyMap<number, number>> = {
  write(out, value) {
    if (!(value instanceof Map)) throw refused('must be a Map', value)
    out.mapHeader(value.size)
    for (const [kind, count] of [...value].sort(([a], [b]) => a - b)) {
      U64.write(out, kind)
      U64.write(out, count)
    }
  },
  compare: () => 0,
}

export const OPEN_REPORT: Shape<Omit<OpenReport, 'healed'>> = struct<Omit<OpenReport, 'healed'>>({
  path: choice('Mmap', 'Checkpoint', 'Rebuild'),
  restoredEntries: U64,
  tailEntries: U64,
  elapsedUs: U64,
  phasePlanBuildUs: U64,
  phaseInternerUs: U64,
  phaseRestoreIndexUs: U64,
  phaseHiddenRangesUs: U64,
  mmapLoadStatus: STATUS,
  mmapInvalidReason: omittable(TEXT),
  checkpointLoadStatus: STATUS,
  checkpointInvalidReason: omittable(TEXT),
  unknownReservedSystemKindFallbacks: U64,
  unknownReservedSystemKindHistogram: HISTOGRAM,
  unknownReservedEffectKindFallbacks: U64,
  unknownReservedEffectKindHistogram: HISTOGRAM,
  cumulativeUnknownReservedSystemKindFallbacks: U64,
  cumulativeUnknownReservedSystemKindHistogram: HISTOGRAM,
  cumulativeUnknownReservedEffectKindFallbacks: U64,
  cumulativeUnknownReservedEffectKindHistogram: HISTOGRAM,
})
