/** Arguments that several reports take. */
import { idWords } from '../append/options.ts'
import { parseWords } from '../event/id-words.ts'
import type { EventId } from '../event/id.ts'
import type { EventIndex } from '../index-store/event-index.ts'
import { checkOptionNames, describeType } from '../options.ts'
import type { RequestedFreshness } from './read-walk-body.ts'

const WORDS: Uint32Array = new Uint32Array(4)

/** The row of an id that was checked; -1 when no visible event has it. */
export function visibleRow(index: EventIndex, id: EventId): number {
  parseWords(id, WORDS, 0)
  const row = index.rowOf(WORDS)
  return row >= 0 && index.isVisible(row) ? row : -1
}

/** @throws TypeError unless `id` is 32 lower-case hex digits */
export function checkId(name: string, id: EventId): EventId {
  idWords(name, id ?? null)
  return id
}

/** How old a state may be. */
export interface Freshness {
  /** Milliseconds; absent: not at all. */
  readonly maxStaleMs?: number
}

const FRESHNESS_NAMES: ReadonlySet<string> = new Set(['maxStaleMs'])

/** @throws TypeError, RangeError */
export function requestedFreshness(name: string, freshness: Freshness = {}): RequestedFreshness {
  checkOptionNames(name, freshness, FRESHNESS_NAMES)
  const { maxStaleMs } = freshness
  if (maxStaleMs === undefined) return { kind: 'Consistent' }
  if (typeof maxStaleMs !== 'number') {
    throw new TypeError(`maxStaleMs must be a number, got ${describeType(maxStaleMs)}`)
  }
  if (Number.isSafeInteger(maxStaleMs) && maxStaleMs >= 0) return { kind: 'MaybeStale', maxStaleMs }
  throw new RangeError(`maxStaleMs must be a non-negative integer, got ${maxStaleMs}`)
}
