import type { Clock } from '@batpak/platform'
import { refuseUnknownOptions } from '@batpak/platform'

export interface SimClockOptions {
  /** The first reading, microseconds since the Unix epoch; default 1 750 000 000 s. May be negative. */
  readonly startUs?: number
  /** How far each reading moves time on; default 1000 (1 ms). */
  readonly stepUs?: number
  /** `processBootNs`; default the first reading in nanoseconds. */
  readonly bootNs?: bigint
}

/** A clock that moves only when it is read or told to. */
export function simClock(options: SimClockOptions = {}): SimClock {
  refuseUnknownOptions('simClock', options, NAMES)
  const startUs = options.startUs ?? 1_750_000_000_000_000
  const bootNs = options.bootNs ?? BigInt(Math.max(0, startUs)) * 1000n
  return new SimClock(new SimTime(startUs, options.stepUs ?? 1000), bootNs)
}

const NAMES = ['startUs', 'stepUs', 'bootNs'] satisfies (keyof SimClockOptions)[]

/** Time as one simulated process sees it; all processes of a machine share it. */
export class SimClock implements Clock {
  readonly processBootNs: bigint
  readonly #time: SimTime
  readonly #bootMonoUs: number

  /** @param time shared by the processes of one machine; `simClock()` makes one */
  constructor(time: SimTime, processBootNs: bigint) {
    this.#time = time
    this.#bootMonoUs = time.monoUs
    this.processBootNs = processBootNs
  }

  nowUs(): number {
    return this.#time.readWall()
  }

  nowWallNs(): bigint {
    return BigInt(this.#time.readWall()) * 1000n
  }

  nowMonoNs(): bigint {
    return BigInt(this.#time.readMono() - this.#bootMonoUs) * 1000n
  }

  /** Lets time pass: both clocks move. */
  advance(us: number): void {
    this.#time.pass(us)
  }

  /** Readings no longer move time on, until `resume`. */
  freeze(): void {
    this.#time.frozen = true
  }

  resume(): void {
    this.#time.frozen = false
  }

  /** The wall clock is set forward; the monotonic clock does not notice. */
  jump(us: number): void {
    this.#time.wallUs += us
  }

  /** The wall clock is set back. */
  regress(us: number): void {
    this.#time.wallUs -= us
  }

  /** The next readings of `nowUs` and `nowWallNs`, in microseconds; then the clock goes on as before. */
  script(readings: readonly number[]): void {
    this.#time.scripted.push(...readings)
  }

  /** The clock of another process on the same machine: the same time, another monotonic epoch. */
  forProcess(): SimClock {
    return new SimClock(this.#time, BigInt(Math.max(0, this.#time.readWall())) * 1000n)
  }
}

/** The one time of a simulated machine. */
export class SimTime {
  wallUs: number
  monoUs = 0
  frozen = false
  readonly scripted: number[] = []
  readonly #stepUs: number

  constructor(startUs: number, stepUs: number) {
    this.wallUs = startUs
    this.#stepUs = stepUs
  }

  readWall(): number {
    const scripted = this.scripted.shift()
    if (scripted !== undefined) return scripted
    const reading = this.wallUs
    if (!this.frozen) this.pass(this.#stepUs)
    return reading
  }

  readMono(): number {
    const reading = this.monoUs
    if (!this.frozen) this.pass(this.#stepUs)
    return reading
  }

  pass(us: number): void {
    this.wallUs += us
    this.monoUs += us
  }
}
