/** Tells whoever delivers events that more of them are visible; without listeners it costs nothing. */

/**
 * Called inside the write, after the visible bound rose from `from` (a sequence that was not visible
 * before) to `to` (exclusive); must not throw.
 */
export type CommitListener = (from: number, to: number) => void

export class CommitFeed {
  // Replaced, never changed: who comes or goes while a commit is told does not disturb it.
  #listeners: readonly CommitListener[] = []

  /** Calls `listener` for every later commit, in commit order, until the returned function is called. */
  listen(listener: CommitListener): () => void {
    this.#listeners = [...this.#listeners, listener]
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener)
    }
  }

  /** How many listen; for tests of what is left behind. */
  get listenerCount(): number {
    return this.#listeners.length
  }

  published(from: number, to: number): void {
    for (const listener of this.#listeners) listener(from, to)
  }
}
