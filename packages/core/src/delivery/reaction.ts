/** What a reactor does for one kind of event. */
import type { AnyEventType, EventType } from '../event/event-type.ts'
import { isEventKind, type EventKind } from '../event/kind.ts'
import type { Outbox } from '../fence/outbox.ts'
import { describeType } from '../options.ts'
import type { StoredEvent } from '../read/entry.ts'
import type { WorkerContext } from './worker.ts'

/** Collects what is written in reaction to one event; the reactor flushes it. */
export type ReactionOutbox = Outbox<never>

export type ReactionHandler<E> = (
  event: E,
  out: ReactionOutbox,
  context: WorkerContext,
) => void | Fail | Promise<void | Fail>

/** Made by `reaction`. */
export interface Reaction {
  readonly kind: EventKind | 'any'
  /** Absent in the raw lane: nothing is decoded. */
  readonly type?: AnyEventType
  readonly handler: ReactionHandler<never>
}

// Assigned by the class itself: its constructor is nobody else's.
let makeFail: (error: unknown) => Fail

/** What a reaction returns to end its reactor. Made by `fail`. */
export class Fail {
  readonly error: unknown

  private constructor(error: unknown) {
    this.error = error
    Object.freeze(this)
  }

  static {
    makeFail = (error): Fail => new Fail(error)
  }
}

/** To be returned by a reaction: its reactor ends at once, without restart, and `done` rejects with `error`. */
export function fail(error: unknown): Fail {
  return makeFail(error)
}

/**
 * Binds a handler to an event type (the event's `payload` is what the type decodes), or to a kind or
 * `'any'` (nothing is decoded, `'any'` stands for the kinds that no other reaction binds).
 *
 * @throws TypeError for anything else
 */
export function reaction<T>(
  type: EventType<T, never>,
  handler: ReactionHandler<StoredEvent<T>>,
): Reaction
export function reaction(kind: EventKind | 'any', handler: ReactionHandler<StoredEvent>): Reaction
export function reaction(
  what: AnyEventType | EventKind | 'any',
  handler: ReactionHandler<never>,
): Reaction {
  if (typeof handler !== 'function') {
    throw new TypeError(`reaction: the handler must be a function, got ${describeType(handler)}`)
  }
  const made = Object.freeze(bound(what, handler))
  MADE_HERE.add(made)
  return made
}

/**
 * The reaction for each kind.
 * @throws TypeError for anything but a list of reactions, and for two of one kind
 */
export function reactionsByKind(reactions: unknown): ReadonlyMap<EventKind | 'any', Reaction> {
  if (!Array.isArray(reactions)) {
    throw new TypeError(`reactions must be an array, got ${describeType(reactions)}`)
  }
  const byKind = new Map<EventKind | 'any', Reaction>()
  for (const [i, made] of (reactions as readonly unknown[]).entries()) {
    if (typeof made !== 'object' || made === null || !MADE_HERE.has(made)) {
      throw new TypeError(`reactions[${i}] must be made by reaction, got ${describeType(made)}`)
    }
    const { kind } = made as Reaction
    if (byKind.has(kind)) throw new TypeError(`reactions[${i}]: there is one for its kind already`)
    byKind.set(kind, made as Reaction)
  }
  return byKind
}

const MADE_HERE = new WeakSet<object>()

function bound(what: AnyEventType | EventKind | 'any', handler: ReactionHandler<never>): Reaction {
  if (what === 'any' || isEventKind(what)) return { kind: what, handler }
  if (typeof what === 'object' && what !== null && isEventKind(what.kind)) {
    return { kind: what.kind, type: what, handler }
  }
  throw new TypeError(
    `reaction: expected an event type, a kind or "any", got ${describeType(what)}`,
  )
}
