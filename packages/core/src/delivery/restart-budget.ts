/** How often a worker whose handler failed begins again. */
import type { Clock } from '@batpak/platform'
import { checkCount, checkOptionNames, describeType } from '../options.ts'

/** `once`: one restart in total. Else so many per window; a failure after it opens the next one. */
export type RestartPolicy = 'once' | { readonly maxRestarts: number; readonly withinMs: number }

/** @throws TypeError, RangeError for anything else */
export function checkRestart(policy: RestartPolicy = 'once'): RestartPolicy {
  if (policy === 'once') return policy
  if (typeof policy !== 'object' || policy === null) {
    throw new TypeError(
      `restart must be 'once' or { maxRestarts, withinMs }, got ${describeType(policy)}`,
    )
  }
  checkOptionNames('restart', policy, NAMES)
  const { maxRestarts, withinMs } = policy
  return {
    maxRestarts: checkCount('maxRestarts', maxRestarts),
    withinMs: checkCount('withinMs', withinMs),
  }
}

export class RestartBudget {
  readonly #clock: Pick<Clock, 'nowMonoNs'>
  readonly #policy: RestartPolicy | 'never'
  #windowStart: bigint | undefined
  #inWindow = 0
  #restarts = 0

  constructor(clock: Pick<Clock, 'nowMonoNs'>, policy: RestartPolicy | 'never') {
    this.#clock = clock
    this.#policy = policy
  }

  /** How many restarts there were. */
  get restarts(): number {
    return this.#restarts
  }

  /** Takes one restart, or returns false when there is none left. @throws what the clock throws */
  take(): boolean {
    const policy = this.#policy
    const max = typeof policy === 'object' ? policy.maxRestarts : policy === 'once' ? 1 : 0
    if (typeof policy === 'object' && this.#isNewWindow(policy.withinMs)) this.#inWindow = 0
    if (this.#inWindow >= max) return false
    this.#inWindow += 1
    this.#restarts += 1
    return true
  }

  #isNewWindow(withinMs: number): boolean {
    const now = this.#clock.nowMonoNs()
    const start = this.#windowStart
    if (start !== undefined && Number(now - start) <= withinMs * 1e6) return false
    this.#windowStart = now
    return true
  }
}

const NAMES: ReadonlySet<string> = new Set(['maxRestarts', 'withinMs'])
