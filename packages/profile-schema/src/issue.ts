/** Why a profile is refused: data, and the sentence made of it. */
import type { MmapAdmission, ParentDirSyncAdmission, StoreLockAdmission } from './admission.ts'
import { variantText } from './variant-text.ts'
import type {
  LockLeafSymlinkProtection,
  MmapEvidence,
  ParentDirSyncEvidence,
  StorePathStatus,
} from './vocabulary.ts'

/** The two fields that say whether something may be mapped, as they are called in files. */
export type MmapField = 'mmap_index' | 'sealed_segment_mmap'

/**
 * Why a profile is refused, with the names and data of batpak 0.8.0. `parseProfile` gives all but
 * `Io`, which belongs to whoever reads the file.
 */
export type ProfileIssue =
  /** The file could not be read. */
  | { readonly kind: 'Io'; readonly cause: unknown }
  /** Not strict JSON, or not in the shape of a profile; `cause` says where and what. */
  | { readonly kind: 'DecodeJson'; readonly cause: Error }
  | {
      readonly kind: 'UnsupportedSchemaVersion'
      readonly observed: number
      readonly expected: 1
    }
  /** No canonical bytes could be made; no file leads here, since decoding is stricter. */
  | { readonly kind: 'FingerprintEncode'; readonly cause: Error }
  | {
      readonly kind: 'FingerprintMismatch'
      /** As stored in the profile. */
      readonly observed: number
      readonly computed: number
    }
  | {
      readonly kind: 'InconsistentLockAdmission'
      readonly admission: StoreLockAdmission
      readonly evidence: LockLeafSymlinkProtection
    }
  | {
      readonly kind: 'InconsistentParentDirSyncAdmission'
      readonly admission: ParentDirSyncAdmission
      readonly evidence: ParentDirSyncEvidence
    }
  /** The mmap evidence cannot be what a probe of such a path finds. */
  | {
      readonly kind: 'InconsistentMmapPath'
      readonly field: MmapField
      readonly evidence: MmapEvidence
      readonly expected: MmapEvidence
      readonly pathStatus: StorePathStatus
    }
  | {
      readonly kind: 'InconsistentMmapAdmission'
      readonly field: MmapField
      readonly admission: MmapAdmission
      readonly evidence: MmapEvidence
    }

/**
 * Says in one clause what is wrong with a profile and what to do; it completes the sentence
 * "the profile … is invalid: " and names fields and variants as they stand in the file.
 */
export function describeIssue(issue: ProfileIssue): string {
  switch (issue.kind) {
    case 'Io':
      return `it cannot be read: ${messageOf(issue.cause)}; name a readable file or configure no profile`
    case 'DecodeJson':
      return `it cannot be decoded: ${issue.cause.message}; ${NEXT_STEP}`
    case 'UnsupportedSchemaVersion':
      return `schema_version is ${issue.observed}, expected ${issue.expected}; ${NEXT_STEP}`
    case 'FingerprintEncode':
      return `fingerprint_crc32 cannot be computed: ${issue.cause.message}; ${NEXT_STEP}`
    case 'FingerprintMismatch':
      return (
        `fingerprint_crc32 is ${issue.observed}, but the body gives ${issue.computed}: ` +
        `the file was changed after it was captured; ${NEXT_STEP}`
      )
    case 'InconsistentLockAdmission':
      return inconsistent('store_lock', issue, 'lock_leaf_symlink_protection')
    case 'InconsistentParentDirSyncAdmission':
      return inconsistent('parent_dir_sync', issue, 'parent_dir_sync')
    case 'InconsistentMmapPath':
      return (
        `store_path.${issue.field} is ${issue.evidence}, but store_path.path_status ` +
        `${variantText(issue.pathStatus)} allows only ${issue.expected}; ${NEXT_STEP}`
      )
    case 'InconsistentMmapAdmission':
      return inconsistent(issue.field, issue, issue.field)
    default:
      issue satisfies never
      throw new TypeError(`unknown profile issue: ${variantText(issue)}`)
  }
}

function inconsistent(
  admissionField: string,
  { admission, evidence }: { readonly admission: string; readonly evidence: string },
  evidenceField: string,
): string {
  return (
    `admission.${admissionField} is ${admission}, ` +
    `which store_path.${evidenceField} ${evidence} does not give; ${NEXT_STEP}`
  )
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

const NEXT_STEP = 'capture the profile again'
