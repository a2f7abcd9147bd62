/** Evidence → admission: the one place that says which evidence may carry which guarantee. */
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
 * Total and pure: no evidence throws, everything but the positive findings is `Rejected`, and a
 * rejected family never affects another. `pathStatus`, `activeSegmentRead` and the clock admit
 * nothing and are not read.
 */
export function admissionFor(evidence: {
  readonly storePath: StorePathEvidence
}): PlatformAdmission {
  const path = evidence.storePath
  return {
    storeLock: admitLock(path.lockLeafSymlinkProtection),
    parentDirSync: admitParentDirSync(path.parentDirSync),
    mmapIndex: admitMmap(path.mmapIndex),
    sealedSegmentMmap: admitMmap(path.sealedSegmentMmap),
  }
}

export function admitLock(evidence: LockLeafSymlinkProtection): StoreLockAdmission {
  return evidence === 'AtomicNoFollow' || evidence === 'BestEffortCheckThenOpen'
    ? evidence
    : 'Rejected'
}

export function admitParentDirSync(evidence: ParentDirSyncEvidence): ParentDirSyncAdmission {
  return evidence === 'UnixFsync' || evidence === 'RenameOnly' ? evidence : 'Rejected'
}

export function admitMmap(evidence: MmapEvidence): MmapAdmission {
  return evidence === 'FileBacked' ? evidence : 'Rejected'
}
