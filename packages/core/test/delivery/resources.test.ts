/** What deliveries hold while they wait, and what they leave behind. */
import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { defineProjection, type Store } from '../../src/index.ts'
import { reaction } from '../../src/delivery.ts'
import { engineOf } from '../../src/read/reads.ts'
import { Noted, at } from '../support/api-events.ts'
import { openStore } from '../support/api-store.ts'
import { turns } from './turns.ts'

const Sum = defineProjection({
  name: 'Sum',
  init: () => 0,
  on: (on) => [on(Noted, (sum, { n }) => sum + n)],
})

/** How many listen for commits, and for the close of the store. */
function listeners(store: Store): number[] {
  const engine = engineOf('test', store)
  const commits = engine.commits.listenerCount
  return [commits, engine.enderCount]
}

/** One of everything that waits, with a signal that ends it. */
function everything(store: Store, signal: AbortSignal): Promise<unknown>[] {
  const note = { kind: Noted }
  return [
    store.work(note, () => undefined, { signal }).done,
    store.react(note, [reaction(Noted, () => undefined)], { signal }).done,
    store.react(note, [reaction(Noted, () => undefined)], { signal, canal: 'lossy' }).done,
    store.subscribe(note, { signal })[Symbol.asyncIterator]().next(),
    store.cursor(note).batches({ signal }).next(),
    store.watch(Sum, 'e', { signal }).next(),
    store.watch(Sum, 'e', { signal, mode: 'cursor' }).next(),
  ]
}

describe('what waits for events', () => {
  it('holds no timer and no other resource of the process while idle (R-93)', async () => {
    const store = openStore()
    await turns()
    const before = process.getActiveResourcesInfo().toSorted()
    const stop = new AbortController()
    const all = everything(store, stop.signal)
    await turns(10)
    expect(process.getActiveResourcesInfo().toSorted()).toEqual(before)
    stop.abort()
    await Promise.all(all)
  })

  it.each(['abort', 'close'] as const)(
    'leaves no listener behind after the %s, and none per event (R-99)',
    async (way) => {
      const store = openStore()
      const stop = new AbortController()
      expect(listeners(store)).toEqual([0, 0])
      const all = everything(store, stop.signal)
      await turns()
      const idle = listeners(store)
      const onSignal = getEventListeners(stop.signal, 'abort').length
      for (let n = 0; n < 20; n += 1) {
        store.append(at('other'), Noted, { n })
        await turns(1)
      }
      await turns()
      // The iterators that gave their one event wait no longer.
      expect(listeners(store)[0]).toBeLessThanOrEqual(idle[0]!)
      expect(getEventListeners(stop.signal, 'abort').length).toBeLessThanOrEqual(onSignal)
      if (way === 'abort') stop.abort()
      else store.close()
      await Promise.all(all)
      await turns()
      expect(listeners(store)).toEqual([0, 0])
      expect(getEventListeners(stop.signal, 'abort')).toEqual([])
    },
  )

  it('costs a write the same however many subscribers do not look (R-95)', () => {
    const store = openStore()
    const subscriptions = Array.from({ length: 100 }, () => store.subscribe({}))
    expect(listeners(store)).toEqual([0, 0])
    store.append(at('e'), Noted, { n: 1 })
    expect(subscriptions.every((subscription) => subscription.tryNext() !== undefined)).toBe(true)
  })
})
