/** `syncAsync`: at most one background sync under way and one waiting for it. */
import type { Engine } from '../engine.ts'
import { compareHlc, type HlcPoint } from '../frontier/hlc.ts'
import type { LogWriter } from '../writer/log-writer.ts'

export class BackgroundSyncs {
  readonly #engine: Engine
  readonly #writer: LogWriter
  #current: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(engine: Engine, writer: LogWriter) {
    this.#engine = engine
    this.#writer = writer
  }

  /**
   * Resolves with what was written at the call, once that is durable.
   * @throws StoreError `Io`, `WriterCrashed` (as rejections)
   */
  async sync(): Promise<HlcPoint> {
    const { frontier } = this.#engine
    const point = frontier.written
    if (compareHlc(frontier.durable, point) < 0) await this.#covering()
    return point
  }

  /** A sync that begins at this call or later. */
  #covering(): Promise<void> {
    if (this.#current === undefined) return this.#start()
    // The one under way may have begun before the last write.
    this.#next ??= this.#current.then(
      async () => this.#restart(),
      async () => this.#restart(),
    )
    return this.#next
  }

  #restart(): Promise<void> {
    this.#next = undefined
    this.#writer.assertUsable()
    // A close has synced, or has failed and said so.
    return this.#engine.closed ? Promise.resolve() : this.#start()
  }

  #start(): Promise<void> {
    const run = this.#writer.syncInBackground().finally(() => {
      if (this.#current === run) this.#current = undefined
    })
    this.#current = run
    return run
  }
}
