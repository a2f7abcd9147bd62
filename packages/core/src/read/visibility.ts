/** What readers may see, fixed at one moment. */
import type { EventIndex } from '../index-store/event-index.ts'

export class Visibility {
  readonly #index: EventIndex
  readonly #bound: number

  constructor(index: EventIndex) {
    this.#index = index
    this.#bound = index.visible
  }

  /** What was visible once can only be hidden or dropped later, never shown again. */
  includes(row: number): boolean {
    return this.#index.columns.sequence(row) < this.#bound && this.#index.isVisible(row)
  }

  /** The row of an event that was visible then, or -1. */
  rowOf(id: Uint32Array): number {
    const row = this.#index.rowOf(id)
    return row >= 0 && this.includes(row) ? row : -1
  }
}
