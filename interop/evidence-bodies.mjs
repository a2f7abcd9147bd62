// Bodies of reports with every variant of every enum in them: what both sides must encode to the same
// bytes, whatever a store can be brought to report.

const hash = (byte) => new Uint8Array(32).fill(byte)
const id = (n) => n.toString(16).padStart(32, '0')
const BIG = Number.MAX_SAFE_INTEGER

const chainWalk = (more = {}) => ({
  schemaVersion: 1,
  mode: 'Linear',
  checkedCount: 3,
  firstRef: id(0xff00ff00ff00),
  lastRef: 'f'.repeat(32),
  walkDigest: hash(0x92),
  findings: [],
  ...more,
})

const chainFindings = [
  { kind: 'EndNotReached', expectedEndEventId: id(77) },
  { kind: 'TruncatedByLimit', limit: BIG, nextParentHash: hash(0x91) },
  { kind: 'StoppedEarlyReadFailure', eventId: id(2), reason: 'ä: 文, 😀' },
  { kind: 'StoppedEarlyReadFailure', eventId: id(2), reason: 'a' },
  { kind: 'CycleDetected', eventId: id(9) },
  {
    kind: 'OrderingRegression',
    childEventId: id(5),
    parentEventId: id(6),
    childSequence: 300,
    parentSequence: 70000,
  },
  ambiguous(4, 2),
  ambiguous(4, 3),
  ambiguous(3, 300),
  { kind: 'MissingParentLink', childEventId: id(8), expectedParentHash: hash(0x80) },
  mismatch('EntryHashMismatch', 0x7f, 0x80),
  mismatch('EntryHashMismatch', 0x7f, 0x7f),
  mismatch('StartHashMismatch', 1, 2),
  { kind: 'MissingChainEntry', eventId: id(256) },
  { kind: 'MissingStart', eventId: id(9) },
  { kind: 'MissingStart', eventId: id(3) },
  { kind: 'MissingStart', eventId: id(3) },
  { kind: 'InvalidLimit', limit: 0 },
]

function ambiguous(child, count) {
  return {
    kind: 'ParentHashAmbiguous',
    childEventId: id(child),
    expectedParentHash: hash(0xff),
    selectedParentEventId: id(1),
    matchingParentCount: count,
  }
}

function mismatch(kind, expected, observed) {
  return { kind, eventId: id(1), expected: hash(expected), observed: hash(observed) }
}

const readWalk = (more = {}) => ({
  schemaVersion: 1,
  sourceRefs: [],
  replayMode: 'Current',
  freshnessIntent: { kind: 'Consistent' },
  matchedCount: 0,
  returnedCount: 0,
  droppedLimitedCount: { kind: 'NotApplicable' },
  proofRefs: { kind: 'NotApplicable' },
  findings: [],
  ...more,
})

const fullReadWalk = readWalk({
  sourceRefs: [
    { kind: 'EntityPrefix', prefix: 'order:ä' },
    { kind: 'Scope', scope: 's'.repeat(300) },
    { kind: 'FactExact', category: 15, typeId: 0xfff },
    { kind: 'FactCategory', category: 200 },
    { kind: 'ClockRange', startClock: 0, endClock: 0xffff_ffff },
  ],
  freshnessIntent: { kind: 'MaybeStale', maxStaleMs: 4294967296 },
  inputFrontier: { kind: 'Visible', wallMs: 1_700_000_000_000, globalSequence: 65536 },
  requestedLimit: 2,
  matchedCount: 5,
  returnedCount: 2,
  droppedLimitedCount: { kind: 'Known', count: 3 },
  proofRefs: {
    kind: 'Known',
    refs: [2, 1].map((n) => ({ eventId: id(n), globalSequence: n, eventHash: hash(n) })),
  },
  findings: [
    { kind: 'MissingBackingEntry', eventId: id(4) },
    { kind: 'LimitedResults', droppedCount: 3 },
    { kind: 'InputFrontierUnknown' },
  ],
})

const unavailable = (reason) => ({ kind: 'Unavailable', reason })

