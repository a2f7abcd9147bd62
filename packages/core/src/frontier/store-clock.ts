/** The store's time: the platform's or the caller's clock, made non-decreasing. */
import type { Clock } from '@batpak/platform'

export class StoreClock implements Clock {
  readonly #inner: Clock
  #lastUs = -Infinity

  constructor(inner: Clock) {
    this.#inner = inner
  }

  /** Microseconds since the Unix epoch, never less than before in this process; may be negative. */
  nowUs(): number {
    const reading = this.#inner.nowUs()
    if (reading < this.#lastUs) return this.#lastUs
    // NaN is no time: it must not become what later readings are compared with.
    if (reading > this.#lastUs) this.#lastUs = reading
    return reading
  }

  nowWallNs(): bigint {
    return this.#inner.nowWallNs()
  }

  nowMonoNs(): bigint {
    return this.#inner.nowMonoNs()
  }

  get processBootNs(): bigint {
    return this.#inner.processBootNs
  }

  /** Milliseconds since the Unix epoch; 0 for a clock that reads before it or reads nonsense. */
  nowMs(): number {
    const us = this.nowUs()
    return Number.isSafeInteger(us) && us > 0 ? Math.floor(us / 1000) : 0
  }
}
