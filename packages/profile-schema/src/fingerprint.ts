import crc32 from 'crc-32'
import { canonicalBody, type ProfileBody } from './profile.ts'

/**
 * Computes the CRC-32 (ISO-HDLC, as zlib) of a profile's canonical body: the compact UTF-8 JSON of
 * `schema_version`, `host`, `store_path` and `admission`, in that order.
 *
 * `body` may be a whole profile and may have its keys in any order; other fields, a stored
 * fingerprint among them, do not count. Returns 0 to 4294967295.
 * @throws TypeError if a field is missing, or a text has no UTF-8 form (a lone surrogate)
 */
export function fingerprint(body: ProfileBody): number {
  const canonical = canonicalBody(body)
  requireEncodable(canonical)
  const bytes = new TextEncoder().encode(JSON.stringify(canonical))
  return crc32.buf(bytes) >>> 0
}

/** Refuses what `JSON.stringify` would drop or write in a form that no reader takes back. */
export function requireEncodable(body: ProfileBody): void {
  if (!Number.isInteger(body.schema_version)) {
    throw new TypeError(`schema_version must be an integer, got ${String(body.schema_version)}`)
  }
  for (const group of ['host', 'store_path', 'admission'] as const) {
    for (const [field, value] of Object.entries<unknown>(body[group])) {
      requireText(value, `${group}.${field}`)
    }
  }
}

function requireText(value: unknown, path: string): void {
  if (typeof value === 'object' && value !== null) {
    // Only `path_status` can be an object here: {"ProbeFailed": {"reason": …}}.
    for (const [field, inner] of Object.entries(value)) requireText(inner, `${path}.${field}`)
    return
  }
  if (typeof value !== 'string') {
    throw new TypeError(`${path} must be a string, got ${value === null ? 'null' : typeof value}`)
  }
  const at = value.search(LONE_SURROGATE)
  if (at >= 0) {
    throw new TypeError(`${path} has a lone surrogate at index ${at} and therefore no UTF-8 form`)
  }
}

const LONE_SURROGATE = /\p{Surrogate}/u
