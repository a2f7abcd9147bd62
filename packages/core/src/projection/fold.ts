/** Applies the handlers of a projection to rows. */
import type { Engine } from '../engine.ts'
import { DefinedEvent } from '../event/event-type.ts'
import type { StoredEvent } from '../read/entry.ts'
import { eventOf, readRow } from '../read/materialize.ts'
import { payloadOf } from '../segment/frame-decode.ts'
import { lazyEvent } from './lazy-event.ts'
import type { Handler } from './projection.ts'

type Apply<S> = (state: S, value: unknown, event: StoredEvent) => S

export class Fold<S> {
  /** The bound kinds, ascending; none stands for every kind. */
  readonly kinds: readonly number[]
  readonly #handlers = new Map<number, Handler<S>>()
  readonly #any: Handler<S> | undefined

  constructor(handlers: readonly Handler<S>[]) {
    for (const handler of handlers) {
      if (handler.kind !== 'any' && !this.#handlers.has(handler.kind)) {
        this.#handlers.set(handler.kind, handler)
      }
    }
    this.#any = handlers.find(({ kind }) => kind === 'any')
    this.kinds = this.#any === undefined ? [...this.#handlers.keys()].sort((a, b) => a - b) : []
  }

  binds(kind: number): boolean {
    return this.#any !== undefined || this.#handlers.has(kind)
  }

  /**
   * Applies `rows[from …]` to `state`, reading each event when its turn comes.
   * @throws StoreError `DecodeFailure`, `StoreClosed`, and what `get` throws; what handlers throw
   */
  apply(engine: Engine, state: S, rows: readonly number[], from: number): S {
    let folded = state
    for (let i = from; i < rows.length; i += 1) {
      engine.assertOpen('project') // handlers are the caller's code
      const row = rows[i]!
      const handler = this.#handlers.get(engine.index.columns.kind(row)) ?? this.#any
      if (handler !== undefined) folded = applyRow(engine, handler, folded, row)
    }
    return folded
  }
}

function applyRow<S>(engine: Engine, handler: Handler<S>, state: S, row: number): S {
  const { type } = handler
  if (type === undefined) {
    const apply = handler.apply as unknown as (state: S, event: StoredEvent) => S
    return apply(state, eventOf(engine, row, engine.reader))
  }
  const apply = handler.apply as Apply<S>
  // Most handlers declare no third parameter: then the event is built only if they get at it all the
  // same, and the value is read off the frame.
  if (handler.apply.length === 2 && type instanceof DefinedEvent) {
    readRow(engine.index, row, engine.reader)
    const { head, buf } = engine.reader
    if (head.payloadForm !== 'inline') {
      const event = lazyEvent(engine, row)
      return apply(state, type.decodeBytes(payloadOf(buf, head), event), event)
    }
  }
  const event = eventOf(engine, row, engine.reader)
  return apply(state, type.decode(event), event)
}
