/**
 * What a run attempted and what its store told it, each with its place in the history of the disk:
 * the knowledge by which a recovered store is judged.
 */
import type { EventId } from '@batpak/core'
import type { Breach } from './law.ts'
import type { Content, Told } from './told.ts'

/** One call that writes. */
export interface Attempt {
  /** As it reads in a story: `append note:1`, `sync`. */
  readonly call: string
  /** What it would write; undefined where the kit cannot know. */
  readonly contents: readonly (Content | undefined)[]
  /** All of it or nothing, live and after any crash. */
  readonly atomic: boolean
  /** Length of the history when it began. */
  readonly from: number
  /** The same when it ended. */
  to: number
  outcome: 'running' | 'ok' | 'denied' | 'unknown'
  code?: string
  /** Of the events it has written, once they are known. */
  ids: readonly EventId[]
  /** From here on it is certain that nothing of it was written. */
  absentFrom: number
  /** Written under a fence: hidden until that is published, and after it was cancelled. */
  fence?: FenceState
}

export interface FenceState {
  publishedAt: number
  /** When a cancel began and when it returned. */
  cancelling: number
  cancelledAt: number
}

export type Fact = { readonly at: number; readonly by: string } & (
  | { readonly visible: Told; readonly certain: boolean }
  | { readonly durable: readonly EventId[] }
)

export class Ledger {
  readonly attempts: Attempt[] = []
  readonly facts: Fact[] = []
  /** What was wrong while the store was open; the first counts. */
  readonly breaches: Breach[] = []
  /** Every event of the whole run that somebody was told of, and where its call began. */
  readonly told: Map<EventId, { readonly told: Told; readonly from: number }> = new Map()
  readonly #position: () => number
  /** The length of the history at which the run began. */
  readonly start: number
  /** The highest sequence a read has shown. */
  lastSequence = -1
  /** Durable according to `frontier()`. */
  durableSequence = -1

  /** @param position the present length of the disk's history */
  constructor(position: () => number) {
    this.#position = position
    this.start = position()
  }

  get position(): number {
    return this.#position()
  }

  begin(call: string, contents: Attempt['contents'], atomic: boolean): Attempt {
    const attempt: Attempt = {
      call,
      contents,
      atomic,
      from: this.position,
      to: Infinity,
      outcome: 'running',
      ids: [],
      absentFrom: Infinity,
    }
    this.attempts.push(attempt)
    return attempt
  }

  end(attempt: Attempt, outcome: 'ok' | 'denied' | 'unknown', code?: string): void {
    attempt.to = this.position
    attempt.outcome = outcome
    if (code !== undefined) attempt.code = code
    if (outcome === 'denied') attempt.absentFrom = attempt.from
  }

  /** An event that readers see now. `certain`: its call has returned, or will not be asked about. */
  addVisible(told: Told, by: string, certain: boolean, from: number = this.position): void {
    const known = this.told.get(told.eventId)
    const first = known === undefined || known.told.receipt === undefined
    if (first) this.told.set(told.eventId, { told: { ...known?.told, ...told }, from: known?.from ?? from })
    this.facts.push({ at: this.position, by, visible: told, certain })
    this.lastSequence = Math.max(this.lastSequence, told.sequence)
  }

  /** These events survive any crash from now on. */
  addDurable(ids: readonly EventId[], by: string): void {
    if (ids.length > 0) this.facts.push({ at: this.position, by, durable: ids })
  }

  /** Ids of all events that readers were shown so far. */
  visibleIds(upToSequence: number = Infinity): EventId[] {
    return [...this.told.values()]
      .filter(({ told }) => told.sequence <= upToSequence)
      .map(({ told }) => told.eventId)
  }

  addBreach(breach: Breach): void {
    this.breaches.push(breach)
  }
}
