/** Event id → row: open addressing over row numbers; the ids themselves stay in their column. */
import type { Columns } from './columns.ts'

const FIRST_SLOTS = 256
const SMALL_SLOTS = 1 << 20

export class IdTable {
  readonly #columns: Columns
  /** row + 1; 0 = free. */
  #slots: Uint32Array = new Uint32Array(FIRST_SLOTS)
  #used = 0
  readonly #scratch: Uint32Array = new Uint32Array(4)

  constructor(columns: Columns) {
    this.#columns = columns
  }

  /** Of several rows with one id the last one put is found. */
  put(id: Uint32Array, row: number): void {
    if ((this.#used + 1) * 2 > this.#slots.length) this.#grow()
    const slot = this.#find(id)
    if (this.#slots[slot] === 0) this.#used += 1
    this.#slots[slot] = row + 1
  }

  /** The row of `id`, or -1. */
  get(id: Uint32Array): number {
    return this.#slots[this.#find(id)]! - 1
  }

  #find(id: Uint32Array): number {
    const mask = this.#slots.length - 1
    let slot = hashOf(id) & mask
    for (;;) {
      const entry = this.#slots[slot]!
      if (entry === 0 || this.#columns.hasEventId(entry - 1, id)) return slot
      slot = (slot + 1) & mask
    }
  }

  #grow(): void {
    const rows = this.#slots
    // While it is small it grows faster: every growth places all rows again.
    this.#slots = new Uint32Array(rows.length * (rows.length < SMALL_SLOTS ? 4 : 2))
    const mask = this.#slots.length - 1
    for (const entry of rows) {
      if (entry === 0) continue
      this.#columns.copyEventId(entry - 1, this.#scratch)
      let slot = hashOf(this.#scratch) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = entry
    }
  }
}

/** Callers choose idempotency keys, so every word counts. */
export function hashOf(id: Uint32Array): number {
  let hash = Math.imul(id[0]! ^ 0x9e3779b9, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15) ^ id[1]!, 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 13) ^ id[2]!, 0x27d4eb2f)
  hash = Math.imul(hash ^ (hash >>> 16) ^ id[3]!, 0x165667b1)
  return (hash ^ (hash >>> 15)) >>> 0
}
