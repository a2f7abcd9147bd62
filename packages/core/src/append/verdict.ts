/** What may be said of a receipt, and which values are receipts at all. */
import { describeType } from '../options.ts'
import { idWords } from './options.ts'
import { isEventKind } from '../event/kind.ts'
import type { AnyReceipt, AppendReceipt, DiskPos } from './receipt.ts'

export type VerifyReason =
  | 'missing_committed_event'
  | 'denial_kind_mismatch'
  | 'event_id_mismatch'
  | 'sequence_mismatch'
  | 'disk_position_mismatch'
  | 'content_hash_mismatch'
  | 'extensions_mismatch'
  | 'unsigned_receipt_rejected'
  | 'cover_build_failed'
  | 'missing_signature'
  | 'zero_key_with_signature'
  | 'unknown_signing_key'
  | 'invalid_signature'

export type VerifyResult =
  | { readonly outcome: 'signed' }
  | { readonly outcome: 'unsigned_accepted' }
  | { readonly outcome: 'invalid'; readonly reason: VerifyReason; readonly detail?: string }

export function invalid(reason: VerifyReason, detail?: string): VerifyResult {
  return { outcome: 'invalid', reason, ...(detail === undefined ? {} : { detail }) }
}

/** @throws TypeError naming what is missing or of the wrong form */
export function checkReceipt(receipt: unknown): asserts receipt is AnyReceipt {
  if (typeof receipt !== 'object' || receipt === null) {
    throw new TypeError(`receipt must be a receipt of this store, got ${describeType(receipt)}`)
  }
  const { type, eventId, sequence, kind, coordinate, extensions, diskPos } =
    receipt as Partial<AppendReceipt>
  if (type !== 'append' && (type as unknown) !== 'denial') {
    throw new TypeError('receipt.type must be "append" or "denial"')
  }
  idWords('receipt.eventId', eventId ?? null)
  if (!isCount(sequence)) throw new TypeError('receipt.sequence must be a non-negative integer')
  if (!isEventKind(kind)) throw new TypeError('receipt.kind must be an event kind')
  if (typeof coordinate?.entity !== 'string' || typeof coordinate.scope !== 'string') {
    throw new TypeError('receipt.coordinate must be { entity, scope }')
  }
  checkBytes(receipt)
  if (!(extensions instanceof Map) || ![...extensions].every(isExtension)) {
    throw new TypeError('receipt.extensions must be a Map of string to Uint8Array')
  }
  if (diskPos === undefined) return
  const { segmentId, offset, length } = (diskPos ?? {}) as Partial<DiskPos>
  if (![segmentId, offset, length].every(isCount)) {
    throw new TypeError('receipt.diskPos must be { segmentId, offset, length }')
  }
}

/** As `checkReceipt`, and of the parts that no verdict looks at. @throws TypeError */
export function checkWholeReceipt(receipt: unknown): asserts receipt is AnyReceipt {
  checkReceipt(receipt)
  const { clock, replayed } = receipt as Partial<AppendReceipt>
  if (!isCount(clock)) throw new TypeError('receipt.clock must be a non-negative integer')
  if (typeof replayed !== 'boolean') throw new TypeError('receipt.replayed must be a boolean')
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isExtension([key, value]: readonly [unknown, unknown]): boolean {
  return typeof key === 'string' && value instanceof Uint8Array
}

function checkBytes(receipt: Partial<AppendReceipt>): void {
  for (const [name, length] of [
    ['contentHash', 32],
    ['prevHash', 32],
    ['keyId', 32],
    ['signature', 64],
  ] as const) {
    const bytes: unknown = receipt[name]
    if (name === 'signature' && bytes === undefined) continue
    if (!(bytes instanceof Uint8Array) || bytes.length !== length) {
      throw new TypeError(`receipt.${name} must be a Uint8Array of ${length} bytes`)
    }
  }
}
