/** What can be checked of a store without trusting it. */
import type { AppendReceipt, EventId, IndexEntry, ReadOnlyStore, Region, Store } from '@batpak/core'

export interface ChainCheck {
  readonly entities: number
  readonly events: number
  /** Streams whose hash chain does not reach their first event. */
  readonly broken: readonly string[]
}

/** Pages through everything that matches, as a consumer would: never more than `limit` at once. */
export function pageThrough(
  store: Store | ReadOnlyStore,
  region: Region,
  limit: number,
): { readonly pages: number; readonly entries: readonly IndexEntry[] } {
  const entries: IndexEntry[] = []
  let pages = 0
  let after: number | undefined
  do {
    const page = store.page(region, after === undefined ? { limit } : { limit, after })
    entries.push(...page.entries)
    pages += 1
    after = page.next
  } while (after !== undefined)
  return { pages, entries }
}

/** How many receipts are true of the store, by outcome. */
export function verifyReceipts(
  store: Store | ReadOnlyStore,
  receipts: readonly AppendReceipt[],
): Readonly<Record<string, number>> {
  const outcomes: Record<string, number> = {}
  for (const receipt of receipts) {
    const result = store.verify(receipt)
    const name = result.outcome === 'invalid' ? `invalid: ${result.reason}` : result.outcome
    outcomes[name] = (outcomes[name] ?? 0) + 1
  }
  return outcomes
}

/** Walks every stream from its newest event along the hashes: it must meet every event of the stream. */
export function checkChains(
  store: Store | ReadOnlyStore,
  entries: Iterable<IndexEntry>,
): ChainCheck {
  const streams = new Map<string, { newest: EventId; count: number }>()
  for (const { entity, eventId } of entries) {
    const count = streams.get(entity)?.count ?? 0
    streams.set(entity, { newest: eventId, count: count + 1 })
  }
  const broken: string[] = []
  let events = 0
  for (const [entity, { newest, count }] of streams) {
    let met = 0
    for (const _ of store.ancestors(newest)) met += 1
    if (met !== count) broken.push(`${entity}: ${met} of ${count} events`)
    events += met
  }
  return { entities: streams.size, events, broken }
}
