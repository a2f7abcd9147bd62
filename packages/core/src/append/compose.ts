/** From a checked request to the values of an event: step 6 of an append, without effect. */
import type { Engine } from '../engine.ts'
import { StoreError } from '../errors.ts'
import { blake3Into } from '../event/hash.ts'
import { IdSource } from '../event/id-source.ts'
import type { EventKind } from '../event/kind.ts'
import type { FrameDraft } from '../segment/frame-encode.ts'
import type { Address } from './address.ts'
import type { AppendRequest } from './options.ts'

const CLOCK_MAX = 0xffff_ffff

export class Composer {
  readonly #engine: Engine
  readonly #ids: IdSource
  /** The highest wall time this store has ever assigned (W-39). */
  #wallFloorMs: number

  constructor(engine: Engine, wallFloorMs: number) {
    this.#engine = engine
    this.#ids = new IdSource(engine.platform.random)
    this.#wallFloorMs = wallFloorMs
  }

  /** The wall time of an event of `timestampUs`. @throws StoreError `InvalidClock` */
  wallMs(timestampUs: number): number {
    if (!Number.isSafeInteger(timestampUs) || timestampUs < 0) {
      const reason = 'is not a time since 1970; correct the clock'
      throw new StoreError('InvalidClock', { timestampUs, reason })
    }
    return Math.max(Math.floor(timestampUs / 1000), this.#wallFloorMs)
  }

  /** Later events have at least the wall time of this one, which was committed. */
  committed(wallMs: number): void {
    this.#wallFloorMs = wallMs
  }

  /**
   * Fills `draft` but for its causation. The event follows `previous`, an earlier item of its batch,
   * or else the newest event of its entity that is not cancelled.
   *
   * @throws StoreError `EntityClockOverflow`
   */
  compose(
    draft: FrameDraft,
    at: Address,
    kind: EventKind,
    payload: Uint8Array,
    request: AppendRequest,
    timestampUs: number,
    wallMs: number,
    previous?: FrameDraft,
  ): void {
    this.#follow(draft, at, previous)
    draft.timestampUs = timestampUs
    draft.wallMs = wallMs
    if (request.key === undefined) this.#ids.next(timestampUs, draft.eventId)
    else draft.eventId.set(request.key)
    copyId(request.correlation ?? draft.eventId, draft.correlationId)
    draft.kind = kind
    draft.lane = request.lane
    draft.depth = request.depth
    draft.flags = request.flags
    draft.payload = payload
    draft.names = at.names
    draft.extensions = request.extensionBytes
    blake3Into(payload, draft.eventHash)
  }

  #follow(draft: FrameDraft, { entity }: Address, previous: FrameDraft | undefined): void {
    const { columns } = this.#engine.index
    const { head } = entity
    if (previous === undefined && head < 0) {
      draft.clock = 0
      draft.prevHash.fill(0)
      return
    }
    const clock = previous === undefined ? columns.clock(head) : previous.clock
    if (clock >= CLOCK_MAX) throw new StoreError('EntityClockOverflow', { entity: entity.name })
    draft.clock = clock + 1
    if (previous === undefined) columns.copyEventHash(head, draft.prevHash)
    else draft.prevHash.set(previous.eventHash)
  }
}

export function setCausation(draft: FrameDraft, causation: Uint32Array | undefined): void {
  if (causation === undefined) draft.causationId.fill(0)
  else copyId(causation, draft.causationId)
}

function copyId(from: Uint32Array, to: Uint32Array): void {
  for (let i = 0; i < 4; i += 1) to[i] = from[i]!
}
