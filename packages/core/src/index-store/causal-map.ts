/**
 * Which events name an id as their cause, or as their correlation: open addressing over the ids, which
 * stay in their columns, and a chain of rows behind each.
 *
 * Nothing is kept until somebody asks. The first question reads all rows once, every further one the
 * rows that were added since; appends do nothing for it. Memory: 8 bytes for every event that names an
 * id, and 16 to 48 for every id that is named; an event that correlates with itself, as most do, is
 * not in the map.
 */
import { isZeroId } from '../event/id-words.ts'
import type { Columns } from './columns.ts'
import { hashOf } from './id-table.ts'

const FIRST_SLOTS = 64

/** Which id of a row it is mapped by. */
export type CausalAxis = 'causation' | 'correlation'

export class CausalMap {
  readonly #columns: Columns
  readonly #axis: CausalAxis
  /** Per slot: the first and the last link of an id's chain, each + 1; 0 = free. */
  #slots: Uint32Array = new Uint32Array(FIRST_SLOTS * 2)
  #ids = 0
  /** Per link: the row, and the next link + 1. */
  #links: Uint32Array = new Uint32Array(FIRST_SLOTS * 2)
  #count = 0
  /** Rows below have been read. */
  #rows = 0
  readonly #id: Uint32Array = new Uint32Array(4)
  readonly #other: Uint32Array = new Uint32Array(4)

  constructor(columns: Columns, axis: CausalAxis) {
    this.#columns = columns
    this.#axis = axis
  }

  /** The rows that name `id`, as a function that gives one after the other in commit order, then -1. */
  rowsOf(id: Uint32Array): () => number {
    this.#catchUp()
    let link = this.#slots[this.#find(id) * 2]!
    return () => {
      if (link === 0) return -1
      const row = this.#links[link * 2 - 2]!
      link = this.#links[link * 2 - 1]!
      return row
    }
  }

  #catchUp(): void {
    const { count } = this.#columns
    for (; this.#rows < count; this.#rows += 1) {
      if (this.#named(this.#rows, this.#id)) this.#put(this.#rows)
    }
  }

  /** Copies what the row names; false when it names nothing, or itself as its correlation. */
  #named(row: number, out: Uint32Array): boolean {
    if (this.#axis === 'causation') {
      this.#columns.copyCausationId(row, out)
      return !isZeroId(out, 0)
    }
    this.#columns.copyCorrelationId(row, out)
    return !this.#columns.hasEventId(row, out)
  }

  #put(row: number): void {
    if ((this.#ids + 1) * 4 > this.#slots.length) this.#growSlots()
    if (this.#count * 2 === this.#links.length) this.#links = doubled(this.#links)
    this.#links[this.#count * 2] = row
    this.#count += 1
    const slot = this.#find(this.#id) * 2
    const last = this.#slots[slot + 1]!
    if (last === 0) {
      this.#slots[slot] = this.#count
      this.#ids += 1
    } else this.#links[last * 2 - 1] = this.#count
    this.#slots[slot + 1] = this.#count
  }

  /** The slot of an id, or the free one where it would go. */
  #find(id: Uint32Array): number {
    const mask = (this.#slots.length >>> 1) - 1
    for (let slot = hashOf(id) & mask; ; slot = (slot + 1) & mask) {
      const first = this.#slots[slot * 2]!
      if (first === 0) return slot
      this.#named(this.#links[first * 2 - 2]!, this.#other)
      if (sameId(this.#other, id)) return slot
    }
  }

  #growSlots(): void {
    const old = this.#slots
    this.#slots = new Uint32Array(old.length * 2)
    const id = new Uint32Array(4)
    for (let i = 0; i < old.length; i += 2) {
      if (old[i] === 0) continue
      this.#named(this.#links[old[i]! * 2 - 2]!, id)
      const slot = this.#find(id) * 2
      this.#slots[slot] = old[i]!
      this.#slots[slot + 1] = old[i + 1]!
    }
  }
}

function doubled(array: Uint32Array): Uint32Array {
  const next = new Uint32Array(array.length * 2)
  next.set(array)
  return next
}

function sameId(a: Uint32Array, b: Uint32Array): boolean {
  return a[3] === b[3] && a[2] === b[2] && a[1] === b[1] && a[0] === b[0]
}
