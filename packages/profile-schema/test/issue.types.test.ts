/** The public unions narrow by their discriminants, and the two entries speak of the same types. */
import { expectTypeOf, it } from 'vitest'
import type * as Evidence from '../src/evidence.ts'
import type * as Root from '../src/index.ts'
import type {
  LockLeafSymlinkProtection,
  MmapEvidence,
  ParseProfileResult,
  PlatformProfile,
  ProfileBody,
  ProfileComparison,
  ProfileIssue,
  ProfilePath,
  StoreLockAdmission,
  StorePathStatus,
} from '../src/index.ts'

type Issue<K extends ProfileIssue['kind']> = Extract<ProfileIssue, { kind: K }>

it('ProfileIssue has the nine kinds of batpak 0.8.0', () => {
  expectTypeOf<ProfileIssue['kind']>().toEqualTypeOf<
    | 'Io'
    | 'DecodeJson'
    | 'UnsupportedSchemaVersion'
    | 'FingerprintEncode'
    | 'FingerprintMismatch'
    | 'InconsistentLockAdmission'
    | 'InconsistentParentDirSyncAdmission'
    | 'InconsistentMmapPath'
    | 'InconsistentMmapAdmission'
  >()
})

it('ProfileIssue narrows to the fields of its kind', () => {
  expectTypeOf<Issue<'Io'>['cause']>().toBeUnknown()
  expectTypeOf<Issue<'DecodeJson'>['cause']>().toEqualTypeOf<Error>()
  expectTypeOf<Issue<'UnsupportedSchemaVersion'>['expected']>().toEqualTypeOf<1>()
  expectTypeOf<Issue<'FingerprintMismatch'>['computed']>().toBeNumber()
  expectTypeOf<
    Issue<'InconsistentLockAdmission'>['admission']
  >().toEqualTypeOf<StoreLockAdmission>()
  expectTypeOf<
    Issue<'InconsistentLockAdmission'>['evidence']
  >().toEqualTypeOf<LockLeafSymlinkProtection>()
  expectTypeOf<Issue<'InconsistentMmapPath'>['expected']>().toEqualTypeOf<MmapEvidence>()
  expectTypeOf<Issue<'InconsistentMmapPath'>['pathStatus']>().toEqualTypeOf<StorePathStatus>()
  expectTypeOf<Issue<'InconsistentMmapAdmission'>['field']>().toEqualTypeOf<
    'mmap_index' | 'sealed_segment_mmap'
  >()
  const field = (issue: ProfileIssue) => {
    // @ts-expect-error -- not every issue is about a field
    return issue.field as unknown
  }
  expectTypeOf(field).toBeFunction()
})

it('results narrow by ok and equal', () => {
  const profileOf = (result: ParseProfileResult) => (result.ok ? result.profile : result.issue)
  expectTypeOf(profileOf).returns.toEqualTypeOf<PlatformProfile | ProfileIssue>()
  const unchecked = (result: ParseProfileResult) => {
    // @ts-expect-error -- there is no profile before ok was looked at
    return result.profile as unknown
  }
  expectTypeOf(unchecked).toBeFunction()
  expectTypeOf<
    Extract<ProfileComparison, { equal: false }>['differences'][number]['path']
  >().toEqualTypeOf<ProfilePath>()
  expectTypeOf<Extract<ProfileComparison, { equal: true }>>().toEqualTypeOf<{
    readonly equal: true
  }>()
})

it('a profile is a body of version 1, and a path names one of its fields', () => {
  expectTypeOf<PlatformProfile>().toExtend<ProfileBody>()
  expectTypeOf<PlatformProfile['schema_version']>().toEqualTypeOf<1>()
  expectTypeOf<ProfileBody>().not.toExtend<PlatformProfile>()
  expectTypeOf<'store_path.mmap_index'>().toExtend<ProfilePath>()
  expectTypeOf<'store_path.store_lock'>().not.toExtend<ProfilePath>()
  expectTypeOf<'fingerprint_crc32'>().not.toExtend<ProfilePath>()
})

it('both entries export the same vocabulary', () => {
  expectTypeOf<Evidence.PlatformEvidence>().toEqualTypeOf<Root.PlatformEvidence>()
  expectTypeOf<Evidence.PlatformAdmission>().toEqualTypeOf<Root.PlatformAdmission>()
  expectTypeOf<Evidence.PlatformProfile>().toEqualTypeOf<Root.PlatformProfile>()
  expectTypeOf<typeof Evidence.fingerprint>().toEqualTypeOf<typeof Root.fingerprint>()
  expectTypeOf<typeof Evidence.admissionFor>().toEqualTypeOf<typeof Root.admissionFor>()
})
