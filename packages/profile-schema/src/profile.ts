/** The shape of a platform profile, version 1, and its one canonical field order. */
import type { MmapAdmission, ParentDirSyncAdmission, StoreLockAdmission } from './admission.ts'
import type {
  ActiveSegmentReadEvidence,
  ClockEvidence,
  LockLeafSymlinkProtection,
  MmapEvidence,
  ParentDirSyncEvidence,
  StorePathStatus,
} from './vocabulary.ts'

/** What a profile promises about its host, and what its fingerprint covers. */
export interface ProfileBody {
  /** 1 in every profile this package writes or accepts; 0 to 65535 in a file. */
  readonly schema_version: number
  readonly host: {
    readonly monotonic_clock: ClockEvidence
  }
  readonly store_path: {
    readonly path_status: StorePathStatus
    readonly parent_dir_sync: ParentDirSyncEvidence
    readonly lock_leaf_symlink_protection: LockLeafSymlinkProtection
    readonly mmap_index: MmapEvidence
    readonly sealed_segment_mmap: MmapEvidence
    readonly active_segment_read: ActiveSegmentReadEvidence
  }
  readonly admission: {
    readonly store_lock: StoreLockAdmission
    readonly parent_dir_sync: ParentDirSyncAdmission
    readonly mmap_index: MmapAdmission
    readonly sealed_segment_mmap: MmapAdmission
  }
}

/** A platform profile as it stands in a file, property names included. */
export interface PlatformProfile extends ProfileBody {
  readonly schema_version: 1
  /** CRC-32 of the canonical body, 0 to 4294967295: it finds drift and typing errors, it signs nothing. */
  readonly fingerprint_crc32: number
}

/** A profile as decoded, before its version is known to be supported. */
export interface DecodedProfile extends ProfileBody {
  readonly fingerprint_crc32: number
}

/**
 * Copies the known fields of `body` into fresh objects, in canonical order. Bytes and fingerprints
 * are made from this copy alone: the order of the caller's keys never counts.
 */
export function canonicalBody<V extends number>(
  body: ProfileBody & { readonly schema_version: V },
): ProfileBody & { readonly schema_version: V } {
  requireObject(body, 'body')
  const { schema_version, host, store_path: path, admission } = body
  requireObject(host, 'host')
  requireObject(path, 'store_path')
  requireObject(admission, 'admission')
  return {
    schema_version,
    host: { monotonic_clock: host.monotonic_clock },
    store_path: {
      path_status: canonicalStatus(path.path_status),
      parent_dir_sync: path.parent_dir_sync,
      lock_leaf_symlink_protection: path.lock_leaf_symlink_protection,
      mmap_index: path.mmap_index,
      sealed_segment_mmap: path.sealed_segment_mmap,
      active_segment_read: path.active_segment_read,
    },
    admission: {
      store_lock: admission.store_lock,
      parent_dir_sync: admission.parent_dir_sync,
      mmap_index: admission.mmap_index,
      sealed_segment_mmap: admission.sealed_segment_mmap,
    },
  }
}

export function requireObject(value: unknown, name: string): asserts value is object {
  if (typeof value === 'object' && value !== null) return
  throw new TypeError(`${name} must be an object, got ${value === null ? 'null' : typeof value}`)
}

function canonicalStatus(status: StorePathStatus): StorePathStatus {
  if (typeof status !== 'object') return status
  requireObject(status, 'store_path.path_status')
  requireObject(status.ProbeFailed, 'store_path.path_status.ProbeFailed')
  return { ProbeFailed: { reason: status.ProbeFailed.reason } }
}
