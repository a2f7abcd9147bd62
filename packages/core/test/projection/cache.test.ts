/** The projection cache: when it is asked, when it is believed, and that it never decides anything. */
import { describe, expect, it } from 'vitest'
import { defineProjection, type Projection, type Store } from '../../src/index.ts'
import { messagesOn } from '../support/api-channel.ts'
import { FakeClock, START_US } from '../support/api-clock.ts'
import { argumentError, refusal, thrownBy } from '../support/api-errors.ts'
import { Counted, Noted, at } from '../support/api-events.ts'
import { MapCache, tallying } from '../support/api-projections.ts'
import { freshDir, openReadOnly, openStore } from '../support/api-store.ts'

interface Setup {
  readonly store: Store
  readonly cache: MapCache
  readonly clock: FakeClock
}

function setup(cache: MapCache = new MapCache(), dataDir: string = freshDir()): Setup {
  const clock = new FakeClock()
  const store = openStore({ dataDir, projectionCache: cache, clock })
  return { store, cache, clock }
}

function append(store: Store, ...ns: readonly number[]): void {
  for (const n of ns) store.append(at('a'), Noted, { n })
}

/** The state, and how many events were folded for it. */
function folded<S>(
  store: Store,
  [projection, calls]: [Projection<S>, { apply: number }],
  options?: { maxStaleMs?: number },
): [state: S | undefined, events: number] {
  const before = calls.apply
  return [store.project(projection, 'a', options), calls.apply - before]
}

