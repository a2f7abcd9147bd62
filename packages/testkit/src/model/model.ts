/** The store as it should be, in memory: every event in commit order, and how each may be seen. */
import type { EventId, IndexEntry, StoreOptions } from '@batpak/core'
import type { ModelEvent, Wanted } from './model-event.ts'

/** What a call must do. */
export type Verdict =
  | { readonly refused: string; readonly cause?: string }
  /** The events that an earlier call has written. */
  | { readonly replay: readonly ModelEvent[] }
  /** Events that are new; `commit` adds them. */
  | { readonly write: readonly ModelEvent[] }

export interface Limits {
  readonly singleAppendMaxBytes: number
  readonly batchMaxSize: number
  readonly syncEveryNEvents: number
  readonly requireIdempotencyKeys: boolean
}

export type ModelOptions = Partial<Omit<StoreOptions, 'dataDir' | 'platform' | 'clock'>>

/** How a call reaches the store: past the fence, through the open one, or through a finished one. */
export type Route = 'store' | 'fence' | 'finished fence'

export interface SingleOptions {
  readonly route: Route
  readonly expected?: number | 'empty'
  readonly verify?: boolean
}

export class Model {
  readonly limits: Limits
  readonly events: ModelEvent[] = []
  /** The first sequence of the fence that is open. */
  fenceStart: number | undefined
  #batches = 0
  readonly #byEntity = new Map<string, ModelEvent[]>()
  readonly #byKey = new Map<EventId, ModelEvent>()

  constructor(options: ModelOptions) {
    this.limits = {
      singleAppendMaxBytes: options.singleAppendMaxBytes ?? 16 * 1024 * 1024,
      batchMaxSize: options.batchMaxSize ?? 256,
      syncEveryNEvents: Math.max(1, options.syncEveryNEvents ?? 1000),
      requireIdempotencyKeys: options.requireIdempotencyKeys ?? false,
    }
  }

  get visible(): readonly ModelEvent[] {
    return this.events.filter(({ state }) => state === 'visible')
  }

  /** The newest event of the entity that is not cancelled: clock, chain and CAS go on from it. */
  headOf(entity: string): ModelEvent | undefined {
    return this.#byEntity.get(entity)?.findLast(({ state }) => state !== 'cancelled')
  }

  /** The event that a key stands for; that of a cancelled event is free again. */
  known(key: EventId): ModelEvent | undefined {
    const event = this.#byKey.get(key)
    return event?.state === 'cancelled' ? undefined : event
  }

  /** What an append must do; the order of the checks is part of it. */
  judgeAppend(wanted: Wanted, options: SingleOptions): Verdict {
    const refused = this.#judgeRoute(options.route)
    if (refused !== undefined) return refused
    const { requireIdempotencyKeys, singleAppendMaxBytes } = this.limits
    if (requireIdempotencyKeys && wanted.key === undefined)
      return { refused: 'IdempotencyRequired' }
    if (sizeOf(wanted) > singleAppendMaxBytes) return { refused: 'Configuration' }
    const known = wanted.key === undefined ? undefined : this.known(wanted.key)
    if (known !== undefined) {
      const conflict = options.verify === true && !sameContent(known, wanted)
      return conflict ? { refused: 'IdempotencyConflict' } : { replay: [known] }
    }
    const { expected } = options
    const head = this.headOf(wanted.at.entity)?.clock ?? 'empty'
    if (expected !== undefined && expected !== head) return { refused: 'SequenceMismatch' }
    return { write: this.#plan([wanted], options.route, undefined) }
  }

  judgeBatch(wanted: readonly Wanted[], route: Route): Verdict {
    const refused = this.#judgeRoute(route)
    if (refused !== undefined) return refused
    const { batchMaxSize, singleAppendMaxBytes } = this.limits
    if (wanted.some((item) => sizeOf(item) > singleAppendMaxBytes)) {
      return { refused: 'BatchItemTooLarge' }
    }
    if (wanted.length > batchMaxSize) return { refused: 'BatchFailed', cause: 'Configuration' }
    const keys = wanted.flatMap(({ key }) => key ?? [])
    if (keys.length > 0) {
      const known = keys.flatMap((key) => this.known(key) ?? [])
      const whole = keys.length === wanted.length && new Set(keys).size === keys.length
      if (whole && known.length === keys.length) return { replay: known }
      if (!whole || known.length > 0) return { refused: 'IdempotencyPartialBatch' }
    }
    const late = wanted.some(({ cause }, i) => typeof cause === 'object' && cause.prior >= i)
    if (late) return { refused: 'BatchFailed', cause: 'InvalidCausation' }
    return { write: this.#plan(wanted, route, (this.#batches += 1)) }
  }

  judgeBeginFence(): Verdict {
    return this.#judgeRoute('store') ?? { write: [] }
  }

  judgeEndFence(route: Route): Verdict {
    return this.#judgeRoute(route) ?? { write: [] }
  }

  #judgeRoute(route: Route): { readonly refused: string } | undefined {
    if (route === 'finished fence') return { refused: 'VisibilityFenceNotActive' }
    const active = this.fenceStart !== undefined
    return route === 'store' && active ? { refused: 'VisibilityFenceActive' } : undefined
  }

  #plan(wanted: readonly Wanted[], route: Route, batch: number | undefined): ModelEvent[] {
    const heads = new Map<string, ModelEvent>()
    const planned: ModelEvent[] = []
    for (const item of wanted) {
      const previous = heads.get(item.at.entity) ?? this.headOf(item.at.entity)
      const { cause } = item
      const event: ModelEvent = {
        ...item,
        cause: typeof cause === 'object' ? planned[cause.prior] : cause,
        sequence: this.events.length + planned.length,
        clock: previous === undefined ? 0 : previous.clock + 1,
        previous,
        ...(batch !== undefined && { batch }),
        adopted: false,
        state: route === 'fence' ? 'pending' : 'visible',
      }
      heads.set(item.at.entity, event)
      planned.push(event)
    }
    return planned
  }

