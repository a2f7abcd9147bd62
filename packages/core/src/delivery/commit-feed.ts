/** Tells whoever delivers events that more of them are visible; without listeners it costs nothing. */

/** Called after `index.visible` rose from `from` to `to`, inside the write; must not throw. */
export type CommitListener = (from: number, to: number) => void

export class CommitFeed {
  readonly #listeners = new Set<CommitListener>()

  /** Calls `listener` for every later commit, in commit order, until the returned function is called. */
  listen(listener: CommitListener): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** @param from the first sequence that was not visible before @param to exclusive */
  published(from: number, to: number): void {
    if (this.#listeners.size === 0) return
    for (const listener of [...this.#listeners]) listener(from, to)
  }
}
