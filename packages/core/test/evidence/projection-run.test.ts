/** Projection runs: the state is that of `project`, and the report says where it came from. */
import { blake3 } from '@noble/hashes/blake3.js'
import { describe, expect, it } from 'vitest'
import { bodyHash, projectRunEvidence, type ProjectionRunBody } from '../../src/evidence.ts'
import {
  defineProjection,
  isStoreError,
  kind,
  type CacheMeta,
  type Projection,
  type ProjectionCache,
  type Store,
} from '../../src/index.ts'
import { FakeClock } from '../support/api-clock.ts'
import { argumentError, refusal, thrownBy } from '../support/api-errors.ts'
import { Counted, Noted, at } from '../support/api-events.ts'
import { freshDir, openReadOnly, openStore, stateOf } from '../support/api-store.ts'
import { hex } from '../support/evidence-bodies.ts'
import { mp } from '../support/raw-msgpack.ts'

interface Sum {
  readonly sum: number
}

const Summed: Projection<Sum> = defineProjection<Sum>({
  name: 'Summed',
  init: () => ({ sum: 0 }),
  on: (on) => [on(Noted, ({ sum }, { n }) => ({ sum: sum + n }))],
})

/** A cache in memory that can be told to fail. */
class MapCache implements ProjectionCache {
  readonly kept = new Map<string, { readonly value: Uint8Array; readonly meta: CacheMeta }>()
  fails = false

  get(key: Uint8Array): { readonly value: Uint8Array; readonly meta: CacheMeta } | undefined {
    if (this.fails) throw new Error('the cache is down')
    return this.kept.get(hex(key))
  }
  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    this.kept.set(hex(key), { value, meta })
  }
  deletePrefix(): number {
    return 0
  }
  sync(): void {}
}

function noted(store: Store, ...values: readonly number[]): void {
  for (const n of values) store.append(at('cart:1'), Noted, { n })
}

function run<S>(store: Store, projection: Projection<S>, maxStaleMs?: number): ProjectionRunBody {
  const freshness = maxStaleMs === undefined ? {} : { maxStaleMs }
  return projectRunEvidence(store, projection, 'cart:1', freshness).report.body
}

const kindsOf = ({ findings }: ProjectionRunBody): string[] =>
  findings.map(({ kind: name }) => name)

