/** Lossy push: what comes from now on, and what happens to whoever is too slow. */
import { describe, expect, it } from 'vitest'
import type { Notification } from '../../src/index.ts'
import { argumentError, refusal, thrownBy } from '../support/api-errors.ts'
import { Counted, Noted, at } from '../support/api-events.ts'
import { openStore } from '../support/api-store.ts'

const sequencesOf = (next: () => Notification | undefined): number[] => {
  const seen: number[] = []
  for (let one = next(); one !== undefined; one = next()) seen.push(one.sequence)
  return seen
}

describe('subscribe', () => {
  it('R-94 delivers later commits of the region in commit order, whatever their clock', () => {
    const store = openStore()
    store.append(at('a'), Noted, { n: 1 })
    const subscription = store.subscribe({ entity: 'a', kind: Noted, clock: [90, 99] })
    store.append(at('a:b'), Noted, { n: 2 })
    store.append(at('b'), Noted, { n: 3 })
    store.append(at('a'), Counted, { n: 4 })
    store.append(at('a'), Noted, { n: 5 })
    expect(sequencesOf(() => subscription.tryNext())).toEqual([2, 5])
    expect(subscription.state).toBe('open')
  })

  it('R-95 R-96 R-100 drops who has more undelivered than its capacity, behind what is buffered', () => {
    const store = openStore()
    const subscription = store.subscribe({}, { capacity: 2 })
    for (let n = 0; n < 3; n += 1) store.append(at('a'), Noted, { n })
    expect(subscription.state).toBe('pruned')
    expect([subscription.tryNext()!.sequence, subscription.tryNext()!.sequence]).toEqual([1, 2])
    refusal('SubscriptionPruned', () => subscription.tryNext())
    store.append(at('a'), Noted, { n: 9 })
    refusal('SubscriptionPruned', () => subscription.tryNext())
  })

  it('R-94 filters before it buffers', () => {
    const store = openStore()
    const where = ({ sequence }: Notification): boolean => sequence % 2 === 0
    const subscription = store.subscribe({ entity: 'a' }, { capacity: 1, where })
    store.append(at('a'), Noted, { n: 0 })
    store.append(at('a'), Noted, { n: 1 })
    store.append(at('a'), Noted, { n: 2 })
    expect(subscription.state).toBe('open')
    expect(sequencesOf(() => subscription.tryNext())).toEqual([2])
  })

  it('R-97 tells of fenced events when the fence is published, and never of cancelled ones', () => {
    const store = openStore()
    const subscription = store.subscribe({ entity: 'a' })
    const cancelled = store.beginFence()
    cancelled.append(at('a'), Noted, { n: 1 })
    cancelled.cancel()
    const fence = store.beginFence()
    fence.append(at('a'), Noted, { n: 2 })
    expect(subscription.tryNext()).toBeUndefined()
    fence.publish()
    expect(sequencesOf(() => subscription.tryNext())).toEqual([2])
  })

  it('ends with what where throws, and the writer does not notice', () => {
    const store = openStore()
    const failure = new Error('where')
    const subscription = store.subscribe(
      {},
      {
        where: () => {
          throw failure
        },
      },
    )
    store.append(at('a'), Noted, { n: 1 })
    expect(thrownBy(() => subscription.tryNext())).toBe(failure)
    expect(subscription.state).toBe('closed')
  })

  it('R-31 R-99 waits as an async iterable, until it is left, aborted or the store closes', async () => {
    const store = openStore()
    const controller = new AbortController()
    const seen: number[] = []
    const follow = async (signal?: AbortSignal): Promise<void> => {
      const subscription = store.subscribe({ entity: 'a' }, signal === undefined ? {} : { signal })
      for await (const { sequence, eventId } of subscription) {
        expect(store.get(eventId).sequence).toBe(sequence)
        seen.push(sequence)
      }
    }
    const aborted = follow(controller.signal)
    const closed = follow()
    await Promise.resolve()
    store.append(at('a'), Noted, { n: 1 })
    await new Promise((resolve) => setImmediate(resolve))
    expect(seen).toEqual([1, 1])
    controller.abort()
    await aborted
    store.append(at('a'), Noted, { n: 2 })
    await new Promise((resolve) => setImmediate(resolve))
    expect(seen).toEqual([1, 1, 2])
    store.close()
    await closed
  })

  it('refuses what is no option', () => {
    const store = openStore()
    argumentError(RangeError, () => store.subscribe({}, { capacity: 0 }))
    argumentError(TypeError, () => store.subscribe({}, { capacity: '1' as never }))
    argumentError(TypeError, () => store.subscribe({}, { where: 1 as never }))
    argumentError(TypeError, () => store.subscribe({}, { signals: 1 } as never))
    store.close()
    refusal('StoreClosed', () => store.subscribe({}))
  })
})