  commit(events: readonly ModelEvent[]): void {
    for (const event of events) this.#add(event)
  }

  /** An event that somebody else has written, as it was read; it must stand at the end. */
  adopt(entry: IndexEntry): ModelEvent {
    const { entity, scope, kind, lane, depth, extensions, causationId } = entry
    const previous = this.headOf(entity)
    const event: ModelEvent = {
      at: { entity, scope },
      kind,
      payload: undefined,
      flags: 0,
      lane,
      depth,
      extensions,
      key: entry.eventId,
      correlationId: entry.correlationId,
      cause: causationId,
      sequence: this.events.length,
      clock: previous === undefined ? 0 : previous.clock + 1,
      previous,
      adopted: true,
      state: 'visible',
    }
    this.#add(event)
    return event
  }

  /** A sequence that was used and is not seen. */
  adoptHidden(): void {
    this.events.push({
      ...NOBODY,
      sequence: this.events.length,
      state: 'cancelled',
    })
  }

  beginFence(): void {
    this.fenceStart = this.events.length
  }

  /** @returns the events that it is about */
  endFence(state: 'visible' | 'cancelled'): readonly ModelEvent[] {
    const events = this.events.slice(this.fenceStart ?? this.events.length)
    for (const event of events) event.state = state
    this.fenceStart = undefined
    return events
  }

  #add(event: ModelEvent): void {
    this.events.push(event)
    const { entity } = event.at
    const events = this.#byEntity.get(entity)
    if (events === undefined) this.#byEntity.set(entity, [event])
    else events.push(event)
    if (event.key !== undefined) this.#byKey.set(event.key, event)
  }
}

const NOBODY: Omit<ModelEvent, 'sequence' | 'state'> = {
  at: { entity: '', scope: '' },
  kind: 0 as ModelEvent['kind'],
  payload: undefined,
  flags: 0,
  lane: 0,
  depth: 0,
  extensions: new Map(),
  clock: 0,
  previous: undefined,
  cause: undefined,
  adopted: true,
}

/** Only payloads come near the limits here: those with extensions stay far below. */
function sizeOf({ payload }: Wanted): number {
  return payload?.length ?? 0
}

function sameContent(event: ModelEvent, wanted: Wanted): boolean {
  const { at } = wanted
  if (event.at.entity !== at.entity || event.at.scope !== at.scope) return false
  if (event.kind !== wanted.kind || wanted.payload === undefined) return false
  return event.payload !== undefined && Buffer.compare(event.payload, wanted.payload) === 0
}
