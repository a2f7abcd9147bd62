/// <reference lib="esnext.disposable" preserve="true" />
/** Entry `@batpak/core`: the event log. */
export { Store, ReadOnlyStore } from './store.ts'
export type { StoreOptions } from './config.ts'
export type {
  Diagnostics,
  EntriesOptions,
  Page,
  PageOptions,
  StoreStats,
  WalkOptions,
} from './read/reads.ts'
export type { EntityView } from './read/entity-view.ts'
export { Reads } from './read/reads.ts'
export { Cursor } from './delivery/cursor.ts'
export type { BatchesOptions, CursorOptions } from './delivery/cursor.ts'
export type { Notification } from './delivery/notification.ts'
export { Subscription } from './delivery/subscription.ts'
export type { SubscribeOptions, SubscriptionState } from './delivery/subscription.ts'
export type { WatchOptions } from './delivery/watch.ts'
export type { WorkerHandle } from './delivery/loop.ts'
export type { ReactorOptions } from './delivery/reactor.ts'
export type { RestartPolicy } from './delivery/restart-budget.ts'
export type {
  WorkerContext,
  WorkerHandler,
  WorkerOptions,
  WorkerVerdict,
} from './delivery/worker.ts'
export type { CursorGap } from './delivery/gaps.ts'
export type { PullIterator } from './delivery/pull-iterator.ts'
export type { IndexEntry, StoredEvent } from './read/entry.ts'
export type { AppendOptions, Until } from './append/options.ts'
export { draft, draftBytes, prior } from './append/draft.ts'
export type { CausedBy, Draft, DraftOptions, PriorItem } from './append/draft.ts'
export type { BatchOptions, ReactionIds } from './append/batch-submission.ts'
export { Fence } from './fence/fence.ts'
export type { FencedAppendOptions } from './fence/fence.ts'
export type { FenceState } from './fence/open-fence.ts'
export { Outbox } from './fence/outbox.ts'
export type { PendingReceipt } from './fence/pending-receipt.ts'
export type { Mark, WaitOptions } from './durability/waits.ts'
export type {
  AppendReceipt,
  DenialReceipt,
  DiskPos,
  Extensions,
  Receipt,
  WireReceipt,
} from './append/receipt.ts'
export type { VerifyReason, VerifyResult } from './append/verdict.ts'
export type { DenialOptions } from './append/denial-submission.ts'
export type { Denial } from './gate/denial.ts'
export type { GateSet } from './gate/gate-set.ts'
export { defineEvent, findKindCollisions } from './event/event-type.ts'
export type { AnyEventType, EventType } from './event/event-type.ts'
export type { StandardIssue, StandardResult, StandardSchema } from './event/standard-schema.ts'
export { defineProjection } from './projection/projection.ts'
export { fileCache } from './projection/file-cache.ts'
export type { FileCacheOptions } from './projection/file-cache.ts'
export type { CacheMeta, ProjectionCache } from './projection/cache.ts'
export { defineDecider } from './projection/decider.ts'
export type { DecideContext, Decider } from './projection/decider.ts'
export type { ExecuteOptions } from './projection/execute.ts'
export type {
  Handler,
  On,
  Projection,
  ProjectionDefinition,
  StateCodec,
} from './projection/projection.ts'
export type { ProjectOptions, ProjectedState } from './projection/project.ts'
export { EventId, IdempotencyKey, idempotencyKey } from './event/id.ts'
export type { CausationId, CorrelationId } from './event/id.ts'
export { Kind, formatKind, kind, kindParts } from './event/kind.ts'
export type { EventKind } from './event/kind.ts'
export { Flag } from './event/flags.ts'
export type { Coordinate } from './event/coordinate.ts'
export { regionIdentity } from './event/region.ts'
export type { Region } from './event/region.ts'
export { DagPosition } from './event/dag-position.ts'
export type { HlcPoint } from './frontier/hlc.ts'
export type { FrontierView } from './frontier/frontier.ts'
export type { ArtifactStatus, Heal, HealReason, IndexPath, OpenReport } from './restore/report.ts'
export { StoreError, errorClass, isStoreError } from './errors.ts'
export type {
  ErrorClass,
  StoreErrorCode,
  StoreErrorConstructor,
  StoreErrorFields,
} from './errors.ts'
export type {
  CheckpointIdIssue,
  CoordinateIssue,
  EntityHead,
  HiddenRangesCorruption,
  KindCollision,
  ProfileInvalidKind,
  StoreInvariant,
  StoreMode,
  Watermark,
} from './errors/fields.ts'
export { InvariantError } from './invariant.ts'
export type { Clock, PlatformBackend } from '@batpak/platform'
