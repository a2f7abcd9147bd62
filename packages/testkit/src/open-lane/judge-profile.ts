/**
 * What must be said about a profile file, by the published rules and in their order: shape, version,
 * fingerprint, lock, directory sync, path and maps, map admissions, comparison. Knows nothing of the
 * code that it judges.
 */
import type { ProfileInvalidKind } from '@batpak/core'
import type { Json, JsonObject } from '../core/law.ts'
import type { ClaimedEvidence } from '../host/host-spec.ts'
import { profileFingerprint, profileFixture } from '../fixtures/profile-fixture.ts'
import { admissionByTable, EVIDENCE_VALUES } from './evidence-values.ts'
import type { ProfileSpec } from './lane-spec.ts'

export type ProfileVerdict = 'match' | 'mismatch' | ProfileInvalidKind

/** @param evidence what the host reports when the profile is compared */
export function judgeProfile(
  spec: ProfileSpec,
  evidence: Required<ClaimedEvidence>,
): ProfileVerdict {
  if (spec.file !== undefined) return 'Io'
  const fixture = profileFixture(fixtureSpec(spec, evidence))
  if (!isWholeText(spec, fixture.bytes.length, evidence)) return 'DecodeJson'
  const { fields } = fixture
  if (!hasShape(fields)) return 'DecodeJson'
  return brokenRule(fields) ?? (equals(fields, evidence) ? 'match' : 'mismatch')
}

/** The fixture of a lane's profile: its base may be whatever matches the host. */
export function fixtureSpec(
  { base = 'matching', file: _file, path: _path, ...rest }: ProfileSpec,
  evidence: Required<ClaimedEvidence>,
): Parameters<typeof profileFixture>[0] {
  return { ...rest, base: base === 'matching' ? evidence : base }
}

function isWholeText(
  spec: ProfileSpec,
  length: number,
  evidence: Required<ClaimedEvidence>,
): boolean {
  if (spec.text === undefined || spec.text === 'reorder') return true
  if (typeof spec.text !== 'object') return false
  const { text: _, ...whole } = spec
  return profileFixture(fixtureSpec(whole, evidence)).bytes.length === length
}

const ADMISSIONS: Readonly<Record<string, readonly string[]>> = {
  store_lock: ['AtomicNoFollow', 'BestEffortCheckThenOpen', 'Rejected'],
  parent_dir_sync: ['UnixFsync', 'RenameOnly', 'Rejected'],
  mmap_index: ['FileBacked', 'Rejected'],
  sealed_segment_mmap: ['FileBacked', 'Rejected'],
}

function hasShape(fields: JsonObject): boolean {
  const { schema_version, fingerprint_crc32, host, store_path, admission } = fields
  return (
    isCount(schema_version, 0xffff) &&
    isCount(fingerprint_crc32, 0xffff_ffff) &&
    isObject(host) &&
    isOneOf(host['monotonic_clock'], EVIDENCE_VALUES.monotonicClock) &&
    isObject(store_path) &&
    isStatus(store_path['path_status']) &&
    isOneOf(store_path['parent_dir_sync'], EVIDENCE_VALUES.parentDirSync) &&
    isOneOf(
      store_path['lock_leaf_symlink_protection'],
      EVIDENCE_VALUES.lockLeafSymlinkProtection,
    ) &&
    isOneOf(store_path['mmap_index'], EVIDENCE_VALUES.mmapIndex) &&
    isOneOf(store_path['sealed_segment_mmap'], EVIDENCE_VALUES.sealedSegmentMmap) &&
    isOneOf(store_path['active_segment_read'], EVIDENCE_VALUES.activeSegmentRead) &&
    isObject(admission) &&
    Object.entries(ADMISSIONS).every(([name, values]) => isOneOf(admission[name], values))
  )
}

/** The first rule that a decoded profile breaks. */
function brokenRule(fields: JsonObject): ProfileInvalidKind | undefined {
  if (fields['schema_version'] !== 1) return 'UnsupportedSchemaVersion'
  if (fields['fingerprint_crc32'] !== profileFingerprint(fields)) return 'FingerprintMismatch'
  const claimed = evidenceIn(fields)
  const table = admissionByTable(claimed)
  const stored = fields['admission'] as JsonObject
  if (stored['store_lock'] !== table.storeLock) return 'InconsistentLockAdmission'
  if (stored['parent_dir_sync'] !== table.parentDirSync) return 'InconsistentParentDirSyncAdmission'
  const expected = mapsUnder(claimed.pathStatus)
  for (const found of [claimed.mmapIndex, claimed.sealedSegmentMmap]) {
    if (expected !== undefined && found !== expected) return 'InconsistentMmapPath'
  }
  if (stored['mmap_index'] !== table.mmapIndex) return 'InconsistentMmapAdmission'
  if (stored['sealed_segment_mmap'] !== table.sealedSegmentMmap) return 'InconsistentMmapAdmission'
  return undefined
}

function equals(fields: JsonObject, evidence: Required<ClaimedEvidence>): boolean {
  const claimed = evidenceIn(fields)
  return Object.entries(evidence).every(
    ([field, value]) =>
      JSON.stringify(value) === JSON.stringify(claimed[field as keyof ClaimedEvidence]),
  )
}

function evidenceIn(fields: JsonObject): Required<ClaimedEvidence> {
  const host = fields['host'] as JsonObject
  const path = fields['store_path'] as JsonObject
  const status = path['path_status']!
  return {
    monotonicClock: host['monotonic_clock'],
    pathStatus: isObject(status) ? { ProbeFailed: { reason: reasonOf(status) } } : status,
    parentDirSync: path['parent_dir_sync'],
    lockLeafSymlinkProtection: path['lock_leaf_symlink_protection'],
    mmapIndex: path['mmap_index'],
    sealedSegmentMmap: path['sealed_segment_mmap'],
    activeSegmentRead: path['active_segment_read'],
  } as Required<ClaimedEvidence>
}

function mapsUnder(status: Required<ClaimedEvidence>['pathStatus']): string | undefined {
  if (status === 'ObservedDirectory') return undefined
  if (status === 'UnknownMissing') return 'Unknown'
  return status === 'ObservedUnsupportedNotDirectory' ? 'ObservedUnsupported' : 'ProbeFailed'
}

function isStatus(value: Json | undefined): boolean {
  if (isObject(value)) {
    return Object.keys(value).length === 1 && typeof reasonOf(value) === 'string'
  }
  return isOneOf(value, EVIDENCE_VALUES.pathStatus)
}

function reasonOf(status: JsonObject): string | undefined {
  const failed = status['ProbeFailed']
  return isObject(failed) ? (failed['reason'] as string | undefined) : undefined
}

function isCount(value: Json | undefined, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max
}

function isOneOf(value: Json | undefined, known: readonly unknown[]): boolean {
  return typeof value === 'string' && known.includes(value)
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
