import { requireEncodable } from './fingerprint.ts'
import { canonicalBody, type PlatformProfile, requireObject } from './profile.ts'

export interface SerializeOptions {
  /** Two-space indentation with LF, as profile files are written; compact by default. */
  readonly pretty?: boolean | undefined
}

/**
 * Writes a profile as JSON in canonical key order: the bytes of a profile file, as UTF-8, without a
 * newline at the end. `parseProfile` takes them as they are.
 *
 * The profile is written, not judged: neither its fingerprint nor its consistency is checked.
 * @throws TypeError if a field is missing or cannot be written, or an option is unknown
 */
export function serializeProfile(
  profile: PlatformProfile,
  options: SerializeOptions = {},
): Uint8Array {
  requireObject(profile, 'profile')
  const body = canonicalBody(profile)
  requireEncodable(body)
  const { fingerprint_crc32 } = profile
  if (
    !Number.isInteger(fingerprint_crc32) ||
    fingerprint_crc32 < 0 ||
    fingerprint_crc32 > 0xffffffff
  ) {
    throw new TypeError(
      `fingerprint_crc32 must be an integer from 0 to 4294967295, got ${String(fingerprint_crc32)}`,
    )
  }
  const indent = isPretty(options) ? 2 : undefined
  return new TextEncoder().encode(JSON.stringify({ ...body, fingerprint_crc32 }, null, indent))
}

function isPretty(options: SerializeOptions): boolean {
  requireObject(options, 'options')
  for (const key of Object.keys(options)) {
    if (key !== 'pretty') throw new TypeError(`unknown option ${key}: the only option is pretty`)
  }
  const { pretty = false } = options
  if (typeof pretty !== 'boolean') {
    throw new TypeError(`options.pretty must be a boolean, got ${typeof pretty}`)
  }
  return pretty
}
