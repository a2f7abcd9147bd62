/** Events that are collected first and written as one batch. */
import { isStoreError } from '../errors.ts'
import type { Coordinate } from '../event/coordinate.ts'
import type { EventType } from '../event/event-type.ts'
import {
  draft,
  requireDraft,
  type Draft,
  type DraftOptions,
  type EncodedDraft,
} from '../append/draft.ts'

// Assigned by the class itself: its constructor is nobody else's.
let make: <R>(
  flush: (drafts: readonly EncodedDraft[]) => R,
  assertStaging: (() => void) | undefined,
) => Outbox<R>

/** @param assertStaging throws when nothing may be staged any more */
export function makeOutbox<R>(
  flush: (drafts: readonly EncodedDraft[]) => R,
  assertStaging?: () => void,
): Outbox<R> {
  return make(flush, assertStaging)
}

/** Of `store.outbox()` or `fence.outbox()`; `R` is what a flush returns. It can be flushed many times. */
export class Outbox<R> {
  readonly #flush: (drafts: readonly EncodedDraft[]) => R
  readonly #assertStaging: (() => void) | undefined
  #staged: EncodedDraft[] = []

  private constructor(
    flush: (drafts: readonly EncodedDraft[]) => R,
    assertStaging: (() => void) | undefined,
  ) {
    this.#flush = flush
    this.#assertStaging = assertStaging
  }

  static {
    make = <R>(
      flush: (drafts: readonly EncodedDraft[]) => R,
      assertStaging: (() => void) | undefined,
    ): Outbox<R> => new Outbox(flush, assertStaging)
  }

  /** How many events are staged. */
  get length(): number {
    return this.#staged.length
  }

  /** Encodes an event and stages it; nothing is written. @throws as `draft`, nothing is staged */
  stage<T, In = T>(
    at: Coordinate,
    type: EventType<T, In>,
    value: NoInfer<In>,
    options?: DraftOptions,
  ): void {
    this.push(draft(at, type, value, options))
  }

  /** Stages a draft. @throws TypeError for anything else */
  push(draft: Draft): void {
    this.#assertStaging?.()
    this.#staged.push(requireDraft('draft', draft))
  }

  /**
   * Writes what is staged as one batch, in order. When it throws, what was staged is still staged,
   * unless the batch was written.
   *
   * @throws as `Store.appendBatch`
   */
  flush(): R {
    const staged = this.#staged
    this.#staged = []
    try {
      return this.#flush(staged)
    } catch (error) {
      if (!wasWritten(error)) this.#staged = [...staged, ...this.#staged]
      throw error
    }
  }

  /** Drops what is staged. */
  clear(): void {
    this.#staged = []
  }

  [Symbol.dispose](): void {
    this.clear()
  }
}

/** Whether the batch is in the log although its flush threw. */
function wasWritten(error: unknown): boolean {
  return (
    isStoreError(error, 'SyncFailed') ||
    isStoreError(error, 'BatchSyncFailed') ||
    isStoreError(error, 'WaitTimeout')
  )
}
