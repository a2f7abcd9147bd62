/** The event of a row for whoever most likely does not look at it. */
import type { Engine } from '../engine.ts'
import type { StoredEvent } from '../read/entry.ts'
import { eventOf } from '../read/materialize.ts'

/** An event that is read when first looked at, and from then on is as any other. */
export function lazyEvent(engine: Engine, row: number): StoredEvent {
  return new Proxy<Unread>({ engine, row, event: undefined }, READING) as unknown as StoredEvent
}

interface Unread {
  readonly engine: Engine
  readonly row: number
  event: StoredEvent | undefined
}

function read(unread: Unread): StoredEvent {
  if (unread.event === undefined) {
    unread.engine.assertOpen('reading an event')
    unread.event = eventOf(unread.engine, unread.row, unread.engine.reader)
  }
  return unread.event
}

// The target's own members are configurable, so that the event's may stand in their place.
const READING: ProxyHandler<Unread> = {
  get: (unread, key) => Reflect.get(read(unread), key) as unknown,
  has: (unread, key) => Reflect.has(read(unread), key),
  ownKeys: (unread) => Reflect.ownKeys(read(unread)),
  getOwnPropertyDescriptor: (unread, key) => Reflect.getOwnPropertyDescriptor(read(unread), key),
  getPrototypeOf: (unread) => Reflect.getPrototypeOf(read(unread)),
  set: (unread, key, value) => Reflect.set(read(unread), key, value),
  deleteProperty: (unread, key) => Reflect.deleteProperty(read(unread), key),
  defineProperty: (unread, key, property) => Reflect.defineProperty(read(unread), key, property),
}
