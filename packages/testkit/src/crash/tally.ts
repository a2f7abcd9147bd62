/** Counts of what a crash suite did. */
import type { LawId } from '../core/law.ts'

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

  readonly count = (law: LawId): void => {
    this.laws[law] = (this.laws[law] ?? 0) + 1
  }

  refuse(code: string): void {
    this.refused[code] = (this.refused[code] ?? 0) + 1
  }
}
