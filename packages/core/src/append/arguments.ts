/** Checks of what a caller passes for one event. */
import { StoreError } from '../errors.ts'
import type { AnyEventType } from '../event/event-type.ts'
import { isEventKind, isRefusedByAppend, type EventKind } from '../event/kind.ts'
import { describeType } from '../options.ts'

/** @throws TypeError for no event type, StoreError `ReservedKind` */
export function requireType(type: AnyEventType): EventKind {
  if (typeof type !== 'object' || type === null || typeof type.encode !== 'function') {
    throw new TypeError(`type must be an event type of defineEvent, got ${describeType(type)}`)
  }
  const { kind } = type // read once: a getter may answer something else the second time
  requireKind(kind)
  return kind
}

/** @throws TypeError for no kind, StoreError `ReservedKind` */
export function requireKind(kind: unknown): asserts kind is EventKind {
  if (!isEventKind(kind)) {
    const got = typeof kind === 'number' ? kind : describeType(kind)
    throw new TypeError(`kind must be an event kind, an integer of 0 to 0xFFFF, got ${got}`)
  }
  if (isRefusedByAppend(kind)) throw new StoreError('ReservedKind', { kind })
}

/** @throws TypeError */
export function requireBytes(payload: unknown): asserts payload is Uint8Array {
  if (payload instanceof Uint8Array) return
  throw new TypeError(`payload must be a Uint8Array, got ${describeType(payload)}`)
}

/** The bytes of a type that another copy of this package, or the caller, has made. */
export function foreignBytes(type: AnyEventType, value: unknown): Uint8Array {
  const bytes: unknown = type.encode(value as never)
  if (bytes instanceof Uint8Array) return bytes
  throw new TypeError(`${type.name}: encode must give a Uint8Array, got ${describeType(bytes)}`)
}
