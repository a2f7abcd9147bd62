/** Step 9 of an append: the event enters the index, and its receipt is made. Nothing here fails. */
import type { Engine } from '../engine.ts'
import { formatWords } from '../event/id-words.ts'
import type { EventKind } from '../event/kind.ts'
import type { Signature } from '../receipt/signer.ts'
import type { FrameDraft } from '../segment/frame-encode.ts'
import type { Address } from './address.ts'
import type { AppendRequest } from './options.ts'
import type { DiskPos, Receipt } from './receipt.ts'

/** Inserts the event of `draft`; readers see it once `engine.publish` passes its sequence. */
export function insertEvent(
  engine: Engine,
  draft: FrameDraft,
  at: Address,
  request: AppendRequest,
  sequence: number,
  { segmentId, offset, length }: DiskPos,
): void {
  const { index } = engine
  const row = index.insert(draft, at.entity, at.scope, sequence, segmentId, offset, length)
  if (request.extensions.size > 0) engine.rememberExtensions(row, request.extensions)
  index.allocated = sequence + 1
}

export function receiptOf(
  draft: FrameDraft,
  at: Address,
  request: AppendRequest,
  sequence: number,
  diskPos: DiskPos,
  signature: Signature | undefined,
): Receipt {
  const receipt = {
    type: request.receiptType,
    eventId: formatWords(draft.eventId, 0),
    sequence,
    clock: draft.clock,
    kind: draft.kind as EventKind,
    coordinate: at.coordinate,
    contentHash: draft.eventHash.slice(),
    prevHash: draft.prevHash.slice(),
    diskPos,
    keyId: new Uint8Array(32),
    extensions: request.extensions,
    replayed: false,
  }
  return signature === undefined ? receipt : { ...receipt, ...signature }
}
