/** The handle of a visibility fence. */
import { submitBatch } from '../append/batch-submission.ts'
import type { Draft } from '../append/draft.ts'
import { APPEND_OPTION_NAMES, type AppendOptions } from '../append/options.ts'
import type { AppendReceipt } from '../append/receipt.ts'
import { submitValue } from '../append/submission.ts'
import { StoreError } from '../errors.ts'
import type { Coordinate } from '../event/coordinate.ts'
import type { EventType } from '../event/event-type.ts'
import { checkOptionNames } from '../options.ts'
import type { Opened, WriteSide } from '../open/open.ts'
import { OpenFence } from './open-fence.ts'
import { makeOutbox, type Outbox } from './outbox.ts'
import { pendingReceipt, type PendingReceipt } from './pending-receipt.ts'

/** A fence decides itself when what it holds becomes visible and durable: there is no `until`. */
export type FencedAppendOptions = Omit<AppendOptions, 'until'>

// Assigned by the class itself: its constructor is nobody else's.
let make: (opened: Opened, fence: OpenFence) => Fence

function checkFenced(options: FencedAppendOptions): void {
  checkOptionNames('fenced append options', options, APPEND_OPTION_NAMES)
  if (!('until' in options)) return
  throw new TypeError('until: a fence makes its events visible and durable at publish')
}

/**
 * Begins the store's fence.
 * @throws StoreError `StoreClosed`, `WriterCrashed`, `VisibilityFenceActive`
 */
export function beginFence(opened: Opened): Fence {
  const { engine } = opened
  const { writer } = opened.write!
  engine.assertOpen('beginFence')
  writer.assertUsable()
  engine.assertFence(undefined)
  const fence = new OpenFence(engine, writer)
  engine.fence = fence
  return make(opened, fence)
}

/**
 * A series of writes that nobody sees before `publish`, and nobody ever after `cancel`. They are in
 * the log at once, so a crash while the fence is open publishes them.
 */
export class Fence {
  readonly #opened: Opened
  readonly #write: WriteSide
  readonly #fence: OpenFence

  private constructor(opened: Opened, fence: OpenFence) {
    this.#opened = opened
    this.#write = opened.write!
    this.#fence = fence
  }

  static {
    make = (opened, fence): Fence => new Fence(opened, fence)
  }

  /** False once it was published or cancelled, or its store closed. */
  get active(): boolean {
    return this.#fence.active && !this.#opened.engine.closed
  }

  /**
   * As `Store.append`, pending: the entity's clock and hash chain go on from the pending events.
   * @throws as `Store.append`, and StoreError `VisibilityFenceNotActive`
   */
  append<T, In = T>(
    at: Coordinate,
    type: EventType<T, In>,
    value: NoInfer<In>,
    options?: FencedAppendOptions,
  ): PendingReceipt<AppendReceipt> {
    if (options !== undefined) checkFenced(options)
    const { engine } = this.#opened
    const receipt = submitValue(engine, this.#write, at, type, value, options, this.#fence)
    return pendingReceipt(this.#fence, receipt as AppendReceipt, receipt.sequence)
  }

  /** As `Store.appendBatch`, pending. @throws as there, and StoreError `VisibilityFenceNotActive` */
  appendBatch(drafts: readonly Draft[]): PendingReceipt<readonly AppendReceipt[]> {
    const { engine } = this.#opened
    const receipts = submitBatch(engine, this.#write, drafts, {}, this.#fence)
    const last = Math.max(...receipts.map(({ sequence }) => sequence))
    return pendingReceipt(this.#fence, receipts, receipts.length === 0 ? Infinity : last)
  }

  /** Collects events for one batch under this fence. */
  outbox(): Outbox<PendingReceipt<readonly AppendReceipt[]>> {
    return makeOutbox((drafts) => this.appendBatch(drafts))
  }

  /**
   * Syncs, then shows all events at once; this ends the fence.
   *
   * @throws StoreError `VisibilityFenceNotActive`, `StoreClosed`; `Io`, `WriterCrashed`: nothing
   *   became visible and the writer refuses further writes; after a reopen the events are there
   */
  publish(): void {
    this.#requireActive('publish')
    this.#fence.publish()
  }

  /**
   * Hides all events for good, across reopens; this ends the fence. Their sequences stay used, their
   * idempotency keys are free again.
   *
   * @throws StoreError `VisibilityFenceNotActive`, `StoreClosed`; `Io`: the fence stays cancelled, the
   *   next write or `close` makes it durable, and a crash before that publishes; `WriterCrashed`
   */
  cancel(): void {
    this.#requireActive('cancel')
    this.#fence.cancel()
  }

  /** Cancels an unfinished fence; what `cancel` would throw goes to the channel `batpak:fence`. */
  [Symbol.dispose](): void {
    if (!this.active) return
    try {
      this.#fence.cancel()
    } catch (error) {
      this.#opened.engine.report(
        'fence',
        'a fence was disposed of, but cancelling it failed',
        error,
      )
    }
  }

  #requireActive(operation: string): void {
    this.#opened.engine.assertOpen(operation)
    if (!this.#fence.active) throw new StoreError('VisibilityFenceNotActive', {})
  }
}
