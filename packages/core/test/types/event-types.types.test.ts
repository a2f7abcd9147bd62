/** What the compiler infers of event types, appends and ids; `tsc` checks this file, vitest only runs it. */
import { describe, expectTypeOf, it } from 'vitest'
import {
  EventId,
  IdempotencyKey,
  Store,
  defineEvent,
  type AnyEventType,
  type AppendOptions,
  type AppendReceipt,
  type CausationId,
  type CorrelationId,
  type EventKind,
  type EventType,
  type IndexEntry,
  type Region,
  type StandardSchema,
  type StoredEvent,
  type Until,
} from '../../src/index.ts'
import { Noted, at } from '../support/api-events.ts'

interface OrderIn {
  readonly id: string
  readonly amount?: number
}
interface Order {
  readonly id: string
  readonly amount: number
}
declare const schema: StandardSchema<OrderIn, Order>
declare const store: Store
declare const event: StoredEvent

/** Never called: its body is for the compiler alone. */
function typed(_body: () => void): void {
  // nothing to run
}

describe('an event type', () => {
  it('declared without a schema has one type for both directions', () => {
    const type = defineEvent<{ body: string }>({ name: 'x', category: 1, typeId: 1 })
    expectTypeOf(type).toEqualTypeOf<EventType<{ body: string }>>()
    typed(() => {
      expectTypeOf(type.decode(event)).toEqualTypeOf<{ body: string }>()
      expectTypeOf(type.route(event)).toEqualTypeOf<{ body: string } | undefined>()
      expectTypeOf<Parameters<typeof type.encode>>().toEqualTypeOf<[value: { body: string }]>()
      if (type.is(event)) expectTypeOf(event.payload).toEqualTypeOf<{ body: string }>()
    })
  })

  it('declared with a schema takes its input and gives its output', () => {
    typed(() => {
      const type = defineEvent({ name: 'x', category: 1, typeId: 1, schema })
      expectTypeOf(type).toEqualTypeOf<EventType<Order, OrderIn>>()
      expectTypeOf(type.decode(event)).toEqualTypeOf<Order>()
      expectTypeOf<Parameters<typeof type.encode>>().toEqualTypeOf<[value: OrderIn]>()
    })
  })

  it('of any kind fits the option events and a region', () => {
    expectTypeOf(Noted).toExtend<AnyEventType>()
    typed(() => {
      const type = defineEvent({ name: 'x', category: 1, typeId: 1, schema })
      expectTypeOf(type).toExtend<AnyEventType>()
      Store.open({ dataDir: 'x', events: [type, Noted] })
      expectTypeOf<{ kind: typeof type }>().toExtend<Region>()
    })
  })
})

describe('append', () => {
  it('takes what the type encodes and nothing else, and infers nothing from the value', () => {
    typed(() => {
      const type = defineEvent({ name: 'x', category: 1, typeId: 1, schema })
      expectTypeOf(store.append(at('a'), type, { id: '1' })).toEqualTypeOf<AppendReceipt>()
      store.append(at('a'), type, { id: '1', amount: 2 })
      // @ts-expect-error -- the output's shape is not what appending takes: id is missing
      store.append(at('a'), type, { amount: 2 })
      // @ts-expect-error -- n is a number
      store.append(at('a'), Noted, { n: 'one' })
      // @ts-expect-error -- an unknown member is a mistake, not a wider type
      store.append(at('a'), Noted, { n: 1, m: 2 })
      // @ts-expect-error -- a coordinate has a scope
      store.append({ entity: 'a' }, Noted, { n: 1 })
      // @ts-expect-error -- a number is no kind until `kind` has made it one
      store.appendBytes(at('a'), 0x1000, new Uint8Array())
      store.appendBytes(at('a'), 0x1000 as EventKind, new Uint8Array())
    })
  })

  it('has options that name their values', () => {
    expectTypeOf<AppendOptions['expected']>().toEqualTypeOf<number | 'empty' | undefined>()
    expectTypeOf<AppendOptions['onReplay']>().toEqualTypeOf<'return' | 'verify' | undefined>()
    expectTypeOf<AppendOptions['until']>().toEqualTypeOf<Until | undefined>()
    typed(() => {
      const key = IdempotencyKey.fromHex('')
      const options: AppendOptions = { expected: 'empty', idempotencyKey: key, flags: 1 }
      store.append(at('a'), Noted, { n: 1 }, options)
      // @ts-expect-error -- text that was not checked is no key
      store.append(at('a'), Noted, { n: 1 }, { idempotencyKey: 'text' })
      // @ts-expect-error -- an event id is no idempotency key
      store.append(at('a'), Noted, { n: 1 }, { idempotencyKey: EventId.generate() })
      // @ts-expect-error -- "any" is no head of an entity
      store.append(at('a'), Noted, { n: 1 }, { expected: 'any' })
      // @ts-expect-error -- misspelled
      store.append(at('a'), Noted, { n: 1 }, { expectd: 1 })
      // @ts-expect-error -- a lane without a depth is no position
      store.append(at('a'), Noted, { n: 1 }, { position: { lane: 1 } })
    })
  })

  it('takes an event id as causation and as correlation', () => {
    expectTypeOf<EventId>().toExtend<CausationId>()
    expectTypeOf<EventId>().toExtend<CorrelationId>()
    expectTypeOf<EventId>().toExtend<string>()
    expectTypeOf<string>().not.toExtend<EventId>()
    expectTypeOf<EventId>().not.toExtend<IdempotencyKey>()
    typed(() => {
      const { eventId } = store.append(at('a'), Noted, { n: 1 })
      store.append(at('a'), Noted, { n: 2 }, { causationId: eventId, correlationId: eventId })
      store.get(eventId)
      // @ts-expect-error -- any text is no event id
      store.get('text')
    })
  })
})

describe('what reads return', () => {
  it('is readonly, and absent where it may be absent', () => {
    typed(() => {
      expectTypeOf(store.find(event.eventId)).toEqualTypeOf<StoredEvent | undefined>()
      expectTypeOf(store.entry(event.eventId)).toEqualTypeOf<IndexEntry | undefined>()
      expectTypeOf(store.get(event.eventId).payload).toEqualTypeOf<unknown>()
      expectTypeOf(store.page({}, { limit: 1 }).next).toEqualTypeOf<number | undefined>()
      for (const entry of store.entries()) expectTypeOf(entry).toEqualTypeOf<IndexEntry>()
      for (const each of store.events()) expectTypeOf(each).toEqualTypeOf<StoredEvent>()
      // @ts-expect-error -- a page has a size
      store.page({})
      // @ts-expect-error -- an entry is not written to
      event.sequence = 1
      // @ts-expect-error -- an index entry has no payload
      void store.entry(event.eventId)!.payload
      // @ts-expect-error -- a page is read forwards
      store.page({}, { limit: 1, reverse: true })
    })
  })

  it('of a read-only store has no member that writes', () => {
    typed(() => {
      const reader = Store.openReadOnly({ dataDir: 'x' })
      expectTypeOf(reader).not.toHaveProperty('append')
      expectTypeOf(reader).not.toHaveProperty('appendBytes')
      expectTypeOf(reader).not.toHaveProperty('sync')
      expectTypeOf(reader).toHaveProperty('close')
      expectTypeOf<(typeof reader)['get']>().toEqualTypeOf<Store['get']>()
      // @ts-expect-error -- a store is opened, not constructed
      void new Store()
    })
  })
})
