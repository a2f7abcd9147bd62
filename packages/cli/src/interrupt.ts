/** Ctrl-C during a long command: it stops between two steps and says how far it came. */

/** How long a command that was interrupted waits for its output to be taken. */
export const OUTPUT_GRACE_MS = 200

export class Interrupt {
  requested = false
  readonly #listener: () => void
  readonly #happened: Promise<void>

  constructor() {
    let happen: (() => void) | undefined
    this.#happened = new Promise((resolve) => (happen = resolve))
    this.#listener = (): void => {
      this.requested = true
      happen!()
    }
    process.once('SIGINT', this.#listener)
  }

  /** Waits for `work`, but not longer than until the interrupt: nobody may be reading the output. */
  async race(work: Promise<void>): Promise<void> {
    await Promise.race([work, this.#happened])
  }

  /** Ctrl-C ends the process at once again. */
  dispose(): void {
    process.removeListener('SIGINT', this.#listener)
  }
}
