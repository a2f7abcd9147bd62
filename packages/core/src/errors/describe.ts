/** Nested error details in words. */
import type { HiddenRangesCorruption, StoreInvariant } from './fields.ts'
import type { HlcPoint } from '../frontier/hlc.ts'
import { unreachable } from '../invariant.ts'

/** A kind as people write it: `0xF001`. */
export function hex4(kind: number): string {
  return `0x${kind.toString(16).toUpperCase().padStart(4, '0')}`
}

function point(hlc: HlcPoint): string {
  return `(wall_ms ${hlc.wallMs}, sequence ${hlc.sequence})`
}

export function describeCorruption(corruption: HiddenRangesCorruption): string {
  switch (corruption.kind) {
    case 'ReadFailed':
      return 'it cannot be read'
    case 'TooShort':
      return `too short, ${corruption.actual} bytes of at least ${corruption.required}`
    case 'BadMagic':
      return 'bad magic'
    case 'UnsupportedVersion':
      return `unsupported version ${corruption.observed}, expected ${corruption.expected}`
    case 'CrcMismatch':
      return `CRC mismatch, stored ${corruption.stored}, computed ${corruption.computed}`
    case 'DecodeFailed':
      return 'its body does not decode'
    case 'MalformedEntries':
      return 'a range does not start below its end'
    default:
      return unreachable(corruption)
  }
}

export function describeViolation(violation: StoreInvariant): string {
  switch (violation.kind) {
    case 'CloseHlcRegression':
      return `HLC regressed between close events: ${point(violation.previous)}, later ${point(violation.later)}`
    case 'BootstrapHlcOutOfOrder':
      return (
        `the open point ${point(violation.openHlc)} is before the recovered ` +
        `${point(violation.maxRecoveredHlc)} or the last close ${point(violation.lastCloseHlc)}`
      )
    case 'OpenHlcWallMsOverflow':
    case 'OpenHlcTimestampOutOfRange':
      return `the open point's wall_ms ${violation.wallMs} has no timestamp in range`
    case 'OpenReceiptNotIndexed':
    case 'GateReceiptNotIndexed':
      return `event ${violation.eventId} was appended but is not in the visible index`
    case 'PreparedBatchItemCountDrift':
      return `a batch of ${violation.expected} items was prepared as ${violation.actual}`
    default:
      return unreachable(violation)
  }
}
