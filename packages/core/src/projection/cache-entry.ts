/**
 * Keys and values of the cache. A cache can be older than its store, newer (a loss of power takes the
 * end of the log, a backup is put back), of another store, or damaged. So every value carries a seal
 * over the state and over what it was folded from; a value whose seal does not fit is none.
 */
import { blake3 } from '../event/hash.ts'
import type { EventIndex } from '../index-store/event-index.ts'
import type { CacheMeta } from './cache.ts'
import { rowsUpTo, type Plan } from './plan.ts'
import type { Projection } from './projection.ts'

const SEAL_BYTES = 16

/** entity, 0, hash of the name, version, hash of the kinds, compaction epoch. */
export function cacheKey(
  entity: string,
  { name, version }: Pick<Projection<unknown>, 'name' | 'version'>,
  kinds: readonly number[],
  epoch: Uint8Array,
): Uint8Array {
  const sorted = Buffer.alloc(kinds.length * 2 + 8)
  for (const [i, kind] of kinds.entries()) sorted.writeUInt16LE(kind, i * 2)
  sorted.writeBigUInt64LE(BigInt(kinds.length), kinds.length * 2)
  const number = Buffer.alloc(8)
  number.writeBigUInt64LE(BigInt(version))
  return Uint8Array.from(
    Buffer.concat([
      Buffer.from(`${entity}\0`, 'utf8'),
      blake3(Buffer.from(name, 'utf8')).subarray(0, 8),
      number,
      blake3(sorted).subarray(0, 8),
      epoch,
    ]),
  )
}

/** The state with its seal. */
export function sealState(
  index: EventIndex,
  key: Uint8Array,
  plan: Plan,
  state: Uint8Array,
  meta: CacheMeta,
): Uint8Array {
  const out = new Uint8Array(state.length + SEAL_BYTES)
  out.set(state)
  out.set(seal(index, key, plan, plan.rows.length, state, meta), state.length)
  return out
}

/** A state that a cache gave back, and how many rows of the plan are in it. */
export interface CachedState {
  readonly state: Uint8Array
  readonly count: number
}

/** Undefined unless the value was sealed for this key and for the first rows of this plan. */
export function openState(
  index: EventIndex,
  key: Uint8Array,
  plan: Plan,
  value: Uint8Array,
  meta: CacheMeta,
): CachedState | undefined {
  const count = rowsUpTo(index, plan, meta.watermark)
  const end = value.length - SEAL_BYTES
  if (count < 0 || end < 0) return undefined
  // A copy: the cache may keep what it gave out.
  const state = Uint8Array.from(value.subarray(0, end))
  const expected = seal(index, key, plan, count, state, meta)
  for (let i = 0; i < SEAL_BYTES; i += 1) if (value[end + i] !== expected[i]) return undefined
  return { state, count }
}

/**
 * Over the key, the claims about the state, how many events are in it, the last of them with its place,
 * and the state. A log that has the same event at the same place has the same events before it.
 */
function seal(
  { columns }: EventIndex,
  key: Uint8Array,
  { rows }: Plan,
  count: number,
  state: Uint8Array,
  { watermark, cachedAtUs }: CacheMeta,
): Uint8Array {
  const row = rows[count - 1]!
  const id = new Uint32Array(4)
  columns.copyEventId(row, id)
  const bytes = Buffer.alloc(128 + key.length + state.length)
  const numbers = [
    watermark,
    cachedAtUs,
    count,
    columns.wallMs(row),
    columns.segmentId(row),
    columns.offset(row),
  ]
  numbers.forEach((number, i) => bytes.writeBigInt64LE(BigInt(number), i * 8))
  for (let i = 0; i < 4; i += 1) bytes.writeUInt32LE(id[i]!, 48 + i * 4)
  columns.copyHashes(row, bytes, 64)
  bytes.set(key, 128)
  bytes.set(state, 128 + key.length)
  return blake3(bytes).subarray(0, SEAL_BYTES)
}
