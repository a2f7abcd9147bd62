/** Projections: a state folded from the events of one entity. */
import type { AnyEventType, EventType } from '../event/event-type.ts'
import { isEventKind, type EventKind } from '../event/kind.ts'
import { checkFlag, checkOptionNames, describeType } from '../options.ts'
import type { StoredEvent } from '../read/entry.ts'
import { Fold } from './fold.ts'
import { jsonCodec } from './json-codec.ts'

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

/** The form in which states are kept: what `encode` makes, `decode` must turn into an equal state. */
export interface StateCodec<S> {
  encode(state: S): Uint8Array
  decode(bytes: Uint8Array): S
}

export interface Projection<S> {
  readonly name: string
  readonly version: number
  readonly incremental: boolean
  readonly codec: StateCodec<S>
  init(): S
  readonly handlers: readonly Handler<S>[]
  finish(state: S): S | undefined
}

export interface ProjectionDefinition<S> {
  /** The stable identity of the projection: with the version, what cached states are found by. */
  readonly name: string
  /** Raise it when the fold or the shape of the state changes; default 0. */
  readonly version?: number
  readonly init: () => S
  /** The bindings; of several for one kind the first is used. */
  readonly on: (on: On<S>) => readonly Handler<S>[]
  /**
   * A last step over the folded state; undefined stands for "no state". It sees a state that nobody
   * else keeps, and what is cached is the state before it.
   */
  readonly finish?: (state: S) => S | undefined
  /**
   * Promises that handlers never throw and that a kept state with newer events applied to it equals the
   * fold of all events; default false. It lets a store apply only what is new.
   */
  readonly incremental?: boolean
  /** How states are kept; default JSON, where a state that JSON would change is not kept at all. */
  readonly codec?: StateCodec<S>
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
  if (typeof name !== 'string' || name === '' || !name.isWellFormed()) {
    const got = typeof name === 'string' ? JSON.stringify(name) : describeType(name)
    throw new TypeError(`defineProjection: name must be a non-empty string, got ${got}`)
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
  const incremental = checkFlag('defineProjection: incremental', definition.incremental)
  const codec = definition.codec ?? jsonCodec<S>(incremental)
  if (typeof codec?.encode !== 'function' || typeof codec.decode !== 'function') {
    throw new TypeError('defineProjection: codec must have the functions encode and decode')
  }
  const handlers = on(bind as On<S>)
  if (!Array.isArray(handlers) || !handlers.every((handler) => MADE_HERE.has(handler as object))) {
    throw new TypeError('defineProjection: on must return an array of what its argument made')
  }
  const projection: Projection<S> = Object.freeze({
    name,
    version,
    incremental,
    codec,
    init,
    handlers: Object.freeze([...handlers]) as readonly Handler<S>[],
    finish: finish ?? ((state: S): S => state),
  })
  FOLDS.set(projection, new Fold<S>(projection.handlers) as Fold<unknown>)
  return projection
}

/** How a projection folds. @throws TypeError for what `defineProjection` did not make */
export function foldOf<S>(operation: string, projection: Projection<S>): Fold<S> {
  const fold = FOLDS.get(projection)
  if (fold !== undefined) return fold as unknown as Fold<S>
  throw new TypeError(
    `${operation}: the projection must come from defineProjection, got ${describeType(projection)}`,
  )
}

const NAMES: ReadonlySet<string> = new Set([
  'name',
  'version',
  'init',
  'on',
  'finish',
  'incremental',
  'codec',
])
const MADE_HERE = new WeakSet<object>()
const FOLDS = new WeakMap<object, Fold<unknown>>()

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
