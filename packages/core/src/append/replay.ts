/** The receipt of an event whose idempotency key comes a second time. */
import type { Engine } from '../engine.ts'
import { StoreError } from '../errors.ts'
import { blake3 } from '../event/hash.ts'
import { formatWords } from '../event/id-words.ts'
import type { EventKind } from '../event/kind.ts'
import { coveredRow } from '../receipt/covered-row.ts'
import type { Address } from './address.ts'
import type { AppendRequest } from './options.ts'
import type { Receipt } from './receipt.ts'

/**
 * Rebuilds the receipt of `row` from the index: original position, hashes and extensions (W-62).
 *
 * @throws StoreError `IdempotencyConflict` under `onReplay: 'verify'` when the new append differs (W-63)
 */
export function replayReceipt(
  engine: Engine,
  row: number,
  at: Address,
  kind: EventKind,
  payload: Uint8Array,
  request: AppendRequest,
): Receipt {
  const { columns, names } = engine.index
  const entity = names.text(columns.entityId(row))
  const scope = names.text(columns.scopeId(row))
  const eventId = formatWords(request.key!, 0)
  if (request.verifyReplay) {
    const differs: string[] = []
    if (entity !== at.coordinate.entity || scope !== at.coordinate.scope) differs.push('coordinate')
    if (columns.kind(row) !== kind) differs.push('kind')
    if (!columns.hasEventHash(row, blake3(payload))) differs.push('content')
    if (differs.length > 0) throw new StoreError('IdempotencyConflict', { eventId, differs })
  }
  const sequence = columns.sequence(row)
  const coordinate = Object.freeze({ entity, scope })
  const extensions = engine.extensionsOf(row)
  const signature = engine.signer?.sign(coveredRow(engine, row))
  return Object.freeze({
    type: request.receiptType,
    eventId,
    sequence,
    clock: columns.clock(row),
    kind: columns.kind(row) as EventKind,
    coordinate,
    contentHash: columns.eventHash(row),
    prevHash: columns.prevHash(row),
    diskPos: {
      segmentId: columns.segmentId(row),
      offset: columns.offset(row),
      length: columns.length(row),
    },
    keyId: new Uint8Array(32),
    ...signature,
    extensions,
    replayed: true,
  })
}
