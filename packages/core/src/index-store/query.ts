/**
 * Rows of a region in commit order: one posting list leads, the rest of the region is tested on the
 * columns. A page costs what it returns, wherever it begins.
 */
import { kindFilter, type Region } from '../event/region.ts'
import type { EventIndex } from './event-index.ts'
import type { HiddenRanges } from './hidden-ranges.ts'
import { PostingList } from './posting-list.ts'

export interface QueryBounds {
  /** Only rows behind this sequence; before it when reversed. */
  readonly after?: number | undefined
  readonly reverse?: boolean | undefined
}

const NO_ROWS: PostingList = new PostingList()

/** Walks matching rows. What is visible is fixed when it is made. */
export class RowWalk {
  readonly #index: EventIndex
  readonly #lead: PostingList | undefined
  readonly #hidden: HiddenRanges
  readonly #reverse: boolean
  readonly #scopeId: number
  readonly #namespace: string | undefined
  readonly #kind: number
  readonly #category: number
  readonly #clockMin: number
  readonly #clockMax: number
  /** The next rank in the lead (or row, without one), and the first one not to be visited. */
  #at: number
  readonly #stop: number

  constructor(index: EventIndex, region: Region, bounds: QueryBounds = {}) {
    this.#index = index
    this.#hidden = index.hidden
    this.#reverse = bounds.reverse === true
    const axes = axesOf(index, region)
    const lead = shortest(axes)
    this.#lead = lead
    // The axis that leads needs no test of its own.
    this.#scopeId = axes.scope === undefined || axes.scope === lead ? -1 : scopeId(index, region)
    this.#namespace = axes.entity === undefined || axes.entity === lead ? undefined : region.entity
    const filter = kindFilter(region)
    const tested = typeof filter === 'object' && axes.kind !== lead ? filter : undefined
    this.#kind = tested !== undefined && 'exact' in tested ? tested.exact : -1
    this.#category = tested !== undefined && 'category' in tested ? tested.category : -1
    this.#clockMin = region.clock?.[0] ?? -Infinity
    this.#clockMax = region.clock?.[1] ?? Infinity
    const first = this.#rank(this.#reverse ? 0 : firstRowAfter(index, bounds.after))
    const end = this.#rank(lastRow(index, this.#reverse ? bounds.after : undefined))
    this.#at = this.#reverse ? end - 1 : first
    this.#stop = this.#reverse ? first - 1 : Math.max(first, end)
  }

  /** The next matching row, or -1. */
  next(): number {
    const step = this.#reverse ? -1 : 1
    while (this.#reverse ? this.#at > this.#stop : this.#at < this.#stop) {
      const row = this.#lead === undefined ? this.#at : this.#lead.at(this.#at)
      this.#at += step
      if (this.#matches(row)) return row
    }
    return -1
  }

  #matches(row: number): boolean {
    const { columns } = this.#index
    if (this.#kind >= 0 && columns.kind(row) !== this.#kind) return false
    if (this.#category >= 0 && columns.kind(row) >>> 12 !== this.#category) return false
    if (this.#scopeId >= 0 && columns.scopeId(row) !== this.#scopeId) return false
    if (this.#namespace !== undefined && !this.#inNamespace(row, this.#namespace)) return false
    const clock = columns.clock(row)
    if (clock < this.#clockMin || clock > this.#clockMax) return false
    return this.#hidden.isEmpty || !this.#hidden.includes(columns.sequence(row))
  }

  #inNamespace(row: number, prefix: string): boolean {
    const entity = this.#index.names.text(this.#index.columns.entityId(row))
    return inNamespace(entity, prefix)
  }

  #rank(row: number): number {
    return this.#lead === undefined ? row : this.#lead.lowerBound(row)
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

function shortest(axes: Axes): PostingList | undefined {
  let best: PostingList | undefined
  for (const list of [axes.entity, axes.scope, axes.kind]) {
    if (list !== undefined && (best === undefined || list.count < best.count)) best = list
  }
  return best
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
