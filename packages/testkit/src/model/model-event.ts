/** An event as the model knows it. */
import type { Coordinate, DiskPos, EventId, EventKind } from '@batpak/core'

/** What a write asks for. */
export interface Wanted {
  readonly at: Coordinate
  readonly kind: EventKind
  /** Undefined: batpak encodes it, any payload is right. */
  readonly payload: Uint8Array | undefined
  readonly flags: number
  readonly lane: number
  readonly depth: number
  readonly extensions: ReadonlyMap<string, Uint8Array>
  /** The idempotency key: the id that the event must have. */
  readonly key?: EventId
  readonly correlationId?: EventId
  readonly cause?: EventId | { readonly prior: number }
}

export interface ModelEvent extends Omit<Wanted, 'cause'> {
  /** Also its place among the events of the model. */
  readonly sequence: number
  readonly clock: number
  /** The event of the entity that it is chained to. */
  readonly previous: ModelEvent | undefined
  /** Another event of the same batch, or an id. */
  readonly cause: ModelEvent | EventId | undefined
  /** Equal in the events of one batch. */
  readonly batch?: number
  /** Only the store knows where it came from: batpak's own event, or the application's. */
  readonly adopted: boolean
  state: 'visible' | 'pending' | 'cancelled'
  told?: Told
}

/** What the store has said of an event; it must say the same for ever. */
export interface Told {
  readonly eventId: EventId
  readonly eventHash: Uint8Array
  readonly prevHash: Uint8Array
  readonly diskPos: DiskPos
  /** Once it was read: receipts do not tell. */
  wallMs?: number
  timestampUs?: number
  correlationId?: EventId
  causationId?: EventId
}

/** Entity and clock: how messages name an event. */
export function labelOf({ at, clock, sequence }: ModelEvent): string {
  return `${at.entity}#${clock} (sequence ${sequence})`
}
