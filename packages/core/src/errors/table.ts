/** Every error code: its class and the sentence it tells. `docs/errors.md` has a heading for each. */
import { describeCheckpointIdIssue, describeCoordinateIssue } from './describe-coordinate.ts'
import { describeCorruption, describeViolation, hex4 } from './describe.ts'
import type { StoreErrorCode, StoreErrorFields } from './fields.ts'

interface ErrorRow<C extends StoreErrorCode> {
  readonly class: 'domain' | 'retryable' | 'failClosed' | 'cause'
  readonly message: (fields: StoreErrorFields[C], cause: unknown) => string
}

const text = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
const caused = (cause: unknown): string => (cause === undefined ? '' : `: ${text(cause)}`)

export const ERROR_TABLE: { readonly [C in StoreErrorCode]: ErrorRow<C> } = {
  Io: {
    class: 'retryable',
    message: (e, cause) =>
      `IO error while trying to ${e.operation}${e.path === undefined ? '' : ` (${e.path})`}${caused(cause)}`,
  },
  StoreLocked: {
    class: 'domain',
    message: (e) =>
      `the store ${e.path} is locked by another owner, so it cannot be opened ${e.mode === 'Mutable' ? 'mutable' : 'read-only'}; ` +
      `close the other handle or process, or read beside it with Store.openUnlocked ` +
      `(remove ${e.path}/.batpak.lock only when no owner is alive)`,
  },
  Coordinate: {
    class: 'domain',
    message: (e) => `coordinate error: ${describeCoordinateIssue(e.issue)}`,
  },
  CheckpointId: {
    class: 'domain',
    message: (e) => `checkpoint id error: ${describeCheckpointIdIssue(e.issue)}`,
  },
  Serialization: {
    class: 'failClosed',
    message: (e, cause) => `serialization error: ${e.reason}${caused(cause)}`,
  },
  CrcMismatch: {
    class: 'failClosed',
    message: (e) =>
      `CRC mismatch in segment ${e.segmentId} at offset ${e.offset}: the frame's bytes are not what was written; ` +
      `run \`batpak verify\` to list the damage`,
  },
  CorruptSegment: {
    class: 'failClosed',
    message: (e) =>
      `corrupt segment ${e.segmentId}: ${e.detail}; run \`batpak verify\` to list the damage`,
  },
  NotFound: {
    class: 'domain',
    message: (e) => `event ${e.id} not found: no visible event has this id`,
  },
  SequenceMismatch: {
    class: 'domain',
    message: (e) =>
      `CAS failed for entity ${e.entity}: expected ${e.expected}, actual ${e.actual}; ` +
      `read the entity again, decide again and retry with its present clock`,
  },
  WriterCrashed: {
    class: 'failClosed',
    message: (_, cause) =>
      `the writer stopped after a failed write or sync and refuses further writes; reads go on, ` +
      `close the store and open it again to recover${cause === undefined ? '' : ` (first failure: ${text(cause)})`}`,
  },
  WaitTimeout: {
    class: 'retryable',
    message: (e) =>
      `timed out after ${e.waitedMs}ms waiting for ${e.watermark} to reach wall_ms ${e.target.wallMs}, ` +
      `sequence ${e.target.sequence}; the events themselves are committed`,
  },
  CacheFailed: {
    class: 'retryable',
    message: (e, cause) => `projection cache error: ${e.reason}${caused(cause)}`,
  },
  SequenceGateViolation: {
    class: 'failClosed',
    message: (e) =>
      `${e.operation}: publish(${e.requested}) is out of order (allocated=${e.allocated}, visible=${e.visible})`,
  },
  Configuration: { class: 'domain', message: (e) => `invalid config: ${e.reason}` },
  PlatformProfileInvalid: {
    class: 'failClosed',
    message: (e) =>
      `platform profile ${e.path} is invalid (${e.kind}): ${e.reason}; ` +
      `capture it again with \`batpak profile capture\``,
  },
  PlatformProfileMismatch: {
    class: 'failClosed',
    message: (e) =>
      `platform profile ${e.path} does not match this host: ${e.reason}; ` +
      `repair the host, or accept the change with \`batpak profile capture\``,
  },
  PlatformAdmissionFailed: {
    class: 'failClosed',
    message: (e) =>
      `admission failed for ${e.capability}: ${e.reason}; \`batpak doctor\` names what this host lacks`,
  },
  EventPayloadRegistry: {
    class: 'domain',
    message: (e) => {
      const [first] = e.collisions
      const shown = first
        ? `: category 0x${first.category.toString(16)}, type id 0x${first.typeId.toString(16)} ` +
          `is claimed by ${first.firstTypeName} and ${first.secondTypeName}`
        : ''
      return `${e.collisions.length} event kind collision(s) in the option events${shown}; give one of them another typeId`
    },
  },
  IdempotencyRequired: {
    class: 'domain',
    message: () =>
      `this store requires an idempotencyKey on every append (requireIdempotencyKeys); pass one`,
  },
  VisibilityFenceActive: {
    class: 'domain',
    message: () =>
      `a visibility fence is active: write through the fence, or publish or cancel it first`,
  },
  VisibilityFenceNotActive: {
    class: 'domain',
    message: () => `this visibility fence is not active any more; begin a new one`,
  },
  VisibilityFenceCancelled: {
    class: 'domain',
    message: () => `the visibility fence of this write was cancelled: its events stay hidden`,
  },
  BatchFailed: {
    class: 'cause',
    message: (e, cause) => `batch failed at item ${e.itemIndex}${caused(cause)}`,
  },
  BatchSyncFailed: {
    class: 'cause',
    message: (e, cause) =>
      `batch sync failed after writing ${e.itemCount} items${caused(cause)}; nothing became visible, ` +
      `whether it survives is known after a reopen: retry then with idempotency keys`,
  },
  IdempotencyPartialBatch: {
    class: 'domain',
    message: (e) => `idempotent batch refused: ${e.reason}`,
  },
  CorruptFrame: {
    class: 'failClosed',
    message: (e) =>
      `corrupt frame in segment ${e.segmentId} at offset ${e.offset}: ${e.reason}; run \`batpak verify\` to list the damage`,
  },
  SegmentTooManyEntries: {
    class: 'failClosed',
    message: (e) =>
      `segment ${e.segmentId} holds ${e.count} events, more than a footer can index (4294967295)`,
  },
  DataDirMalformed: {
    class: 'failClosed',
    message: (e) => `malformed data directory, ${e.path}: ${e.reason}`,
  },
  AncestryCorrupt: {
    class: 'failClosed',
    message: (e) => `the ancestry of an event runs in a circle at ${e.cycleAt}`,
  },
  RangeMalformed: {
    class: 'domain',
    message: (e) => `malformed range: start ${e.start} is not below end ${e.end}`,
  },
  InvalidCoordinate: {
    class: 'domain',
    message: (e) =>
      `invalid coordinate${e.index === undefined ? '' : ` in batch item ${e.index}`}: ${e.reason}`,
  },
  InvalidCausation: {
    class: 'domain',
    message: (e) =>
      `invalid causation in batch item ${e.itemIndex}: prior(${e.priorIdx}) ${e.reason}; ` +
      `it may only name an earlier item of the same batch`,
  },
  InvalidCommitMetadata: {
    class: 'domain',
    message: (e) => `invalid commit metadata: ${e.reason}`,
  },
  CoordinateNulByte: {
    class: 'domain',
    message: (e) => `coordinate error: ${e.component} contains a forbidden NUL byte`,
  },
  CoordinatePathTraversal: {
    class: 'domain',
    message: (e) =>
      `coordinate error: ${e.component} contains a forbidden path-traversal substring ("/" or "..")`,
  },
  CoordinateControlChar: {
    class: 'domain',
    message: (e) => `coordinate error: ${e.component} contains a forbidden ASCII control character`,
  },
  HiddenRangesCorrupt: {
    class: 'failClosed',
    message: (e, cause) =>
      `hidden ranges file ${e.path} is corrupt: ${describeCorruption(e.corruption)}${caused(cause)}; ` +
      `restore it from a backup: without it cancelled events would become visible`,
  },
  BatchItemTooLarge: {
    class: 'domain',
    message: (e) =>
      `batch item ${e.index} has ${e.size} bytes, the limit singleAppendMaxBytes is ${e.limit}`,
  },
  EntityClockOverflow: {
    class: 'domain',
    message: (e) =>
      `entity ${e.entity} has reached the last clock (4294967295); continue under another entity`,
  },
  InvalidClock: {
    class: 'domain',
    message: (e) => `invalid clock reading: timestamp_us ${e.timestampUs} ${e.reason}`,
  },
  CheckpointWriteFailed: {
    class: 'retryable',
    message: (e, cause) => `cursor checkpoint ${e.id}: write failed${caused(cause)}`,
  },
  CursorCheckpointCorrupt: {
    class: 'failClosed',
    message: (e) =>
      `cursor checkpoint ${e.path} is corrupt: ${e.reason}; delete it to start from the beginning`,
  },
  CursorCheckpointRegionMismatch: {
    class: 'failClosed',
    message: (e) =>
      `cursor checkpoint ${e.path} belongs to region ${e.stored ?? '(none)'}, not to ${e.expected}; ` +
      `use another checkpoint id for another region`,
  },
  InvariantViolation: {
    class: 'failClosed',
    message: (e) => `invariant violation: ${describeViolation(e.violation)}`,
  },
  StoreClosed: {
    class: 'domain',
    message: (e) => `the store is closed, so ${e.operation} is not possible; open it again`,
  },
  ReservedKind: {
    class: 'domain',
    message: (e) =>
      `kind ${hex4(e.kind)} is reserved for batpak itself; use a kind of a product category (0x1-0xC, 0xE, 0xF)`,
  },
  ReservedCoordinate: {
    class: 'domain',
    message: (e) =>
      `coordinate ${e.entity}@${e.scope} is reserved for batpak itself; choose another entity or scope`,
  },
  IdempotencyConflict: {
    class: 'domain',
    message: (e) =>
      `idempotency key ${e.eventId} was used before for other content (${e.differs.join(', ')} differ); ` +
      `use a new key for a new event`,
  },
  PassConsumed: {
    class: 'domain',
    message: () => `this gate pass was taken already: evaluate the gates again`,
  },
  FencePending: {
    class: 'domain',
    message: () => `the fence of this write is still open: its receipt exists after publish()`,
  },
  UnsafeInteger: {
    class: 'failClosed',
    message: (e) =>
      `${e.what} is ${e.value}, beyond the integers that this implementation represents exactly (2^53-1)`,
  },
  InvalidUnicode: {
    class: 'domain',
    message: (e) => `${e.what} contains a lone surrogate and has no UTF-8 form`,
  },
  DecodeFailure: {
    class: 'domain',
    message: (e, cause) =>
      `an event of kind ${hex4(e.kind)}${e.eventId === undefined ? '' : ` (${e.eventId}${e.entity === undefined ? '' : ` of ${e.entity}`})`} ` +
      `does not decode as its type${caused(cause)}`,
  },
  KindMismatch: {
    class: 'domain',
    message: (e) => `the event has kind ${hex4(e.got)}, the type decodes ${hex4(e.expected)}`,
  },
  SubscriptionPruned: {
    class: 'domain',
    message: (e) =>
      `the subscription fell more than ${e.capacity} events behind and was dropped; ` +
      `subscribe again and catch up with a cursor`,
  },
  RestartBudgetExhausted: {
    class: 'cause',
    message: (e, cause) =>
      `the worker failed and was restarted ${e.restarts} times${caused(cause)}`,
  },
  ValidationFailed: {
    class: 'domain',
    message: (e) =>
      `the value does not satisfy the schema of ${e.typeName}: ` +
      e.issues
        .map((issue) => `${issue.path === '' ? '' : `${issue.path}: `}${issue.message}`)
        .join('; '),
  },
  SyncFailed: {
    class: 'failClosed',
    message: (_, cause) =>
      `the events are committed and visible, but syncing them failed${caused(cause)}; ` +
      `the writer refuses further writes until the store is opened again`,
  },
  ProjectionFailed: {
    class: 'cause',
    message: (_, cause) => `the projection failed${caused(cause)}`,
  },
  BodyEncoding: { class: 'failClosed', message: (e) => `report body encoding failed: ${e.reason}` },
}
