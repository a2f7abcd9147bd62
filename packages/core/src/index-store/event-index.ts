/** The in-memory index: columns, posting lists, names and the id table, kept in step. */
import { Columns, type RowPlace, type RowSource } from './columns.ts'
import { HiddenRanges } from './hidden-ranges.ts'
import { IdTable } from './id-table.ts'
import { Names, type EntityRecord, type ScopeRecord } from './names.ts'
import { PostingList } from './posting-list.ts'

export class EventIndex {
  readonly columns: Columns = new Columns()
  readonly names: Names = new Names()
  readonly #ids: IdTable = new IdTable(this.columns)
  readonly #kinds = new Map<number, PostingList>()
  readonly #categories: (PostingList | undefined)[] = new Array(16).fill(undefined)
  readonly #place: { -readonly [K in keyof RowPlace]: RowPlace[K] } = {
    sequence: 0,
    entityId: 0,
    scopeId: 0,
    segmentId: 0,
    offset: 0,
    length: 0,
  }
  #hidden: HiddenRanges = HiddenRanges.NONE
  /** The next sequence to assign. */
  allocated = 0
  /** Exclusive upper bound of what readers see. */
  visible = 0

  get hidden(): HiddenRanges {
    return this.#hidden
  }

  /**
   * Adds a committed event to every structure; it is seen once `visible` passes its sequence.
   * Sequences must not fall.
   */
  insert(
    source: RowSource,
    entity: EntityRecord,
    scope: ScopeRecord,
    sequence: number,
    segmentId: number,
    offset: number,
    length: number,
  ): number {
    const place = this.#place
    place.sequence = sequence
    place.entityId = entity.id
    place.scopeId = scope.id
    place.segmentId = segmentId
    place.offset = offset
    place.length = length
    const row = this.columns.push(source, place)
    this.#ids.put(source.eventId, row)
    entity.rows.push(row)
    for (const list of entity.namespaces) list.push(row)
    scope.rows.push(row)
    this.#kindList(source.kind).push(row)
    this.#categoryList(source.kind >>> 12).push(row)
    if (!this.#hidden.includes(sequence)) entity.head = row
    return row
  }

  /**
   * Replaces the hidden ranges. Rows below `firstRow` are hidden as before; the heads of the entities
   * of all others are found again.
   */
  hideFrom(firstRow: number, ranges: HiddenRanges): void {
    this.#hidden = ranges
    const seen = new Set<EntityRecord>()
    for (let row = firstRow; row < this.columns.count; row += 1) {
      const entity = this.names.entityById(this.columns.entityId(row))
      if (seen.has(entity)) continue
      seen.add(entity)
      entity.head = this.#newestOf(entity)
    }
  }

  #newestOf({ rows }: EntityRecord): number {
    for (let rank = rows.count - 1; rank >= 0; rank -= 1) {
      if (!this.isHidden(rows.at(rank))) return rows.at(rank)
    }
    return -1
  }

  isHidden(row: number): boolean {
    return !this.#hidden.isEmpty && this.#hidden.includes(this.columns.sequence(row))
  }

  isVisible(row: number): boolean {
    return this.columns.sequence(row) < this.visible && !this.isHidden(row)
  }

  /** The row of an event id, visible or not; -1 when there is none. */
  rowOf(id: Uint32Array): number {
    return this.#ids.get(id)
  }

  kindRows(kind: number): PostingList | undefined {
    return this.#kinds.get(kind)
  }

  categoryRows(category: number): PostingList | undefined {
    return this.#categories[category]
  }

  #kindList(kind: number): PostingList {
    let list = this.#kinds.get(kind)
    if (list === undefined) {
      list = new PostingList()
      this.#kinds.set(kind, list)
    }
    return list
  }

  #categoryList(category: number): PostingList {
    return (this.#categories[category] ??= new PostingList())
  }
}
