/**
 * Lossy push: what is committed from now on, in a bounded buffer. The buffer is filled when it is
 * looked at: the log itself holds what came meanwhile, so a commit costs a subscriber nothing, and
 * none of its code runs inside a write.
 */
import type { Engine } from '../engine.ts'
import { StoreError } from '../errors.ts'
import { fixRegion, type Region } from '../event/region.ts'
import { RowWalk } from '../index-store/query.ts'
import { checkCount, checkOptionNames, checkSignal, describeType } from '../options.ts'
import { rowTest } from './row-test.ts'
import { notificationOf, type Notification } from './notification.ts'
import { pullIterator, type PullIterator } from './pull-iterator.ts'
import { SequenceQueue } from './sequence-queue.ts'
import { Wait, rowsCome } from './wait.ts'

export interface SubscribeOptions {
  /** The most undelivered events, 1 to 2^32-1; one more drops it. Default: `broadcastCapacity`. */
  readonly capacity?: number
  /** Decides, before an event takes room in the buffer, whether it is delivered. */
  readonly where?: (notification: Notification) => boolean
  /** Ends the subscription when it aborts. */
  readonly signal?: AbortSignal
}

export type SubscriptionState = 'open' | 'pruned' | 'closed'

// Assigned by the class itself: its constructor is nobody else's.
let make: (engine: Engine, region: Region, options: SubscribeOptions) => Subscription

/** @throws as `Store.subscribe` */
export function subscribe(
  engine: Engine,
  region: Region,
  options: SubscribeOptions = {},
): Subscription {
  engine.assertOpen('subscribe')
  const { clock: _, ...live } = fixRegion(region) // live delivery does not look at clocks
  checkOptionNames('subscribe options', options, OPTION_NAMES)
  const { capacity, where, signal } = options
  if (capacity !== undefined) checkCount('capacity', capacity, 1, CAPACITY_MAX)
  if (where !== undefined && typeof where !== 'function') {
    throw new TypeError(`where must be a function, got ${describeType(where)}`)
  }
  checkSignal(signal)
  return make(engine, live, options)
}

/** Of `store.subscribe()`: the events committed since, in commit order, as long as it keeps up. */
export class Subscription implements AsyncIterable<Notification> {
  readonly #engine: Engine
  readonly #region: Region
  readonly #capacity: number
  readonly #where: SubscribeOptions['where']
  readonly #signal: AbortSignal | undefined
  readonly #wait: Wait
  readonly #buffer = new SequenceQueue()
  #state: SubscriptionState = 'open'
  #failure: { readonly error: unknown } | undefined
  /** Everything visible below it was looked at. */
  #scanned: number
  #filling = false

  private constructor(engine: Engine, region: Region, options: SubscribeOptions) {
    this.#engine = engine
    this.#region = region
    this.#capacity = options.capacity ?? engine.config.broadcastCapacity
    this.#where = options.where
    this.#signal = options.signal
    this.#wait = new Wait(engine, options.signal)
    this.#scanned = engine.index.visible
  }

  static {
    make = (engine, region, options): Subscription => new Subscription(engine, region, options)
  }

  /**
   * `pruned` once an event found the buffer full, `closed` once it was ended or the store closed; what
   * was buffered before can still be read, unless it was ended on purpose.
   */
  get state(): SubscriptionState {
    this.#fill()
    return this.#state
  }

  /**
   * The next event, or undefined when there is none at the moment.
   *
   * @throws StoreError `SubscriptionPruned` behind the last buffered event, once it was dropped; what
   *   `where` threw
   */
  tryNext(): Notification | undefined {
    this.#fill()
    const { index } = this.#engine
    for (let next = this.#buffer.shift(); next !== undefined; next = this.#buffer.shift()) {
      const row = index.columns.lowerBound(next)
      // A compaction may have dropped it meanwhile.
      if (
        row < index.columns.count &&
        index.columns.sequence(row) === next &&
        index.isVisible(row)
      ) {
        return notificationOf(index, row)
      }
    }
    if (this.#failure !== undefined) throw this.#failure.error
    return undefined
  }

  /**
   * Waits for events; ends normally when the store closes or the signal aborts, and with
   * `SubscriptionPruned` or what `where` threw, behind the buffered events. Leaving the loop
   * unsubscribes.
   */
  [Symbol.asyncIterator](): PullIterator<Notification> {
    const test = rowTest(this.#region)
    const pull = async (): Promise<Notification | undefined> => {
      for (;;) {
        const next = this.tryNext()
        if (next !== undefined || this.#state !== 'open') return next
        await this.#wait.for(rowsCome(this.#engine, test))
      }
    }
    return pullIterator(pull, () => this[Symbol.dispose]())
  }

  /** Unsubscribes; what is buffered is dropped. */
  [Symbol.dispose](): void {
    this.#wait.end()
    this.#end('closed')
    this.#buffer.clear()
  }

  #end(state: 'pruned' | 'closed'): void {
    if (this.#state === 'open') this.#state = state
  }

  #fill(): void {
    if (this.#signal?.aborted === true) this[Symbol.dispose]()
    if (this.#state !== 'open' || this.#filling) return
    this.#filling = true
    try {
      while (this.#state === 'open' && this.#scanned < this.#engine.index.visible) this.#takeIn()
    } finally {
      this.#filling = false
    }
    if (this.#engine.closed) this.#end('closed')
  }

  #takeIn(): void {
    const { index } = this.#engine
    const after = this.#scanned === 0 ? undefined : this.#scanned - 1
    const walk = new RowWalk(index, this.#region, { after })
    this.#scanned = index.visible
    for (let row = walk.next(); row >= 0 && this.#state === 'open'; row = walk.next()) {
      const sequence = index.columns.sequence(row)
      if (!this.#wants(row) || this.#state !== 'open') continue
      if (this.#buffer.length < this.#capacity) this.#buffer.push(sequence)
      else this.#fail('pruned', new StoreError('SubscriptionPruned', { capacity: this.#capacity }))
    }
  }

  #wants(row: number): boolean {
    if (this.#where === undefined) return true
    try {
      const wanted: unknown = this.#where(notificationOf(this.#engine.index, row))
      if (typeof wanted === 'boolean') return wanted
      throw new TypeError(`where must return a boolean, got ${describeType(wanted)}`)
    } catch (error) {
      this.#fail('closed', error)
      return false
    }
  }

  #fail(state: 'pruned' | 'closed', error: unknown): void {
    this.#failure ??= { error }
    this.#end(state)
  }
}

const CAPACITY_MAX = 0xffff_ffff
const OPTION_NAMES: ReadonlySet<string> = new Set(['capacity', 'where', 'signal'])