const projectionRun = (more = {}) => ({
  schemaVersion: 1,
  projectionId: 'Cart:cart:42',
  sourceRefs: [
    { kind: 'Entity', entity: 'cart:42' },
    { kind: 'RelevantKind', category: 0xe, typeId: 0x71 },
    { kind: 'RelevantKind', category: 0xf, typeId: 1 },
  ],
  replayMode: 'Current',
  requestedFreshness: { kind: 'Consistent' },
  observedFreshness: { kind: 'Fresh' },
  inputFrontier: { kind: 'Visible', wallMs: 1, globalSequence: 2 },
  outputHash: { kind: 'Known', hash: hash(0xa0) },
  cacheStatus: { kind: 'Bypassed' },
  checkpointRef: 'NotApplicable',
  findings: [{ kind: 'PartialVisibilityNotApplicable' }],
  ...more,
})

const failedRun = projectionRun({
  requestedFreshness: { kind: 'MaybeStale', maxStaleMs: 0 },
  observedFreshness: unavailable('projection_failed'),
  inputFrontier: undefined,
  outputHash: unavailable('projection_failed'),
  cacheStatus: unavailable('projection_failed'),
  findings: [
    'StaleUsed',
    'ProjectionFailed',
    'PartialVisibilityNotApplicable',
    'CacheStatusUnavailable',
    'OutputHashUnavailable',
    'InputFrontierUnknown',
    'ObservedFreshnessUnavailable',
  ].map((kind) => ({ kind })),
})

const subscriberFrontier = (more = {}) => ({
  schemaVersion: 1,
  source: 'LossyPush',
  consumedFrontierSequence: 1,
  availableFrontierSequence: 9,
  lagEvents: 8,
  deliveryState: 'Active',
  lossPrecision: 'ExactRange',
  findings: [],
  ...more,
})

const subscriberFindings = [
  { kind: 'ExactDroppedRange', startSequence: 10, endSequence: 15 },
  { kind: 'ExactDroppedRange', startSequence: 9, endSequence: 20 },
  { kind: 'ExactDroppedRange', startSequence: 9, endSequence: 3 },
  ...['Unknown', 'SubscriberDropped', 'LossAfterFrontier', 'ExactRange'].map((precision) => ({
    kind: 'LossObserved',
    precision,
  })),
  { kind: 'DeliveryDisconnected' },
  { kind: 'DeliveryDropped' },
  { kind: 'ConsumedFrontierAheadOfAvailable', consumedSequence: 12, availableSequence: 9 },
  { kind: 'LagObserved', lagEvents: 8 },
  { kind: 'DeliveryStateUnknown' },
  { kind: 'ConsumedFrontierUnknown' },
]

const openReport = (more = {}) => ({
  path: 'Rebuild',
  restoredEntries: 300,
  tailEntries: 2,
  elapsedUs: 70000,
  phasePlanBuildUs: 1,
  phaseInternerUs: 0,
  phaseRestoreIndexUs: 3,
  phaseHiddenRangesUs: 4,
  mmapLoadStatus: 'NotTried',
  checkpointLoadStatus: 'Missing',
  unknownReservedSystemKindFallbacks: 3,
  unknownReservedSystemKindHistogram: new Map([
    [0x0fff, 1],
    [0x0010, 2],
  ]),
  unknownReservedEffectKindFallbacks: 0,
  unknownReservedEffectKindHistogram: new Map(),
  cumulativeUnknownReservedSystemKindFallbacks: 3,
  cumulativeUnknownReservedSystemKindHistogram: new Map([[0x0010, 3]]),
  cumulativeUnknownReservedEffectKindFallbacks: 1,
  cumulativeUnknownReservedEffectKindHistogram: new Map([[0xd00f, 1]]),
  ...more,
})

