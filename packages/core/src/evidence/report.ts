/** A report: what was observed, and the hash that identifies it. */
import { blake3 } from '../event/hash.ts'
import { encodeShape, type Shape } from './shape.ts'

/** Only `body` is hashed. */
export interface EvidenceReport<Body> {
  readonly body: Body
  /** BLAKE3 of `canonicalBytes(body)`. */
  readonly bodyHash: Uint8Array
  /** batpak does not set it; whoever keeps a report may. */
  readonly generatedAtUnixMs?: number
  /** As `generatedAtUnixMs`. */
  readonly batpakVersion?: string
  /** Texts for people, no part of the report's identity. */
  readonly diagnostics: readonly string[]
}

/** @throws StoreError `BodyEncoding` */
export function reportOf<Body>(
  shape: Shape<Body>,
  body: Body,
  diagnostics: readonly string[] = [],
): EvidenceReport<Body> {
  return { body, bodyHash: hashOf(shape, body), diagnostics }
}

/** BLAKE3 of the canonical bytes. @throws StoreError `BodyEncoding` */
export function hashOf<T>(shape: Shape<T>, value: T): Uint8Array {
  return blake3(encodeShape(shape, value))
}
