/** Fresh UUIDv7 ids from the store's clock and the platform's randomness. */

/**
 * Hands out UUIDv7 words: 48 bits of Unix milliseconds, then 74 random bits. As batpak 0.8.0 there
 * is no counter: two ids of one millisecond are in random order.
 */
export class IdSource {
  readonly #random: (out: Uint8Array) => void
  readonly #pool: Uint32Array
  #next: number

  /** @param poolIds how many ids are drawn from the platform at once */
  constructor(random: (out: Uint8Array) => void, poolIds = 256) {
    this.#random = random
    this.#pool = new Uint32Array(poolIds * 3)
    this.#next = this.#pool.length
  }

  /** Writes a fresh id to `out[0 … 3]`. @param nowUs store time in microseconds; negative counts as 0 */
  next(nowUs: number, out: Uint32Array): void {
    if (this.#next === this.#pool.length) {
      this.#random(new Uint8Array(this.#pool.buffer))
      this.#next = 0
    }
    const pool = this.#pool
    const ms = nowUs > 0 ? Math.floor(nowUs / 1000) : 0
    out[0] = Math.floor(ms / 0x10000)
    out[1] = ((ms % 0x10000) << 16) | 0x7000 | (pool[this.#next]! >>> 20)
    out[2] = 0x80000000 | (pool[this.#next + 1]! >>> 2)
    out[3] = pool[this.#next + 2]!
    this.#next += 3
  }
}
