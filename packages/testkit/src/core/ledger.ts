/**
 * What a process attempted and what its store told it, each with its place in the history of the
 * disk: the knowledge by which a recovered store is judged.
 */
import type { EventId, Receipt } from '@batpak/core'
import type { Breach } from './law.ts'
import type { Content, Told } from './told.ts'

/** One call that writes. Places are lengths of the history; `Infinity`: not yet. */
export interface Attempt {
  /** As it reads in a story: `append note:1`, `sync`. */
  readonly call: string
  /** What it would write. */
  readonly contents: readonly Content[]
  readonly from: number
  to: number
  outcome: 'running' | 'ok' | 'denied' | 'unknown'
  code?: string
  /** From here on it is certain that it has written nothing. */
  absentFrom: number
  /** Written under a fence: hidden until that is published, and after it was cancelled. */
  readonly fence?: FenceStory
}

export interface FenceStory {
  publishedAt: number
  /** When a cancel began, and when it was done. */
  cancelling: number
  cancelledAt: number
}

interface Known {
  readonly told: Told
  /** When readers saw it first. */
  readonly at: number
  /** From here on it survives any crash. */
  durableAt: number
}

export class Ledger {
  readonly attempts: Attempt[] = []
  /** Every event that readers were shown. */
  readonly known: Map<EventId, Known> = new Map()
  readonly receipts: { readonly at: number; readonly receipt: Receipt }[] = []
  /** What was wrong while the store was open; the first counts. */
  readonly breaches: Breach[] = []
  readonly #position: () => number
  /** The highest sequence a read has shown. */
  lastSequence = -1

  /** @param position the present length of the disk's history */
  constructor(position: () => number) {
    this.#position = position
  }

  get position(): number {
    return this.#position()
  }

  begin(call: string, contents: readonly Content[], fence?: FenceStory): Attempt {
    const attempt: Attempt = {
      call,
      contents,
      from: this.position,
      to: Infinity,
      outcome: 'running',
      absentFrom: Infinity,
      ...(fence && { fence }),
    }
    this.attempts.push(attempt)
    return attempt
  }

  end(attempt: Attempt, outcome: 'ok' | 'denied' | 'unknown', code?: string): void {
    attempt.to = this.position
    attempt.outcome = outcome
    if (code !== undefined) attempt.code = code
    if (outcome === 'denied') attempt.absentFrom = attempt.from
    if (outcome === 'ok' && attempt.contents.length > 0) this.#settle()
  }

  addVisible(told: Told): void {
    this.known.set(told.eventId, { told, at: this.position, durableAt: Infinity })
    this.lastSequence = Math.max(this.lastSequence, told.sequence)
  }

  /** All events up to a sequence that readers were shown survive any crash from now on. */
  addDurable(upToSequence: number = Infinity): void {
    for (const known of this.known.values()) {
      if (known.told.sequence <= upToSequence) {
        known.durableAt = Math.min(known.durableAt, this.position)
      }
    }
  }

  /** A store that goes on writing has undone every write that failed before. */
  #settle(): void {
    for (const attempt of this.attempts) {
      if (attempt.outcome === 'unknown')
        attempt.absentFrom = Math.min(attempt.absentFrom, attempt.to)
    }
  }
}
