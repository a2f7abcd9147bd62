/** The one visibility fence a store may have: what is written under it stays unseen until the end. */
import { join } from 'node:path'
import { replaceFileDurably } from '@batpak/platform'
import type { Engine } from '../engine.ts'
import { io } from '../errors.ts'
import { HiddenRanges } from '../index-store/hidden-ranges.ts'
import { encodeHiddenRanges } from '../restore/hidden-ranges-file.ts'
import { HIDDEN_RANGES_FILE } from '../segment/name.ts'
import { mark } from '../testing/hooks.ts'
import type { LogWriter } from '../writer/log-writer.ts'

export type FenceState = 'pending' | 'published' | 'cancelled'

export class OpenFence {
  readonly #engine: Engine
  readonly #writer: LogWriter
  /** The sequence of the first event that is written under the fence. */
  readonly start: number
  readonly #firstRow: number
  #state: FenceState = 'pending'

  constructor(engine: Engine, writer: LogWriter) {
    this.#engine = engine
    this.#writer = writer
    this.start = engine.index.allocated
    this.#firstRow = engine.index.columns.count
  }

  get state(): FenceState {
    return this.#state
  }

  /** Whether it can still be written under, published or cancelled. */
  get active(): boolean {
    return this.#state === 'pending'
  }

  /**
   * Syncs, then shows everything at once.
   * @throws StoreError `Io`, `WriterCrashed`; nothing is shown, the writer refuses further writes
   */
  publish(): void {
    const { index, frontier } = this.#engine
    if (index.allocated > this.start) {
      this.#writer.assertUsable()
      this.#writer.sync()
      this.#engine.publish(frontier.written.wallMs, index.allocated - 1)
    }
    this.#end('published')
  }

  /**
   * Hides everything for good. The order counts: a range that is on disk before the events that it
   * hides would hide others after a crash. When it fails the fence can only be cancelled again; the
   * next write of the store, or its close, tries that.
   *
   * @throws StoreError `Io`, `WriterCrashed`
   */
  cancel(): void {
    const { index, platform, dataDir } = this.#engine
    if (index.allocated > this.start) {
      this.#writer.assertUsable()
      this.#state = 'cancelled'
      this.#writer.sync()
      const range = { start: this.start, end: index.allocated }
      const ranges = HiddenRanges.of([...index.hidden.ranges, range])
      const path = join(dataDir, HIDDEN_RANGES_FILE)
      io('write the hidden ranges', path, () => {
        replaceFileDurably(platform, path, encodeHiddenRanges(ranges), this.#writer.durable)
      })
      index.hideFrom(this.#firstRow, ranges)
    }
    this.#end('cancelled')
  }

  #end(state: 'published' | 'cancelled'): void {
    this.#state = state
    mark(`fence.${state}`)
    this.#engine.fence = undefined
    this.#engine.unblock()
  }
}
