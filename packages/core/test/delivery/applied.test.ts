/** The frontier `applied`, and waiting for it. */
import { describe, expect, it } from 'vitest'
import {
  defineProjection,
  type CacheMeta,
  type Projection,
  type ProjectionCache,
  type Store,
} from '../../src/index.ts'
import { reaction } from '../../src/delivery.ts'
import { Counted, Noted, at } from '../support/api-events.ts'
import { argumentError, refusal } from '../support/api-errors.ts'
import { openStore } from '../support/api-store.ts'
import { turns, until } from './turns.ts'

function sumOf(name: string, version = 0): Projection<number> {
  return defineProjection({
    name,
    version,
    init: () => 0,
    on: (on) => [
      on(Noted, (sum, { n }) => {
        if (n < 0) throw new Error('negative')
        return sum + n
      }),
    ],
  })
}

const Sum = sumOf('Sum')

function note(store: Store, n = 1, entity = 'e'): number {
  return store.append(at(entity), Noted, { n }).sequence
}

function applied(store: Store): number {
  const { appliedHlc, visibleHlc } = store.frontier()
  expect(appliedHlc.sequence).toBeLessThanOrEqual(visibleHlc.sequence)
  return appliedHlc.sequence
}

describe('the applied frontier', () => {
  it('stays at the open point while nothing is registered, whatever is projected (R-121, DEV-11)', () => {
    const store = openStore()
    const open = applied(store)
    note(store)
    store.project(Sum, 'e')
    expect(applied(store)).toBe(open)
  })

  it('stands below the first event that a tracked projection has not folded (R-121, R-117)', () => {
    const store = openStore()
    const open = applied(store)
    const first = note(store)
    const tracked = store.trackProjection(Sum, 'e')
    expect(applied(store)).toBe(first - 1)
    store.project(Sum, 'e')
    expect(applied(store)).toBe(first)
    store.append(at('e'), Counted, { n: 1 }) // of another kind
    const other = note(store, 1, 'other')
    expect(applied(store)).toBe(other)
    const second = note(store)
    note(store)
    expect(applied(store)).toBe(second - 1)
    store.projectIfChanged(Sum, 'e', 0)
    expect(applied(store)).toBe(second + 1)
    tracked[Symbol.dispose]()
    tracked[Symbol.dispose]()
    expect(applied(store)).toBe(open)
  })

  it('counts a fold of the same projection and entity only', () => {
    const store = openStore()
    note(store)
    store.trackProjection(Sum, 'e')
    const before = applied(store)
    store.project(sumOf('Other'), 'e')
    store.project(Sum, 'f')
    expect(applied(store)).toBe(before)
    store.project(sumOf('Sum', 1), 'e')
    expect(applied(store)).toBe(before)
    store.project(sumOf('Sum'), 'e') // equal name and version: the same projection
    expect(applied(store)).toBe(before + 1)
  })

  it('does not count a stale state (R-62)', () => {
    const kept = new Map<string, { value: Uint8Array; meta: CacheMeta }>()
    const text = (key: Uint8Array): string => Buffer.from(key).toString('hex')
    const projectionCache: ProjectionCache = {
      get: (key) => kept.get(text(key)),
      put: (key, value, meta) => void kept.set(text(key), { value, meta }),
      deletePrefix: () => 0,
      sync: () => undefined,
    }
    const store = openStore({ projectionCache })
    const first = note(store)
    store.trackProjection(Sum, 'e')
    expect(store.project(Sum, 'e')).toBe(1)
    note(store)
    expect(store.project(Sum, 'e', { maxStaleMs: 1e9 })).toBe(1)
    expect(applied(store)).toBe(first)
    expect(store.project(Sum, 'e')).toBe(2)
    expect(applied(store)).toBe(first + 1)
  })

  it('is the minimum over all that is registered', async () => {
    const store = openStore()
    const first = note(store)
    const slow = store.trackProjection(Sum, 'e')
    const seen: number[] = []
    const worker = store.work({ kind: Noted }, (batch) => void seen.push(batch.length))
    await until(() => seen.length === 1)
    expect(applied(store)).toBe(first - 1)
    slow[Symbol.dispose]()
    await turns()
    expect(applied(store)).toBe(first)
    // What does not concern an idle worker is applied at once; what does, when it is handled.
    const other = store.append(at('e'), Counted, { n: 1 }).sequence
    expect(applied(store)).toBe(other)
    const next = note(store)
    expect(applied(store)).toBe(other)
    await turns()
    expect(applied(store)).toBe(next)
    worker.stop()
    await worker.done
    note(store)
    expect(applied(store)).toBeLessThan(first)
  })

  it('counts what a worker committed, not what it has in hand; so for reactors', async () => {
    const store = openStore()
    const sent = [note(store), note(store)]
    let release: () => void = () => undefined
    const held = (): Promise<void> => new Promise((resolve) => (release = resolve))
    for (const start of [
      () => store.work({ kind: Noted }, held, { batchSize: 1 }),
      () => store.react({ kind: Noted }, [reaction(Noted, held)], { batchSize: 1 }),
    ]) {
      const handle = start()
      await turns()
      expect(applied(store)).toBe(sent[0]! - 1)
      release()
      await turns()
      expect(applied(store)).toBe(sent[0])
      handle.stop()
      release()
      await handle.done
    }
  })

  it('counts a watcher from its first next to its end', async () => {
    const store = openStore()
    const open = applied(store)
    const watch = store.watch(Sum, 'e')
    const first = note(store)
    expect(applied(store)).toBe(open)
    await watch.next()
    expect(applied(store)).toBe(first)
    note(store)
    expect(applied(store)).toBe(first)
    await watch.next()
    expect(applied(store)).toBe(first + 1)
    await watch.return()
    expect(applied(store)).toBe(open)
  })

  it('passes over cancelled fences', () => {
    const store = openStore()
    const fence = store.beginFence()
    fence.append(at('e'), Noted, { n: 1 })
    const tracked = store.trackProjection(Sum, 'e')
    const before = applied(store)
    fence.cancel()
    expect(applied(store)).toBe(before)
    const other = note(store, 1, 'other')
    expect(applied(store)).toBe(other)
    const next = note(store)
    expect(applied(store)).toBe(other)
    store.project(Sum, 'e')
    expect(applied(store)).toBe(next)
    tracked[Symbol.dispose]()
  })

  it('is ORIGIN when not even the first event was applied', () => {
    const store = openStore()
    const All = defineProjection({ name: 'All', init: () => 0, on: (on) => [on('any', (n) => n)] })
    store.trackProjection(All, 'batpak:store')
    expect(store.frontier().appliedHlc).toEqual({ wallMs: 0, sequence: 0 })
  })

  it('refuses nonsense and closed stores', () => {
    const store = openStore()
    expect(argumentError(TypeError, () => store.trackProjection({} as never, 'e'))).toMatch(
      /projection/,
    )
    expect(argumentError(TypeError, () => store.trackProjection(Sum, 1 as never))).toMatch(/entity/)
    store.close()
    refusal('StoreClosed', () => store.trackProjection(Sum, 'e'))
  })
})

