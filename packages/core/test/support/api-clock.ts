import type { Clock } from '@batpak/platform'

/** 2023-11-14T22:13:20Z in microseconds. */
export const START_US = 1_700_000_000_000_000

/** A clock that says what the test sets. */
export class FakeClock implements Clock {
  us: number
  monoNs = 0n
  readonly processBootNs = 4_200n

  constructor(us: number = START_US) {
    this.us = us
  }

  nowUs(): number {
    return this.us
  }

  nowWallNs(): bigint {
    return Number.isSafeInteger(this.us) ? BigInt(this.us) * 1000n : 0n
  }

  nowMonoNs(): bigint {
    return this.monoNs
  }
}
