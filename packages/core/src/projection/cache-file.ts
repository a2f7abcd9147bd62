/** The bytes of a cache file: the value, then when and from what it was made (disk format 13.1). */
import type { CacheMeta } from './cache.ts'

const MAGIC = 0xcacb_cccd_cecf_d0d1n
const TRAILER_BYTES = 40
/** Older files end after the first two fields. */
const LEGACY_TRAILER_BYTES = 16

export function encodeCacheFile(value: Uint8Array, meta: CacheMeta): Uint8Array {
  const out = Buffer.alloc(value.length + TRAILER_BYTES)
  out.set(value)
  const at = value.length
  out.writeBigUInt64LE(BigInt(meta.watermark), at)
  out.writeBigInt64LE(BigInt(meta.cachedAtUs), at + 8)
  out.writeBigInt64LE(BigInt.asIntN(64, meta.cachedAtMonoNs ?? 0n), at + 16)
  out.writeBigUInt64LE(BigInt.asUintN(64, meta.processBootNs ?? 0n), at + 24)
  out.writeBigUInt64LE(MAGIC, at + 32)
  return out
}

/** Undefined for bytes that are no cache file. */
export function decodeCacheFile(
  bytes: Uint8Array,
): { readonly value: Uint8Array; readonly meta: CacheMeta } | undefined {
  const { length } = bytes
  if (length < LEGACY_TRAILER_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, length)
  const isLegacy = view.getBigUint64(length - 8, true) !== MAGIC
  const at = length - (isLegacy ? LEGACY_TRAILER_BYTES : TRAILER_BYTES)
  if (at < 0) return undefined
  const watermark = Number(view.getBigUint64(at, true))
  const cachedAtUs = Number(view.getBigInt64(at + 8, true))
  if (!Number.isSafeInteger(watermark) || !Number.isSafeInteger(cachedAtUs)) return undefined
  const value = bytes.slice(0, at)
  if (isLegacy) return { value, meta: { watermark, cachedAtUs } }
  const cachedAtMonoNs = view.getBigInt64(at + 16, true)
  const processBootNs = view.getBigUint64(at + 24, true)
  return { value, meta: { watermark, cachedAtUs, cachedAtMonoNs, processBootNs } }
}
