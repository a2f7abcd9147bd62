/** what a read returns is the caller's own; nothing done to it reaches the store. */
import { describe, expect, it } from 'vitest'
import type { AppendReceipt, IndexEntry, Store, StoredEvent } from '../../src/index.ts'
import { Noted, at } from '../support/api-events.ts'
import { freshDir, openStore } from '../support/api-store.ts'

type Writable = Record<string, unknown>

/** Writes over everything that can be written over. */
function vandalise(value: object): void {
  for (const [key, member] of Object.entries(value) as [string, unknown][]) {
    if (member instanceof Uint8Array) member.fill(0xee)
    else if (member instanceof Map) {
      for (const bytes of member.values()) (bytes as Uint8Array).fill(0xee)
      member.set('evil.x', Uint8Array.of(1))
    } else if (typeof member === 'object' && member !== null && !Object.isFrozen(member)) {
      vandalise(member)
    }
    try {
      ;(value as Writable)[key] = 'evil'
    } catch {
      // frozen is as good as copied
    }
  }
}

function facts(store: Store): string {
  const events = [...store.events()].map((event) => JSON.stringify(event))
  const entries = [...store.entries()].map((entry) => JSON.stringify(entry))
  return [...events, ...entries].join('\n')
}

describe.each(['live', 'reopened'] as const)('in a %s store', (how) => {
  function filled(): { store: Store; receipts: AppendReceipt[] } {
    const dataDir = freshDir()
    let store = openStore({ dataDir })
    const receipts = [1, 2, 3].map((n) =>
      store.append(at('a'), Noted, { n }, { extensions: new Map([['a.b', Uint8Array.of(n)]]) }),
    )
    if (how === 'reopened') {
      store.close()
      store = openStore({ dataDir })
    }
    return { store, receipts }
  }

  it('R-17 nothing done to returned events, entries and pages changes what is read next', () => {
    const { store, receipts } = filled()
    const before = facts(store)
    const ids = receipts.map(({ eventId }) => eventId)
    const returned: (IndexEntry | StoredEvent)[] = [
      ...ids.flatMap((id) => [store.get(id), store.find(id)!, store.entry(id)!]),
      ...store.entries(),
      ...store.events(),
      ...store.page({}, { limit: 10 }).entries,
      ...store.ancestors(ids[2]!),
    ]
    for (const value of returned) {
      const { extensions } = value
      if ('payload' in value) vandalise(value.payload as object)
      for (const bytes of extensions.values()) bytes.fill(0xee)
      vandalise(value)
    }
    expect(facts(store)).toBe(before)
  })

  it('R-17 nothing done to a receipt changes the store or later receipts', () => {
    const { store, receipts } = filled()
    const before = facts(store)
    const wire = structuredClone(receipts)
    for (const receipt of receipts) vandalise(receipt)
    expect(facts(store)).toBe(before)
    for (const receipt of wire) expect(store.verify(receipt).outcome).toBe('unsigned_accepted')
    const next = store.append(at('a'), Noted, { n: 4 })
    expect(next.prevHash).toEqual(wire[2]!.contentHash)
    expect(next.coordinate).toEqual({ entity: 'a', scope: 'scope' })
  })

  it('R-17 nothing done to statistics, frontiers and diagnostics changes what they say next', () => {
    const { store } = filled()
    const { oldestPendingWriteAgeMs: _, ...frontier } = store.frontier()
    const said = (): unknown => {
      const { frontier: __, ...rest } = store.diagnostics()
      return [store.stats(), rest]
    }
    const before = structuredClone(said())
    vandalise(store.stats())
    vandalise(store.frontier())
    vandalise(store.diagnostics())
    expect(said()).toEqual(before)
    expect(store.frontier()).toMatchObject(frontier)
  })

  it('R-17 a value stays readable and unchanged after later appends and after close', () => {
    const { store, receipts } = filled()
    const entry = store.entry(receipts[1]!.eventId)!
    const event = store.get(receipts[1]!.eventId)
    const before = [JSON.stringify(entry), JSON.stringify(event)]
    for (let n = 0; n < 300; n += 1) store.append(at('a'), Noted, { n })
    store.close()
    expect([JSON.stringify(entry), JSON.stringify(event)]).toEqual(before)
    expect(Noted.decode(event)).toEqual({ n: 2 })
  })
})

describe('the JSON form of an event', () => {
  it('holds every field, bytes as hex', () => {
    const store = openStore()
    const extensions = new Map([['a.b', Uint8Array.of(1, 255)]])
    const { eventId, contentHash } = store.append(at('a', 's'), Noted, { n: 1 }, { extensions })
    const hash = Buffer.from(contentHash).toString('hex')
    const event = JSON.parse(JSON.stringify(store.get(eventId))) as object
    expect(event).toMatchObject({
      eventId,
      entity: 'a',
      scope: 's',
      eventHash: hash,
      contentHash: hash,
      prevHash: '00'.repeat(32),
      extensions: { 'a.b': '01ff' },
      payloadBytes: '81a16e01',
      payload: { n: 1 },
    })
    const entry = JSON.parse(JSON.stringify(store.entry(eventId))) as object
    expect(entry).toMatchObject({ eventId, eventHash: hash, extensions: { 'a.b': '01ff' } })
    expect(entry).not.toHaveProperty('payload')
  })
})
