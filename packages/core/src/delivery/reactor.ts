/** `store.react`: events that follow from events, at least once each (R-110 … R-116). */
import type { Engine } from '../engine.ts'
import type { Region } from '../event/region.ts'
import { makeOutbox } from '../fence/outbox.ts'
import { checkOptionNames, describeType } from '../options.ts'
import type { IndexEntry, StoredEvent } from '../read/entry.ts'
import type { Store } from '../store.ts'
import { lossyCanal, type Canal } from './canal.ts'
import { decodedEvent } from './decoded-event.ts'
import {
  Terminal,
  endedLoop,
  startLoop,
  type Handled,
  type LoopParts,
  type WorkerHandle,
} from './loop.ts'
import type { Notification } from './notification.ts'
import {
  Fail,
  reactionsByKind,
  type Reaction,
  type ReactionHandler,
  type ReactionOutbox,
} from './reaction.ts'
import { RestartBudget } from './restart-budget.ts'
import type { Wait } from './wait.ts'
import { atLeastOnce } from './witness.ts'
import {
  WORKER_NAMES,
  checkWorker,
  contextOf,
  openCanal,
  type WorkerContext,
  type WorkerOptions,
} from './worker.ts'

export interface ReactorOptions extends WorkerOptions {
  /**
   * `cursor` (default) loses nothing; `lossy` takes what is committed from now on, as a subscription:
   * without checkpoint, gaps and restarts.
   */
  readonly canal?: 'cursor' | 'lossy'
}

/** @throws as `Store.react` */
export function react(
  engine: Engine,
  store: Store,
  region: Region,
  reactions: readonly Reaction[],
  options: ReactorOptions = {},
): WorkerHandle {
  engine.assertOpen('react')
  const byKind = reactionsByKind(reactions)
  checkOptionNames('reactor options', options, REACTOR_NAMES)
  const { canal = 'cursor', ...rest } = options
  if (canal !== 'cursor' && canal !== 'lossy') {
    throw new TypeError(`canal must be 'cursor' or 'lossy', got ${describeType(canal)}`)
  }
  const { batchSize, restart, signal } = checkWorker(rest)
  const start = <T extends Delivered>(
    open: Canal<T>,
    budget: RestartBudget,
    checkpoint?: string,
  ): WorkerHandle => {
    const witness = checkpoint === undefined ? undefined : atLeastOnce(checkpoint)
    let context: WorkerContext | undefined
    const handle: LoopParts<T>['handle'] = (batch, loop) => {
      context ??= contextOf(store, witness, loop.signal, () => open.takeGaps())
      return new ReactedBatch(engine, store, byKind, context, loop.wait).run(batch)
    }
    return startLoop(engine, { canal: open, batchSize, budget, signal, handle })
  }
  if (canal === 'lossy') {
    for (const name of ['checkpoint', 'gaps', 'restart'] as const) {
      if (rest[name] !== undefined) throw new TypeError(`${name}: a lossy reactor has none`)
    }
    return start(lossyCanal(engine, region), new RestartBudget(engine.clock, 'never'))
  }
  const opened = openCanal(engine, region, rest)
  if ('failure' in opened) return endedLoop(engine, opened.failure)
  return start(opened.open, new RestartBudget(engine.clock, restart), rest.checkpoint)
}

type Delivered = IndexEntry | Notification

/** What one event of a batch has staged. */
interface Staged {
  /** How many events of the batch are handled once it is written. */
  readonly index: number
  readonly length: () => number
  readonly flush: () => void
}

/** One batch: every event is dispatched, then every outbox flushed, in order. */
class ReactedBatch {
  readonly #engine: Engine
  readonly #store: Store
  readonly #byKind: ReadonlyMap<number | 'any', Reaction>
  readonly #context: WorkerContext
  readonly #wait: Wait

  constructor(
    engine: Engine,
    store: Store,
    byKind: ReadonlyMap<number | 'any', Reaction>,
    context: WorkerContext,
    wait: Wait,
  ) {
    this.#engine = engine
    this.#store = store
    this.#byKind = byKind
    this.#context = context
    this.#wait = wait
  }

  async run(batch: readonly Delivered[]): Promise<Handled> {
    const staged: Staged[] = []
    let count = 0
    while (count < batch.length && !this.#wait.ended) {
      const out = await this.#dispatch(batch[count]!, count)
      if (out !== undefined) staged.push(out)
      count += 1
    }
    for (const { index, length, flush } of staged) {
      if (length() === 0) continue
      if (!(await this.#writable())) return { count: index, next: 'stop' }
      terminally(flush)
    }
    return { count, next: 'continue' }
  }

  /** @throws Terminal for what no restart mends; what the handler throws */
  async #dispatch(entry: Delivered, index: number): Promise<Staged | undefined> {
    const bound = this.#byKind.get(entry.kind) ?? this.#byKind.get('any')
    if (bound === undefined) return undefined
    const event = terminally(() => this.#eventOf(entry, bound))
    if (event === undefined) return undefined
    const box = outboxFor(this.#store, event)
    const handler = bound.handler as ReactionHandler<StoredEvent>
    try {
      const verdict: unknown = await handler(event, box.out, this.#context)
      if (verdict instanceof Fail) throw new Terminal('a reaction failed', { cause: verdict.error })
      if (verdict !== undefined) {
        const got = describeType(verdict)
        const cause = new TypeError(`a reaction must return nothing or fail(error), got ${got}`)
        throw new Terminal(cause.message, { cause })
      }
    } finally {
      box.end()
    }
    return { index, length: () => box.out.length, flush: () => box.flush() }
  }

  /** Undefined when a compaction has dropped the event since. */
  #eventOf(entry: Delivered, { type }: Reaction): StoredEvent | undefined {
    const event = this.#store.find(entry.eventId)
    if (event === undefined || type === undefined) return event
    return decodedEvent(event, type.decode(event))
  }

  /** Waits while a fence of the application refuses other writes; false when that is not waited for. */
  async #writable(): Promise<boolean> {
    while (this.#engine.blocked && !this.#wait.ended) {
      await this.#wait.for((wake) => this.#engine.onUnblocked(wake))
    }
    return !this.#engine.blocked && !this.#engine.closed
  }
}

/** An outbox that stages during the reaction and flushes behind it. */
function outboxFor(
  store: Store,
  event: StoredEvent,
): { readonly out: ReactionOutbox; end(): void; flush(): void } {
  let phase: 'staging' | 'ended' | 'flushing' = 'staging'
  const ids = { correlationId: event.correlationId, causationId: event.eventId }
  const out = makeOutbox<void>(
    (drafts) => {
      if (phase !== 'flushing') throw new TypeError('flush: the reactor flushes what is staged')
      store.appendReactions(ids, drafts)
    },
    () => {
      if (phase === 'staging') return
      throw new TypeError('the reaction has ended: await what stages events before it returns')
    },
  )
  return {
    out: out as ReactionOutbox,
    end: () => {
      phase = 'ended'
    },
    flush: () => {
      phase = 'flushing'
      out.flush()
    },
  }
}

function terminally<R>(step: () => R): R {
  try {
    return step()
  } catch (cause) {
    throw new Terminal('the reactor cannot go on', { cause })
  }
}

const REACTOR_NAMES: ReadonlySet<string> = new Set([...WORKER_NAMES, 'canal'])
