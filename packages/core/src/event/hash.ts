/** BLAKE3-256, the only hash of the format. */
import { hashInto } from 'blake3-jit'

export const HASH_BYTES = 32

/** Hashes `data` into `out[0 … 31]`. */
export function blake3Into(data: Uint8Array, out: Uint8Array): void {
  hashInto(data, out)
}

/** A new array of 32 bytes. */
export function blake3(data: Uint8Array): Uint8Array {
  const out = new Uint8Array(HASH_BYTES)
  hashInto(data, out)
  return out
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false
  return true
}

export function isZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i += 1) if (bytes[i] !== 0) return false
  return true
}
