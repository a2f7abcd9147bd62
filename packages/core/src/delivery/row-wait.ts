/** Waiting for rows: a promise that a commit settles. Nothing runs, and no timer, while it is idle. */
import type { Engine } from '../engine.ts'
import type { RowTest } from './fixed-region.ts'

/**
 * One consumer's wait. Between two waits it listens to nothing, so whoever forgets it leaks nothing.
 */
export class RowWait {
  readonly #engine: Engine
  readonly #test: RowTest
  readonly #signal: AbortSignal | undefined
  #ended = false
  #wake: (() => void) | undefined

  constructor(engine: Engine, test: RowTest, signal?: AbortSignal) {
    this.#engine = engine
    this.#test = test
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

  /**
   * Resolves when a commit brings a row that passes the test, or when it has ended. Call it in the
   * same turn in which there was nothing: what was committed before is not waited for.
   *
   * @param passed told the visible bound after each commit without such a row
   */
  wait(passed?: (visible: number) => void): Promise<void> {
    if (this.ended) return Promise.resolve()
    const signal = this.#signal
    return new Promise((resolve) => {
      const wake = (): void => {
        if (this.#wake !== wake) return
        this.#wake = undefined
        unlisten()
        stay()
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      this.#wake = wake
      // Inside a write: no code of the caller may run here, so it only resolves.
      const unlisten = this.#engine.commits.listen((from, to) => {
        if (this.#hasRow(from, to)) wake()
        else passed?.(to)
      })
      const stay = this.#engine.onClose(wake)
      signal?.addEventListener('abort', wake)
    })
  }

  #hasRow(from: number, to: number): boolean {
    const { index } = this.#engine
    const end = index.columns.lowerBound(to)
    for (let row = index.columns.lowerBound(from); row < end; row += 1) {
      if (!index.isHidden(row) && this.#test(index, row)) return true
    }
    return false
  }
}
