/**
 * Rows of a region in commit order: one posting list leads, the rest of the region is tested on the
 * columns. A page costs what it returns, wherever it begins; where the lists are long and have little
 * in common, they are intersected as bitmaps.
 */
import { kindFilter, type Region } from '../event/region.ts'
import type { EventIndex } from './event-index.ts'
import type { HiddenRanges, SequenceRange } from './hidden-ranges.ts'
import type { EntityRecord } from './names.ts'
import { PostingList } from './posting-list.ts'
import { CommonRows, isDense } from './row-bits.ts'

export interface QueryBounds {
  /** Only rows behind this sequence; before it when reversed. */
  readonly after?: number | undefined
  readonly reverse?: boolean | undefined
}

const NO_ROWS: PostingList = new PostingList()
/** So many rows are looked at in vain before bitmaps are made. */
const PATIENCE = 1024

/** Walks matching rows. What is visible is fixed when it is made. */
export class RowWalk {
  readonly #index: EventIndex
  readonly #axes: Axes
  readonly #lead: PostingList | undefined
  readonly #hidden: HiddenRanges
  readonly #reverse: boolean
  // What has still to be tested: the axis that leads needs no test of its own.
  #scopeId: number
  #namespace: PostingList | undefined
  #kind: number
  #category: number
  readonly #clockMin: number
  readonly #clockMax: number
  /** The next rank in the lead (or row, without one), and the first one not to be visited. */
  #at: number
  readonly #stop: number
  #patience: number
  /** Instead of the lead, once it has led to too little. Then `#at` is a row. */
  #common: CommonRows | undefined
  /** The rows that are walked: from … end-1. */
  readonly #from: number
  readonly #end: number

