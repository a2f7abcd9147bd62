/** A store as plain lists: what the write side promises, written down as simply as it goes. */
import type { AppendReceipt, DenialReceipt, StoreErrorCode } from '../../src/index.ts'
import type { Config, Item } from './model-program.ts'

export type Held = AppendReceipt | DenialReceipt

export interface ModelEvent {
  readonly sequence: number
  readonly entity: string
  readonly clock: number
  /** The payload's number; undefined for events that the library or a denial wrote. */
  readonly n: number | undefined
  readonly id: string | undefined
  state: 'visible' | 'pending' | 'hidden'
  /** Set once the caller has it. */
  receipt: Held | undefined
}

/** What a write must do: fail, replay these events, or write. */
export type Verdict =
  | { readonly fails: StoreErrorCode }
  | { readonly replays: readonly ModelEvent[] }
  | { readonly writes: true }

export class Model {
  readonly config: Config
  readonly events: ModelEvent[] = []
  fence: 'none' | 'active' | 'ended' = 'none'
  next = 0
  durable = 0
  unsynced = 0

  constructor(config: Config) {
    this.config = config
  }

  visible(): ModelEvent[] {
    return this.events.filter(({ state }) => state === 'visible')
  }

  pending(): ModelEvent[] {
    return this.events.filter(({ state }) => state === 'pending')
  }

  head(entity: string): ModelEvent | undefined {
    return this.events.findLast((event) => event.entity === entity && event.state !== 'hidden')
  }

  known(id: string): ModelEvent | undefined {
    return this.events.find((event) => event.id === id && event.state !== 'hidden')
  }

  add(entity: string, n: number | undefined, id: string | undefined, fenced: boolean): ModelEvent {
    const clock = (this.head(entity)?.clock ?? -1) + 1
    const state = fenced ? 'pending' : 'visible'
    const event: ModelEvent = {
      sequence: this.next,
      entity,
      clock,
      n,
      id,
      state,
      receipt: undefined,
    }
    this.next += 1
    this.events.push(event)
    return event
  }

  synced(): void {
    this.durable = this.next - 1
    this.unsynced = 0
  }

  command(): void {
    this.unsynced += 1
    if (this.unsynced >= this.config.cadence) this.synced()
  }

  endFence(state: 'visible' | 'hidden'): void {
    const pending = this.pending()
    for (const event of pending) event.state = state
    if (pending.length > 0) this.synced()
    this.fence = 'ended'
  }

  /** An open: one event, durable, and no fence any more. */
  opened(): void {
    this.fence = 'none'
    this.add('batpak:store', undefined, undefined, false)
    this.synced()
  }

  /** The end of a process: a fence is cancelled by a close or an abandon, and published by a crash. */
  ended(how: 'close' | 'abandon' | 'crash'): void {
    for (const event of this.pending()) event.state = how === 'crash' ? 'visible' : 'hidden'
    if (how === 'close') this.add('batpak:store', undefined, undefined, false)
  }

  fenceVerdict(fenced: boolean): StoreErrorCode | undefined {
    if (!fenced) return this.fence === 'active' ? 'VisibilityFenceActive' : undefined
    return this.fence === 'active' ? undefined : 'VisibilityFenceNotActive'
  }

  /** Step 10.1: shape of the keys, then what is known, then causes. */
  judgeBatch(items: readonly Item[], idOf: (key: number) => string, wrong: boolean): Verdict {
    if (wrong && items.length > 0) return { fails: 'InvalidCoordinate' }
    if (items.length > this.config.batchMaxSize) return { fails: 'BatchFailed' }
    const keys = items.flatMap(({ key }) => (key === undefined ? [] : [idOf(key)]))
    if (keys.length > 0) {
      const known = keys.map((id) => this.known(id))
      const found = known.filter((event) => event !== undefined)
      const partial = keys.length < items.length || new Set(keys).size < keys.length
      if (partial) return { fails: 'IdempotencyPartialBatch' }
      if (found.length === keys.length) return { replays: found }
      if (found.length > 0) return { fails: 'IdempotencyPartialBatch' }
    }
    if (items.some(({ prior }, i) => prior !== undefined && prior >= i))
      return { fails: 'BatchFailed' }
    return { writes: true }
  }
}
