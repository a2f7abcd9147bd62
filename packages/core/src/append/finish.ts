/** Step 10 of a write: what it waits for before it returns. */
import type { Engine } from '../engine.ts'
import { StoreError } from '../errors.ts'
import type { OpenFence } from '../fence/open-fence.ts'
import type { LogWriter } from '../writer/log-writer.ts'
import type { Until } from './options.ts'
import type { Receipt } from './receipt.ts'

/**
 * Counts the command and syncs if the cadence or `until` asks for it.
 *
 * @throws StoreError `SyncFailed`: the events are committed, their durability is unknown;
 *   `WaitTimeout` when the tracked projections are behind
 */
export function finishWrite(
  engine: Engine,
  writer: LogWriter,
  receipts: readonly Receipt[],
  until: Until,
): void {
  engine.group?.add(receipts)
  try {
    if (until === 'durable') writer.sync()
    else writer.finishCommand()
  } catch (cause) {
    throw new StoreError('SyncFailed', { receipts }, { cause })
  }
  finishSynced(engine, receipts, until)
}

/**
 * As `finishWrite`, of one event; the plain case allocates nothing.
 * @throws StoreError `Io` instead of `SyncFailed` under a fence: nothing is visible yet
 */
export function finishAppend(
  engine: Engine,
  writer: LogWriter,
  receipt: Receipt,
  until: Until,
  fence: OpenFence | undefined,
): void {
  if (fence !== undefined) return writer.finishCommand()
  if (until !== 'visible' || engine.group !== undefined || writer.isSyncDue) {
    finishWrite(engine, writer, [receipt], until)
  } else writer.finishCommand()
}

/** As `finishWrite`, of a batch under a fence. @throws StoreError `BatchSyncFailed` */
export function finishPending(writer: LogWriter, receipts: readonly Receipt[]): void {
  try {
    writer.finishCommand()
  } catch (cause) {
    throw new StoreError('BatchSyncFailed', { itemCount: receipts.length }, { cause })
  }
}

/** As `finishWrite`, of events that were committed before: they count as no command. */
export function finishReplay(
  engine: Engine,
  writer: LogWriter,
  receipts: readonly Receipt[],
  until: Until,
): void {
  const last = receipts.reduce((max, receipt) => Math.max(max, receipt.sequence), 0)
  if (until === 'durable' && engine.frontier.durable.sequence < last) {
    finishWrite(engine, writer, receipts, until)
  } else finishSynced(engine, receipts, until)
}

/** As `finishWrite`, of events that are durable already. @throws StoreError `WaitTimeout` */
export function finishSynced(engine: Engine, receipts: readonly Receipt[], until: Until): void {
  if (until === 'applied') awaitApplied(engine, receipts)
}

/** Folds the tracked projections; what is not applied then will not be while the write is waited for. */
function awaitApplied(engine: Engine, receipts: readonly Receipt[]): void {
  const { index, frontier } = engine
  const sequence = Math.max(...receipts.map((receipt) => receipt.sequence))
  if (frontier.applied.sequence >= sequence) return
  const wallMs = index.columns.wallMs(index.columns.lowerBound(sequence))
  const cause = engine.applied.foldTracked()
  if (frontier.applied.sequence >= sequence) return
  const target = { wallMs, sequence }
  throw new StoreError('WaitTimeout', { watermark: 'Applied', target, waitedMs: 0 }, { cause })
}
