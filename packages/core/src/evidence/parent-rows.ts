/** Which earlier event of an entity has a hash, and how many have it. */
import type { Columns } from '../index-store/columns.ts'
import type { EventIndex } from '../index-store/event-index.ts'
import { HASH_BYTES } from '../event/hash.ts'

export interface ParentMatch {
  /** The nearest. */
  readonly row: number
  readonly count: number
}

/** So many are looked for by reading the rows; who asks for more gets a table. */
const SCANS = 16

/**
 * Finds parents for a walk towards the past: `below` must not rise from call to call. A whole walk
 * then costs what the entity has events, also when all of them have one hash.
 */
export class ParentRows {
  readonly #columns: Columns
  /** The visible ones, ascending. */
  readonly #rows: Uint32Array
  #calls = 0
  #table: HashTable | undefined

  /** @param below rows from this one on are nobody's parents */
  constructor(index: EventIndex, entityId: number, below: number) {
    this.#columns = index.columns
    const { rows } = index.names.entityById(entityId)
    const candidates = new Uint32Array(rows.lowerBound(below))
    let count = 0
    for (let rank = 0; rank < candidates.length; rank += 1) {
      const row = rows.at(rank)
      if (index.isVisible(row)) candidates[count++] = row
    }
    this.#rows = candidates.subarray(0, count)
  }

  /** The rows before `below` with this event hash. */
  find(hash: Uint8Array, below: number): ParentMatch | undefined {
    this.#calls += 1
    if (this.#calls <= SCANS) return this.#scan(hash, below)
    this.#table ??= new HashTable(this.#columns, this.#rows)
    return this.#table.find(hash, below)
  }

  #scan(hash: Uint8Array, below: number): ParentMatch | undefined {
    let found = -1
    let count = 0
    for (let rank = this.#rows.length - 1; rank >= 0; rank -= 1) {
      const row = this.#rows[rank]!
      if (row >= below || !this.#columns.hasEventHash(row, hash)) continue
      if (found < 0) found = row
      count += 1
    }
    return found < 0 ? undefined : { row: found, count }
  }
}

/** The same from a table of all hashes. */
class HashTable {
  readonly #rows: Uint32Array
  /** The last rank with a hash, as far as the walk has not passed it. */
  readonly #last = new Map<string, number>()
  /** By rank: the one before it with the same hash, or -1, and how many there are up to it. */
  readonly #earlier: Int32Array
  readonly #counts: Uint32Array

  constructor(columns: Columns, rows: Uint32Array) {
    this.#rows = rows
    this.#earlier = new Int32Array(rows.length)
    this.#counts = new Uint32Array(rows.length)
    const hash = Buffer.alloc(HASH_BYTES)
    for (const [rank, row] of rows.entries()) {
      columns.copyEventHash(row, hash)
      const key = hash.toString('latin1')
      const earlier = this.#last.get(key) ?? -1
      this.#earlier[rank] = earlier
      this.#counts[rank] = earlier < 0 ? 1 : this.#counts[earlier]! + 1
      this.#last.set(key, rank)
    }
  }

  find(hash: Uint8Array, below: number): ParentMatch | undefined {
    const key = Buffer.from(hash).toString('latin1')
    let rank = this.#last.get(key) ?? -1
    while (rank >= 0 && this.#rows[rank]! >= below) rank = this.#earlier[rank]!
    if (rank < 0) return undefined
    this.#last.set(key, rank)
    return { row: this.#rows[rank]!, count: this.#counts[rank]! }
  }
}
