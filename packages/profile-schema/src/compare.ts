import { bodyFromEvidence } from './from-evidence.ts'
import { canonicalBody, type PlatformProfile, type ProfileBody } from './profile.ts'
import { variantText } from './variant-text.ts'
import type { PlatformEvidence, StorePathStatus } from './vocabulary.ts'

/** A field of a profile, as it is reached in a file. */
export type ProfilePath =
  | 'schema_version'
  | `host.${keyof ProfileBody['host']}`
  | `store_path.${keyof ProfileBody['store_path']}`
  | `admission.${keyof ProfileBody['admission']}`

type ProfileValue = string | number | Exclude<StorePathStatus, string>

/** One field in which a host is not what its profile says. */
export interface ProfileDifference {
  readonly path: ProfilePath
  /** What the profile says: a variant name, `{ ProbeFailed }` of a path, or a version. */
  readonly expected: ProfileValue
  /** What the host shows. */
  readonly observed: ProfileValue
}

export type ProfileComparison =
  | { readonly equal: true }
  | { readonly equal: false; readonly differences: readonly ProfileDifference[] }

/**
 * Compares a profile with fresh evidence, field by field, and lists every difference in canonical
 * order. Values count, the text of a failed path probe included; the fingerprint and the epoch
 * marker do not.
 * @throws TypeError if `profile` or `evidence` lacks one of its parts
 */
export function compareProfile(
  profile: PlatformProfile,
  evidence: PlatformEvidence,
): ProfileComparison {
  const expected = leaves(canonicalBody(profile))
  const observed = new Map(leaves(bodyFromEvidence(evidence)))
  const differences: ProfileDifference[] = []
  for (const [path, value] of expected) {
    const now = observed.get(path) as ProfileValue
    if (!sameValue(value, now)) differences.push({ path, expected: value, observed: now })
  }
  return differences.length === 0 ? { equal: true } : { equal: false, differences }
}

/** Puts differences into one clause, for an error message. */
export function describeDifferences(differences: readonly ProfileDifference[]): string {
  return differences
    .map(
      ({ path, expected, observed }) =>
        `${path} is ${variantText(observed)}, the profile says ${variantText(expected)}`,
    )
    .join('; ')
}

type Leaf = readonly [path: ProfilePath, value: ProfileValue]

/** The compared fields in canonical order; both sides come from `canonicalBody`, so they align. */
function leaves(body: ProfileBody): Leaf[] {
  const found: Leaf[] = [['schema_version', body.schema_version]]
  for (const group of ['host', 'store_path', 'admission'] as const) {
    for (const [field, value] of Object.entries<ProfileValue>(body[group])) {
      found.push([`${group}.${field}` as ProfilePath, value])
    }
  }
  return found
}

function sameValue(a: ProfileValue, b: ProfileValue): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b
  return a.ProbeFailed.reason === b.ProbeFailed.reason
}
