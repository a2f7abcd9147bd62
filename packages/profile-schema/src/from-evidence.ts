import { admissionFor } from './admission.ts'
import { fingerprint } from './fingerprint.ts'
import { canonicalBody, type PlatformProfile, type ProfileBody, requireObject } from './profile.ts'
import type { PlatformEvidence } from './vocabulary.ts'

/**
 * Makes the profile that describes a host: its evidence without the epoch marker, what that
 * evidence admits, and the fingerprint.
 *
 * The evidence is described, not judged: evidence that contradicts itself gives a profile that
 * `parseProfile` refuses. Returns fresh objects in canonical key order.
 * @throws TypeError if a field is missing, or the text of `ProbeFailed` has no UTF-8 form
 */
export function profileFromEvidence(evidence: PlatformEvidence): PlatformProfile {
  const body = bodyFromEvidence(evidence)
  return { ...body, fingerprint_crc32: fingerprint(body) }
}

export function bodyFromEvidence(
  evidence: PlatformEvidence,
): ProfileBody & { readonly schema_version: 1 } {
  requireObject(evidence, 'evidence')
  const { host, storePath: path } = evidence
  requireObject(host, 'evidence.host')
  requireObject(path, 'evidence.storePath')
  const admission = admissionFor(evidence)
  return canonicalBody({
    schema_version: 1,
    host: { monotonic_clock: host.monotonicClock },
    store_path: {
      path_status: path.pathStatus,
      parent_dir_sync: path.parentDirSync,
      lock_leaf_symlink_protection: path.lockLeafSymlinkProtection,
      mmap_index: path.mmapIndex,
      sealed_segment_mmap: path.sealedSegmentMmap,
      active_segment_read: path.activeSegmentRead,
    },
    admission: {
      store_lock: admission.storeLock,
      parent_dir_sync: admission.parentDirSync,
      mmap_index: admission.mmapIndex,
      sealed_segment_mmap: admission.sealedSegmentMmap,
    },
  })
}
