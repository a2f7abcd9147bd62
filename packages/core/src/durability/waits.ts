/** Promises that wait for a frontier to come up to a point; they never sync. */
import { StoreError } from '../errors.ts'
import type { Watermark } from '../errors/fields.ts'
import type { Frontier } from '../frontier/frontier.ts'
import { compareHlc, type HlcPoint } from '../frontier/hlc.ts'
import type { StoreClock } from '../frontier/store-clock.ts'

export type Mark = 'durable' | 'visible' | 'applied'

export interface WaitOptions {
  /** Milliseconds; needed unless a signal is given. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

interface Waiter {
  readonly mark: Mark
  /** A point, or only a sequence. */
  readonly target: HlcPoint | number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

const WATERMARKS: Readonly<Record<Mark, Watermark>> = {
  durable: 'Durable',
  visible: 'Visible',
  applied: 'Applied',
}

export class Waits {
  readonly #frontier: Frontier
  readonly #clock: StoreClock
  readonly #waiters = new Set<Waiter>()

  constructor(frontier: Frontier, clock: StoreClock) {
    this.#frontier = frontier
    this.#clock = clock
  }

  wait(mark: Mark, target: HlcPoint | number, options: WaitOptions): Promise<void> {
    const { timeoutMs, signal } = options
    const startNs = this.#clock.nowMonoNs()
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error)
      if (this.isReached(mark, target)) return resolve()
      const end = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
        this.#waiters.delete(waiter)
        this.#listen()
      }
      const waiter: Waiter = {
        mark,
        target,
        resolve: () => {
          end()
          resolve()
        },
        reject: (error) => {
          end()
          reject(error)
        },
      }
      const expire = (): void => waiter.reject(this.#expired(mark, target, startNs))
      const abort = (): void => waiter.reject(signal!.reason)
      const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs)
      signal?.addEventListener('abort', abort)
      this.#waiters.add(waiter)
      this.#listen()
      if (timeoutMs === 0) expire()
    })
  }

  /** Ends all waits: what they wait for will not come. */
  fail(error: StoreError): void {
    for (const waiter of this.#waiters) waiter.reject(error)
  }

  /** One pass, whatever the number of waits; without any, a frontier's move costs nothing. */
  #listen(): void {
    this.#frontier.onAdvance = this.#waiters.size === 0 ? undefined : (): void => this.#advanced()
  }

  #advanced(): void {
    // Each point is read once, however many wait for it.
    const points: Partial<Record<Mark, HlcPoint>> = {}
    for (const { mark, target, resolve } of this.#waiters) {
      points[mark] ??= this.#frontier[mark]
      if (isAtLeast(points[mark], target)) resolve()
    }
  }

  isReached(mark: Mark, target: HlcPoint | number): boolean {
    return isAtLeast(this.#frontier[mark], target)
  }

  /** In a timer nobody catches what a caller's clock throws. */
  #expired(mark: Mark, target: HlcPoint | number, startNs: bigint): unknown {
    try {
      return this.#timeout(mark, target, startNs)
    } catch (error) {
      return error
    }
  }

  #timeout(mark: Mark, target: HlcPoint | number, startNs: bigint): StoreError {
    const waitedMs = Number((this.#clock.nowMonoNs() - startNs) / 1_000_000n)
    const point = typeof target === 'number' ? { wallMs: 0, sequence: target } : target
    return new StoreError('WaitTimeout', { watermark: WATERMARKS[mark], target: point, waitedMs })
  }
}

function isAtLeast(point: HlcPoint, target: HlcPoint | number): boolean {
  return typeof target === 'number' ? point.sequence >= target : compareHlc(point, target) >= 0
}
