/** What a subscriber is told of an event: all but payload, hashes and place. */
import type { CausationId, CorrelationId, EventId } from '../event/id.ts'
import { formatWords, isZeroId } from '../event/id-words.ts'
import type { EventKind } from '../event/kind.ts'
import type { EventIndex } from '../index-store/event-index.ts'

export interface Notification {
  readonly eventId: EventId
  readonly sequence: number
  readonly entity: string
  readonly scope: string
  readonly kind: EventKind
  /** The entity's own counter. */
  readonly clock: number
  /** Milliseconds since the Unix epoch. */
  readonly wallMs: number
  readonly lane: number
  readonly depth: number
  readonly correlationId: CorrelationId
  readonly causationId?: CausationId
}

const ID: Uint32Array = new Uint32Array(4)

export function notificationOf({ columns, names }: EventIndex, row: number): Notification {
  columns.copyEventId(row, ID)
  const eventId = formatWords(ID, 0)
  columns.copyCorrelationId(row, ID)
  const correlationId = formatWords(ID, 0)
  columns.copyCausationId(row, ID)
  return Object.freeze({
    eventId,
    sequence: columns.sequence(row),
    entity: names.text(columns.entityId(row)),
    scope: names.text(columns.scopeId(row)),
    kind: columns.kind(row) as EventKind,
    clock: columns.clock(row),
    wallMs: columns.wallMs(row),
    lane: columns.lane(row),
    depth: columns.depth(row),
    correlationId,
    ...(isZeroId(ID, 0) ? {} : { causationId: formatWords(ID, 0) }),
  })
}
