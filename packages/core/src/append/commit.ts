/**
 * One event, from checked request to receipt. The steps are numbered as in docs/guarantees.md; up to
 * step 6 nothing has an effect, and no caller's code runs from step 4 on.
 */
import type { Engine } from '../engine.ts'
import { StoreError } from '../errors.ts'
import type { EntityHead } from '../errors/fields.ts'
import { Writer } from '../encoding/writer.ts'
import { blake3Into } from '../event/hash.ts'
import { formatWords } from '../event/id-words.ts'
import { IdSource } from '../event/id-source.ts'
import type { EventKind } from '../event/kind.ts'
import type { EntityRecord } from '../index-store/names.ts'
import { FrameDraft, encodeFrame } from '../segment/frame-encode.ts'
import type { LogWriter } from '../writer/log-writer.ts'
import type { Address } from './address.ts'
import type { AppendRequest } from './options.ts'
import type { AppendReceipt } from './receipt.ts'
import { replayReceipt } from './replay.ts'

const CLOCK_MAX = 0xffff_ffff
const FRAME_BUFFER_BYTES = 64 * 1024
/** A buffer that one large event has made larger is not kept. */
const FRAME_BUFFER_KEPT_BYTES = 1024 * 1024

export class Committer {
  readonly #engine: Engine
  readonly #writer: LogWriter
  readonly #ids: IdSource
  readonly #draft: FrameDraft = new FrameDraft()
  #frame: Writer = new Writer(FRAME_BUFFER_BYTES)
  /** The highest wall time this store has ever assigned (W-39). */
  #wallFloorMs: number
  #pendingSinceNs = 0n

  constructor(engine: Engine, writer: LogWriter, wallFloorMs: number) {
    this.#engine = engine
    this.#writer = writer
    this.#ids = new IdSource(engine.platform.random)
    this.#wallFloorMs = wallFloorMs
  }

  /**
   * Appends one event with the given payload (`payload[0 … length-1]`), which is copied.
   *
   * @throws StoreError as `Store.append`; unless it is `SyncFailed`, nothing was written
   */
  commit(
    at: Address,
    kind: EventKind,
    payload: Uint8Array,
    length: number,
    request: AppendRequest,
    timestampUs: number = this.#engine.clock.nowUs(),
  ): AppendReceipt {
    // The clocks were the last of the caller's code: what it did to the store counts from here on.
    this.#pendingSinceNs = this.#engine.frontier.pendingSinceNs()
    this.#engine.assertOpen('append')
    this.#writer.assertUsable()
    // 4 idempotency: a known key is answered with the first event's receipt
    if (request.key !== undefined) {
      const row = this.#engine.index.rowOf(request.key)
      if (row >= 0 && this.#engine.index.isVisible(row)) {
        const content = payload.subarray(0, length)
        const known = replayReceipt(this.#engine, row, at, kind, content, request)
        // The first append may not have been synced yet.
        const durable = this.#engine.frontier.durable.sequence >= known.sequence
        if (request.durable && !durable) this.#finish(known, true)
        return known
      }
    }
    // 5 compare-and-swap against the entity's head
    if (request.expected !== undefined) this.#compare(at.entity, request.expected)
    // 6 values, frame
    this.#fill(at, kind, payload, length, request, timestampUs)
    // 7 rotation
    this.#writer.rotateIfFull()
    // 8 write at the tracked end
    const { segment } = this.#writer
    const offset = segment.end
    const frameLength = this.#encode()
    this.#writer.write(this.#frame.buf, frameLength)
    // 9 index, publish
    const receipt = this.#publish(at, kind, request, segment.id, offset, frameLength)
    // 10 sync
    this.#finish(receipt, request.durable)
    return receipt
  }

  #compare(entity: EntityRecord, expected: EntityHead): void {
    const { head } = entity
    const actual = head < 0 ? 'empty' : this.#engine.index.columns.clock(head)
    if (actual !== expected) {
      throw new StoreError('SequenceMismatch', { entity: entity.name, expected, actual })
    }
  }

  #fill(
    at: Address,
    kind: EventKind,
    payload: Uint8Array,
    length: number,
    request: AppendRequest,
    timestampUs: number,
  ): void {
    if (!Number.isSafeInteger(timestampUs) || timestampUs < 0) {
      const reason = 'is not a time since 1970; correct the clock'
      throw new StoreError('InvalidClock', { timestampUs, reason })
    }
    const draft = this.#draft
    const { columns } = this.#engine.index
    const { head } = at.entity
    if (head < 0) {
      draft.clock = 0
      draft.prevHash.fill(0)
    } else {
      const clock = columns.clock(head)
      if (clock >= CLOCK_MAX)
        throw new StoreError('EntityClockOverflow', { entity: at.entity.name })
      draft.clock = clock + 1
      columns.copyEventHash(head, draft.prevHash)
    }
    draft.timestampUs = timestampUs
    draft.wallMs = Math.max(Math.floor(timestampUs / 1000), this.#wallFloorMs)
    if (request.key === undefined) this.#ids.next(timestampUs, draft.eventId)
    else draft.eventId.set(request.key)
    copyId(request.correlation ?? draft.eventId, draft.correlationId)
    if (request.causation === undefined) draft.causationId.fill(0)
    else copyId(request.causation, draft.causationId)
    draft.kind = kind
    draft.lane = request.lane
    draft.depth = request.depth
    draft.flags = request.flags
    draft.payload = payload
    draft.payloadLength = length
    draft.names = at.names
    draft.extensions = request.extensionBytes
    blake3Into(new Uint8Array(payload.buffer, payload.byteOffset, length), draft.eventHash)
  }

  #encode(): number {
    if (this.#frame.buf.length > FRAME_BUFFER_KEPT_BYTES) {
      this.#frame = new Writer(FRAME_BUFFER_BYTES)
    }
    this.#frame.pos = 0
    return encodeFrame(this.#frame, this.#draft)
  }

  #publish(
    at: Address,
    kind: EventKind,
    request: AppendRequest,
    segmentId: number,
    offset: number,
    length: number,
  ): AppendReceipt {
    const draft = this.#draft
    const { index, frontier } = this.#engine
    const sequence = index.allocated
    frontier.markWritten(draft.wallMs, sequence, this.#pendingSinceNs)
    const row = index.insert(draft, at.entity, at.scope, sequence, segmentId, offset, length)
    if (request.extensions.size > 0) this.#engine.rememberExtensions(row, request.extensions)
    this.#wallFloorMs = draft.wallMs
    index.allocated = sequence + 1
    index.visible = sequence + 1
    frontier.markVisible(draft.wallMs, sequence)
    return {
      type: 'append',
      eventId: formatWords(draft.eventId, 0),
      sequence,
      clock: draft.clock,
      kind,
      coordinate: at.coordinate,
      contentHash: draft.eventHash.slice(),
      prevHash: draft.prevHash.slice(),
      diskPos: { segmentId, offset, length },
      keyId: new Uint8Array(32),
      extensions: request.extensions,
      replayed: false,
    }
  }

  #finish(receipt: AppendReceipt, durable: boolean): void {
    try {
      if (durable) this.#writer.sync()
      else this.#writer.finishCommand()
    } catch (cause) {
      throw new StoreError('SyncFailed', { receipts: [receipt] }, { cause })
    }
  }
}

function copyId(from: Uint32Array, to: Uint32Array): void {
  for (let i = 0; i < 4; i += 1) to[i] = from[i]!
}
