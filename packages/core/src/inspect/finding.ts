/** What a check of a directory can find: stable codes, each with one severity. */
import type { EventId } from '../event/id.ts'

/**
 * - `error`: events are lost, unreadable or contradict each other, or an open is refused.
 * - `warning`: what is derived from the events is wrong, or events are missing that a compaction may
 *   have dropped on purpose. Nothing that is there is lost.
 * - `note`: nothing is wrong; what a crash or another program left behind, or what the reference
 *   writes in certain situations.
 */
export type Severity = 'error' | 'warning' | 'note'

/**
 * Stable names. Those that are also codes of `StoreError` mean that an open refuses with them.
 *
 * - `CrcMismatch`, `CorruptFrame`, `CorruptSegment`, `UnsafeInteger`: a frame or segment header that
 *   is not what was written. `UnsupportedVersion`: a segment of another format version.
 * - `InvalidCoordinate`, `CloseHlcRegression`, `HiddenRangesCorrupt`, `DataDirMalformed`: an open
 *   refuses because of it.
 * - `BatchMismatch`: a batch with more or fewer items than it announces; its events are void.
 * - `BatchUncommitted`: a batch without commit marker; its events were never acknowledged.
 * - `UnfinishedTail`: what a crash left behind the last whole frame, batch or header; healed by the
 *   next mutable open.
 * - `FooterMismatch`: a footer that says something else than the frames. `FooterUnusable`: one that
 *   has no readable structure, so that the frames are read instead.
 * - `SequenceGap`, `SequenceConflict`: footers number events with a gap, or not in their order.
 *   `SegmentMissing`: a gap exactly where a segment id is missing. `EventsMissing`: one behind a
 *   segment without a footer, whose frames the next segment's numbers had counted.
 * - `HiddenRangesBeyondLog`: hidden ranges that would swallow events to come; clipped by the next
 *   mutable open.
 * - `CompactionPending`: a compaction that was begun and not finished.
 * - `IndexFileInvalid`, `CursorInvalid`: an index or cursor file that readers will not accept.
 * - `SegmentNameMalformed`, `SegmentNameAlias`, `HeaderIdMismatch`: names and ids that disagree.
 * - `LeftoverFile`: a temporary file, or bytes that a heal cut off.
 * - `PayloadHashMismatch`, `ContentHashMismatch`: a payload that is not what its hash says.
 *   `PayloadRewritten`: one that a compaction of batpak 0.8.0 replaced by its value.
 * - `ChainBroken`: an event that does not link to its predecessor. `ChainGap`: predecessors are
 *   missing. `ChainRestart`: an entity that begins anew, as batpak 0.8.0 writes it around fences.
 */
export type FindingCode =
  | 'CrcMismatch'
  | 'CorruptFrame'
  | 'CorruptSegment'
  | 'UnsafeInteger'
  | 'UnsupportedVersion'
  | 'InvalidCoordinate'
  | 'CloseHlcRegression'
  | 'HiddenRangesCorrupt'
  | 'DataDirMalformed'
  | 'BatchMismatch'
  | 'BatchUncommitted'
  | 'UnfinishedTail'
  | 'FooterMismatch'
  | 'FooterUnusable'
  | 'SequenceGap'
  | 'SequenceConflict'
  | 'SegmentMissing'
  | 'EventsMissing'
  | 'HiddenRangesBeyondLog'
  | 'CompactionPending'
  | 'IndexFileInvalid'
  | 'CursorInvalid'
  | 'SegmentNameMalformed'
  | 'SegmentNameAlias'
  | 'HeaderIdMismatch'
  | 'LeftoverFile'
  | 'PayloadHashMismatch'
  | 'ContentHashMismatch'
  | 'PayloadRewritten'
  | 'ChainBroken'
  | 'ChainGap'
  | 'ChainRestart'

/** Where and what; a part that does not apply is absent. */
export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  readonly message: string
  /** Name inside the store directory. */
  readonly file?: string
  readonly segmentId?: number
  /** Bytes from the start of the file. */
  readonly offset?: number
  /** How many bytes it concerns. */
  readonly bytes?: number
  readonly eventId?: EventId
  readonly entity?: string
}

const SEVERITIES: Readonly<Record<FindingCode, Severity>> = {
  CrcMismatch: 'error',
  CorruptFrame: 'error',
  CorruptSegment: 'error',
  UnsafeInteger: 'error',
  UnsupportedVersion: 'error',
  InvalidCoordinate: 'error',
  CloseHlcRegression: 'error',
  HiddenRangesCorrupt: 'error',
  DataDirMalformed: 'error',
  BatchMismatch: 'error',
  BatchUncommitted: 'note',
  UnfinishedTail: 'note',
  FooterMismatch: 'error',
  FooterUnusable: 'warning',
  SequenceGap: 'note',
  SequenceConflict: 'warning',
  SegmentMissing: 'warning',
  EventsMissing: 'error',
  HiddenRangesBeyondLog: 'note',
  CompactionPending: 'error',
  IndexFileInvalid: 'warning',
  CursorInvalid: 'warning',
  SegmentNameMalformed: 'note',
  SegmentNameAlias: 'warning',
  HeaderIdMismatch: 'note',
  LeftoverFile: 'note',
  PayloadHashMismatch: 'error',
  ContentHashMismatch: 'warning',
  PayloadRewritten: 'note',
  ChainBroken: 'error',
  ChainGap: 'warning',
  ChainRestart: 'note',
}

type Place = Omit<Finding, 'code' | 'severity' | 'message'>

/** A finding with the severity of its code, unless `severity` says otherwise. */
export function finding(
  code: FindingCode,
  message: string,
  place: Place = {},
  severity: Severity = SEVERITIES[code],
): Finding {
  return { code, severity, message, ...place }
}
