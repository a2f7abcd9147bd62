/** One projection call: which kept state is good enough, what is folded, what is kept. */
import type { Engine } from '../engine.ts'
import { External } from './external.ts'
import type { Fold } from './fold.ts'
import { projectionMemory, type ProjectionMemory } from './memory.ts'
import { planOf, rowsUpTo, type Plan } from './plan.ts'
import { foldOf, type Projection } from './projection.ts'

export interface ProjectionRun<S> {
  /** Undefined for "no state". */
  readonly state: S | undefined
  /** The entity's generation that a fresh state was built from. */
  readonly generation: number
  /** The sequence of the last event in the state; absent without one. */
  readonly watermark?: number
  /** True for a state that lacks events, as `maxStaleMs` allows. */
  readonly stale: boolean
  /** `none`: nothing was looked up, because the entity has no event of these kinds. */
  readonly cache: 'none' | 'hit' | 'miss' | 'bypassed' | 'unavailable'
}

/**
 * The state of `projection` for exactly `entity`, from visible events.
 *
 * @param maxStaleMs takes a cached state that lacks events, if it was cached less than so long ago
 * @throws TypeError for what `defineProjection` did not make
 * @throws StoreError `DecodeFailure`, what `get` throws; what the caller's code throws
 */
export function runProjection<S>(
  engine: Engine,
  projection: Projection<S>,
  entity: string,
  maxStaleMs?: number,
): ProjectionRun<S> {
  const fold = foldOf('project', projection)
  const { visible } = engine.index
  const plan = planOf(engine.index, fold, engine.index.names.entity(entity))
  if (plan.rows.length === 0) {
    engine.applied.folded(projection as Projection<unknown>, entity, visible)
    return { state: undefined, generation: plan.generation, stale: false, cache: 'none' }
  }
  const run = new Run(engine, projection, fold, entity, plan)
  const result = run.fromSlot() ?? run.fromCache(maxStaleMs) ?? run.fromEvents()
  engine.assertOpen('project')
  if (!result.stale) engine.applied.folded(projection as Projection<unknown>, entity, visible)
  return result
}

class Run<S> {
  readonly #engine: Engine
  readonly #projection: Projection<S>
  readonly #fold: Fold<S>
  readonly #entity: string
  readonly #plan: Plan
  readonly #memory: ProjectionMemory
  /** Of the memory when the plan was made. */
  readonly #era: number
  readonly #hasSlot: boolean
  #external: External | undefined
  #cache: ProjectionRun<S>['cache'] = 'miss'

  constructor(
    engine: Engine,
    projection: Projection<S>,
    fold: Fold<S>,
    entity: string,
    plan: Plan,
  ) {
    this.#engine = engine
    this.#projection = projection
    this.#fold = fold
    this.#entity = entity
    this.#plan = plan
    this.#memory = projectionMemory(engine)
    this.#era = this.#memory.era
    this.#hasSlot = projection.incremental && engine.config.incrementalProjection
  }

