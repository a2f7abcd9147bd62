/** The fields each error code carries, beside `code`, `message` and `cause`. */
import type { EventId } from '../event/id.ts'
import type { ProjectionRunBody } from '../evidence/projection-run-body.ts'
import type { EvidenceReport } from '../evidence/report.ts'
import type { Receipt } from '../append/receipt.ts'
import type { HlcPoint } from '../frontier/hlc.ts'

export type StoreMode = 'Mutable' | 'ReadOnly'
export type Watermark = 'Durable' | 'Applied' | 'Visible'
/** An entity's head as compare-and-swap sees it: its clock, or `'empty'`. */
export type EntityHead = number | 'empty'

export type CoordinateIssue =
  | { readonly kind: 'EmptyEntity' | 'EmptyScope' }
  | { readonly kind: 'EntityTooLong' | 'ScopeTooLong'; readonly len: number; readonly max: number }
  | {
      readonly kind: 'NulByte' | 'ControlChar' | 'PathTraversal' | 'ForbiddenSeparator'
      readonly component: 'entity' | 'scope'
    }

export type CheckpointIdIssue =
  | { readonly kind: 'TooLong'; readonly len: number; readonly max: number }
  | { readonly kind: 'Empty' | 'NulByte' | 'ControlChar' | 'PathTraversal' | 'ForbiddenSeparator' }

export type HiddenRangesCorruption =
  | { readonly kind: 'ReadFailed' | 'BadMagic' | 'DecodeFailed' | 'MalformedEntries' }
  | { readonly kind: 'TooShort'; readonly actual: number; readonly required: number }
  | { readonly kind: 'UnsupportedVersion'; readonly observed: number; readonly expected: number }
  | { readonly kind: 'CrcMismatch'; readonly stored: number; readonly computed: number }

export type StoreInvariant =
  | { readonly kind: 'CloseHlcRegression'; readonly previous: HlcPoint; readonly later: HlcPoint }
  | {
      readonly kind: 'BootstrapHlcOutOfOrder'
      readonly openHlc: HlcPoint
      readonly maxRecoveredHlc: HlcPoint
      readonly lastCloseHlc: HlcPoint
    }
  | {
      readonly kind: 'OpenHlcWallMsOverflow' | 'OpenHlcTimestampOutOfRange'
      readonly wallMs: number
    }
  | { readonly kind: 'OpenReceiptNotIndexed' | 'GateReceiptNotIndexed'; readonly eventId: EventId }
  | {
      readonly kind: 'PreparedBatchItemCountDrift'
      readonly expected: number
      readonly actual: number
    }

export type ProfileInvalidKind =
  | 'Io'
  | 'DecodeJson'
  | 'UnsupportedSchemaVersion'
  | 'FingerprintEncode'
  | 'FingerprintMismatch'
  | 'InconsistentLockAdmission'
  | 'InconsistentParentDirSyncAdmission'
  | 'InconsistentMmapPath'
  | 'InconsistentMmapAdmission'

/** Two event types of one store that claim the same kind. */
export interface KindCollision {
  readonly category: number
  readonly typeId: number
  readonly firstTypeName: string
  readonly secondTypeName: string
}

type None = Record<never, never>

export interface StoreErrorFields {
  // The reference's variants, in its order.
  Io: { readonly operation: string; readonly path?: string; readonly syscall?: string }
  StoreLocked: { readonly path: string; readonly mode: StoreMode }
  Coordinate: { readonly issue: CoordinateIssue }
  CheckpointId: { readonly issue: CheckpointIdIssue }
  Serialization: { readonly reason: string }
  CrcMismatch: { readonly segmentId: number; readonly offset: number }
  CorruptSegment: { readonly segmentId: number; readonly detail: string }
  NotFound: { readonly id: EventId }
  SequenceMismatch: {
    readonly entity: string
    readonly expected: EntityHead
    readonly actual: EntityHead
  }
  WriterCrashed: None
  WaitTimeout: {
    readonly watermark: Watermark
    readonly target: HlcPoint
    readonly waitedMs: number
  }
  CacheFailed: { readonly reason: string }
  SequenceGateViolation: {
    readonly operation: string
    readonly requested: number
    readonly allocated: number
    readonly visible: number
  }
  Configuration: { readonly reason: string }
  PlatformProfileInvalid: {
    readonly path: string
    readonly kind: ProfileInvalidKind
    readonly reason: string
  }
  PlatformProfileMismatch: { readonly path: string; readonly reason: string }
  PlatformAdmissionFailed: { readonly capability: string; readonly reason: string }
  EventPayloadRegistry: { readonly collisions: readonly KindCollision[] }
  IdempotencyRequired: None
  VisibilityFenceActive: None
  VisibilityFenceNotActive: None
  VisibilityFenceCancelled: None
  BatchFailed: { readonly itemIndex: number }
  BatchSyncFailed: { readonly itemCount: number }
  IdempotencyPartialBatch: { readonly reason: string }
  CorruptFrame: { readonly segmentId: number; readonly offset: number; readonly reason: string }
  SegmentTooManyEntries: { readonly segmentId: number; readonly count: number }
  DataDirMalformed: { readonly path: string; readonly reason: string }
  AncestryCorrupt: { readonly cycleAt: EventId }
  RangeMalformed: { readonly start: number; readonly end: number }
  InvalidCoordinate: { readonly index?: number; readonly reason: string }
  InvalidCausation: {
    readonly priorIdx: number
    readonly itemIndex: number
    readonly reason: string
  }
  InvalidCommitMetadata: { readonly reason: string }
  CoordinateNulByte: { readonly component: 'entity' | 'scope' }
  CoordinatePathTraversal: { readonly component: 'entity' | 'scope' }
  CoordinateControlChar: { readonly component: 'entity' | 'scope' }
  HiddenRangesCorrupt: { readonly path: string; readonly corruption: HiddenRangesCorruption }
  BatchItemTooLarge: { readonly index: number; readonly size: number; readonly limit: number }
  EntityClockOverflow: { readonly entity: string }
  InvalidClock: { readonly timestampUs: number; readonly reason: string }
  CheckpointWriteFailed: { readonly id: string }
  CursorCheckpointCorrupt: { readonly path: string; readonly reason: string }
  CursorCheckpointRegionMismatch: {
    readonly path: string
    readonly stored?: string
    readonly expected: string
  }
  InvariantViolation: { readonly violation: StoreInvariant }
  // This implementation's own.
  StoreClosed: { readonly operation: string }
  ReservedKind: { readonly kind: number }
  ReservedCoordinate: { readonly entity: string; readonly scope: string }
  IdempotencyConflict: { readonly eventId: EventId; readonly differs: readonly string[] }
  PassConsumed: None
  FencePending: None
  UnsafeInteger: { readonly what: string; readonly value: string }
  InvalidUnicode: { readonly what: string }
  DecodeFailure: { readonly kind: number; readonly eventId?: EventId; readonly entity?: string }
  KindMismatch: { readonly expected: number; readonly got: number }
  SubscriptionPruned: { readonly capacity: number }
  RestartBudgetExhausted: { readonly restarts: number }
  ValidationFailed: {
    readonly typeName: string
    readonly issues: readonly { readonly message: string; readonly path: string }[]
  }
  SyncFailed: { readonly receipts: readonly Receipt[] }
  ProjectionFailed: { readonly report: EvidenceReport<ProjectionRunBody> }
  BodyEncoding: { readonly reason: string }
}

export type StoreErrorCode = keyof StoreErrorFields
