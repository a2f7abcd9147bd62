/** Entry `@batpak/core/evidence`: reports of what a read or an operation observed, and their hashes. */
export { bodyHash, canonicalBytes } from './evidence/bodies.ts'
export type { ReportBody } from './evidence/bodies.ts'
export type { EvidenceReport } from './evidence/report.ts'
export { chainWalkEvidence } from './evidence/chain-walk.ts'
export type { ChainWalkRequest } from './evidence/chain-walk.ts'
export type { ChainWalkBody, ChainWalkFinding } from './evidence/chain-walk-body.ts'
export { readWalkEvidence } from './evidence/read-walk.ts'
export type { ReadWalkRequest } from './evidence/read-walk.ts'
export type { Freshness } from './evidence/arguments.ts'
export type {
  InputFrontier,
  ProofRef,
  ReadWalkBody,
  ReadWalkFinding,
  ReadWalkSourceRef,
  RequestedFreshness,
} from './evidence/read-walk-body.ts'
export { projectRunEvidence } from './evidence/projection-run.ts'
export type {
  CacheStatus,
  ObservedFreshness,
  OutputHash,
  ProjectionRunBody,
  ProjectionRunFinding,
  ProjectionSourceRef,
  Unavailable,
} from './evidence/projection-run-body.ts'
export { subscriberFrontierObservation } from './evidence/subscriber-frontier.ts'
export type {
  DeliveryState,
  LossPrecision,
  SubscriberFrontierBody,
  SubscriberFrontierFinding,
  SubscriberFrontierRequest,
  SubscriberSource,
} from './evidence/subscriber-frontier.ts'
export { storeResourceEvidence } from './evidence/store-resource.ts'
export type { StoreResourceBody, StoreResourceFrontier } from './evidence/store-resource-body.ts'
export { compareSchemaSnapshot, schemaSnapshot } from './evidence/schema-snapshot.ts'
export type {
  SchemaSnapshot,
  SchemaSnapshotBody,
  SchemaSnapshotFinding,
} from './evidence/schema-snapshot.ts'
export { snapshotReport } from './evidence/snapshot-report.ts'
export type {
  SnapshotBody,
  SnapshotFileKind,
  SnapshotFinding,
  SnapshotReport,
} from './evidence/snapshot-report.ts'
export { compactionReport } from './evidence/compaction-report.ts'
export type {
  CompactionBody,
  CompactionFinding,
  CompactionOutcome,
  CompactionReport,
  CompactionStrategyShape,
} from './evidence/compaction-report.ts'
