/** Waiting inside a delivery: a promise that a commit settles. No timer runs while it is idle. */
import type { Engine } from '../engine.ts'
import type { RowTest } from './row-test.ts'

/** Starts listening for something and calls `wake` when it comes; returns what stops listening. */
export type Arm = (wake: () => void) => () => void

/**
 * One consumer's waits, one at a time. Between two of them it listens to nothing, so whoever forgets
 * it leaks nothing.
 */
export class Wait {
  readonly #engine: Engine
  readonly #signal: AbortSignal | undefined
  #ended = false
  #wake: (() => void) | undefined

  constructor(engine: Engine, signal?: AbortSignal) {
    this.#engine = engine
    this.#signal = signal
  }

  /** True once it was ended, its signal aborted, or the store closed. */
  get ended(): boolean {
    return this.#ended || this.#engine.closed || this.#signal?.aborted === true
  }

  /** Ends this wait and all later ones. */
  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  /** Resolves when what `arm` listens for comes, or when it has ended. */
  for(arm: Arm): Promise<void> {
    if (this.ended) return Promise.resolve()
    const signal = this.#signal
    return new Promise((resolve) => {
      const wake = (): void => {
        if (this.#wake !== wake) return
        this.#wake = undefined
        disarm()
        stay()
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      this.#wake = wake
      const disarm = arm(wake)
      const stay = this.#engine.onClose(wake)
      signal?.addEventListener('abort', wake)
    })
  }
}

/**
 * Listens for a commit with a row that passes the test. Arm it in the same turn in which there was
 * none: what was committed before is not waited for.
 *
 * @param passed told the visible bound after each commit without such a row
 */
export function rowsCome(engine: Engine, test: RowTest, passed?: (visible: number) => void): Arm {
  return (wake) =>
    // Inside a write: no code of the caller may run here.
    engine.commits.listen((from, to) => {
      if (hasRow(engine, test, from, to)) wake()
      else passed?.(to)
    })
}

function hasRow({ index }: Engine, test: RowTest, from: number, to: number): boolean {
  const end = index.columns.lowerBound(to)
  for (let row = index.columns.lowerBound(from); row < end; row += 1) {
    if (!index.isHidden(row) && test(index, row)) return true
  }
  return false
}