describe('a run', () => {
  it('R-136 R-137 has the state of project, its hash, its name and what it read', () => {
    const store = openStore()
    noted(store, 1, 2)
    store.append(at('cart:1'), Counted, { n: 9 })
    const before = stateOf(store)
    const { state, report } = projectRunEvidence(store, Summed, 'cart:1')
    expect(stateOf(store)).toEqual(before)
    expect(state).toEqual(store.project(Summed, 'cart:1'))
    const last = store.page({ kind: Noted }, { after: 1, limit: 1 }).entries[0]!
    expect(report.body).toEqual({
      schemaVersion: 1,
      projectionId: 'Summed:cart:1',
      sourceRefs: [
        { kind: 'Entity', entity: 'cart:1' },
        { kind: 'RelevantKind', category: 0xf, typeId: 1 },
      ],
      replayMode: 'Current',
      requestedFreshness: { kind: 'Consistent' },
      observedFreshness: { kind: 'Fresh' },
      inputFrontier: { kind: 'Visible', wallMs: last.wallMs, globalSequence: 2 },
      outputHash: { kind: 'Known', hash: blake3(mp({ map: [['sum', 3]] })) },
      cacheStatus: { kind: 'Bypassed' },
      checkpointRef: 'NotApplicable',
      findings: [{ kind: 'PartialVisibilityNotApplicable' }],
    })
    expect(bodyHash(report.body)).toEqual(report.bodyHash)
    expect(report.diagnostics).toEqual([])
  })

  it('R-126 has the same report after a reopen', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    noted(store, 4, 5)
    const live = projectRunEvidence(store, Summed, 'cart:1')
    store.close()
    expect(projectRunEvidence(openReadOnly({ dataDir }), Summed, 'cart:1')).toEqual(live)
  })

  it('names its kinds in order and each once; a projection of every kind names none', () => {
    const store = openStore()
    const several = defineProjection<number>({
      name: 'Several',
      init: () => 0,
      on: (on) => [
        on(Noted, (s) => s),
        on(kind(1, 2), (s) => s),
        on(Noted, (s) => s),
        on(Counted, (s) => s),
      ],
    })
    expect(run(store, several).sourceRefs.slice(1)).toEqual([
      { kind: 'RelevantKind', category: 1, typeId: 2 },
      { kind: 'RelevantKind', category: 0xe, typeId: 2 },
      { kind: 'RelevantKind', category: 0xf, typeId: 1 },
    ])
    const every = defineProjection<number>({
      name: 'Every',
      init: () => 0,
      on: (on) => [on(Noted, (s) => s), on('any', (s) => s + 1)],
    })
    expect(run(store, every).sourceRefs).toEqual([{ kind: 'Entity', entity: 'cart:1' }])
  })

  it('without events has no freshness, no frontier and no hash', () => {
    const store = openStore()
    store.append(at('cart:1'), Counted, { n: 1 })
    const { state, report } = projectRunEvidence(store, Summed, 'cart:1')
    expect(state).toBeUndefined()
    expect(report.body).toMatchObject({
      observedFreshness: { kind: 'NotApplicable' },
      outputHash: { kind: 'NotApplicable' },
      cacheStatus: { kind: 'Bypassed' },
      findings: [{ kind: 'PartialVisibilityNotApplicable' }],
    })
    expect(report.body).not.toHaveProperty('inputFrontier')
  })

  it('R-136 that ends in "no state" has no hash, but a frontier', () => {
    const store = openStore()
    noted(store, 1)
    const none = defineProjection<number>({
      name: 'None',
      init: () => 0,
      on: (on) => [on(Noted, (s) => s)],
      finish: () => undefined,
    })
    expect(run(store, none)).toMatchObject({
      observedFreshness: { kind: 'Fresh' },
      inputFrontier: { globalSequence: 1 },
      outputHash: { kind: 'NotApplicable' },
    })
  })

  it('R-136 a state that cannot be encoded has no hash, and says why', () => {
    const store = openStore()
    noted(store, 1)
    const odd = (value: unknown): ProjectionRunBody =>
      run(
        store,
        defineProjection<unknown>({
          name: 'Odd',
          init: () => value,
          on: (on) => [on(Noted, (s) => s)],
        }),
      )
    const failing = {
      get now(): never {
        throw new Error('getter \ud800')
      },
    }
    for (const [value, reason] of [
      [() => 0, /function/],
      [{ at: new Map([[1, 2]]) }, /./],
      [failing, /^getter \ufffd$/],
    ] as const) {
      const body = odd(value)
      expect(body.outputHash).toMatchObject({ kind: 'Unavailable' })
      expect((body.outputHash as { reason: string }).reason).toMatch(reason)
      expect(kindsOf(body)).toEqual(['OutputHashUnavailable', 'PartialVisibilityNotApplicable'])
    }
  })
})

describe('the cache', () => {
  it('is Miss, then Hit, Miss again behind new events, Unavailable when it fails', () => {
    const projectionCache = new MapCache()
    const store = openStore({ projectionCache })
    const status = (): unknown => run(store, Summed).cacheStatus
    noted(store, 1)
    expect(status()).toEqual({ kind: 'Miss' })
    expect(status()).toEqual({ kind: 'Hit' })
    noted(store, 2)
    expect(status()).toEqual({ kind: 'Miss' })
    projectionCache.fails = true
    const { state, report } = projectRunEvidence(store, Summed, 'cart:1')
    expect(state).toEqual({ sum: 3 })
    expect(report.body.cacheStatus).toEqual({ kind: 'Unavailable', reason: 'cache_get_failed' })
    expect(report.body.observedFreshness).toEqual({ kind: 'Fresh' })
    expect(kindsOf(report.body)).toEqual([
      'CacheStatusUnavailable',
      'PartialVisibilityNotApplicable',
    ])
  })

  it('R-62 a stale state within maxStaleMs is StaleAllowed, with the frontier it was made of', () => {
    const clock = new FakeClock()
    const store = openStore({ projectionCache: new MapCache(), clock })
    noted(store, 1)
    run(store, Summed)
    noted(store, 2)
    clock.us += 999_000
    const stale = projectRunEvidence(store, Summed, 'cart:1', { maxStaleMs: 1000 })
    expect(stale.state).toEqual({ sum: 1 })
    expect(stale.report.body).toMatchObject({
      requestedFreshness: { kind: 'MaybeStale', maxStaleMs: 1000 },
      observedFreshness: { kind: 'StaleAllowed' },
      cacheStatus: { kind: 'Hit' },
      inputFrontier: { globalSequence: 1 },
    })
    expect(kindsOf(stale.report.body)).toEqual(['PartialVisibilityNotApplicable', 'StaleUsed'])
    clock.us += 1000
    expect(run(store, Summed, 1000)).toMatchObject({
      observedFreshness: { kind: 'Fresh' },
      inputFrontier: { globalSequence: 2 },
    })
  })
})

