/** Proof that all gates of a set permitted a payload; it is good for one write. */
import { StoreError } from '../errors.ts'

/** Whoever constructs a pass must show it; `private` is a word to the compiler alone. */
const ISSUER: unique symbol = Symbol('issuer')

// Assigned by the class itself: nobody else can make a pass.
let issue: <T>(gates: readonly string[], payload: T) => GatePass<T>

/** For `GateSet.evaluate` alone. */
export function issuePass<T>(gates: readonly string[], payload: T): GatePass<T> {
  return issue(gates, payload)
}

export class GatePass<T> {
  /** The names of the gates that permitted it, in their order. */
  readonly gates: readonly string[]
  readonly #payload: T
  #taken = false

  private constructor(gates: readonly string[], payload: T, issuer: typeof ISSUER) {
    if (issuer !== ISSUER) throw new TypeError('a pass is only made by gateSet(…).evaluate')
    this.gates = gates
    this.#payload = freezeDeeply(payload)
  }

  static {
    issue = <T>(gates: readonly string[], payload: T): GatePass<T> =>
      new GatePass(gates, payload, ISSUER)
  }

  /** What was evaluated; frozen, so it is what will be written. */
  get payload(): T {
    return this.#payload
  }

  /** Hands the payload out for its write. @throws StoreError `PassConsumed` the second time */
  take(): T {
    if (this.#taken) throw new StoreError('PassConsumed', {})
    this.#taken = true
    return this.#payload
  }
}

/** Plain objects and arrays, as far as they go; bytes cannot be frozen. */
function freezeDeeply<T>(value: T, seen: Set<object> = new Set()): T {
  if (typeof value !== 'object' || value === null) return value
  if (ArrayBuffer.isView(value) || seen.has(value)) return value
  seen.add(value)
  Object.freeze(value)
  for (const member of Object.values(value)) freezeDeeply(member, seen)
  return value
}
