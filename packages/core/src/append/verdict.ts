/** What may be said of a receipt, and which values are receipts at all. */
import { describeType } from '../options.ts'
import { idWords } from './options.ts'
import type { AnyReceipt, AppendReceipt } from './receipt.ts'

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
  for (const [name, value] of Object.entries({ sequence, kind })) {
    if (Number.isSafeInteger(value) && value! >= 0) continue
    throw new TypeError(`receipt.${name} must be a non-negative integer`)
  }
  if (typeof coordinate?.entity !== 'string' || typeof coordinate.scope !== 'string') {
    throw new TypeError('receipt.coordinate must be { entity, scope }')
  }
  checkBytes(receipt)
  if (!(extensions instanceof Map)) throw new TypeError('receipt.extensions must be a Map')
  if (diskPos !== undefined && (typeof diskPos !== 'object' || diskPos === null)) {
    throw new TypeError('receipt.diskPos must be { segmentId, offset, length }')
  }
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
