export type {
  ActiveSegmentReadEvidence,
  ClockEvidence,
  HostEvidence,
  LockLeafSymlinkProtection,
  MmapEvidence,
  ParentDirSyncEvidence,
  PlatformEvidence,
  StorePathEvidence,
  StorePathStatus,
} from './evidence.ts'
export { admissionFor } from './admission.ts'
export type {
  MmapAdmission,
  ParentDirSyncAdmission,
  PlatformAdmission,
  StoreLockAdmission,
} from './admission.ts'
