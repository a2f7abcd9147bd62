import type { ProfileIssue } from './issue.ts'
import { StrictJsonError } from './json-cursor.ts'
import type { DecodedProfile } from './profile.ts'
import { shapeProblem } from './schema-check.ts'
import { type ObjectShape, readStrictJson } from './strict-json.ts'

export type DecodeResult =
  | { readonly ok: true; readonly profile: DecodedProfile }
  | { readonly ok: false; readonly issue: ProfileIssue }

/** Strict JSON, then the shape of a profile. The result holds known fields only, of any version. */
export function decodeProfile(bytes: Uint8Array): DecodeResult {
  if (bytes.length > MAX_PROFILE_BYTES) {
    const problem = `${bytes.length} bytes are no profile, at most ${MAX_PROFILE_BYTES} are read`
    return { ok: false, issue: { kind: 'DecodeJson', cause: new Error(problem) } }
  }
  let value: unknown
  try {
    value = readStrictJson(bytes, PROFILE)
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause
    return { ok: false, issue: { kind: 'DecodeJson', cause } }
  }
  const problem = shapeProblem(value)
  if (problem !== undefined) {
    return { ok: false, issue: { kind: 'DecodeJson', cause: new Error(problem) } }
  }
  return { ok: true, profile: value as DecodedProfile }
}

// A profile has some 600 bytes. The limit bounds the memory that hostile input can take, which a
// `catch` could not: nesting costs 8 bytes a level, and a heap that overflows ends the process.
const MAX_PROFILE_BYTES = 16 * 1024 * 1024

const PROFILE: ObjectShape = struct({
  schema_version: 'integer',
  host: struct({ monotonic_clock: 'scalar' }),
  store_path: struct({
    // One variant of many: a second key next to it is not an unknown field but a defect.
    path_status: { fields: { ProbeFailed: struct({ reason: 'scalar' }) }, unknown: 'refuse' },
    parent_dir_sync: 'scalar',
    lock_leaf_symlink_protection: 'scalar',
    mmap_index: 'scalar',
    sealed_segment_mmap: 'scalar',
    active_segment_read: 'scalar',
  }),
  admission: struct({
    store_lock: 'scalar',
    parent_dir_sync: 'scalar',
    mmap_index: 'scalar',
    sealed_segment_mmap: 'scalar',
  }),
  fingerprint_crc32: 'integer',
})

function struct(fields: ObjectShape['fields']): ObjectShape {
  return { fields, unknown: 'ignore' }
}
