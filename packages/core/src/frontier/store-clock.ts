/** The store's time: the platform's or the caller's clock, made non-decreasing. */
import type { Clock } from '@batpak/platform'
import { describeType } from '../options.ts'

/** The creation time of a segment has 63 bits. */
const WALL_NS_MAX = (1n << 63n) - 1n

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
    // NaN, Infinity and the like are no time: later readings must not be compared with them.
    if (Number.isSafeInteger(reading)) this.#lastUs = reading
    return reading
  }

  /** Nanoseconds since the Unix epoch; what the format cannot hold is cut to its bounds. */
  nowWallNs(): bigint {
    const reading = requireBigint('nowWallNs', this.#inner.nowWallNs())
    if (reading < 0n) return 0n
    return reading > WALL_NS_MAX ? WALL_NS_MAX : reading
  }

  nowMonoNs(): bigint {
    return requireBigint('nowMonoNs', this.#inner.nowMonoNs())
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

function requireBigint(method: string, reading: unknown): bigint {
  if (typeof reading === 'bigint') return reading
  throw new TypeError(`clock.${method} must return a bigint, got ${describeType(reading)}`)
}
