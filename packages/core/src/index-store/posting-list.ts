/** Ascending row numbers of the events that share something. */
export class PostingList {
  #rows: Uint32Array = EMPTY
  #count = 0

  get count(): number {
    return this.#count
  }

  push(row: number): void {
    if (this.#count === this.#rows.length) {
      const next = new Uint32Array(Math.max(4, this.#count + (this.#count >>> 1)))
      next.set(this.#rows)
      this.#rows = next
    }
    this.#rows[this.#count] = row
    this.#count += 1
  }

  /** The row at a rank of 0 … count-1. */
  at(rank: number): number {
    return this.#rows[rank]!
  }

  /** The rank of the first row that is at least `row`; `count` when there is none. */
  lowerBound(row: number): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#rows[middle]! < row) low = middle + 1
      else high = middle
    }
    return low
  }

  clone(): PostingList {
    const copy = new PostingList()
    copy.#rows = this.#rows.slice(0, this.#count)
    copy.#count = this.#count
    return copy
  }
}

const EMPTY: Uint32Array = new Uint32Array(0)
