/** Projections: a state folded from the events of one entity. */
import type { AnyEventType, EventType } from '../event/event-type.ts'
import { isEventKind, type EventKind } from '../event/kind.ts'
import { checkOptionNames, describeType } from '../options.ts'
import type { StoredEvent } from '../read/entry.ts'

/** One binding of a projection, made by the function that its `on` receives. */
export interface Handler<S> {
  readonly kind: EventKind | 'any'
  /** Absent in the raw lane: nothing is decoded. */
  readonly type?: AnyEventType
  readonly apply: (state: S, value: never, event: StoredEvent) => S
}

export interface On<S> {
  /** Folds decoded values of one event type. */
  <T>(
    type: EventType<T, never>,
    apply: (state: S, value: T, event: StoredEvent<T>) => S,
  ): Handler<S>
  /** Folds events of one kind, or all of them, without decoding. */
  (kind: EventKind | 'any', apply: (state: S, event: StoredEvent) => S): Handler<S>
}

export interface Projection<S> {
  readonly name: string
  readonly version: number
  init(): S
  readonly handlers: readonly Handler<S>[]
  finish(state: S): S | undefined
}

export interface ProjectionDefinition<S> {
  /** The stable identity of the projection. */
  readonly name: string
  /** Raise it when the fold or the shape of the state changes; default 0. */
  readonly version?: number
  readonly init: () => S
  /** The bindings; of several for one kind the first is used. */
  readonly on: (on: On<S>) => readonly Handler<S>[]
  /** A last step over the folded state; undefined stands for "no state". */
  readonly finish?: (state: S) => S | undefined
}

/**
 * Declares a projection. It must be a pure function of the events: the same events give the same
 * state.
 *
 * @throws TypeError for a missing part, or a binding that `on` did not make
 */
export function defineProjection<S>(definition: ProjectionDefinition<S>): Projection<S> {
  checkOptionNames('defineProjection', definition, NAMES)
  const { name, version = 0, init, on, finish } = definition
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(
      `defineProjection: name must be a non-empty string, got ${describeType(name)}`,
    )
  }
  if (!Number.isSafeInteger(version) || version < 0) {
    throw new TypeError(`defineProjection: version must be a non-negative integer, got ${version}`)
  }
  for (const [part, value] of Object.entries({ init, on, finish: finish ?? init })) {
    if (typeof value !== 'function') {
      throw new TypeError(
        `defineProjection: ${part} must be a function, got ${describeType(value)}`,
      )
    }
  }
  const handlers = on(bind as On<S>)
  if (!Array.isArray(handlers) || !handlers.every((handler) => MADE_HERE.has(handler as object))) {
    throw new TypeError('defineProjection: on must return an array of what its argument made')
  }
  return Object.freeze({
    name,
    version,
    init,
    handlers: Object.freeze([...handlers]) as readonly Handler<S>[],
    finish: finish ?? ((state: S): S => state),
  })
}

const NAMES: ReadonlySet<string> = new Set(['name', 'version', 'init', 'on', 'finish'])
const MADE_HERE = new WeakSet<object>()

function bind(
  what: AnyEventType | EventKind | 'any',
  apply: Handler<unknown>['apply'],
): Handler<unknown> {
  if (typeof apply !== 'function') {
    throw new TypeError(`on: the handler must be a function, got ${describeType(apply)}`)
  }
  const handler = Object.freeze(makeHandler(what, apply))
  MADE_HERE.add(handler)
  return handler
}

function makeHandler(
  what: AnyEventType | EventKind | 'any',
  apply: Handler<unknown>['apply'],
): Handler<unknown> {
  if (what === 'any' || isEventKind(what)) return { kind: what, apply }
  if (typeof what === 'object' && what !== null && isEventKind(what.kind)) {
    return { kind: what.kind, type: what, apply }
  }
  throw new TypeError(`on: expected an event type, a kind or "any", got ${describeType(what)}`)
}
