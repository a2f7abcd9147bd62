/** Events as a test gives them. */
import type { AnyEventType, Coordinate, EventType } from '@batpak/core'

export interface GivenEvent {
  readonly at: Coordinate
  readonly type: AnyEventType
  readonly value: unknown
}

/** An event with a value that fits its type. */
export function given<T, In = T>(
  at: Coordinate,
  type: EventType<T, In>,
  value: NoInfer<In>,
): GivenEvent {
  return { at, type, value }
}
