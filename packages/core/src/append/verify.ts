/** Is a receipt still true? A value, never an exception (W-133, W-134). */
import type { Engine } from '../engine.ts'
import { equalBytes, isZero } from '../event/hash.ts'
import { Kind } from '../event/kind.ts'
import { describeType } from '../options.ts'
import { idWords } from './options.ts'
import type { AppendReceipt, DenialReceipt, DiskPos, Extensions, WireReceipt } from './receipt.ts'

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

export type AnyReceipt = AppendReceipt | DenialReceipt | WireReceipt

/**
 * Compares a receipt with the visible event of its id, then judges its signature.
 *
 * @throws TypeError for something that is no receipt; StoreError when the event's extensions must be
 *   read from a damaged segment
 */
export function verifyReceipt(
  engine: Engine,
  receipt: AnyReceipt,
  strictDiskPosition: boolean,
): VerifyResult {
  checkReceipt(receipt)
  const { index } = engine
  const { columns } = index
  const row = index.rowOf(idWords('receipt.eventId', receipt.eventId ?? null)!)
  if (row < 0 || !index.isVisible(row)) return invalid('missing_committed_event')
  if (receipt.type === 'denial' && columns.kind(row) !== Kind.SYSTEM_DENIAL) {
    return invalid('denial_kind_mismatch', `the event has kind ${columns.kind(row)}`)
  }
  const sequence = columns.sequence(row)
  if (receipt.sequence !== sequence) {
    return invalid(
      'sequence_mismatch',
      `the receipt says ${receipt.sequence}, the store ${sequence}`,
    )
  }
  const diskPos = 'diskPos' in receipt ? receipt.diskPos : undefined
  if (strictDiskPosition && diskPos !== undefined && !samePosition(engine, row, diskPos)) {
    return invalid('disk_position_mismatch')
  }
  if (!columns.hasEventHash(row, receipt.contentHash)) return invalid('content_hash_mismatch')
  if (!sameExtensions(engine.extensionsOf(row), receipt.extensions)) {
    return invalid('extensions_mismatch')
  }
  return judgeSignature(receipt)
}

/** Without configured keys nothing can be verified as signed, and nothing needs to be. */
function judgeSignature(receipt: AnyReceipt): VerifyResult {
  const unsigned = isZero(receipt.keyId)
  if (receipt.signature === undefined) {
    return unsigned ? { outcome: 'unsigned_accepted' } : invalid('missing_signature')
  }
  return unsigned ? invalid('zero_key_with_signature') : invalid('unknown_signing_key')
}

function invalid(reason: VerifyReason, detail?: string): VerifyResult {
  return { outcome: 'invalid', reason, ...(detail === undefined ? {} : { detail }) }
}

function samePosition({ index: { columns } }: Engine, row: number, position: DiskPos): boolean {
  return (
    columns.segmentId(row) === position.segmentId &&
    columns.offset(row) === position.offset &&
    columns.length(row) === position.length
  )
}

function sameExtensions(a: Extensions, b: Extensions): boolean {
  if (a.size !== b.size) return false
  for (const [key, value] of a) {
    const other = b.get(key)
    if (other === undefined || !equalBytes(value, other)) return false
  }
  return true
}

function checkReceipt(receipt: unknown): asserts receipt is AnyReceipt {
  if (typeof receipt !== 'object' || receipt === null) {
    throw new TypeError(`receipt must be a receipt of this store, got ${describeType(receipt)}`)
  }
  const { type, contentHash, keyId, signature, extensions, diskPos } =
    receipt as Partial<AppendReceipt>
  if (type !== 'append' && (type as unknown) !== 'denial') {
    throw new TypeError('receipt.type must be "append" or "denial"')
  }
  for (const [name, bytes, length] of [
    ['contentHash', contentHash, 32],
    ['keyId', keyId, 32],
    ['signature', signature, 64],
  ] as const) {
    if (name === 'signature' && bytes === undefined) continue
    if (!(bytes instanceof Uint8Array) || bytes.length !== length) {
      throw new TypeError(`receipt.${name} must be a Uint8Array of ${length} bytes`)
    }
  }
  if (!(extensions instanceof Map)) throw new TypeError('receipt.extensions must be a Map')
  if (diskPos !== undefined && (typeof diskPos !== 'object' || diskPos === null)) {
    throw new TypeError('receipt.diskPos must be { segmentId, offset, length }')
  }
}