const evidence = (storePath = {}, admission = {}) => ({
  host: {
    processClockEpochMarkerNs: 1_700_000_000_123_456_789n,
    monotonicClock: 'ProcessLocalInstantAnchor',
  },
  storePath: {
    pathStatus: 'ObservedDirectory',
    parentDirSync: 'UnixFsync',
    lockLeafSymlinkProtection: 'AtomicNoFollow',
    mmapIndex: 'FileBacked',
    sealedSegmentMmap: 'FileBacked',
    activeSegmentRead: 'UnixReadAt',
    ...storePath,
  },
  admission: {
    storeLock: 'AtomicNoFollow',
    parentDirSync: 'UnixFsync',
    mmapIndex: 'FileBacked',
    sealedSegmentMmap: 'FileBacked',
    ...admission,
  },
})

const POINTS = ['accepted', 'written', 'durable', 'visible', 'applied', 'emitted']

const storeResource = (more = {}) => ({
  schemaVersion: 1,
  dataDirIdentityHash: hash(0x95),
  eventCount: 4,
  globalSequence: 11,
  visibleSequence: 11,
  segmentMaxBytes: 4096,
  fdBudget: 64,
  restartPolicy: { kind: 'Once' },
  writerPressure: { queueLen: 0, capacity: 0 },
  frontier: {
    ...Object.fromEntries(
      POINTS.flatMap((point, i) => [
        [`${point}WallMs`, 1_700_000_000_000 + i],
        [`${point}GlobalSequence`, i],
      ]),
    ),
    visibleMinusDurableSeq: -300,
  },
  indexTopology: 'aos',
  tileCount: 0,
  openReport: openReport(),
  platformEvidence: evidence(),
  ...more,
})

const otherResource = storeResource({
  restartPolicy: { kind: 'Bounded', maxRestarts: 3, withinMs: 1000 },
  frontier: { ...storeResource().frontier, oldestPendingWriteAgeMs: 5 },
  openReport: openReport({
    path: 'Mmap',
    mmapLoadStatus: 'Invalid',
    mmapInvalidReason: 'checksum',
    checkpointLoadStatus: 'Loaded',
    checkpointInvalidReason: 'version',
  }),
  platformEvidence: {
    ...evidence(
      {
        pathStatus: { ProbeFailed: { reason: 'permission denied' } },
        parentDirSync: 'RenameOnly',
        lockLeafSymlinkProtection: 'BestEffortCheckThenOpen',
        mmapIndex: 'ObservedUnsupported',
        sealedSegmentMmap: 'ProbeFailed',
        activeSegmentRead: 'LockedSeekRead',
      },
      {
        storeLock: 'BestEffortCheckThenOpen',
        parentDirSync: 'RenameOnly',
        mmapIndex: 'Rejected',
        sealedSegmentMmap: 'Rejected',
      },
    ),
    host: { processClockEpochMarkerNs: 2n ** 64n - 1n, monotonicClock: 'ProbeFailed' },
  },
})

const snapshot = (more = {}) => ({
  schemaVersion: 1,
  snapshotId: hash(1),
  fenceToken: { token: 7 },
  sourceWatermark: { segmentId: 3, offset: 5000 },
  copiedSegmentIdsSorted: [1, 2, 300],
  copiedVisibilityRangesPresent: true,
  copiedPendingCompactionMarkerPresent: false,
  destinationPathDigest: hash(0xfe),
  findings: [
    { kind: 'FenceTokenCancelled' },
    ...['PendingCompactionMarker', 'VisibilityRanges', 'Segment'].map((fileKind) => ({
      kind: 'CopyByteHashUnavailable',
      reason: 'why',
      fileKind,
    })),
    { kind: 'DestinationCleared', artifactCount: 2 },
  ],
  ...more,
})

const compaction = (more = {}) => ({
  schemaVersion: 1,
  compactionId: hash(2),
  inputSegmentIdLow: 1,
  inputSegmentIdHigh: 300,
  strategyShape: 'Merge',
  minSegmentsThreshold: 2,
  activeSegmentId: 301,
  sealedSegmentCount: 2,
  sourceSegmentIdsSorted: [1, 300],
  mergedSegmentId: 302,
  outputSegmentBytesHash: hash(0x81),
  outcome: { kind: 'Performed' },
  segmentsRemoved: 2,
  bytesReclaimed: BIG,
  findings: [],
  ...more,
})

