/** Evidence → admission: the one place that says which evidence may carry which guarantee. */
import type {
  LockLeafSymlinkProtection,
  MmapEvidence,
  ParentDirSyncEvidence,
  StorePathEvidence,
} from './evidence.ts'

export type StoreLockAdmission = 'AtomicNoFollow' | 'BestEffortCheckThenOpen' | 'Rejected'
export type ParentDirSyncAdmission = 'UnixFsync' | 'RenameOnly' | 'Rejected'
export type MmapAdmission = 'FileBacked' | 'Rejected'

/** Which guarantees a store may build on; each family is decided on its own. */
export interface PlatformAdmission {
  readonly storeLock: StoreLockAdmission
  readonly parentDirSync: ParentDirSyncAdmission
  readonly mmapIndex: MmapAdmission
  readonly sealedSegmentMmap: MmapAdmission
}

/**
 * Tells which guarantees the given evidence admits. Total and pure: no evidence throws, and a
 * rejected family never affects another.
 *
 * @see docs/decisions and batpak 0.8.0's platform admission table
 */
export function admissionFor(evidence: { readonly storePath: StorePathEvidence }): PlatformAdmission {
  const path = evidence.storePath
  return {
    storeLock: admitLock(path.lockLeafSymlinkProtection),
    parentDirSync: admitParentDirSync(path.parentDirSync),
    mmapIndex: admitMmap(path.mmapIndex),
    sealedSegmentMmap: admitMmap(path.sealedSegmentMmap),
  }
}

function admitLock(evidence: LockLeafSymlinkProtection): StoreLockAdmission {
  return evidence === 'AtomicNoFollow' || evidence === 'BestEffortCheckThenOpen'
    ? evidence
    : 'Rejected'
}

function admitParentDirSync(evidence: ParentDirSyncEvidence): ParentDirSyncAdmission {
  return evidence === 'UnixFsync' || evidence === 'RenameOnly' ? evidence : 'Rejected'
}

function admitMmap(evidence: MmapEvidence): MmapAdmission {
  return evidence === 'FileBacked' ? evidence : 'Rejected'
}
