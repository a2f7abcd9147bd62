/** Several writes that share one sync. */
import type { Receipt } from '../append/receipt.ts'
import type { Engine } from '../engine.ts'
import { StoreError } from '../errors.ts'
import { describeType } from '../options.ts'
import type { LogWriter } from '../writer/log-writer.ts'

/** What a running `group` has written since the last sync. */
export class Group {
  #receipts: Receipt[] = []

  get receipts(): readonly Receipt[] {
    return this.#receipts
  }

  add(receipts: readonly Receipt[]): void {
    this.#receipts.push(...receipts)
  }

  synced(): void {
    this.#receipts = []
  }
}

/**
 * Runs `work` without syncs of the cadence, then syncs once. Inside another group it joins that one.
 *
 * @throws what `work` throws, after the sync; StoreError `SyncFailed` when the sync fails
 */
export function runGroup<T>(engine: Engine, writer: LogWriter, work: () => T): T {
  if (engine.group !== undefined) return runSynchronously(work)
  engine.group = new Group()
  let result: T | undefined
  let thrown: { readonly error: unknown } | undefined
  try {
    result = runSynchronously(work)
  } catch (error) {
    thrown = { error }
  }
  const { receipts } = engine.group
  engine.group = undefined
  // Poisoned inside, whatever the caller made of that: what was written is not durable.
  if (!engine.closed && writer.unsynced > 0 && (!writer.poisoned || receipts.length > 0)) {
    syncGroup(writer, receipts, thrown)
  }
  if (thrown !== undefined) throw thrown.error
  return result as T
}

function syncGroup(
  writer: LogWriter,
  receipts: readonly Receipt[],
  thrown: { readonly error: unknown } | undefined,
): void {
  try {
    writer.assertUsable()
    writer.sync()
  } catch (error) {
    if (receipts.length === 0 && thrown === undefined) throw error
    const cause =
      thrown === undefined ? error : new AggregateError([thrown.error, error], 'both failed')
    throw new StoreError('SyncFailed', { receipts }, { cause })
  }
}

function runSynchronously<T>(work: () => T): T {
  if (typeof work !== 'function') {
    throw new TypeError(`group: expected a function, got ${describeType(work)}`)
  }
  const result = work()
  if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
    throw new TypeError('group: the function must be synchronous, it returned a promise')
  }
  return result
}