const nothingToCompact = {
  inputSegmentIdLow: undefined,
  inputSegmentIdHigh: undefined,
  mergedSegmentId: undefined,
  outputSegmentBytesHash: undefined,
  sourceSegmentIdsSorted: [],
  outcome: { kind: 'Skipped' },
}

const schemaSnapshot = (more = {}) => ({
  stableId: 'orders.v1',
  observedStableId: 'orders.v2',
  schemaVersion: 1,
  expectedSnapshotSchemaVersion: 1,
  observedSnapshotSchemaVersion: 2,
  expectedSchemaHash: hash(0x11),
  observedSchemaHash: hash(0x12),
  expectedFixtureHash: hash(0x22),
  observedFixtureHash: hash(0x23),
  changeClass: 'Unknown',
  findings: [
    'FixtureHashMismatch',
    'SchemaHashMismatch',
    'SnapshotSchemaVersionMismatch',
    'StableIdMismatch',
  ].map((kind) => ({ kind })),
  ...more,
})

/** Name of the case, kind of the report, body. */
export const BODIES = [
  [
    'chain walk, nothing checked',
    'chainWalk',
    chainWalk({ firstRef: undefined, lastRef: undefined }),
  ],
  ['chain walk, every finding', 'chainWalk', chainWalk({ findings: chainFindings })],
  ['read walk, everything', 'readWalk', readWalk()],
  ['read walk, every constraint and finding', 'readWalk', fullReadWalk],
  ['projection run, fresh', 'projectionRun', projectionRun()],
  ['projection run, failed', 'projectionRun', failedRun],
  [
    'projection run, stale',
    'projectionRun',
    projectionRun({
      observedFreshness: { kind: 'StaleAllowed' },
      cacheStatus: { kind: 'Hit' },
      outputHash: { kind: 'NotApplicable' },
    }),
  ],
  [
    'projection run, nothing to fold',
    'projectionRun',
    projectionRun({
      observedFreshness: { kind: 'NotApplicable' },
      cacheStatus: { kind: 'Miss' },
      inputFrontier: undefined,
    }),
  ],
  [
    'subscriber, every finding',
    'subscriberFrontier',
    subscriberFrontier({ findings: subscriberFindings }),
  ],
  ...['Lagging', 'Dropped', 'Disconnected', 'Unknown'].map((deliveryState) => [
    `subscriber, ${deliveryState}`,
    'subscriberFrontier',
    subscriberFrontier({
      source: 'CursorBacked',
      consumedFrontierSequence: undefined,
      lagEvents: undefined,
      deliveryState,
      lossPrecision: 'SubscriberDropped',
    }),
  ]),
  ['store resources', 'storeResource', storeResource()],
  ['store resources, other variants', 'storeResource', otherResource],
  ['store resources, no open report', 'storeResource', storeResource({ openReport: undefined })],
  ['snapshot, every finding', 'snapshot', snapshot()],
  ['compaction, performed', 'compaction', compaction()],
  [
    'compaction, skipped',
    'compaction',
    compaction({ ...nothingToCompact, strategyShape: 'Tombstone' }),
  ],
  [
    'compaction, failed',
    'compaction',
    compaction({
      strategyShape: 'Retention',
      outcome: { kind: 'Failed', reason: 'disk full' },
      findings: [
        { kind: 'OutputSegmentHashUnavailable', reason: 'gone' },
        { kind: 'PreSwapRollback', reason: 'disk full' },
      ],
    }),
  ],
  ['schema snapshot, every finding', 'schemaSnapshot', schemaSnapshot()],
  [
    'schema snapshot, unchanged',
    'schemaSnapshot',
    schemaSnapshot({ changeClass: 'Unchanged', findings: [] }),
  ],
  ['schema snapshot, changed', 'schemaSnapshot', schemaSnapshot({ changeClass: 'Changed' })],
].map(([name, kind, body]) => ({ name, kind, body: withoutUndefined(body) }))

function withoutUndefined(body) {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
}
