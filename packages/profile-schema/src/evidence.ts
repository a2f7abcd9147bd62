/** Entry `@batpak/profile-schema/evidence`: all that needs no JSON Schema compiler. */
export { admissionFor } from './admission.ts'
export type {
  MmapAdmission,
  ParentDirSyncAdmission,
  PlatformAdmission,
  StoreLockAdmission,
} from './admission.ts'
export { fingerprint } from './fingerprint.ts'
export { describeIssue } from './issue.ts'
export type { MmapField, ProfileIssue } from './issue.ts'
export type { PlatformProfile, ProfileBody } from './profile.ts'
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
} from './vocabulary.ts'
