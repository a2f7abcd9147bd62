/** Closing: the last events, the footer, the sync, and then every resource, whatever failed before. */
import type { Engine } from '../engine.ts'
import { StoreError, io, isStoreError } from '../errors.ts'
import { Kind } from '../event/kind.ts'
import { encodeClosePayload } from '../open/lifecycle-event.ts'
import type { Opened, WriteSide } from '../open/open.ts'
import { forgetProjections } from '../projection/memory.ts'

/**
 * Closes in an orderly way: CLOSE event (not under an open fence, which is cancelled), footer, sync.
 *
 * @throws StoreError `Io` when the sync fails, `WriterCrashed` when the writer had failed before;
 *   everything is released all the same
 */
export function closeStore(opened: Opened): void {
  const { engine, write } = opened
  if (engine.closing) return
  engine.closing = true
  const unfinished = write === undefined ? undefined : attempt(() => finishWriting(engine, write))
  engine.end()
  const unreleased = release(opened)
  const failure = unfinished ?? unreleased
  if (failure !== undefined) throw failure
}

/**
 * Ends as batpak 0.8.0 does when a store is dropped: an open fence is cancelled, footer, sync, but no
 * CLOSE event (W-160).
 */
export function abandonStore(opened: Opened): void {
  const { engine, write } = opened
  if (engine.closing) return
  engine.closing = true
  engine.end()
  if (write !== undefined && !write.writer.poisoned) {
    const uncancelled = attempt(() => engine.fence?.cancel())
    if (uncancelled !== undefined)
      engine.report('close', 'the fence of an abandoned store is not cancelled', uncancelled)
    const failure = attempt(() => write.writer.finish())
    if (failure !== undefined)
      engine.report('close', 'an abandoned store was not finished', failure)
  }
  const failure = release(opened)
  if (failure !== undefined) engine.report('close', 'a file could not be closed', failure)
}

/** Closes every file and at last the lock, whatever fails before; returns the first failure. */
function release({ engine, lock, write }: Opened): unknown {
  forgetProjections(engine) // whoever keeps a closed store keeps no states
  let failure: unknown
  for (const close of [
    (): void => engine.reader.close(),
    (): void => write?.writer.release(),
    (): void => lock?.release(),
  ]) {
    const next = attempt(() => io('close the store', engine.dataDir, close))
    failure ??= next
  }
  return failure
}

function finishWriting(engine: Engine, { writer, lifecycle }: WriteSide): void {
  writer.assertUsable() // whatever fails from here on is told as itself
  const { visible } = engine.frontier
  const unsaid = attempt(() => {
    lifecycle(Kind.SYSTEM_CLOSE_COMPLETED, encodeClosePayload(visible), visible.wallMs)
  })
  // As the reference: a store that cannot say that it closes, because a fence is open or for another
  // reason, is closed all the same (W-159, Q13).
  if (unsaid !== undefined) {
    engine.report('close', 'the CLOSE event could not be appended', unsaid)
    if (writer.poisoned) throw failedSync(unsaid)
  }
  // Its failure matters: the events of a fence that stays open are visible after a reopen.
  const uncancelled = attempt(() => engine.fence?.cancel())
  if (uncancelled !== undefined) {
    engine.report('close', 'the open fence could not be cancelled', uncancelled)
    if (writer.poisoned) throw uncancelled
  }
  writer.finish()
  if (uncancelled !== undefined) throw uncancelled
}

/** The CLOSE event is nobody's receipt: of its failed sync only the failure counts. */
function failedSync(failure: unknown): unknown {
  return isStoreError(failure, 'SyncFailed') ? failure.cause : failure
}

function attempt(work: () => void): unknown {
  try {
    work()
    return undefined
  } catch (error) {
    return error ?? new StoreError('Io', { operation: 'close the store' })
  }
}
