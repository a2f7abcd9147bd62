/** Is a receipt still true? A value, never an exception (W-133, W-134). */
import type { Engine } from '../engine.ts'
import { equalBytes, isZero } from '../event/hash.ts'
import { Kind } from '../event/kind.ts'
import { coveredRow } from '../receipt/covered-row.ts'
import { idWords } from './options.ts'
import type { AnyReceipt, DiskPos, Extensions } from './receipt.ts'
import { checkReceipt, invalid, type VerifyResult } from './verdict.ts'

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
  const row = index.rowOf(idWords('receipt.eventId', receipt.eventId)!)
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
  return judgeSignature(engine, row, receipt)
}

/** Rows 8 to 13 of the verdicts, in their order. */
function judgeSignature(engine: Engine, row: number, receipt: AnyReceipt): VerifyResult {
  const { signer } = engine
  const { keyId, signature } = receipt
  const unsigned = isZero(keyId)
  if (signature === undefined) {
    if (!unsigned) return invalid('missing_signature')
    return signer === undefined
      ? { outcome: 'unsigned_accepted' }
      : invalid('unsigned_receipt_rejected', 'this store has signing keys')
  }
  if (unsigned) return invalid('zero_key_with_signature')
  if (signer === undefined) return invalid('unknown_signing_key', 'this store has no signing keys')
  const verdict = signer.judge(coveredRow(engine, row), { keyId, signature })
  return verdict === 'signed' ? { outcome: 'signed' } : invalid(verdict)
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