describe('a cached state', () => {
  it('R-61 is served when its watermark is that of the last event of the bound kinds', () => {
    const { store, cache } = setup()
    const P = tallying()
    append(store, 1, 2)
    expect(folded(store, P)).toEqual([{ count: 2, seen: [1, 2] }, 2])
    expect(folded(store, P)).toEqual([{ count: 2, seen: [1, 2] }, 0])
    store.append(at('b'), Noted, { n: 9 })
    store.appendBytes(at('a'), 0xf777 as never, Uint8Array.of(0xc0))
    expect(folded(store, P)).toEqual([{ count: 2, seen: [1, 2] }, 0])
    append(store, 3)
    expect(folded(store, P)).toEqual([{ count: 3, seen: [1, 2, 3] }, 3])
    expect(cache.calls).toEqual(['get', 'put', 'get', 'get', 'get', 'put'])
    expect([...cache.kept.values()].map(({ meta }) => meta.watermark)).toEqual([
      [...store.entries({ entity: 'a' })].at(-1)!.sequence,
    ])
  })

  it('R-57 is the same after a reopen, in another process, and on a read-only store', () => {
    const dataDir = freshDir()
    const cache = new MapCache()
    const first = setup(cache, dataDir)
    append(first.store, 1, 2)
    const P = tallying()
    const before = first.store.project(P[0], 'a')
    first.store.close()
    const store = openReadOnly({ dataDir, projectionCache: cache })
    expect(folded(store as never, P)).toEqual([before, 0])
  })

  it('R-62 with maxStaleMs is served while younger than that, by the time of its write', () => {
    const { store, clock } = setup()
    const P = tallying()
    append(store, 1)
    clock.us = START_US + 7
    store.project(P[0], 'a')
    append(store, 2)
    const at5ms = START_US + 7 + 5000
    const [old, fresh] = [
      { count: 1, seen: [1] },
      { count: 2, seen: [1, 2] },
    ]
    clock.us = at5ms - 1
    expect(folded(store, P, { maxStaleMs: 5 })).toEqual([old, 0])
    expect(folded(store, P, { maxStaleMs: Infinity })).toEqual([old, 0])
    clock.us = at5ms // exactly as old
    expect(store.project(P[0], 'a', { maxStaleMs: 5.001 })).toEqual(old)
    expect(folded(store, P, { maxStaleMs: 5 })).toEqual([fresh, 2])
  })

  it('R-62 is never taken stale with a maxStaleMs of 0, nor from the future', () => {
    const cache = new MapCache()
    const dataDir = freshDir()
    const first = setup(cache, dataDir)
    append(first.store, 1)
    const P = tallying()
    first.store.project(P[0], 'a')
    append(first.store, 2)
    expect(folded(first.store, P, { maxStaleMs: 0 })).toEqual([{ count: 2, seen: [1, 2] }, 2])
    append(first.store, 3)
    first.store.close()
    const clock = new FakeClock(START_US - 1)
    const store = openStore({ dataDir, projectionCache: cache, clock })
    expect(folded(store, P, { maxStaleMs: 1000 })[1]).toBe(3)
  })

  it('R-62 written by a clock before 1970 counts as written in 1970', () => {
    const { store, cache, clock } = setup()
    append(store, 1)
    clock.us = -5
    // The store's clock does not go back, so one that began there:
    const dataDir = store.diagnostics().dataDir
    store.close()
    const early = openReadOnly({ dataDir, projectionCache: cache, clock })
    const [projection] = tallying()
    expect(early.project(projection, 'a', { maxStaleMs: 1 })).toEqual({ count: 1, seen: [1] })
    expect([...cache.kept.values()].map(({ meta }) => meta.cachedAtUs)).toEqual([0])
  })

  it('R-72 R-73 belongs to a name, a version and a set of kinds, whatever their order', () => {
    const { store, cache } = setup()
    append(store, 1)
    const define = (name: string, version: number, order: readonly number[]): Projection<number> =>
      defineProjection<number>({
        name,
        version,
        init: () => 0,
        on: (on) => order.map((i) => on([Noted, Counted][i]!, (sum: number, { n }) => sum + n)),
      })
    for (const projection of [
      define('P', 0, [0, 1]),
      define('P', 0, [1, 0]),
      define('P', 1, [0, 1]),
      define('Q', 0, [0, 1]),
      define('P', 0, [0]),
    ]) {
      expect(store.project(projection, 'a')).toBe(1)
    }
    expect(cache.kept.size).toBe(4)
    for (const key of cache.kept.keys()) {
      expect(key.startsWith(Buffer.from('a\0').toString('hex'))).toBe(true)
      expect(key).toHaveLength(2 * (2 + 8 + 8 + 8 + 8))
    }
    const raw = defineProjection<number>({
      name: 'P',
      init: () => 0,
      on: (on) => [on('any', (s) => s + 1)],
    })
    store.project(raw, 'a')
    expect(cache.kept.size).toBe(5)
  })

  it('R-60 is not kept when finish gives no state, and is finished when served', () => {
    const { store, cache } = setup()
    const Large = defineProjection<{ sum: number }>({
      name: 'Large',
      init: () => ({ sum: 0 }),
      on: (on) => [on(Noted, ({ sum }, { n }) => ({ sum: sum + n }))],
      finish: (state) => {
        if (state.sum < 5) return undefined
        state.sum *= 2
        return state
      },
    })
    append(store, 1)
    expect(store.project(Large, 'a')).toBeUndefined()
    expect(cache.calls).toEqual(['get'])
    append(store, 9)
    for (let i = 0; i < 3; i += 1) expect(store.project(Large, 'a')).toEqual({ sum: 20 })
    expect(cache.calls).toEqual(['get', 'get', 'put', 'get', 'get'])
  })

  it('cannot be changed by whoever gets it', () => {
    const { store } = setup()
    const P = tallying()
    append(store, 1)
    for (let i = 0; i < 3; i += 1) {
      const state = store.project(P[0], 'a')!
      expect(state).toEqual({ count: 1, seen: [1] })
      state.count = 99
      state.seen.push(99)
    }
    expect(P[1].apply).toBe(1)
  })

  it('R-41 DEV-3 has neither fenced nor cancelled events', () => {
    const { store } = setup()
    const P = tallying()
    append(store, 1)
    store.project(P[0], 'a')
    const fence = store.beginFence()
    fence.append(at('a'), Noted, { n: 2 })
    expect(folded(store, P)).toEqual([{ count: 1, seen: [1] }, 0])
    fence.cancel()
    expect(folded(store, P)).toEqual([{ count: 1, seen: [1] }, 0])
    append(store, 3)
    expect(folded(store, P)).toEqual([{ count: 2, seen: [1, 3] }, 2])
  })
})

