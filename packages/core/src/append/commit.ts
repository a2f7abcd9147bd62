/**
 * One event, from checked request to receipt. The steps are numbered as in docs/guarantees.md; up to
 * step 6 nothing has an effect, and no caller's code runs from step 4 on.
 */
import type { Engine } from '../engine.ts'
import { StoreError } from '../errors.ts'
import type { EntityHead } from '../errors/fields.ts'
import { Writer } from '../encoding/writer.ts'
import type { EventKind } from '../event/kind.ts'
import type { OpenFence } from '../fence/open-fence.ts'
import type { EntityRecord } from '../index-store/names.ts'
import { assertNumberable } from '../index-store/sequences.ts'
import { FrameDraft, encodeFrame } from '../segment/frame-encode.ts'
import { FRAME_PREFIX_BYTES } from '../segment/frame-keys.ts'
import type { WriteStage } from '../segment/active-segment.ts'
import { inject, injectOrPoison, injecting, mark } from '../testing/hooks.ts'
import type { LogWriter } from '../writer/log-writer.ts'
import type { Address } from './address.ts'
import { Composer, setCausation } from './compose.ts'
import { assertHead } from './expected-head.ts'
import { finishAppend, finishReplay } from './finish.ts'
import type { AppendRequest } from './options.ts'
import { insertEvent, receiptOf } from './committed.ts'
import type { Receipt } from './receipt.ts'
import { replayReceipt } from './replay.ts'

const FRAME_BUFFER_BYTES = 64 * 1024
/** A buffer that one large event has made larger is not kept. */
const FRAME_BUFFER_KEPT_BYTES = 1024 * 1024

export class Committer {
  readonly #engine: Engine
  readonly #writer: LogWriter
  readonly #composer: Composer
  readonly #draft: FrameDraft = new FrameDraft()
  #frame: Writer = frameWriter()

  constructor(engine: Engine, writer: LogWriter, composer: Composer) {
    this.#engine = engine
    this.#writer = writer
    this.#composer = composer
  }

  /**
   * Appends one event with the given payload, which is copied.
   *
   * @param fence the fence it is written under, which must still be the active one
   * @throws StoreError as `Store.append`; unless it is `SyncFailed`, nothing was written
   */
  commit(
    at: Address,
    kind: EventKind,
    payload: Uint8Array,
    request: AppendRequest,
    fence: OpenFence | undefined,
    timestampUs: number = this.#engine.clock.nowUs(),
  ): Receipt {
    const engine = this.#engine
    // The clocks were the last of the caller's code: what it did to the store counts from here on.
    const pendingSinceNs = engine.frontier.pendingSinceNs()
    engine.assertOpen('append')
    this.#writer.assertUsable()
    engine.assertFence(fence)
    // 4 idempotency: a known key is answered with the first event's receipt
    if (request.key !== undefined) {
      const row = engine.knownRow(request.key)
      if (row >= 0) {
        mark('append.replayed')
        const known = replayReceipt(engine, row, at, kind, payload, request)
        finishReplay(engine, this.#writer, [known], request.until)
        return known
      }
    }
    // 5 compare-and-swap against the entity's head
    if (request.expected !== undefined) this.#compare(at.entity, request.expected)
    if (request.head !== undefined) assertHead(engine, request.head)
    // 6 values, signature
    const injected = injecting() ? at.coordinate.entity : undefined
    if (injected !== undefined) inject({ at: 'SingleAppendStart', entity: injected })
    const draft = this.#draft
    const wallMs = this.#composer.wallMs(timestampUs)
    this.#composer.compose(draft, at, kind, payload, request, timestampUs, wallMs)
    setCausation(draft, request.causation)
    const sequence = engine.index.allocated
    assertNumberable(sequence)
    const signature = engine.signer?.signDraft(draft, at.coordinate, sequence)
    // 7 rotation
    this.#writer.rotateIfFull(timestampUs)
    // 8 write at the tracked end
    const { segment } = this.#writer
    const offset = segment.end
    const frameLength = this.#encode()
    const stages = injected === undefined ? undefined : afterWrite(frameLength, injected)
    this.#writer.write(this.#frame.buf, frameLength, stages)
    engine.frontier.markWritten(wallMs, sequence, pendingSinceNs)
    // 9 index, publish
    this.#composer.committed(wallMs)
    const diskPos = { segmentId: segment.id, offset, length: frameLength }
    insertEvent(engine, draft, at, request, sequence, diskPos)
    if (fence === undefined) engine.publish(wallMs, sequence)
    const receipt = receiptOf(draft, at, request, sequence, diskPos, signature)
    if (injected !== undefined && fence === undefined) {
      injectOrPoison(this.#writer, { at: 'SingleAppendPublished', entity: injected })
    }
    // 10 sync
    finishAppend(engine, this.#writer, receipt, request.until, fence)
    return receipt
  }

  #compare(entity: EntityRecord, expected: EntityHead): void {
    const { head } = entity
    const actual = head < 0 ? 'empty' : this.#engine.index.columns.clock(head)
    if (actual !== expected) {
      throw new StoreError('SequenceMismatch', { entity: entity.name, expected, actual })
    }
  }

  #encode(): number {
    if (this.#frame.buf.length > FRAME_BUFFER_KEPT_BYTES) {
      this.#frame = frameWriter()
    }
    this.#frame.pos = 0
    return encodeFrame(this.#frame, this.#draft)
  }
}

function frameWriter(): Writer {
  return new Writer(FRAME_BUFFER_BYTES, FRAME_PREFIX_BYTES)
}

function afterWrite(length: number, entity: string): readonly WriteStage[] {
  return [{ upTo: length, reached: () => inject({ at: 'SingleAppendWritten', entity }) }]
}
