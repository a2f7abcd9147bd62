/** Counts of what a crash suite did. */
import type { Breach, LawId } from '../core/law.ts'
import type { PersistenceModel } from '../sim/persistence.ts'

/** A defect that is known and not repaired yet: it is counted instead of failing the suite. */
export interface KnownDefect {
  readonly law: LawId
  /** A part of the sentence that says what happened. */
  readonly what: string
  readonly because: string
  /** Default: under all of them. */
  readonly models?: readonly PersistenceModel[]
}

export class CrashTally {
  /** Disk images that a store was opened on. */
  images = 0
  /** Those of them that a crash of a recovery has left. */
  second = 0
  /** Possible crashes that the budget left out. */
  skipped = 0
  readonly laws: Record<string, number> = {}
  /** Opens that refused what may be damage, by code. */
  readonly refused: Record<string, number> = {}

  /** How often each known defect was met. */
  readonly known: Record<string, number> = {}
  readonly #known: readonly KnownDefect[]

  constructor(known: readonly KnownDefect[] = []) {
    this.#known = known
    for (const { because } of known) this.known[because] = 0
  }

  /** False for a known defect, which is counted. */
  isNews({ law, what }: Breach, model: PersistenceModel): boolean {
    const defect = this.#known.find(
      (it) => it.law === law && what.includes(it.what) && (it.models ?? [model]).includes(model),
    )
    if (defect !== undefined) this.known[defect.because]! += 1
    return defect === undefined
  }

  readonly count = (law: LawId): void => {
    this.laws[law] = (this.laws[law] ?? 0) + 1
  }

  refuse(code: string): void {
    this.refused[code] = (this.refused[code] ?? 0) + 1
  }
}
