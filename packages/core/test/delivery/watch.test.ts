/** Watching a projection: generations, conflation, both modes, ends. */
import { describe, expect, it } from 'vitest'
import { defineProjection, type Projection, type Store } from '../../src/index.ts'
import { Counted, Noted, at } from '../support/api-events.ts'
import { argumentError, refusal } from '../support/api-errors.ts'
import { freshDir, openStore } from '../support/api-store.ts'
import { rejection, turns } from './turns.ts'

const Sum: Projection<number> = defineProjection({
  name: 'Sum',
  init: () => 0,
  on: (on) => [
    on(Noted, (sum, { n }) => {
      if (n < 0) throw new Error('negative')
      return sum + n
    }),
  ],
})

function note(store: Store, n: number, entity = 'e'): number {
  return store.append(at(entity), Noted, { n }).sequence
}

describe('watching the latest state', () => {
  it('begins with the first change after the call, committed before or after next (R-102)', async () => {
    const store = openStore()
    note(store, 1)
    const watch = store.watch(Sum, 'e')
    const pending = watch.next()
    await turns()
    note(store, 2)
    expect(await pending).toEqual({ done: false, value: { generation: 2, state: 3 } })
    const early = store.watch(Sum, 'e')
    note(store, 3)
    expect((await early.next()).value).toEqual({ generation: 3, state: 6 })
  })

  it('makes one element of several commits, always newer, folded at its generation (R-104)', async () => {
    const store = openStore()
    const watch = store.watch(Sum, 'e')
    note(store, 1)
    note(store, 2)
    note(store, 3)
    expect((await watch.next()).value).toEqual({ generation: 3, state: 6 })
    const next = watch.next()
    await turns()
    note(store, 4)
    note(store, 5)
    expect((await next).value).toEqual({ generation: 5, state: 15 })
  })

  it('has an element for events that do not concern it, and for no state (R-104, R-105)', async () => {
    const store = openStore()
    const watch = store.watch(Sum, 'e')
    store.append(at('e'), Counted, { n: 1 })
    expect((await watch.next()).value).toEqual({ generation: 1 })
    note(store, 2)
    expect((await watch.next()).value).toEqual({ generation: 2, state: 2 })
    store.append(at('e'), Counted, { n: 1 })
    expect((await watch.next()).value).toEqual({ generation: 3, state: 2 })
  })

  it('follows exactly its entity, not the namespace (R-108)', async () => {
    const store = openStore()
    const watch = store.watch(Sum, 'e')
    let woken = false
    const next = watch.next().then((result) => {
      woken = true
      return result
    })
    note(store, 1, 'e:child')
    await turns()
    expect(woken).toBe(false)
    note(store, 2)
    expect((await next).value).toEqual({ generation: 1, state: 2 })
  })

  it('tells whoever fell too far behind: the newest state, then SubscriptionPruned (R-106)', async () => {
    const store = openStore({ broadcastCapacity: 3 })
    const watch = store.watch(Sum, 'e')
    for (let n = 0; n < 3; n += 1) note(store, 1)
    expect((await watch.next()).value).toEqual({ generation: 3, state: 3 })
    for (let n = 0; n < 4; n += 1) note(store, 1)
    expect((await watch.next()).value).toEqual({ generation: 7, state: 7 })
    expect(await rejection(watch.next())).toMatchObject({ code: 'SubscriptionPruned', capacity: 3 })
    expect((await watch.next()).done).toBe(true)
  })

  it('ends with what the projection throws (R-107), with the store, the signal and the loop', async () => {
    const store = openStore()
    const failing = store.watch(Sum, 'bad')
    note(store, -1, 'bad')
    expect(await rejection(failing.next())).toMatchObject({ message: 'negative' })
    expect((await failing.next()).done).toBe(true)
    const stop = new AbortController()
    const aborted = store.watch(Sum, 'e', { signal: stop.signal }).next()
    const returned = store.watch(Sum, 'e')
    const pending = returned.next()
    stop.abort()
    await returned.return()
    expect((await aborted).done).toBe(true)
    expect((await pending).done).toBe(true)
    const closed = store.watch(Sum, 'e').next()
    store.close()
    expect((await closed).done).toBe(true)
    refusal('StoreClosed', () => store.watch(Sum, 'e'))
  })

  it('refuses nonsense', () => {
    const store = openStore()
    expect(argumentError(TypeError, () => store.watch({} as never, 'e'))).toMatch(/projection/)
    expect(argumentError(TypeError, () => store.watch(Sum, 7 as never))).toMatch(/entity/)
    expect(argumentError(TypeError, () => store.watch(Sum, 'e', { mode: 'x' as never }))).toMatch(
      /mode/,
    )
    expect(argumentError(TypeError, () => store.watch(Sum, 'e', { checkpoint: 'c' }))).toMatch(
      /cursor/,
    )
    expect(argumentError(TypeError, () => store.watch(Sum, 'e', { every: 1 } as never))).toMatch(
      /every/,
    )
  })
})

describe('watching with a cursor', () => {
  it('begins with the present state, if the entity has events (R-103)', async () => {
    const store = openStore()
    note(store, 1)
    note(store, 2)
    const watch = store.watch(Sum, 'e', { mode: 'cursor' })
    expect((await watch.next()).value).toEqual({ generation: 2, state: 3 })
    const none = store.watch(Sum, 'new', { mode: 'cursor' }).next()
    await turns()
    note(store, 5, 'new')
    expect((await none).value).toEqual({ generation: 1, state: 5 })
  })

  it('cannot be dropped (R-106)', async () => {
    const store = openStore({ broadcastCapacity: 1 })
    const watch = store.watch(Sum, 'e', { mode: 'cursor' })
    for (let n = 0; n < 9; n += 1) note(store, 1)
    expect((await watch.next()).value).toEqual({ generation: 9, state: 9 })
    for (let n = 0; n < 9; n += 1) note(store, 1)
    expect((await watch.next()).value).toEqual({ generation: 18, state: 18 })
  })

  it('saves an element when the next one is asked for (R-109)', async () => {
    const dataDir = freshDir()
    const options = { mode: 'cursor', checkpoint: 'w' } as const
    const store = openStore({ dataDir })
    const first = note(store, 1)
    const watch = store.watch(Sum, 'e', options)
    expect((await watch.next()).value).toEqual({ generation: 1, state: 1 })
    await watch.return() // not consumed
    const again = store.watch(Sum, 'e', options)
    expect((await again.next()).value).toEqual({ generation: 1, state: 1 })
    const pending = again.next()
    await turns()
    await again.return()
    await pending
    expect(store.cursor({ entity: 'e' }, { checkpoint: 'w' }).position).toBe(first)
    store.close()
    const next = openStore({ dataDir }).watch(Sum, 'e', options)
    let woken = false
    void next.next().then(() => (woken = true))
    await turns()
    expect(woken).toBe(false)
  })
})