  constructor(index: EventIndex, region: Region, bounds: QueryBounds = {}) {
    const axes = axesOf(index, region)
    const lead = shortest(axes)
    this.#index = index
    this.#axes = axes
    this.#lead = lead
    this.#hidden = index.hidden
    this.#reverse = bounds.reverse === true
    this.#scopeId = axes.scope === undefined || axes.scope === lead ? -1 : scopeId(index, region)
    this.#namespace = axes.entity === lead ? undefined : axes.entity
    const filter = axes.kind === lead ? undefined : kindFilter(region)
    this.#kind = typeof filter === 'object' && 'exact' in filter ? filter.exact : -1
    this.#category = typeof filter === 'object' && 'category' in filter ? filter.category : -1
    this.#clockMin = region.clock?.[0] ?? -Infinity
    this.#clockMax = region.clock?.[1] ?? Infinity
    this.#from = this.#reverse ? 0 : firstRowAfter(index, bounds.after)
    this.#end = lastRow(index, this.#reverse ? bounds.after : undefined)
    const first = this.#rank(this.#from)
    const end = Math.max(first, this.#rank(this.#end))
    this.#at = this.#reverse ? end - 1 : first
    this.#stop = this.#reverse ? first - 1 : end
    this.#patience = canIntersect(axes, lead, index.columns.count) ? PATIENCE : Infinity
  }

  /** The next matching row, or -1. */
  next(): number {
    for (;;) {
      const row = this.#candidate()
      if (row < 0) return -1
      if (!this.#matches(row)) {
        if ((this.#patience -= 1) < 0 && this.#common === undefined) this.#intersect(row)
        continue
      }
      if (this.#hidden.isEmpty) return row
      const range = this.#hidden.rangeOf(this.#index.columns.sequence(row))
      if (range === undefined) return row
      this.#pass(range)
    }
  }

  #candidate(): number {
    if (this.#common !== undefined) return this.#nextCommon(this.#common)
    const at = this.#at
    if (this.#reverse ? at <= this.#stop : at >= this.#stop) return -1
    this.#at = this.#reverse ? at - 1 : at + 1
    return this.#lead === undefined ? at : this.#lead.at(at)
  }

  #nextCommon(common: CommonRows): number {
    const row = this.#reverse
      ? common.lastFrom(this.#at, this.#from)
      : common.firstFrom(this.#at, this.#end)
    if (row < 0) this.#at = this.#reverse ? this.#from - 1 : this.#end
    else this.#at = this.#reverse ? row - 1 : row + 1
    return row
  }

  #matches(row: number): boolean {
    const { columns } = this.#index
    if (this.#kind >= 0 && columns.kind(row) !== this.#kind) return false
    if (this.#category >= 0 && columns.kind(row) >>> 12 !== this.#category) return false
    if (this.#scopeId >= 0 && columns.scopeId(row) !== this.#scopeId) return false
    if (this.#namespace !== undefined && !this.#inNamespace(row, this.#namespace)) return false
    if (this.#clockMin === -Infinity && this.#clockMax === Infinity) return true
    const clock = columns.clock(row)
    return clock >= this.#clockMin && clock <= this.#clockMax
  }

  #inNamespace(row: number, list: PostingList): boolean {
    const { names, columns } = this.#index
    const entity = names.entityById(columns.entityId(row))
    return entity.rows === list || entity.namespaces.includes(list)
  }

  /** Goes on behind `row` in the rows that all axes have in common. */
  #intersect(row: number): void {
    const rows = this.#index.columns.count
    this.#common = new CommonRows(listsOf(this.#axes), rows)
    this.#at = this.#reverse ? row - 1 : row + 1
    this.#scopeId = -1
    this.#kind = -1
    this.#category = -1
    this.#namespace = undefined
  }

  /** Goes on behind the rows of a hidden range, however many they are. */
  #pass({ start, end }: SequenceRange): void {
    const { columns } = this.#index
    const row = columns.lowerBound(this.#reverse ? start : end)
    const at = this.#common === undefined ? this.#rank(row) : row
    this.#at = this.#reverse ? Math.min(this.#at, at - 1) : Math.max(this.#at, at)
  }

  #rank(row: number): number {
    return this.#lead === undefined ? row : this.#lead.lowerBound(row)
  }
}

/** How many visible rows a region has; without a walk where one posting list answers. */
export function countRows(index: EventIndex, region: Region): number {
  const lists = listsOf(axesOf(index, region))
  if (lists.length <= 1 && region.clock === undefined) return visibleRows(index, lists[0])
  const walk = new RowWalk(index, region)
  let count = 0
  while (walk.next() >= 0) count += 1
  return count
}

/** How many rows of a list, or of all, are visible. */
export function visibleRows(index: EventIndex, list: PostingList | undefined): number {
  const rankOf = (sequence: number): number => {
    const row = index.columns.lowerBound(Math.min(sequence, index.visible))
    return list === undefined ? row : list.lowerBound(row)
  }
  let count = rankOf(index.visible)
  for (const { start, end } of index.hidden.ranges) count -= rankOf(end) - rankOf(start)
  return count
}

/** The visible rows of exactly one entity in commit order, or against it. */
export function entityWalk(
  index: EventIndex,
  { rows }: EntityRecord,
  { after, reverse = false }: QueryBounds,
): () => number {
  const { hidden, columns } = index
  const first = rows.lowerBound(reverse ? 0 : firstRowAfter(index, after))
  const end = rows.lowerBound(lastRow(index, reverse ? after : undefined))
  let rank = reverse ? end - 1 : first
  return () => {
    while (reverse ? rank >= first : rank < end) {
      const row = rows.at(rank)
      rank += reverse ? -1 : 1
      if (hidden.isEmpty || !hidden.includes(columns.sequence(row))) return row
    }
    return -1
  }
}

/** `a` contains `a`, `a:b` and `a:b:c`, but not `ab`. */
export function inNamespace(entity: string, prefix: string): boolean {
  return (
    entity.startsWith(prefix) &&
    (entity.length === prefix.length || entity.charCodeAt(prefix.length) === 0x3a)
  )
}

interface Axes {
  readonly entity: PostingList | undefined
  readonly scope: PostingList | undefined
  readonly kind: PostingList | undefined
}

/** The posting list of each constrained axis; an axis that nothing matches has an empty one. */
function axesOf(index: EventIndex, region: Region): Axes {
  const filter = kindFilter(region)
  let kind: PostingList | undefined
  if (typeof filter === 'object') {
    kind =
      ('exact' in filter ? index.kindRows(filter.exact) : index.categoryRows(filter.category)) ??
      NO_ROWS
  }
  return {
    entity:
      region.entity === undefined ? undefined : (index.names.namespace(region.entity) ?? NO_ROWS),
    scope:
      region.scope === undefined ? undefined : (index.names.scope(region.scope)?.rows ?? NO_ROWS),
    kind,
  }
}

function listsOf({ entity, scope, kind }: Axes): readonly PostingList[] {
  return [entity, scope, kind].filter((list) => list !== undefined)
}

function shortest(axes: Axes): PostingList | undefined {
  let best: PostingList | undefined
  for (const list of listsOf(axes)) if (best === undefined || list.count < best.count) best = list
  return best
}

/** The longer lists are dense when the shortest is. */
function canIntersect(axes: Axes, lead: PostingList | undefined, rows: number): boolean {
  return lead !== undefined && isDense(lead, rows) && listsOf(axes).length > 1
}

function scopeId(index: EventIndex, region: Region): number {
  return index.names.scope(region.scope!)?.id ?? -1
}

function firstRowAfter(index: EventIndex, after: number | undefined): number {
  return after === undefined ? 0 : index.columns.lowerBound(after + 1)
}

/** Exclusive: the rows below the visible bound, and below `before` if it is given. */
function lastRow(index: EventIndex, before: number | undefined): number {
  const bound = before === undefined ? index.visible : Math.min(index.visible, before)
  return index.columns.lowerBound(bound)
}
