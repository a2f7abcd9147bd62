/** Ed25519 keys as batpak has them: a seed of 32 bytes, named by the hash of its public key. */
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { plainView } from '../encoding/bytes.ts'
import { blake3 } from '../event/hash.ts'

export const SEED_BYTES = 32
export const PUBLIC_KEY_BYTES = 32

// What PKCS #8 and SPKI put before the 32 bytes of an Ed25519 key (RFC 8410).
const PRIVATE_PREFIX: Uint8Array = Buffer.from('302e020100300506032b657004220420', 'hex')
const PUBLIC_PREFIX: Uint8Array = Buffer.from('302a300506032b6570032100', 'hex')

export interface SigningKey {
  readonly privateKey: KeyObject
  readonly verifier: VerifyingKey
}

export interface VerifyingKey {
  readonly keyId: Uint8Array
  readonly publicKey: KeyObject
}

export function signingKey(seed: Uint8Array): SigningKey {
  const der = Buffer.concat([PRIVATE_PREFIX, seed])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  der.fill(0)
  return { privateKey, verifier: verifyingKey(rawPublicKey(privateKey)) }
}

export function verifyingKey(publicKey: Uint8Array): VerifyingKey {
  const key = Buffer.concat([PUBLIC_PREFIX, publicKey])
  return {
    keyId: blake3(publicKey),
    publicKey: createPublicKey({ key, format: 'der', type: 'spki' }),
  }
}

/** The 32 bytes of the public key. */
export function rawPublicKey(privateKey: KeyObject): Uint8Array {
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return Uint8Array.from(der.subarray(PUBLIC_PREFIX.length))
}

export function signCover(cover: Uint8Array, { privateKey }: SigningKey): Uint8Array {
  return plainView(sign(null, cover, privateKey))
}

export function verifyCover(
  cover: Uint8Array,
  signature: Uint8Array,
  { publicKey }: VerifyingKey,
): boolean {
  return verify(null, cover, publicKey, signature)
}
