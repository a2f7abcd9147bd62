/**
 * Several events as one: readers and crashes see none of them or all. The batch is encoded into one
 * buffer between two markers, written with one write, and synced before it becomes visible.
 */
import type { WriteSide } from '../open/open.ts'
import type { Engine } from '../engine.ts'
import { StoreError } from '../errors.ts'
import { Writer } from '../encoding/writer.ts'
import type { OpenFence } from '../fence/open-fence.ts'
import type { EntityRecord } from '../index-store/names.ts'
import { assertNumberable } from '../index-store/sequences.ts'
import type { Signature } from '../receipt/signer.ts'
import type { WriteStage } from '../segment/active-segment.ts'
import { encodeBegin, encodeCommit } from '../segment/batch-marker.ts'
import { FrameDraft, encodeFrame } from '../segment/frame-encode.ts'
import { inject, injectOrPoison, injecting, mark } from '../testing/hooks.ts'
import type { LogWriter } from '../writer/log-writer.ts'
import { checkBatch, knownBatch, type BatchItem } from './batch-check.ts'
import { insertEvent, receiptOf } from './committed.ts'
import { setCausation, type Composer } from './compose.ts'
import { EncodedDraft, type Cause } from './draft.ts'
import { assertHead, type ExpectedHead } from './expected-head.ts'
import { finishPending, finishReplay, finishSynced } from './finish.ts'
import type { Until } from './options.ts'
import type { Receipt } from './receipt.ts'
import { replayReceipt } from './replay.ts'

const BUFFER_BYTES = 256 * 1024
/** Buffers that one large batch has made larger are not kept. */
const BUFFER_KEPT_BYTES = 4 * 1024 * 1024
const FRAMES_KEPT = 256

/** Ids for all items that leave their own open (`appendReactions`). */
export interface Reaction {
  readonly correlation: Uint32Array
  readonly causation: Uint32Array
}

export class BatchCommitter {
  readonly #engine: Engine
  readonly #side: Pick<WriteSide, 'writer' | 'addresses'>
  readonly #composer: Composer
  /** One per item, reused by the next batch. */
  readonly #frames: FrameDraft[] = []
  #buffer: Writer = new Writer(BUFFER_BYTES)

  constructor(engine: Engine, side: Pick<WriteSide, 'writer' | 'addresses'>, composer: Composer) {
    this.#engine = engine
    this.#side = side
    this.#composer = composer
  }