describe('a run that fails', () => {
  const boom = new Error('handler \ud800 failed')
  const failing = defineProjection<number>({
    name: 'Failing',
    init: () => 0,
    on: (on) => [
      on(Noted, () => {
        throw boom
      }),
    ],
  })

  it('R-138 throws ProjectionFailed with its cause and the report', () => {
    const store = openStore()
    noted(store, 1)
    const error = refusal('ProjectionFailed', () =>
      projectRunEvidence(store, failing, 'cart:1', { maxStaleMs: 5 }),
    )
    expect(error.cause).toBe(boom)
    const { body, bodyHash: reported, diagnostics } = error.report
    const unavailable = { kind: 'Unavailable', reason: 'projection_failed' }
    expect(body).toEqual({
      schemaVersion: 1,
      projectionId: 'Failing:cart:1',
      sourceRefs: [
        { kind: 'Entity', entity: 'cart:1' },
        { kind: 'RelevantKind', category: 0xf, typeId: 1 },
      ],
      replayMode: 'Current',
      requestedFreshness: { kind: 'MaybeStale', maxStaleMs: 5 },
      observedFreshness: unavailable,
      outputHash: unavailable,
      cacheStatus: unavailable,
      checkpointRef: 'NotApplicable',
      findings: [
        { kind: 'ObservedFreshnessUnavailable' },
        { kind: 'InputFrontierUnknown' },
        { kind: 'OutputHashUnavailable' },
        { kind: 'CacheStatusUnavailable' },
        { kind: 'PartialVisibilityNotApplicable' },
        { kind: 'ProjectionFailed' },
      ],
    })
    expect(bodyHash(body)).toEqual(reported)
    expect(diagnostics).toEqual(['handler \ufffd failed'])
  })

  it('R-138 also for an event that does not decode, and for what is thrown and no error', () => {
    const store = openStore()
    store.appendBytes(at('cart:1'), Noted.kind, Uint8Array.of(0xc1))
    const undecodable = thrownBy(() => projectRunEvidence(store, Summed, 'cart:1'))
    expect(isStoreError(undecodable, 'ProjectionFailed')).toBe(true)
    expect(isStoreError((undecodable as Error).cause)).toBe(true)
    const odd = defineProjection<number>({
      name: 'Odd',
      init: () => {
        throw 'a text' as unknown
      },
      on: (on) => [on('any', (s) => s)],
    })
    const { report, cause } = refusal('ProjectionFailed', () =>
      projectRunEvidence(store, odd, 'cart:1'),
    )
    expect(cause).toBe('a text')
    expect(report.diagnostics).toEqual(['a text'])
  })

  it('because its handler closed the store is StoreClosed', () => {
    const store = openStore()
    noted(store, 1, 2)
    const closing = defineProjection<number>({
      name: 'Closing',
      init: () => 0,
      on: (on) => [
        on(Noted, (s) => {
          store.close()
          return s
        }),
      ],
    })
    refusal('StoreClosed', () => projectRunEvidence(store, closing, 'cart:1'))
    refusal('StoreClosed', () => projectRunEvidence(store, Summed, 'cart:1'))
  })
})

describe('what a caller can do wrong', () => {
  it('is refused with the name of the argument, before anything runs', () => {
    const store = openStore()
    const project =
      (...args: readonly unknown[]): (() => unknown) =>
      () =>
        projectRunEvidence(store, ...(args as [Projection<Sum>, string, object]))
    expect(argumentError(TypeError, project({}, 'a'))).toMatch(/defineProjection/)
    expect(argumentError(TypeError, project(Summed, 5))).toMatch(/entity must be a string/)
    expect(argumentError(TypeError, project(Summed, 'a', 5))).toMatch(/freshness must be an object/)
    expect(argumentError(TypeError, project(Summed, 'a', { maxStale: 5 }))).toMatch(/maxStaleMs/)
    expect(argumentError(RangeError, project(Summed, 'a', { maxStaleMs: 0.5 }))).toMatch(/0\.5/)
    const noStore = (): unknown => projectRunEvidence(3 as never, Summed, 'a')
    expect(argumentError(TypeError, noStore)).toMatch(/projectRunEvidence: expected an open store/)
  })
})