  fromSlot(): ProjectionRun<S> | undefined {
    if (!this.#hasSlot) return undefined
    const slot = this.#memory.slot(this.#projection, this.#entity)
    if (slot === undefined) return undefined
    const { rows, watermark, generation } = this.#plan
    if (rowsUpTo(this.#engine.index, this.#plan, slot.watermark) === slot.count) {
      const state = this.#advance(slot.bytes.slice(), slot.count)
      if (state !== undefined) {
        const isFresh = slot.watermark === watermark && slot.generation === generation
        return this.#finish(state.value, 'hit', { slot: !isFresh, external: false })
      }
    }
    if (slot.count <= rows.length) this.#memory.drop(this.#projection, this.#entity)
    return undefined
  }

  fromCache(maxStaleMs: number | undefined): ProjectionRun<S> | undefined {
    const external = External.of(
      this.#engine,
      this.#memory,
      this.#projection,
      this.#fold.kinds,
      this.#entity,
      this.#plan,
    )
    if (typeof external === 'string') {
      this.#cache = external
      return undefined
    }
    this.#external = external
    const found = external.get()
    this.#engine.assertOpen('project')
    if (found === 'unavailable') this.#cache = 'unavailable'
    if (found === undefined || found === 'unavailable') return undefined
    const { state: bytes, count, meta } = found
    const isWhole = count === this.#plan.rows.length
    const isStale = !isWhole && this.#isRecent(meta.cachedAtUs, maxStaleMs)
    if (!isWhole && !isStale && !this.#hasSlot) return undefined
    const state = isStale ? this.#decode(bytes) : this.#advance(bytes, count)
    if (state === undefined) return undefined
    if (isStale) return this.#finish(state.value, 'hit', NOWHERE, meta.watermark)
    return this.#finish(state.value, 'hit', { slot: true, external: !isWhole })
  }

  fromEvents(): ProjectionRun<S> {
    const state = this.#fold.apply(this.#engine, this.#projection.init(), this.#plan.rows, 0)
    return this.#finish(state, this.#cache, { slot: true, external: true })
  }

  /** by the store's clock and the time of the cache write; a state of the future is not recent. */
  #isRecent(cachedAtUs: number, maxStaleMs: number | undefined): boolean {
    if (maxStaleMs === undefined) return false
    const age = Math.max(0, this.#engine.clock.nowUs()) - cachedAtUs
    return age >= 0 && age < maxStaleMs * 1000
  }

  /** A kept state with the events behind it; undefined when that cannot be had. */
  #advance(bytes: Uint8Array, count: number): { readonly value: S } | undefined {
    const state = this.#decode(bytes)
    if (state === undefined || count === this.#plan.rows.length) return state
    try {
      return { value: this.#fold.apply(this.#engine, state.value, this.#plan.rows, count) }
    } catch {
      // Either the kept state is not what the fold makes, or the fold of all events fails as well,
      // with the error that the caller is to see.
      return undefined
    }
  }

  #decode(bytes: Uint8Array): { readonly value: S } | undefined {
    try {
      return { value: this.#projection.codec.decode(bytes) }
    } catch (error) {
      this.#report('a kept state does not decode', error)
      return undefined
    }
  }

  /** Keeps the state before anybody else can change it, then finishes it. */
  #finish(
    folded: S,
    cache: ProjectionRun<S>['cache'],
    where: { readonly slot: boolean; readonly external: boolean },
    watermark: number = this.#plan.watermark,
  ): ProjectionRun<S> {
    const slot = where.slot && this.#hasSlot
    const external = where.external ? this.#external : undefined
    const bytes = slot || external !== undefined ? this.#encode(folded) : undefined
    const state = this.#projection.finish(folded)
    this.#engine.assertOpen('project')
    // no state is not kept, nor is one whose events have changed meanwhile
    if (state !== undefined && bytes !== undefined && this.#memory.era === this.#era) {
      const { generation, rows } = this.#plan
      const kept = { bytes, watermark, count: rows.length, generation }
      if (slot) this.#memory.keep(this.#projection, this.#entity, kept)
      external?.put(bytes)
    }
    const stale = watermark !== this.#plan.watermark
    return { state, generation: this.#plan.generation, watermark, stale, cache }
  }

  #encode(state: S): Uint8Array | undefined {
    try {
      const bytes: unknown = this.#projection.codec.encode(state)
      // A copy: the codec may use its buffer again.
      if (bytes instanceof Uint8Array) return Uint8Array.from(bytes)
      throw new TypeError('the codec must encode to a Uint8Array')
    } catch (error) {
      this.#report('a state is not kept', error)
      return undefined
    }
  }

  #report(what: string, error: unknown): void {
    const { name } = this.#projection
    this.#engine.report('project', `${name} of ${this.#entity}: ${what}`, error)
  }
}

const NOWHERE = { slot: false, external: false } as const
