/** The loop of workers and reactors: pull, handle, commit; wait; begin again after a failure. */
import type { Engine } from '../engine.ts'
import { StoreError } from '../errors.ts'
import type { AppliedSource } from './applied.ts'
import type { Canal } from './canal.ts'
import type { RestartBudget } from './restart-budget.ts'
import { Wait } from './wait.ts'

export interface WorkerHandle extends Disposable, AsyncDisposable {
  /**
   * Settles when it has ended: resolves after a stop, an abort, or the close of the store; rejects
   * with what ended it. Nobody has to look at it: the diagnostics channel `batpak:worker` is told too.
   */
  readonly done: Promise<void>
  /** Ends it once the batch in hand is finished; what waits, ends at once. */
  stop(): void
}

/** What was handled of a batch, from its beginning, and whether to go on. */
export interface Handled {
  readonly count: number
  readonly next: 'continue' | 'stop'
}

/** A failure that no restart can mend. Internal: the loop ends with its `cause`. */
export class Terminal extends Error {}

export interface LoopParts<T extends { readonly sequence: number }> {
  readonly canal: Canal<T>
  readonly handle: (batch: readonly T[], loop: Pick<Loop<T>, 'signal' | 'wait'>) => Promise<Handled>
  readonly batchSize: number
  readonly budget: RestartBudget
  readonly signal: AbortSignal | undefined
}

/** Begins a loop, in a later turn: none of the caller's code runs before this returns. */
export function startLoop<T extends { readonly sequence: number }>(
  engine: Engine,
  parts: LoopParts<T>,
): WorkerHandle {
  return handleOf(new Loop(engine, parts))
}

/** The handle of a worker that could not begin. */
export function endedLoop(engine: Engine, error: unknown): WorkerHandle {
  return handleOf({ done: failed(engine, error), stop: () => undefined })
}

class Loop<T extends { readonly sequence: number }> implements AppliedSource {
  readonly done: Promise<void>
  readonly wait: Wait
  readonly #engine: Engine
  readonly #parts: LoopParts<T>
  readonly #stop = new AbortController()
  #appliedTo: number

  constructor(engine: Engine, parts: LoopParts<T>) {
    this.#engine = engine
    this.#parts = parts
    this.wait = new Wait(engine, this.#stop.signal)
    this.#appliedTo = parts.canal.from
    const end = (): void => this.stop()
    const ends = [
      engine.onClose(end),
      engine.applied.register(this),
      (): void => parts.canal.dispose(),
      (): void => parts.signal?.removeEventListener('abort', end),
      end,
    ]
    parts.signal?.addEventListener('abort', end)
    if (parts.signal?.aborted === true) end()
    this.done = this.#run().then(
      () => ends.forEach((release) => release()),
      async (error: unknown) => {
        ends.forEach((release) => release())
        return failed(engine, error)
      },
    )
    this.done.catch(() => undefined) // told on the channel; whoever awaits it hears of it as well
  }

  /** Aborts when it is to end. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  stop(): void {
    if (!this.#stop.signal.aborted) this.#stop.abort()
  }

  appliedTo(): number {
    return this.#appliedTo
  }

  async #run(): Promise<void> {
    const { canal, batchSize } = this.#parts
    await Promise.resolve()
    while (!this.wait.ended) {
      const { visible } = this.#engine.index
      const batch = canal.pull(batchSize)
      if (batch.length === 0) {
        this.#applied(visible)
        const passed = (to: number): void => {
          this.#appliedTo = to
        }
        await this.wait.for(canal.come(passed))
      } else {
        this.#applied(batch[0]!.sequence)
        if ((await this.#deliver(batch)) === 'end') return
        await turn()
      }
    }
  }

  /** @throws what is to end the loop */
  async #deliver(batch: readonly T[]): Promise<'continue' | 'end'> {
    const { canal, handle } = this.#parts
    let handled: Handled | undefined
    try {
      handled = await this.#unlessClosed(async () => handle(batch, this))
    } catch (error) {
      canal.rollback()
      if (error instanceof Terminal) throw error.cause
      return this.#restart(error)
    }
    if (handled === undefined || this.#engine.closed) return 'end'
    if (handled.count === 0) canal.rollback()
    else this.#commit(batch[handled.count - 1]!.sequence)
    return handled.next === 'stop' ? 'end' : 'continue'
  }

  #commit(sequence: number): void {
    const { canal } = this.#parts
    try {
      canal.commit(sequence)
    } catch (error) {
      if (!this.#engine.closed) canal.rollback()
      throw error
    }
    this.#applied(sequence + 1)
  }

  #restart(error: unknown): 'continue' {
    const { budget } = this.#parts
    if (!budget.take()) {
      throw new StoreError(
        'RestartBudgetExhausted',
        { restarts: budget.restarts },
        { cause: error },
      )
    }
    this.#engine.report('worker', 'a handler failed; its batch is delivered again', error)
    return 'continue'
  }

  /** What `work` gives, or undefined once the store is closed: nothing can come of it any more. */
  #unlessClosed<R>(work: () => Promise<R>): Promise<R | undefined> {
    return new Promise((resolve, reject) => {
      const engine = this.#engine
      const stay = engine.onClose(() => resolve(undefined))
      work()
        .then(resolve, (error: unknown) => {
          if (engine.closed) {
            engine.report('worker', 'a handler failed after its store was closed', error)
          }
          reject(error)
        })
        .finally(stay)
    })
  }

  #applied(to: number): void {
    if (to <= this.#appliedTo) return
    this.#appliedTo = to
    this.#engine.applied.advanced()
  }
}

function handleOf(loop: { readonly done: Promise<void>; stop(): void }): WorkerHandle {
  return Object.freeze({
    done: loop.done,
    stop: () => loop.stop(),
    [Symbol.dispose]: () => loop.stop(),
    [Symbol.asyncDispose]: () => {
      loop.stop()
      return loop.done
    },
  })
}

/** A rejected promise that does not count as unhandled; the diagnostics channel hears of it. */
function failed(engine: Engine, error: unknown): Promise<never> {
  engine.report('worker', 'a worker has ended with an error', error)
  const done = Promise.reject(error)
  done.catch(() => undefined)
  return done
}

/** Lets timers and input have their turn between two batches of a long backlog. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
