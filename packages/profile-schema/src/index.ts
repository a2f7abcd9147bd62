/** Entry `@batpak/profile-schema`: capture, write, read and compare platform profiles. */
export { profileFromEvidence } from './from-evidence.ts'
export { serializeProfile } from './serialize.ts'
export type { SerializeOptions } from './serialize.ts'
export { parseProfile } from './validate.ts'
export type { ParseProfileResult } from './validate.ts'
export { describeIssue } from './issue.ts'
export type { MmapField, ProfileIssue } from './issue.ts'
export { compareProfile, describeDifferences } from './compare.ts'
export type { ProfileComparison, ProfileDifference, ProfilePath } from './compare.ts'
export { fingerprint } from './fingerprint.ts'
export { profileJsonSchema } from './json-schema.ts'
export type { PlatformProfile, ProfileBody } from './profile.ts'
export { admissionFor } from './admission.ts'
export type {
  MmapAdmission,
  ParentDirSyncAdmission,
  PlatformAdmission,
  StoreLockAdmission,
} from './admission.ts'
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