describe('until applied', () => {
  it('folds the tracked projections once and returns (W-111)', () => {
    const store = openStore()
    store.trackProjection(Sum, 'e')
    const receipt = store.append(at('e'), Noted, { n: 1 }, { until: 'applied' })
    expect(applied(store)).toBe(receipt.sequence)
    const outside = store.append(at('f'), Noted, { n: 1 }, { until: 'applied' })
    expect(applied(store)).toBe(outside.sequence)
  })

  it('throws WaitTimeout when something is behind all the same; the event stands (W-110, W-111)', async () => {
    const store = openStore()
    const worker = store.work({ kind: Noted }, () => undefined)
    await turns()
    const error = refusal('WaitTimeout', () =>
      store.append(at('e'), Noted, { n: 1 }, { until: 'applied' }),
    )
    expect(error.watermark).toBe('Applied')
    expect(store.count({ entity: 'e' })).toBe(1)
    await store.waitFor('applied', error.target, { timeoutMs: 1000 })
    worker.stop()
    await worker.done
    store.trackProjection(Sum, 'bad')
    const failed = refusal('WaitTimeout', () =>
      store.append(at('bad'), Noted, { n: -1 }, { until: 'applied' }),
    )
    expect(failed.cause).toMatchObject({ message: 'negative' })
    expect(store.count({ entity: 'bad' })).toBe(1)
  })

  it('bears a fold that writes, that tracks, and that closes the store', () => {
    const store = openStore()
    let once = true
    const Writing = defineProjection({
      name: 'Writing',
      init: () => 0,
      on: (on) => [
        on(Noted, (sum, { n }) => {
          if (once) store.trackProjection(Sum, 'later')
          if (once) store.append(at('w'), Counted, { n })
          once = false
          if (n === 99) store.close()
          return sum + n
        }),
      ],
    })
    store.trackProjection(Writing, 'w')
    const receipt = store.append(at('w'), Noted, { n: 1 }, { until: 'applied' })
    expect(receipt.clock).toBe(0)
    expect(store.count({ entity: 'w' })).toBe(2)
    const closed = refusal('WaitTimeout', () =>
      store.append(at('w'), Noted, { n: 99 }, { until: 'applied' }),
    )
    expect(closed.cause).toMatchObject({ code: 'StoreClosed' })
  })
})

describe('waiting for applied', () => {
  it('resolves as soon as a fold has come up to the point (R-120)', async () => {
    const store = openStore()
    store.trackProjection(Sum, 'e')
    const sequence = note(store)
    let reached = false
    const wait = store
      .waitFor('applied', sequence, { timeoutMs: 10_000 })
      .then(() => (reached = true))
    note(store, 1, 'other')
    await turns()
    expect(reached).toBe(false)
    store.project(Sum, 'e')
    await wait
  })

  it('resolves when what is behind is unregistered only if the point is reached then', async () => {
    const store = openStore()
    const tracked = store.trackProjection(Sum, 'e')
    const sequence = note(store)
    const other = store.trackProjection(Sum, 'other')
    const wait = store.waitFor('applied', sequence, { timeoutMs: 10_000 })
    tracked[Symbol.dispose]()
    await wait
    other[Symbol.dispose]()
  })

  it('costs one look at each point however many wait (R-120)', async () => {
    const store = openStore()
    let looks = 0
    const tracked = store.trackProjection(Sum, 'e')
    const sequence = note(store)
    const waits = Array.from({ length: 512 }, () =>
      store.waitFor('applied', sequence, { timeoutMs: 10_000 }),
    )
    const Counting = defineProjection({
      name: 'Counting',
      init: () => 0,
      on: (on) => [on(Noted, (n) => n)],
    })
    store.trackProjection(Counting, 'e')
    const { engine } = store as unknown as {
      engine: { applied: { register(source: { appliedTo(): number }): () => void } }
    }
    const unregister = engine.applied.register({
      appliedTo: () => {
        looks += 1
        return Infinity
      },
    })
    note(store, 1, 'other')
    expect(looks).toBe(1)
    store.project(Sum, 'e')
    store.project(Counting, 'e')
    await Promise.all(waits)
    expect(looks).toBeLessThan(8)
    unregister()
    tracked[Symbol.dispose]()
  })
})