describe('the cache', () => {
  it('R-55 R-71 is neither asked nor told for an entity without events of the kinds', () => {
    const { store, cache } = setup(new MapCache({ supportsPrefetch: true }))
    store.appendBytes(at('a'), 0xf777 as never, Uint8Array.of(0xc0))
    expect(store.project(tallying()[0], 'a')).toBeUndefined()
    expect(store.project(tallying()[0], 'nobody', { maxStaleMs: 5 })).toBeUndefined()
    expect(cache.calls).toEqual([])
  })

  it('R-71 is advised once per call if it takes advice, which may fail', () => {
    const { store, cache } = setup(new MapCache({ supportsPrefetch: true }))
    const told = messagesOn('batpak:project')
    append(store, 1)
    cache.before.prefetch = () => {
      throw new Error('no')
    }
    expect(store.project(tallying()[0], 'a')).toEqual({ count: 1, seen: [1] })
    expect(cache.calls).toEqual(['prefetch', 'get', 'put'])
    expect(told).toEqual([])
  })

  it('that keeps nothing is not called at all', () => {
    const { store, cache } = setup(new MapCache({ noop: true, supportsPrefetch: true }))
    append(store, 1)
    expect(store.project(tallying()[0], 'a')).toEqual({ count: 1, seen: [1] })
    expect(cache.calls).toEqual([])
  })

  it.each(['get', 'put'] as const)(
    'R-63 that fails to %s costs a fold, and is reported',
    (call) => {
      const { store, cache } = setup()
      const told = messagesOn('batpak:project')
      const boom = new Error('boom')
      cache.before[call] = () => {
        throw boom
      }
      const P = tallying()
      append(store, 1)
      expect(folded(store, P)).toEqual([{ count: 1, seen: [1] }, 1])
      expect(folded(store, P)).toEqual([{ count: 1, seen: [1] }, call === 'get' ? 1 : 1])
      expect(told).toMatchObject([{ error: boom }, { error: boom }])
      expect(told[0]).toMatchObject({ dataDir: store.diagnostics().dataDir })
    },
  )

  it.each<[what: string, given: unknown]>([
    ['a promise', Promise.resolve()],
    ['no value', { meta: { watermark: 1, cachedAtUs: 1 } }],
    ['a text', 'state'],
    ['no meta', { value: Uint8Array.of(1) }],
    ['null', null],
    [
      'a watermark that is no sequence',
      { value: new Uint8Array(40), meta: { watermark: NaN, cachedAtUs: 1 } },
    ],
    [
      'a watermark of nowhere',
      { value: new Uint8Array(40), meta: { watermark: 1e9, cachedAtUs: 1 } },
    ],
    ['a negative watermark', { value: new Uint8Array(40), meta: { watermark: -1, cachedAtUs: 1 } }],
    ['an empty value', { value: new Uint8Array(0), meta: { watermark: 1, cachedAtUs: 1 } }],
  ])('R-63 that gives %s is not believed', (_, given) => {
    const { store, cache } = setup()
    cache.get = () => given as never
    append(store, 1)
    const P = tallying()
    expect(folded(store, P)).toEqual([{ count: 1, seen: [1] }, 1])
    expect(folded(store, P, { maxStaleMs: Infinity })).toEqual([{ count: 1, seen: [1] }, 1])
  })

  it('R-57 R-63 with any bit of a value or of its time changed is not believed', () => {
    const { store, cache } = setup()
    append(store, 1, 2)
    const P = tallying()
    store.project(P[0], 'a')
    append(store, 3)
    const [[key, kept]] = [...cache.kept] as [[string, { value: Uint8Array; meta: never }]]
    const expected = { count: 3, seen: [1, 2, 3] }
    const stale = { count: 2, seen: [1, 2] }
    const serve = (value: Uint8Array, meta: object): unknown => {
      cache.kept.set(key, { value, meta: { ...(kept.meta as object), ...meta } as never })
      return store.project(P[0], 'a', { maxStaleMs: Infinity })
    }
    expect(serve(kept.value, {})).toEqual(stale)
    for (let byte = 0; byte < kept.value.length; byte += 1) {
      for (const bit of [1, 128]) {
        const value = kept.value.slice()
        value[byte]! ^= bit
        expect(serve(value, {})).toEqual(expected)
      }
      expect(serve(kept.value.subarray(0, byte), {})).toEqual(expected)
    }
    expect(serve(kept.value, { cachedAtUs: START_US + 1 })).toEqual(expected)
    expect(serve(kept.value, { watermark: 1 })).toEqual(expected)
  })

  it('with a state of another store, of the same entity and sequence, is not believed', () => {
    const cache = new MapCache()
    const [one, other] = [setup(cache), setup(cache)]
    append(one.store, 1)
    append(other.store, 2)
    const P = tallying()
    expect(folded(one.store, P)[0]).toEqual({ count: 1, seen: [1] })
    expect(folded(other.store, P)[0]).toEqual({ count: 1, seen: [2] })
    // Both were made at the same instant: their keys are equal, and only the seal tells them apart.
    expect(cache.kept.size).toBe(1)
    expect(folded(one.store, P)).toEqual([{ count: 1, seen: [1] }, 1])
  })

  it('that closes the store ends the call', () => {
    for (const call of ['get', 'put'] as const) {
      const { store, cache } = setup()
      append(store, 1)
      cache.before[call] = () => store.close()
      expect(refusal('StoreClosed', () => store.project(tallying()[0], 'a')).operation).toBe(
        'project',
      )
    }
  })

  it('R-64 that appends does not change which events are folded', () => {
    const { store, cache } = setup()
    append(store, 1)
    cache.before.get = () => append(store, 2)
    expect(store.projectIfChanged(tallying()[0], 'a', 0)).toEqual({
      generation: 1,
      state: { count: 1, seen: [1] },
    })
    cache.before = {}
    expect(store.project(tallying()[0], 'a')).toEqual({ count: 2, seen: [1, 2] })
  })

  it('is not written by a fold that fails', () => {
    const { store, cache } = setup()
    append(store, 1)
    const boom = new Error('boom')
    const Throwing = defineProjection<number>({
      name: 'T',
      init: () => 0,
      on: (on) => [
        on(Noted, () => {
          throw boom
        }),
      ],
    })
    expect(thrownBy(() => store.project(Throwing, 'a'))).toBe(boom)
    expect(cache.calls).toEqual(['get'])
  })

  it('is asked by handlers that project themselves', () => {
    const { store } = setup()
    append(store, 1, 2)
    const inner = tallying({ name: 'Inner' })
    const Outer = defineProjection<number>({
      name: 'Outer',
      init: () => 0,
      on: (on) => [on(Noted, (sum) => sum + store.project(inner[0], 'a')!.count)],
    })
    expect(store.project(Outer, 'a')).toBe(4)
    expect(store.project(Outer, 'a')).toBe(4)
    expect(inner[1].apply).toBe(2)
  })
})

describe('arguments', () => {
  it('are named when wrong', () => {
    const { store } = setup()
    const [P] = tallying()
    const message = (type: typeof TypeError | typeof RangeError, options: unknown): string =>
      argumentError(type, () => store.project(P, 'a', options as never))
    expect(message(TypeError, { maxStaleMs: '5' })).toContain('maxStaleMs must be a number')
    expect(message(TypeError, { maxStaleMs: null })).toContain('maxStaleMs')
    expect(message(RangeError, { maxStaleMs: -1 })).toContain('-1')
    expect(message(RangeError, { maxStaleMs: NaN })).toContain('NaN')
    expect(message(TypeError, { maxStale: 5 })).toMatch(/'maxStale'.*'maxStaleMs'/)
    expect(message(TypeError, 5)).toContain('project options')
  })
})
