import {
  EventId,
  Kind,
  type ErrorClass,
  type EventKind,
  type HlcPoint,
  type StoreErrorCode,
  type StoreErrorFields,
} from '../../src/index.ts'
import { hexId } from './api-events.ts'

export const ID: EventId = EventId.fromHex(hexId(0xabc))
export const POINT: HlcPoint = { wallMs: 1234, sequence: 56 }
export const KIND: EventKind = Kind.DATA

/** One error of a code, and what is promised about it. */
export interface Sample<C extends StoreErrorCode> {
  readonly fields: StoreErrorFields[C]
  /** What the message must contain. */
  readonly says: readonly string[]
  readonly class: ErrorClass | 'cause'
}

export const SAMPLES: { readonly [C in StoreErrorCode]: Sample<C> } = {
  Io: {
    fields: { operation: 'open the file', path: '/x', syscall: 'open' },
    says: ['IO error', 'open the file', '/x'],
    class: 'retryable',
  },
  StoreLocked: {
    fields: { path: '/data', mode: 'ReadOnly' },
    says: ['/data', 'read-only', 'locked', '/data/.batpak.lock', 'openUnlocked'],
    class: 'domain',
  },
  Coordinate: {
    fields: { issue: { kind: 'EntityTooLong', len: 1025, max: 1024 } },
    says: ['coordinate error', '1025', '1024'],
    class: 'domain',
  },
  CheckpointId: {
    fields: { issue: { kind: 'TooLong', len: 99, max: 64 } },
    says: ['checkpoint id error', '99', '64'],
    class: 'domain',
  },
  Serialization: {
    fields: { reason: 'no bytes' },
    says: ['serialization error', 'no bytes'],
    class: 'failClosed',
  },
  CrcMismatch: {
    fields: { segmentId: 7, offset: 99 },
    says: ['CRC mismatch', '7', '99', 'batpak verify'],
    class: 'failClosed',
  },
  CorruptSegment: {
    fields: { segmentId: 7, detail: 'bad magic' },
    says: ['corrupt segment', '7', 'bad magic', 'batpak verify'],
    class: 'failClosed',
  },
  NotFound: { fields: { id: ID }, says: [ID, 'not found'], class: 'domain' },
  SequenceMismatch: {
    fields: { entity: 'order:1', expected: 'empty', actual: 4 },
    says: ['CAS failed', 'order:1', 'empty', '4'],
    class: 'domain',
  },
  WriterCrashed: { fields: {}, says: ['reads go on'], class: 'failClosed' },
  WaitTimeout: {
    fields: { watermark: 'Durable', target: POINT, waitedMs: 250 },
    says: ['Durable', '1234', '56', '250ms', 'timed out'],
    class: 'retryable',
  },
  CacheFailed: {
    fields: { reason: 'no room' },
    says: ['cache error', 'no room'],
    class: 'retryable',
  },
  SequenceGateViolation: {
    fields: { operation: 'restore', requested: 9, allocated: 5, visible: 4 },
    says: ['restore', 'publish(9)', 'allocated=5', 'visible=4'],
    class: 'failClosed',
  },
  Configuration: {
    fields: { reason: 'fdBudget is 0' },
    says: ['invalid config', 'fdBudget is 0'],
    class: 'domain',
  },
  PlatformProfileInvalid: {
    fields: { path: '/p', kind: 'FingerprintMismatch', reason: 'fingerprint_crc32 differs' },
    says: ['/p', 'invalid', 'fingerprint_crc32', 'batpak profile capture'],
    class: 'failClosed',
  },
  PlatformProfileMismatch: {
    fields: { path: '/p', reason: 'FileBacked expected' },
    says: ['/p', 'does not match', 'FileBacked'],
    class: 'failClosed',
  },
  PlatformAdmissionFailed: {
    fields: { capability: 'store lock', reason: 'evidence ProbeFailed' },
    says: ['admission failed', 'store lock', 'ProbeFailed', 'batpak doctor'],
    class: 'failClosed',
  },
  EventPayloadRegistry: {
    fields: {
      collisions: [{ category: 0xf, typeId: 0x1a, firstTypeName: 'One', secondTypeName: 'Two' }],
    },
    says: ['1', '0xf', '0x1a', 'One', 'Two'],
    class: 'domain',
  },
  IdempotencyRequired: { fields: {}, says: ['idempotencyKey'], class: 'domain' },
  VisibilityFenceActive: { fields: {}, says: ['fence is active'], class: 'domain' },
  VisibilityFenceNotActive: { fields: {}, says: ['not active'], class: 'domain' },
  VisibilityFenceCancelled: { fields: {}, says: ['cancelled'], class: 'domain' },
  BatchFailed: { fields: { itemIndex: 3 }, says: ['batch failed at item 3'], class: 'cause' },
  BatchSyncFailed: {
    fields: { itemCount: 4 },
    says: ['batch sync failed after writing 4 items'],
    class: 'cause',
  },
  IdempotencyPartialBatch: {
    fields: { reason: 'half keyed' },
    says: ['half keyed'],
    class: 'domain',
  },
  CorruptFrame: {
    fields: { segmentId: 7, offset: 99, reason: 'too long' },
    says: ['corrupt frame', '7', '99', 'too long'],
    class: 'failClosed',
  },
  SegmentTooManyEntries: {
    fields: { segmentId: 7, count: 12 },
    says: ['7', '12'],
    class: 'failClosed',
  },
  DataDirMalformed: {
    fields: { path: '/m', reason: 'marker' },
    says: ['/m', 'marker'],
    class: 'failClosed',
  },
  AncestryCorrupt: { fields: { cycleAt: ID }, says: [ID], class: 'failClosed' },
  RangeMalformed: { fields: { start: 9, end: 9 }, says: ['9'], class: 'domain' },
  InvalidCoordinate: {
    fields: { index: 2, reason: 'empty' },
    says: ['invalid coordinate', 'batch item 2', 'empty'],
    class: 'domain',
  },
  InvalidCausation: {
    fields: { priorIdx: 5, itemIndex: 3, reason: 'is later' },
    says: ['5', '3', 'is later'],
    class: 'domain',
  },
  InvalidCommitMetadata: { fields: { reason: 'sequence' }, says: ['sequence'], class: 'domain' },
  CoordinateNulByte: {
    fields: { component: 'entity' },
    says: ['entity', 'forbidden NUL byte'],
    class: 'domain',
  },
  CoordinatePathTraversal: {
    fields: { component: 'scope' },
    says: ['scope', 'forbidden path-traversal substring'],
    class: 'domain',
  },
  CoordinateControlChar: {
    fields: { component: 'entity' },
    says: ['entity', 'forbidden ASCII control character'],
    class: 'domain',
  },
  HiddenRangesCorrupt: {
    fields: { path: '/v', corruption: { kind: 'CrcMismatch', stored: 1, computed: 2 } },
    says: ['/v', 'corrupt', 'CRC mismatch', '1', '2'],
    class: 'failClosed',
  },
  BatchItemTooLarge: {
    fields: { index: 2, size: 99, limit: 50 },
    says: ['batch item 2', '99', '50'],
    class: 'domain',
  },
  EntityClockOverflow: { fields: { entity: 'order:1' }, says: ['order:1'], class: 'domain' },
  InvalidClock: {
    fields: { timestampUs: -5, reason: 'is negative' },
    says: ['-5', 'invalid', 'timestamp_us'],
    class: 'domain',
  },
  CheckpointWriteFailed: {
    fields: { id: 'shipper' },
    says: ['shipper', 'write failed'],
    class: 'retryable',
  },
  CursorCheckpointCorrupt: {
    fields: { path: '/c', reason: 'short' },
    says: ['/c', 'corrupt', 'short'],
    class: 'failClosed',
  },
  CursorCheckpointRegionMismatch: {
    fields: { path: '/c', stored: 'one', expected: 'two' },
    says: ['/c', 'one', 'two', 'belongs to region'],
    class: 'failClosed',
  },
  InvariantViolation: {
    fields: {
      violation: { kind: 'CloseHlcRegression', previous: POINT, later: { ...POINT, wallMs: 1 } },
    },
    says: ['invariant violation', 'HLC regressed', '1234'],
    class: 'failClosed',
  },
  StoreClosed: { fields: { operation: 'append' }, says: ['closed', 'append'], class: 'domain' },
  ReservedKind: { fields: { kind: KIND }, says: ['0x1000'], class: 'domain' },
  ReservedCoordinate: { fields: { entity: 'e', scope: 's' }, says: ['e@s'], class: 'domain' },
  IdempotencyConflict: {
    fields: { eventId: ID, differs: ['kind'] },
    says: [ID, 'kind'],
    class: 'domain',
  },
  PassConsumed: { fields: {}, says: ['taken'], class: 'domain' },
  FencePending: { fields: {}, says: ['publish()'], class: 'domain' },
  UnsafeInteger: {
    fields: { what: 'wall_ms', value: '9007199254740993' },
    says: ['wall_ms', '9007199254740993'],
    class: 'failClosed',
  },
  InvalidUnicode: {
    fields: { what: 'entity' },
    says: ['entity', 'lone surrogate'],
    class: 'domain',
  },
  DecodeFailure: {
    fields: { kind: KIND, eventId: ID, entity: 'order:1' },
    says: ['0x1000', ID, 'order:1'],
    class: 'domain',
  },
  KindMismatch: {
    fields: { expected: 0xf001, got: KIND },
    says: ['0xF001', '0x1000'],
    class: 'domain',
  },
  SubscriptionPruned: { fields: { capacity: 8 }, says: ['8'], class: 'domain' },
  RestartBudgetExhausted: { fields: { restarts: 3 }, says: ['3'], class: 'cause' },
  ValidationFailed: {
    fields: { typeName: 'Order', issues: [{ message: 'is missing', path: 'id' }] },
    says: ['Order', 'id: is missing'],
    class: 'domain',
  },
  SyncFailed: { fields: { receipts: [] }, says: ['committed and visible'], class: 'failClosed' },
  ProjectionFailed: {
    fields: { report: {} as never },
    says: ['projection failed'],
    class: 'cause',
  },
  BodyEncoding: { fields: { reason: 'nan' }, says: ['nan'], class: 'failClosed' },
}
