/** What may and must be found after a crash, from what a process knew at that moment. */
import type { EventId, Receipt } from '@batpak/core'
import type { Attempt, Ledger } from '../core/ledger.ts'
import type { Content, Row, Told } from '../core/told.ts'
import type { PersistenceModel } from '../sim/persistence.ts'

export interface World {
  /** Must be there. */
  readonly required: ReadonlyMap<EventId, Told>
  /** Readers saw them: where they are there, they are as they were told. */
  readonly known: ReadonlyMap<EventId, Told>
  /** May have written what nobody was told of. */
  readonly attempts: readonly Attempt[]
  /** Of cancelled fences: must never be seen. */
  readonly hidden: ReadonlySet<Content>
  /** Events that an earlier crash has taken: they do not come back. */
  readonly gone: ReadonlySet<EventId>
  readonly receipts: readonly Receipt[]
}

export const NOTHING: World = {
  required: new Map(),
  known: new Map(),
  attempts: [],
  hidden: new Set(),
  gone: new Set(),
  receipts: [],
}

/**
 * The world of a process that died when the history had `cut` operations.
 *
 * @param before what held when it opened its store
 */
export function worldAt(
  ledger: Ledger,
  cut: number,
  model: PersistenceModel,
  before: World = NOTHING,
): World {
  const known = new Map<EventId, Told>()
  const required = new Map<EventId, Told>()
  for (const [id, { told, at, durableAt }] of ledger.known) {
    if (at > cut) continue
    known.set(id, told)
    // After kill -9 whatever was written stays in the page cache.
    if ((model === 'process' ? at : durableAt) <= cut) required.set(id, told)
  }
  const begun = ledger.attempts.filter(({ from }) => from <= cut)
  const cancelled = ({ fence }: Attempt): boolean => fence !== undefined && fence.cancelledAt <= cut
  return {
    required,
    known,
    attempts: begun.filter(
      (attempt) =>
        attempt.contents.length > 0 &&
        attempt.absentFrom > cut &&
        !cancelled(attempt) &&
        !isTold(attempt, cut),
    ),
    hidden: new Set([
      ...before.hidden,
      ...begun.filter(cancelled).flatMap(({ contents }) => contents),
    ]),
    gone: before.gone,
    receipts: [
      ...before.receipts,
      ...ledger.receipts.filter(({ at }) => at <= cut).map(({ receipt }) => receipt),
    ],
  }
}

/** Whether everything the attempt wrote is among the known events. */
function isTold({ to, outcome, fence }: Attempt, cut: number): boolean {
  if (to > cut || outcome !== 'ok') return false
  return fence === undefined || fence.publishedAt <= cut
}

/** The world of a store that was recovered with `rows`, all of them on stable storage. */
export function worldOf(rows: readonly Row[], before: World): World {
  const found = new Map<EventId, Told>(rows.map((row) => [row.eventId, row]))
  const lost = [...before.known.keys()].filter((id) => !found.has(id))
  return {
    required: found,
    known: found,
    attempts: [],
    hidden: before.hidden,
    gone: new Set([...before.gone, ...lost]),
    receipts: before.receipts.filter(({ eventId }) => found.has(eventId)),
  }
}
