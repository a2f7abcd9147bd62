/** Evidence → admission: the one place that says which evidence may carry which guarantee. */
import { requireObject } from './profile.ts'
import { variantText } from './variant-text.ts'
import type {
  LockLeafSymlinkProtection,
  MmapEvidence,
  ParentDirSyncEvidence,
  StorePathEvidence,
} from './vocabulary.ts'

/** How the store lock may be taken. */
export type StoreLockAdmission = 'AtomicNoFollow' | 'BestEffortCheckThenOpen' | 'Rejected'

/** What makes a replaced file durable. */
export type ParentDirSyncAdmission = 'UnixFsync' | 'RenameOnly' | 'Rejected'

/** Whether files may be read through a mapping. */
export type MmapAdmission = 'FileBacked' | 'Rejected'

/** Which guarantees a store may build on; each family is decided on its own. */
export interface PlatformAdmission {
  readonly storeLock: StoreLockAdmission
  readonly parentDirSync: ParentDirSyncAdmission
  readonly mmapIndex: MmapAdmission
  readonly sealedSegmentMmap: MmapAdmission
}

/**
 * Tells which guarantees the given evidence admits.
 *
 * Total and pure: everything but the positive findings is `Rejected`, and a rejected family never
 * affects another. `pathStatus`, `activeSegmentRead` and the clock admit nothing and are not read.
 *
 * @throws TypeError for what is no evidence: a part that is missing, or a word that none of the
 *   vocabulary is, which would otherwise pass for a host that lacks something
 */
export function admissionFor(evidence: {
  readonly storePath: StorePathEvidence
}): PlatformAdmission {
  requireObject(evidence, 'evidence')
  const { storePath } = evidence
  requireObject(storePath, 'evidence.storePath')
  for (const field of ADMITTING) {
    const known = Object.keys(TABLES[field])
    if (known.includes(storePath[field])) continue
    const got = variantText(storePath[field])
    const path = `evidence.storePath.${field}`
    throw new TypeError(`${path} must be one of ${known.join(', ')}, got ${got}`)
  }
  return {
    storeLock: admitLock(storePath.lockLeafSymlinkProtection),
    parentDirSync: admitParentDirSync(storePath.parentDirSync),
    mmapIndex: admitMmap(storePath.mmapIndex),
    sealedSegmentMmap: admitMmap(storePath.sealedSegmentMmap),
  }
}

export function admitLock(evidence: LockLeafSymlinkProtection): StoreLockAdmission {
  return LOCK[evidence]
}

export function admitParentDirSync(evidence: ParentDirSyncEvidence): ParentDirSyncAdmission {
  return PARENT_DIR_SYNC[evidence]
}

export function admitMmap(evidence: MmapEvidence): MmapAdmission {
  return MMAP[evidence]
}

const LOCK: Readonly<Record<LockLeafSymlinkProtection, StoreLockAdmission>> = {
  AtomicNoFollow: 'AtomicNoFollow',
  BestEffortCheckThenOpen: 'BestEffortCheckThenOpen',
  Unknown: 'Rejected',
  ObservedUnsupported: 'Rejected',
  ProbeFailed: 'Rejected',
}

const PARENT_DIR_SYNC: Readonly<Record<ParentDirSyncEvidence, ParentDirSyncAdmission>> = {
  UnixFsync: 'UnixFsync',
  RenameOnly: 'RenameOnly',
  Unknown: 'Rejected',
  ProbeFailed: 'Rejected',
}

const MMAP: Readonly<Record<MmapEvidence, MmapAdmission>> = {
  FileBacked: 'FileBacked',
  Unknown: 'Rejected',
  ObservedUnsupported: 'Rejected',
  ProbeFailed: 'Rejected',
}

const TABLES = {
  lockLeafSymlinkProtection: LOCK,
  parentDirSync: PARENT_DIR_SYNC,
  mmapIndex: MMAP,
  sealedSegmentMmap: MMAP,
} as const

const ADMITTING = Object.keys(TABLES) as readonly (keyof typeof TABLES)[]
