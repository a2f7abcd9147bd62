/** What a store reports of its resources. */
import type {
  HostEvidence,
  PlatformAdmission,
  StorePathEvidence,
  StorePathStatus,
} from '@batpak/profile-schema/evidence'
import type { OpenReport } from '../restore/report.ts'
import { fieldsOf, struct, UNIT, variants } from './composite-shapes.ts'
import { OPEN_REPORT } from './open-report-shape.ts'
import { HASH, I64, TEXT, U32, U64, U64_BIGINT, choice, optional } from './scalar-shapes.ts'
import type { Shape } from './shape.ts'

export interface StoreResourceFrontier {
  readonly acceptedWallMs: number
  readonly acceptedGlobalSequence: number
  readonly writtenWallMs: number
  readonly writtenGlobalSequence: number
  readonly durableWallMs: number
  readonly durableGlobalSequence: number
  readonly visibleWallMs: number
  readonly visibleGlobalSequence: number
  readonly appliedWallMs: number
  readonly appliedGlobalSequence: number
  readonly emittedWallMs: number
  readonly emittedGlobalSequence: number
  readonly visibleMinusDurableSeq: number
  readonly oldestPendingWriteAgeMs?: number
}

export interface StoreResourceBody {
  readonly schemaVersion: number
  /** BLAKE3 of the directory's canonical path; the path itself is nowhere in the report. */
  readonly dataDirIdentityHash: Uint8Array
  readonly eventCount: number
  readonly globalSequence: number
  readonly visibleSequence: number
  readonly segmentMaxBytes: number
  readonly fdBudget: number
  /** Always `Once`: there is no writer thread that could be restarted. */
  readonly restartPolicy:
    | { readonly kind: 'Once' }
    | { readonly kind: 'Bounded'; readonly maxRestarts: number; readonly withinMs: number }
  /** Always 0 and 0: there is no queue. */
  readonly writerPressure: { readonly queueLen: number; readonly capacity: number }
  readonly frontier: StoreResourceFrontier
  /** Always `aos`: there is one index layout. */
  readonly indexTopology: string
  readonly tileCount: number
  /** Without the heals, which the format does not have. */
  readonly openReport?: Omit<OpenReport, 'healed'>
  readonly platformEvidence: {
    readonly host: HostEvidence
    readonly storePath: StorePathEvidence
    readonly admission: PlatformAdmission
  }
}

const FRONTIER: Shape<StoreResourceFrontier> = struct<StoreResourceFrontier>({
  acceptedWallMs: U64,
  acceptedGlobalSequence: U64,
  writtenWallMs: U64,
  writtenGlobalSequence: U64,
  durableWallMs: U64,
  durableGlobalSequence: U64,
  visibleWallMs: U64,
  visibleGlobalSequence: U64,
  appliedWallMs: U64,
  appliedGlobalSequence: U64,
  emittedWallMs: U64,
  emittedGlobalSequence: U64,
  visibleMinusDurableSeq: I64,
  oldestPendingWriteAgeMs: optional(U64),
})

const OBSERVED = choice('ObservedDirectory', 'UnknownMissing', 'ObservedUnsupportedNotDirectory')
const REASON = struct({ reason: TEXT })

/** Evidence looks as in profile files: a variant with fields is a key. */
const PATH_STATUS: Shape<StorePathStatus> = {
  write(out, value) {
    if (typeof value !== 'object') return OBSERVED.write(out, value)
    out.mapHeader(1)
    out.str('ProbeFailed')
    return REASON.write(out, value?.ProbeFailed)
  },
  compare: () => 0,
}

const MMAP = choice('FileBacked', 'Unknown', 'ObservedUnsupported', 'ProbeFailed')
const MMAP_ADMISSION = choice('FileBacked', 'Rejected')

const HOST: Shape<HostEvidence> = struct<HostEvidence>({
  processClockEpochMarkerNs: U64_BIGINT,
  monotonicClock: choice('ProcessLocalInstantAnchor', 'Unknown', 'ProbeFailed'),
})

const STORE_PATH: Shape<StorePathEvidence> = struct<StorePathEvidence>({
  pathStatus: PATH_STATUS,
  parentDirSync: choice('UnixFsync', 'RenameOnly', 'Unknown', 'ProbeFailed'),
  lockLeafSymlinkProtection: choice(
    'AtomicNoFollow',
    'BestEffortCheckThenOpen',
    'Unknown',
    'ObservedUnsupported',
    'ProbeFailed',
  ),
  mmapIndex: MMAP,
  sealedSegmentMmap: MMAP,
  activeSegmentRead: choice('UnixReadAt', 'LockedSeekRead', 'Unknown', 'ProbeFailed'),
})

const ADMISSION: Shape<PlatformAdmission> = struct<PlatformAdmission>({
  storeLock: choice('AtomicNoFollow', 'BestEffortCheckThenOpen', 'Rejected'),
  parentDirSync: choice('UnixFsync', 'RenameOnly', 'Rejected'),
  mmapIndex: MMAP_ADMISSION,
  sealedSegmentMmap: MMAP_ADMISSION,
})

export const STORE_RESOURCE_BODY: Shape<StoreResourceBody> = struct<StoreResourceBody>({
  schemaVersion: U32,
  dataDirIdentityHash: HASH,
  eventCount: U64,
  globalSequence: U64,
  visibleSequence: U64,
  segmentMaxBytes: U64,
  fdBudget: U64,
  restartPolicy: variants<StoreResourceBody['restartPolicy']>({
    Once: UNIT,
    Bounded: fieldsOf({ maxRestarts: U32, withinMs: U64 }),
  }),
  writerPressure: struct({ queueLen: U64, capacity: U64 }),
  frontier: FRONTIER,
  indexTopology: TEXT,
  tileCount: U64,
  openReport: optional(OPEN_REPORT),
  platformEvidence: struct({ host: HOST, storePath: STORE_PATH, admission: ADMISSION }),
})
