/** Proofs of how something was delivered; only deliveries make them. */
import { describeType } from '../options.ts'

const KEY_BYTES = 32

// Assigned by the class itself: its constructor is nobody else's.
let make: (checkpointId: string) => AtLeastOnce

export function atLeastOnce(checkpointId: string): AtLeastOnce {
  return make(checkpointId)
}

/** What a durable worker or reactor hands to its handler: a crash repeats its last batch, and loses none. */
export class AtLeastOnce {
  readonly #checkpointId: string

  private constructor(checkpointId: string) {
    this.#checkpointId = checkpointId
  }

  static {
    make = (checkpointId): AtLeastOnce => new AtLeastOnce(checkpointId)
  }

  /** The checkpoint that stands behind it. */
  get checkpointId(): string {
    return this.#checkpointId
  }

  /** Whether `value` was made here. */
  static is(value: unknown): value is AtLeastOnce {
    return typeof value === 'object' && value !== null && #checkpointId in value
  }
}

/** At-least-once delivery together with a key under which repeated effects are one. */
export class ObservedOnce {
  readonly #witness: AtLeastOnce
  readonly #key: Uint8Array

  private constructor(witness: AtLeastOnce, key: Uint8Array) {
    this.#witness = witness
    this.#key = key
  }

  /**
   * @param idempotencyKey 32 bytes, copied; the caller's own, for the system that is affected
   * @throws TypeError for a witness that no delivery made, or another key
   */
  static of(witness: AtLeastOnce, idempotencyKey: Uint8Array): ObservedOnce {
    if (!AtLeastOnce.is(witness)) {
      throw new TypeError(
        `witness must be the atLeastOnce of a delivery, got ${describeType(witness)}`,
      )
    }
    if (!(idempotencyKey instanceof Uint8Array) || idempotencyKey.length !== KEY_BYTES) {
      throw new TypeError(`idempotencyKey must be a Uint8Array of ${KEY_BYTES} bytes`)
    }
    return new ObservedOnce(witness, Uint8Array.from(idempotencyKey))
  }

  /** What it was made of; the key is a copy. */
  parts(): { readonly witness: AtLeastOnce; readonly idempotencyKey: Uint8Array } {
    return { witness: this.#witness, idempotencyKey: this.#key.slice() }
  }
}
