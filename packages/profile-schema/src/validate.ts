import { admitLock, admitMmap, admitParentDirSync } from './admission.ts'
import { decodeProfile } from './decode.ts'
import { fingerprint } from './fingerprint.ts'
import type { MmapField, ProfileIssue } from './issue.ts'
import { canonicalBody, type DecodedProfile, type PlatformProfile } from './profile.ts'
import type { MmapEvidence, StorePathStatus } from './vocabulary.ts'

/** A profile that passed every check, or the first check that it failed. */
export type ParseProfileResult =
  | { readonly ok: true; readonly profile: PlatformProfile }
  | { readonly ok: false; readonly issue: ProfileIssue }

/**
 * Reads the bytes of a profile file and checks them in the order of batpak 0.8.0: JSON and shape,
 * version, fingerprint, then the rules between evidence and admission. The first failure is the
 * result; no bytes make it throw.
 *
 * The JSON is read strictly: UTF-8 without byte order mark, each known field once, integers without
 * fraction or exponent, at most 16 MiB in all. Unknown fields, key order and whitespace do not
 * matter. The profile comes back in fresh objects, in canonical key order, without unknown fields.
 *
 * The first call compiles the JSON Schema; where `new Function` is forbidden (a browser page whose
 * policy lacks `unsafe-eval`) it throws an EvalError.
 * @throws TypeError if `bytes` is not a Uint8Array
 */
export function parseProfile(bytes: Uint8Array): ParseProfileResult {
  requireBytes(bytes)
  const decoded = decodeProfile(bytes)
  if (!decoded.ok) return decoded
  return checkProfile(decoded.profile)
}

/** The checks of a decoded profile; the first failure wins, so their order is part of the format. */
export function checkProfile(profile: DecodedProfile): ParseProfileResult {
  const { schema_version: observed, store_path: path, admission } = profile
  if (observed !== 1) return refuse({ kind: 'UnsupportedSchemaVersion', observed, expected: 1 })

  const issue =
    fingerprintIssue(profile) ??
    lockIssue(path.lock_leaf_symlink_protection, admission.store_lock) ??
    parentDirSyncIssue(path.parent_dir_sync, admission.parent_dir_sync) ??
    mmapPathIssue('mmap_index', path) ??
    mmapPathIssue('sealed_segment_mmap', path) ??
    mmapAdmissionIssue('mmap_index', profile) ??
    mmapAdmissionIssue('sealed_segment_mmap', profile)
  if (issue !== undefined) return refuse(issue)

  const { fingerprint_crc32 } = profile
  return {
    ok: true,
    profile: { ...canonicalBody({ ...profile, schema_version: 1 }), fingerprint_crc32 },
  }
}

function refuse(issue: ProfileIssue): ParseProfileResult {
  return { ok: false, issue }
}

function fingerprintIssue(profile: DecodedProfile): ProfileIssue | undefined {
  const observed = profile.fingerprint_crc32
  let computed: number
  try {
    computed = fingerprint(profile)
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    return { kind: 'FingerprintEncode', cause }
  }
  return observed === computed ? undefined : { kind: 'FingerprintMismatch', observed, computed }
}

function lockIssue(
  evidence: DecodedProfile['store_path']['lock_leaf_symlink_protection'],
  admission: DecodedProfile['admission']['store_lock'],
): ProfileIssue | undefined {
  if (admission === admitLock(evidence)) return undefined
  return { kind: 'InconsistentLockAdmission', admission, evidence }
}

function parentDirSyncIssue(
  evidence: DecodedProfile['store_path']['parent_dir_sync'],
  admission: DecodedProfile['admission']['parent_dir_sync'],
): ProfileIssue | undefined {
  if (admission === admitParentDirSync(evidence)) return undefined
  return { kind: 'InconsistentParentDirSyncAdmission', admission, evidence }
}

function mmapPathIssue(
  field: MmapField,
  path: DecodedProfile['store_path'],
): ProfileIssue | undefined {
  const { [field]: evidence, path_status: pathStatus } = path
  const expected = mmapEvidenceOf(pathStatus)
  if (expected === undefined || evidence === expected) return undefined
  return { kind: 'InconsistentMmapPath', field, evidence, expected, pathStatus }
}

/** What a probe says about mapping once it knows this about the path; undefined: it may be anything. */
function mmapEvidenceOf(status: StorePathStatus): MmapEvidence | undefined {
  switch (status) {
    case 'ObservedDirectory':
      return undefined
    case 'UnknownMissing':
      return 'Unknown'
    case 'ObservedUnsupportedNotDirectory':
      return 'ObservedUnsupported'
    default:
      return 'ProbeFailed'
  }
}

function mmapAdmissionIssue(field: MmapField, profile: DecodedProfile): ProfileIssue | undefined {
  const evidence = profile.store_path[field]
  const admission = profile.admission[field]
  if (admission === admitMmap(evidence)) return undefined
  return { kind: 'InconsistentMmapAdmission', field, admission, evidence }
}

// By its tag and not by `instanceof`: bytes may come from another realm (a test runner's context,
// a frame), and Node's Buffer is one too.
function requireBytes(bytes: unknown): asserts bytes is Uint8Array {
  const tag = Object.prototype.toString.call(bytes)
  if (ArrayBuffer.isView(bytes) && tag === '[object Uint8Array]') return
  const got = typeof bytes === 'object' ? tag.slice(8, -1) : typeof bytes
  throw new TypeError(`bytes must be a Uint8Array, got ${got}`)
}
