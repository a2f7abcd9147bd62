/** The checks of a batch in batpak 0.8.0's order (write side 10.1): nothing here has an effect. */
import type { Engine } from '../engine.ts'
import { StoreError, isStoreError } from '../errors.ts'
import { formatWords } from '../event/id-words.ts'
import type { AddressBook, Address } from './address.ts'
import { EncodedDraft } from './draft.ts'
import type { AppendRequest } from './options.ts'

/** A draft of a batch whose coordinate and size are right. */
export interface BatchItem {
  readonly draft: EncodedDraft
  readonly at: Address
  readonly payload: Uint8Array
  readonly request: AppendRequest
}

/**
 * Steps 2 to 5; an empty batch gives no items.
 *
 * @throws StoreError `InvalidCoordinate`, `ReservedCoordinate`, `BatchItemTooLarge`, `BatchFailed`
 */
export function checkBatch(
  engine: Engine,
  addresses: AddressBook,
  drafts: readonly EncodedDraft[],
): readonly BatchItem[] {
  const { singleAppendMaxBytes, batchMaxSize, batchMaxBytes } = engine.config
  // 2 coordinate and size of each item
  let total = 0
  let before: BatchItem | undefined
  const items = drafts.map((draft, index) => {
    const same = before !== undefined && before.draft.at === draft.at
    const at = same ? before!.at : lookup(addresses, draft, index)
    const payload = EncodedDraft.payload(draft)
    const request = EncodedDraft.request(draft)
    const size = sizeOf(payload.length, request)
    if (size > singleAppendMaxBytes) {
      throw new StoreError('BatchItemTooLarge', { index, size, limit: singleAppendMaxBytes })
    }
    total += size
    before = { draft, at, payload, request }
    return before
  })
  // 3 limits of the whole
  if (items.length > batchMaxSize) {
    throw refused(
      0,
      `a batch of ${items.length} items exceeds batchMaxSize, ${batchMaxSize}; split it`,
    )
  }
  if (total > batchMaxBytes) {
    throw refused(0, `a batch of ${total} bytes exceeds batchMaxBytes, ${batchMaxBytes}; split it`)
  }
  // 4 no compare-and-swap
  const swap = items.findIndex(({ request }) => request.expected !== undefined)
  if (swap >= 0) {
    throw refused(swap, 'a batch item cannot carry `expected`; compare before, or append it alone')
  }
  return items
}

/**
 * The rows of a batch that was written before, when all its keys are known (step 6).
 *
 * @throws StoreError `IdempotencyPartialBatch` when only some items have keys, some keys are known,
 *   or two are equal
 */
export function knownBatch(
  engine: Engine,
  items: readonly BatchItem[],
): readonly number[] | undefined {
  const keys: Uint32Array[] = []
  for (const { request } of items) if (request.key !== undefined) keys.push(request.key)
  if (keys.length === 0) return undefined
  const refuse = (reason: string): never => {
    throw new StoreError('IdempotencyPartialBatch', { reason })
  }
  if (keys.length < items.length) {
    refuse(`${keys.length} of ${items.length} items have a key; give one to all of them or to none`)
  }
  const seen = new Map<string, number>()
  for (const [i, key] of keys.entries()) {
    const hex = formatWords(key, 0)
    const other = seen.get(hex)
    if (other !== undefined) refuse(`items ${other} and ${i} have the same key, ${hex}`)
    seen.set(hex, i)
  }
  const rows = keys.map((key) => engine.knownRow(key))
  const known = rows.filter((row) => row >= 0).length
  if (known === 0) return undefined
  if (known < rows.length) {
    refuse(`${known} of ${rows.length} keys are known; repeat a batch exactly as it was`)
  }
  return rows
}

/** Payload and extensions together; no extensions count as nothing (W-48). */
export function sizeOf(payloadBytes: number, request: AppendRequest): number {
  return payloadBytes + (request.extensions.size === 0 ? 0 : request.extensionBytes.length)
}

function lookup(addresses: AddressBook, draft: EncodedDraft, index: number): Address {
  try {
    return addresses.lookup(draft.at)
  } catch (error) {
    if (!(error instanceof StoreError) || isStoreError(error, 'ReservedCoordinate')) throw error
    throw new StoreError('InvalidCoordinate', { index, reason: error.message }, { cause: error })
  }
}

function refused(itemIndex: number, reason: string): StoreError {
  const cause = new StoreError('Configuration', { reason })
  return new StoreError('BatchFailed', { itemIndex }, { cause })
}
