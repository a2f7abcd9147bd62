/** The caller's cache, whose failures never fail a projection: they are reported. */
import type { Engine } from '../engine.ts'
import { describeType } from '../options.ts'
import type { CacheMeta, ProjectionCache } from './cache.ts'
import { cacheKey, openState, sealState, type CachedState } from './cache-entry.ts'
import type { ProjectionMemory } from './memory.ts'
import type { Plan } from './plan.ts'
import type { Projection } from './projection.ts'

export interface Found extends CachedState {
  readonly meta: CacheMeta
}

export class External {
  readonly #engine: Engine
  readonly #cache: ProjectionCache
  readonly #name: string
  readonly #key: Uint8Array
  readonly #plan: Plan

  private constructor(
    engine: Engine,
    cache: ProjectionCache,
    name: string,
    key: Uint8Array,
    plan: Plan,
  ) {
    this.#engine = engine
    this.#cache = cache
    this.#name = name
    this.#key = key
    this.#plan = plan
  }

  /** `bypassed` without a cache, `unavailable` when the compaction epoch cannot be read. */
  static of(
    engine: Engine,
    memory: ProjectionMemory,
    projection: Pick<Projection<unknown>, 'name' | 'version'>,
    kinds: readonly number[],
    entity: string,
    plan: Plan,
  ): External | 'bypassed' | 'unavailable' {
    const cache = engine.config.projectionCache
    if (cache === undefined || cache.noop === true) return 'bypassed'
    try {
      const key = cacheKey(entity, projection, kinds, memory.epoch)
      return new External(engine, cache, projection.name, key, plan)
    } catch (error) {
      engine.report('project', `no cache for ${projection.name}: no compaction epoch`, error)
      return 'unavailable'
    }
  }

  /** What the cache has of this plan; undefined for nothing, or nothing that can be believed. */
  get(): Found | 'unavailable' | undefined {
    this.#prefetch()
    try {
      const found: unknown = this.#cache.get(this.#key.slice())
      if (found === undefined) return undefined
      const { value, meta } = checkFound(found)
      const opened = openState(this.#engine.index, this.#key, this.#plan, value, meta)
      return opened && { ...opened, meta }
    } catch (error) {
      this.#engine.report('project', `the cache failed to give a state of ${this.#name}`, error)
      return 'unavailable'
    }
  }

  put(state: Uint8Array): void {
    const { clock, index } = this.#engine
    try {
      const nowUs = clock.nowUs()
      const meta = {
        watermark: this.#plan.watermark,
        cachedAtUs: Number.isSafeInteger(nowUs) && nowUs > 0 ? nowUs : 0,
        cachedAtMonoNs: clock.nowMonoNs(),
        processBootNs: clock.processBootNs,
      }
      const value = sealState(index, this.#key, this.#plan, state, meta)
      this.#cache.put(this.#key.slice(), value, meta)
    } catch (error) {
      this.#engine.report('project', `the cache failed to keep a state of ${this.#name}`, error)
    }
  }

  #prefetch(): void {
    if (this.#cache.supportsPrefetch !== true) return
    try {
      const cachedAtUs = Math.max(0, this.#engine.clock.nowUs())
      const { watermark } = this.#plan
      this.#cache.prefetch?.(this.#key.slice(), { watermark, cachedAtUs })
    } catch {
      // It was an advice.
    }
  }
}

/** @throws TypeError for anything but what a cache is to give */
function checkFound(found: unknown): { value: Uint8Array; meta: CacheMeta } {
  const { value, meta } = (found ?? {}) as { value: unknown; meta: Partial<CacheMeta> | undefined }
  if (
    value instanceof Uint8Array &&
    Number.isSafeInteger(meta?.watermark) &&
    Number.isSafeInteger(meta?.cachedAtUs)
  ) {
    return { value, meta: meta as CacheMeta }
  }
  throw new TypeError(
    `the cache must give { value: Uint8Array, meta: { watermark, cachedAtUs } }, got ${describeType(found)}`,
  )
}
