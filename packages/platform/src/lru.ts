/**
 * Keeps at most `capacity` resources open, and releases the one that was asked for least recently.
 *
 * For descriptors and maps: `release` runs exactly once per resource that leaves the cache, by
 * eviction, `delete` or `clear`. A resource from `obtain` stays usable until the next `obtain`.
 */
export class LruCache<K, V> {
  readonly capacity: number
  readonly #release: (value: V, key: K) => void
  // A Map iterates in insertion order: the first key is the one that was used least recently.
  readonly #entries = new Map<K, V>()

  /** @throws RangeError when `capacity` is not a positive integer */
  constructor(capacity: number, release: (value: V, key: K) => void) {
    if (!Number.isSafeInteger(capacity) || capacity < 1) {
      throw new RangeError(`LruCache: capacity must be a positive integer, got ${capacity}`)
    }
    this.capacity = capacity
    this.#release = release
  }

  get size(): number {
    return this.#entries.size
  }

  /**
   * Returns the resource of `key`, created on demand. Room is made before `create` runs, so there
   * are never more than `capacity`; when `create` throws, nothing is stored.
   */
  obtain(key: K, create: (key: K) => V): V {
    const found = this.#entries.get(key)
    if (found !== undefined || this.#entries.has(key)) {
      this.#entries.delete(key)
      this.#entries.set(key, found as V)
      return found as V
    }
    while (this.#entries.size >= this.capacity) {
      this.delete(this.#entries.keys().next().value as K)
    }
    const value = create(key)
    this.#entries.set(key, value)
    return value
  }

  /** Releases the resource of `key`, if there is one. */
  delete(key: K): boolean {
    if (!this.#entries.has(key)) return false
    const value = this.#entries.get(key) as V
    this.#entries.delete(key)
    this.#release(value, key)
    return true
  }

  /** Releases everything, also when some `release` throws: its first error is thrown at the end. */
  clear(): void {
    const failures: unknown[] = []
    for (const key of this.#entries.keys()) {
      try {
        this.delete(key)
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}
