/** The point in hybrid time at which a store opens: not before anything it holds (platform 4.4). */
import { StoreError } from '../errors.ts'
import { Kind } from '../event/kind.ts'
import { HLC_ORIGIN, compareHlc, laterHlc, type HlcPoint } from '../frontier/hlc.ts'
import type { EventIndex } from '../index-store/event-index.ts'

/**
 * @param nowMs the store clock, 0 for one that reads before 1970
 * @throws StoreError `InvariantViolation` when a close event is older than an earlier one
 */
export function bootstrapHlc(index: EventIndex, nowMs: number): HlcPoint {
  const maxRecoveredHlc = highestPoint(index)
  const lastCloseHlc = lastClose(index)
  const now = { wallMs: nowMs, sequence: maxRecoveredHlc.sequence }
  const openHlc = laterHlc(laterHlc(maxRecoveredHlc, lastCloseHlc), now)
  if (compareHlc(openHlc, maxRecoveredHlc) < 0 || compareHlc(openHlc, lastCloseHlc) < 0) {
    throw new StoreError('InvariantViolation', {
      violation: { kind: 'BootstrapHlcOutOfOrder', openHlc, maxRecoveredHlc, lastCloseHlc },
    })
  }
  return openHlc
}

/** @throws StoreError `InvariantViolation` when the OPEN event could have no timestamp */
export function assertTimestamp({ wallMs }: HlcPoint): void {
  if (Number.isSafeInteger(wallMs * 1000)) return
  const violation = { kind: 'OpenHlcTimestampOutOfRange', wallMs } as const
  throw new StoreError('InvariantViolation', { violation })
}

/** The highest point of all rows, hidden ones included. */
function highestPoint({ columns }: EventIndex): HlcPoint {
  let best = -1
  for (let row = 0; row < columns.count; row += 1) {
    // Sequences do not fall, so of equal wall times the later row has the higher point.
    if (best < 0 || columns.wallMs(row) >= columns.wallMs(best)) best = row
  }
  return best < 0 ? HLC_ORIGIN : pointOf(columns, best)
}

function lastClose(index: EventIndex): HlcPoint {
  const { columns } = index
  const closes = index.kindRows(Kind.SYSTEM_CLOSE_COMPLETED)
  let previous = HLC_ORIGIN
  for (let rank = 0; rank < (closes?.count ?? 0); rank += 1) {
    const later = pointOf(columns, closes!.at(rank))
    if (compareHlc(later, previous) < 0) {
      throw new StoreError('InvariantViolation', {
        violation: { kind: 'CloseHlcRegression', previous, later },
      })
    }
    previous = later
  }
  return previous
}

function pointOf(columns: EventIndex['columns'], row: number): HlcPoint {
  return { wallMs: columns.wallMs(row), sequence: columns.sequence(row) }
}
