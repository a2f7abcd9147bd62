/** Folds one entity's events, freshly: every call reads what the projection asks for. */
import type { Engine } from '../engine.ts'
import type { StoredEvent } from '../read/entry.ts'
import { eventOf } from '../read/materialize.ts'
import type { Handler, Projection } from './projection.ts'

/**
 * The state of `projection` for exactly `entity`, or undefined when no visible event of the entity
 * concerns it. Events of other kinds are not read.
 *
 * @throws StoreError `DecodeFailure` for a bound event that does not decode, and what `get` throws
 */
export function projectEntity<S>(
  engine: Engine,
  projection: Projection<S>,
  entity: string,
): S | undefined {
  const { index } = engine
  const record = index.names.entity(entity)
  if (record === undefined) return undefined
  const handlers = new Map(projection.handlers.map((h) => [h.kind, h] as const).reverse())
  const any = handlers.get('any')
  // Handlers are the caller's code and may append: the rows are fixed first.
  const rows: number[] = []
  for (let rank = 0; rank < record.rows.count; rank += 1) {
    const row = record.rows.at(rank)
    if (index.isVisible(row) && (any ?? handlers.get(index.columns.kind(row) as never)))
      rows.push(row)
  }
  if (rows.length === 0) return undefined
  let state = projection.init()
  for (const row of rows) {
    engine.assertOpen('project')
    const event = eventOf(engine, row, engine.reader)
    state = apply(handlers.get(event.kind) ?? any!, state, event)
  }
  return projection.finish(state)
}

function apply<S>(handler: Handler<S>, state: S, event: StoredEvent): S {
  const { type } = handler
  if (type === undefined) {
    return (handler.apply as (state: S, event: StoredEvent) => S)(state, event)
  }
  return handler.apply(state, type.decode(event) as never, event)
}
