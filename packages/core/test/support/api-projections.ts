/** Projections and a cache whose calls can be looked at. */
import {
  defineProjection,
  type CacheMeta,
  type Projection,
  type ProjectionCache,
} from '../../src/index.ts'
import { Counted, Noted } from './api-events.ts'

export interface Tally {
  count: number
  readonly seen: number[]
}

/** How often its parts were called. */
export interface Calls {
  init: number
  apply: number
  finish: number
}

/** A projection whose handlers change the state that they are given. */
export function tallying(
  options: { incremental?: boolean; version?: number; name?: string } = {},
): [Projection<Tally>, Calls] {
  const calls: Calls = { init: 0, apply: 0, finish: 0 }
  const { incremental = false, version = 0, name = 'Tally' } = options
  const projection = defineProjection<Tally>({
    name,
    version,
    incremental,
    init: () => {
      calls.init += 1
      return { count: 0, seen: [] }
    },
    on: (on) => [
      on(Noted, (state, { n }) => {
        calls.apply += 1
        state.count += 1
        state.seen.push(n)
        return state
      }),
      on(Counted, (state, { n }) => {
        calls.apply += 1
        return { count: state.count + n, seen: state.seen }
      }),
    ],
    finish: (state) => {
      calls.finish += 1
      return state
    },
  })
  return [projection, calls]
}

interface Kept {
  readonly value: Uint8Array
  readonly meta: CacheMeta
}

/** A cache in memory; it hands out what it keeps, so that a store that changes it is found out. */
export class MapCache implements ProjectionCache {
  readonly kept: Map<string, Kept> = new Map()
  readonly calls: string[] = []
  readonly noop?: boolean
  readonly supportsPrefetch: boolean
  /** Runs before a call of this name is answered. */
  before: Partial<Record<'get' | 'put' | 'prefetch', (key: Uint8Array) => void>> = {}

  constructor(options: { noop?: boolean; supportsPrefetch?: boolean } = {}) {
    if (options.noop !== undefined) this.noop = options.noop
    this.supportsPrefetch = options.supportsPrefetch === true
  }

  get(key: Uint8Array): Kept | undefined {
    this.calls.push('get')
    this.before.get?.(key)
    return this.kept.get(hexOf(key))
  }

  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    this.calls.push('put')
    this.before.put?.(key)
    this.kept.set(hexOf(key), { value, meta })
  }

  deletePrefix(prefix: Uint8Array): number {
    const names = [...this.kept.keys()].filter((key) => key.startsWith(hexOf(prefix)))
    for (const name of names) this.kept.delete(name)
    return names.length
  }

  sync(): void {
    this.calls.push('sync')
  }

  prefetch(key: Uint8Array): void {
    this.calls.push('prefetch')
    this.before.prefetch?.(key)
  }

  /** Puts other bytes in the place of the only value. */
  damage(change: (kept: Kept) => Kept): void {
    for (const [key, kept] of this.kept) this.kept.set(key, change(kept))
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
