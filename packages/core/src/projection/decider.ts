/** Deciders: what a command makes of a state, as events to be appended. */
import { draft, type Draft, type DraftOptions } from '../append/draft.ts'
import type { Coordinate } from '../event/coordinate.ts'
import type { EventType } from '../event/event-type.ts'
import { checkOptionNames, describeType } from '../options.ts'
import { foldOf, type Projection } from './projection.ts'

/** What a decision may depend on beside command and state. */
export interface DecideContext {
  /** Where the command is executed. */
  readonly at: Coordinate
  /** The store's clock when the decision began, microseconds since the Unix epoch. */
  readonly nowUs: number
  /** As the function `draft`, for an event at `at`. */
  draft<T, In = T>(type: EventType<T, In>, value: NoInfer<In>, options?: DraftOptions): Draft
}

export interface Decider<C, S> {
  /** Folds the state that is decided on. */
  readonly projection: Projection<S>
  /**
   * Synchronous, and pure but for what it returns: the events to append, in order; `[]` for nothing.
   * It refuses a command by throwing.
   *
   * @param state what `project` gives, or `init()` where that is no state
   */
  readonly decide: (command: C, state: S, ctx: DecideContext) => readonly Draft[] | Draft
}

/** Declares a decider, for `store.execute`. @throws TypeError for a missing part */
export function defineDecider<C, S>(definition: Decider<C, S>): Decider<C, S> {
  checkOptionNames('defineDecider', definition, NAMES)
  const { projection, decide } = definition
  foldOf('defineDecider', projection)
  if (typeof decide !== 'function') {
    throw new TypeError(`defineDecider: decide must be a function, got ${describeType(decide)}`)
  }
  const decider = Object.freeze({ projection, decide })
  DECIDERS.add(decider)
  return decider
}

/** @throws TypeError for what `defineDecider` did not make */
export function requireDecider(operation: string, decider: unknown): void {
  if (typeof decider === 'object' && decider !== null && DECIDERS.has(decider)) return
  throw new TypeError(
    `${operation}: the decider must come from defineDecider, got ${describeType(decider)}`,
  )
}

export function decideContext(at: Coordinate, nowUs: number): DecideContext {
  const where = Object.freeze({ entity: at.entity, scope: at.scope })
  return Object.freeze<DecideContext>({
    at: where,
    nowUs,
    draft: (type, value, options) => draft(where, type, value, options),
  })
}

const NAMES: ReadonlySet<string> = new Set(['projection', 'decide'])
const DECIDERS = new WeakSet<object>()
