/** Step 9 of an append: the event enters the index, and its receipt is made. Nothing here fails. */
import { markAsUntransferable } from 'node:worker_threads'
import type { Engine } from '../engine.ts'
import { formatWords } from '../event/id-words.ts'
import type { EventKind } from '../event/kind.ts'
import type { Signature } from '../receipt/signer.ts'
import type { FrameDraft } from '../segment/frame-encode.ts'
import type { Address } from './address.ts'
import type { AppendRequest } from './options.ts'
import { copyExtensions, type DiskPos, type Receipt } from './receipt.ts'

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
    contentHash: receiptHash(draft.eventHash),
    prevHash: receiptHash(draft.prevHash),
    diskPos,
    keyId: signature === undefined ? receiptHash() : signature.keyId,
    extensions: copyExtensions(request.extensions), // a draft may be used again
    replayed: false,
  }
  if (signature === undefined) return Object.freeze(receipt)
  return Object.freeze(Object.assign(receipt, { signature: signature.signature }))
}

const SLAB_BYTES = 960
let slab: ArrayBuffer = new ArrayBuffer(0)
let used = 0

/**
 * A copy of `hash`, or zeros, for a receipt. Ten receipts share one small buffer: an array with a
 * buffer of its own takes 230 bytes, and a receipt has three.
 */
function receiptHash(hash?: Uint8Array): Uint8Array {
  if (used === SLAB_BYTES || slab.byteLength !== SLAB_BYTES) {
    slab = new ArrayBuffer(SLAB_BYTES)
    // Transferred away it would take the hashes of other receipts along.
    markAsUntransferable(slab)
    used = 0
  }
  const copy = new Uint8Array(slab, used, 32)
  used += 32
  if (hash !== undefined) for (let i = 0; i < 32; i += 1) copy[i] = hash[i]!
  return copy
}
