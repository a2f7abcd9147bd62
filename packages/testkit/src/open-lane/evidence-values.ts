/**
 * Everything a probe can say, and what each finding admits: written out by hand from the published
 * tables, so that the lane does not judge the code by itself.
 */
import type {
  MmapAdmission,
  ParentDirSyncAdmission,
  PlatformAdmission,
  StoreLockAdmission,
} from '@batpak/profile-schema/evidence'
import type { ClaimedEvidence } from '../host/host-spec.ts'

/** All values of one field of the evidence. */
export type EvidenceValues = {
  readonly [F in keyof ClaimedEvidence]-?: readonly NonNullable<ClaimedEvidence[F]>[]
}

const MMAP = ['FileBacked', 'Unknown', 'ObservedUnsupported', 'ProbeFailed'] as const

/** 4 × 4 × 5 × 4 × 4 × 4 × 3 = 15 360 combinations. */
export const EVIDENCE_VALUES: EvidenceValues = {
  pathStatus: [
    'ObservedDirectory',
    'UnknownMissing',
    'ObservedUnsupportedNotDirectory',
    { ProbeFailed: { reason: 'Permission denied (os error 13)' } },
  ],
  parentDirSync: ['UnixFsync', 'RenameOnly', 'Unknown', 'ProbeFailed'],
  lockLeafSymlinkProtection: [
    'AtomicNoFollow',
    'BestEffortCheckThenOpen',
    'Unknown',
    'ObservedUnsupported',
    'ProbeFailed',
  ],
  mmapIndex: MMAP,
  sealedSegmentMmap: MMAP,
  activeSegmentRead: ['UnixReadAt', 'LockedSeekRead', 'Unknown', 'ProbeFailed'],
  monotonicClock: ['ProcessLocalInstantAnchor', 'Unknown', 'ProbeFailed'],
}

/** Every combination of values, in a fixed order. */
export function* evidenceProduct(): Generator<Required<ClaimedEvidence>> {
  const fields = Object.entries(EVIDENCE_VALUES)
  const total = fields.reduce((product, [, values]) => product * values.length, 1)
  for (let number = 0; number < total; number += 1) {
    let rest = number
    const combination = fields.map(([field, values]) => {
      const value = values[rest % values.length]
      rest = Math.floor(rest / values.length)
      return [field, value]
    })
    yield Object.fromEntries(combination) as Required<ClaimedEvidence>
  }
}

const LOCK: Readonly<Record<string, StoreLockAdmission>> = {
  AtomicNoFollow: 'AtomicNoFollow',
  BestEffortCheckThenOpen: 'BestEffortCheckThenOpen',
}
const SYNC: Readonly<Record<string, ParentDirSyncAdmission>> = {
  UnixFsync: 'UnixFsync',
  RenameOnly: 'RenameOnly',
}
const MAPS: Readonly<Record<string, MmapAdmission>> = { FileBacked: 'FileBacked' }

/** What the evidence admits by the published table. */
export function admissionByTable(evidence: Required<ClaimedEvidence>): PlatformAdmission {
  return {
    storeLock: LOCK[evidence.lockLeafSymlinkProtection] ?? 'Rejected',
    parentDirSync: SYNC[evidence.parentDirSync] ?? 'Rejected',
    mmapIndex: MAPS[evidence.mmapIndex] ?? 'Rejected',
    sealedSegmentMmap: MAPS[evidence.sealedSegmentMmap] ?? 'Rejected',
  }
}
