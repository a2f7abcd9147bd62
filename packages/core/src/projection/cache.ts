/** What a projection cache is; caches are disposable and never authoritative. */

/** What a cached state was built from, and when. */
export interface CacheMeta {
  /** The sequence of the last event that is in the state. */
  readonly watermark: number
  /** The store clock at the write, microseconds since the Unix epoch. */
  readonly cachedAtUs: number
  /** The monotonic clock at the write; only comparable within one process. */
  readonly cachedAtMonoNs?: bigint
  readonly processBootNs?: bigint
}

export interface ProjectionCache {
  /** True for a cache that keeps nothing. */
  readonly noop?: boolean
  readonly supportsPrefetch?: boolean
  get(key: Uint8Array): { readonly value: Uint8Array; readonly meta: CacheMeta } | undefined
  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void
  /** Removes the entries whose keys begin with `prefix`; returns how many. */
  deletePrefix(prefix: Uint8Array): number
  sync(): void
  prefetch?(key: Uint8Array, predicted: CacheMeta): void
}