  /**
   * Writes `drafts` as one batch and returns their receipts in order.
   *
   * @throws StoreError as `Store.appendBatch`
   */
  commit(
    drafts: readonly EncodedDraft[],
    reaction: Reaction | undefined,
    fence: OpenFence | undefined,
    until: Until,
    expected?: ExpectedHead,
  ): readonly Receipt[] {
    const engine = this.#engine
    const { writer, addresses } = this.#side
    this.#frames.length = Math.min(this.#frames.length, FRAMES_KEPT)
    const timestampUs = engine.clock.nowUs()
    const pendingSinceNs = engine.frontier.pendingSinceNs()
    // 1 store, writer, fence: the clocks were the caller's code
    engine.assertOpen('appendBatch')
    writer.assertUsable()
    engine.assertFence(fence)
    // 2 … 5 items and limits
    const items = checkBatch(engine, addresses, drafts)
    if (items.length === 0) return []
    // 6 idempotency
    const rows = knownBatch(engine, items)
    if (rows !== undefined) {
      mark('batch.replayed')
      const known = items.map(({ at, draft, payload, request }, i) =>
        replayReceipt(engine, rows[i]!, at, draft.kind, payload, request),
      )
      finishReplay(engine, writer, known, until)
      return known
    }
    if (expected !== undefined) assertHead(engine, expected)
    // 7 values and signatures
    const first = engine.index.allocated
    assertNumberable(first + (items.length - 1))
    inject({ at: 'BatchStart', batchId: first })
    const wallMs = this.#compose(items, reaction, timestampUs)
    const signatures = this.#sign(items, first)
    // 8 rotation, then one write
    writer.rotateIfFull(timestampUs)
    const lengths = this.#encode(items, first, timestampUs)
    const { segment } = writer
    const begin = segment.end
    const stages = injecting() ? writeStages(lengths, first) : undefined
    asBatch(() => writer.write(this.#buffer.buf, this.#buffer.pos, stages))
    engine.frontier.markWritten(wallMs, first + items.length - 1, pendingSinceNs)
    this.#composer.committed(wallMs)
    // 9 sync: a fence does it when it publishes
    if (fence === undefined) syncBatch(writer, items.length, first)
    injectOrPoison(writer, { at: 'BatchPrePublish', batchId: first })
    // 10 index, publish
    let offset = begin + lengths[0]!
    const receipts = items.map((item, i) => {
      const length = lengths[i + 1]!
      const diskPos = { segmentId: segment.id, offset, length }
      offset += length
      insertEvent(engine, this.#frames[i]!, item.at, item.request, first + i, diskPos)
      return receiptOf(this.#frames[i]!, item.at, item.request, first + i, diskPos, signatures?.[i])
    })
    if (fence === undefined) {
      engine.publish(wallMs, first + items.length - 1)
      finishSynced(engine, receipts, until)
    } else finishPending(writer, receipts)
    return receipts
  }

  /** Fills a frame per item and returns the wall time that they share. */
  #compose(
    items: readonly BatchItem[],
    reaction: Reaction | undefined,
    timestampUs: number,
  ): number {
    const wallMs = asBatch(() => this.#composer.wallMs(timestampUs))
    for (let i = 0; i < items.length; i += 1) assertEarlier(EncodedDraft.cause(items[i]!.draft), i)
    const heads = new Map<EntityRecord, FrameDraft>()
    for (let i = 0; i < items.length; i += 1) {
      const { draft, at, payload, request } = items[i]!
      const frame = (this.#frames[i] ??= new FrameDraft())
      const { entity } = at
      this.#composer.compose(
        frame,
        at,
        draft.kind,
        payload,
        request,
        timestampUs,
        wallMs,
        heads.get(entity),
      )
      if (reaction !== undefined) frame.correlationId.set(reaction.correlation)
      setCausation(frame, this.#cause(draft, reaction))
      heads.set(entity, frame)
    }
    return wallMs
  }

  #cause(draft: EncodedDraft, reaction: Reaction | undefined): Uint32Array | undefined {
    const cause = EncodedDraft.cause(draft)
    if (cause === undefined) return reaction?.causation
    if (cause === 'none') return undefined
    return cause instanceof Uint32Array ? cause : this.#frames[cause.prior]!.eventId
  }

  #sign(items: readonly BatchItem[], first: number): readonly Signature[] | undefined {
    const { signer } = this.#engine
    if (signer === undefined) return undefined
    return items.map(({ at }, i) => signer.signDraft(this.#frames[i]!, at.coordinate, first + i))
  }

  /** BEGIN, items, COMMIT; returns the bytes of each. */
  #encode(items: readonly BatchItem[], first: number, timestampUs: number): readonly number[] {
    if (this.#buffer.buf.length > BUFFER_KEPT_BYTES) this.#buffer = new Writer(BUFFER_BYTES)
    const out = this.#buffer
    out.pos = 0
    const lengths = [encodeBegin(out, first, items.length, timestampUs)]
    for (let i = 0; i < items.length; i += 1) lengths.push(encodeFrame(out, this.#frames[i]!))
    lengths.push(encodeCommit(out, first, timestampUs))
    return lengths
  }
}

/** @throws StoreError `BatchFailed` with `InvalidCausation` for an item that is not an earlier one */
function assertEarlier(cause: Cause, itemIndex: number): void {
  if (typeof cause !== 'object' || cause instanceof Uint32Array) return
  const priorIdx = cause.prior
  if (priorIdx < itemIndex) return
  const reason = 'it is no earlier item'
  throw new StoreError(
    'BatchFailed',
    { itemIndex },
    { cause: new StoreError('InvalidCausation', { priorIdx, itemIndex, reason }) },
  )
}

function syncBatch(writer: LogWriter, itemCount: number, batchId: number): void {
  try {
    writer.sync(() => inject({ at: 'BatchFsync', batchId }))
  } catch (cause) {
    throw new StoreError('BatchSyncFailed', { itemCount }, { cause })
  }
}

/** The points of a batch's write: behind BEGIN, each item, and COMMIT. */
function writeStages(lengths: readonly number[], batchId: number): readonly WriteStage[] {
  const totalItems = lengths.length - 2
  let upTo = 0
  return lengths.map((length, i) => ({
    upTo: (upTo += length),
    reached: (): void => {
      if (i === 0) inject({ at: 'BatchBeginWritten', batchId })
      else if (i > totalItems) inject({ at: 'BatchCommitWritten', batchId })
      else {
        inject({ at: 'BatchItemWritten', batchId, itemIndex: i - 1, totalItems })
        if (i === totalItems) inject({ at: 'BatchItemsComplete', batchId })
      }
    },
  }))
}

/** Runs `work`, whose store error becomes that of the batch as a whole: of no item, so of item 0. */
function asBatch<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause
    throw new StoreError('BatchFailed', { itemIndex: 0 }, { cause })
  }
}
