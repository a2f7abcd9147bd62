/** Judging a receipt without a store: what it claims, and whose key signed that. */
import { encodeExtensions } from '../append/extensions.ts'
import { idWords } from '../append/options.ts'
import type { AnyReceipt } from '../append/receipt.ts'
import { checkReceipt, invalid, type VerifyResult } from '../append/verdict.ts'
import { isStoreError } from '../errors.ts'
import { equalBytes, isZero } from '../event/hash.ts'
import { describeType } from '../options.ts'
import { receiptCover } from './cover.ts'
import {
  PUBLIC_KEY_BYTES,
  SEED_BYTES,
  rawPublicKey,
  signingKey,
  verifyCover,
  verifyingKey,
} from './keys.ts'

/** The public key of a signing seed, 32 bytes. @throws TypeError unless the seed has 32 bytes */
export function publicKeyOf(seed: Uint8Array): Uint8Array {
  requireBytes('seed', seed, SEED_BYTES)
  return rawPublicKey(signingKey(seed).privateKey)
}

/** How receipts name a public key: its BLAKE3. @throws TypeError unless the key has 32 bytes */
export function keyIdOf(publicKey: Uint8Array): Uint8Array {
  requireBytes('publicKey', publicKey, PUBLIC_KEY_BYTES)
  return verifyingKey(publicKey).keyId
}

/**
 * The 32 bytes that a receipt's signature signs: id, sequence, coordinate, kind, hashes, extensions.
 * @throws TypeError for something that is no receipt, StoreError `InvalidUnicode` for a coordinate that
 *   no event can have
 */
export function coverOf(receipt: AnyReceipt): Uint8Array {
  checkReceipt(receipt)
  const { sequence, coordinate, kind, prevHash, contentHash } = receipt
  const sorted = new Map([...receipt.extensions].sort(([a], [b]) => (a < b ? -1 : 1)))
  const extensions = encodeExtensions(sorted)
  const eventId = idWords('receipt.eventId', receipt.eventId)!
  return receiptCover({
    eventId,
    sequence,
    coordinate,
    kind,
    prevHash,
    contentHash,
    extensions,
  })
}

/**
 * Whether one of `publicKeys` signed what the receipt claims. It tells nothing of whether a store
 * holds such an event: `Store.verify` does.
 *
 * @param publicKeys 32 bytes each
 * @throws TypeError for something that is no receipt, or no keys
 */
export function verifyClaim(receipt: AnyReceipt, publicKeys: readonly Uint8Array[]): VerifyResult {
  checkReceipt(receipt)
  if (!Array.isArray(publicKeys)) {
    throw new TypeError(`publicKeys must be an array, got ${describeType(publicKeys)}`)
  }
  for (const [i, key] of publicKeys.entries()) {
    requireBytes(`publicKeys[${i}]`, key as unknown, PUBLIC_KEY_BYTES)
  }
  const { keyId, signature } = receipt
  const unsigned = isZero(keyId)
  if (signature === undefined) {
    if (!unsigned) return invalid('missing_signature')
    if (publicKeys.length === 0) return { outcome: 'unsigned_accepted' }
    return invalid('unsigned_receipt_rejected', 'a key was given, the receipt has no signature')
  }
  if (unsigned) return invalid('zero_key_with_signature')
  const key = publicKeys.map(verifyingKey).find((known) => equalBytes(known.keyId, keyId))
  if (key === undefined) return invalid('unknown_signing_key')
  let cover: Uint8Array
  try {
    cover = coverOf(receipt)
  } catch (error) {
    if (isStoreError(error, 'InvalidUnicode')) return invalid('cover_build_failed', error.message)
    throw error
  }
  return verifyCover(cover, signature, key) ? { outcome: 'signed' } : invalid('invalid_signature')
}

function requireBytes(name: string, value: unknown, length: number): void {
  if (value instanceof Uint8Array && value.length === length) return
  const got = value instanceof Uint8Array ? `${value.length} bytes` : describeType(value)
  throw new TypeError(`${name} must be a Uint8Array of ${length} bytes, got ${got}`)
}
