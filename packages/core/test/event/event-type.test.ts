/** Event types: how a value becomes a payload, and a payload a value again. */
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  defineEvent,
  findKindCollisions,
  isStoreError,
  kind,
  type AnyEventType,
  type EventType,
  type StandardSchema,
  type StoredEvent,
} from '../../src/index.ts'
import { Counted, Noted, at } from '../support/api-events.ts'
import { argumentError, refusal, thrownBy } from '../support/api-errors.ts'
import { messagesOn } from '../support/api-channel.ts'
import { filesOf, freshDir, openStore } from '../support/api-store.ts'

interface OrderIn {
  readonly id: string
  readonly amount?: number | undefined
}

interface Order {
  readonly id: string
  readonly amount: number
  readonly currency: string
}

/** A validator of a few lines: `amount` has a default, `currency` is only in what comes out. */
const orderSchema: StandardSchema<OrderIn, Order> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate(value) {
      const { id, amount = 0, currency = 'EUR' } = (value ?? {}) as Partial<Order>
      const issues = [
        ...(typeof id === 'string' ? [] : [{ message: 'expected a string', path: ['id'] }]),
        ...(typeof amount === 'number'
          ? []
          : [{ message: 'expected a number', path: ['lines', 0, { key: 'amount' }] }]),
      ]
      return issues.length > 0 ? { issues } : { value: { id: id!, amount, currency } }
    },
  },
}

const OrderPlaced = defineEvent({
  name: 'shop.OrderPlaced',
  category: 0xf,
  typeId: 0x20,
  schema: orderSchema,
})

/** An event of the given kind whose payload is stored as it is. */
function stored(type: AnyEventType, payload: Uint8Array): StoredEvent {
  const store = openStore()
  const { eventId } = store.appendBytes(at('a'), type.kind, payload)
  return store.get(eventId)
}

const garbage = Uint8Array.of(0xc1)

describe('reading an event with a type', () => {
  it('W-28 R-75 routes: another kind is undefined, its own is the value', () => {
    const store = openStore()
    const event = store.get(store.append(at('a'), Noted, { n: 7 }).eventId)
    expect(Noted.route(event)).toEqual({ n: 7 })
    expect(Counted.route(event)).toBeUndefined()
    expect([Noted.is(event), Counted.is(event)]).toEqual([true, false])
  })

  it('W-28 R-75 routes an undecodable event of its own kind to DecodeFailure, never past it', () => {
    const event = stored(Noted, garbage)
    const error = refusal('DecodeFailure', () => Noted.route(event))
    expect([error.kind, error.eventId, error.entity]).toEqual([Noted.kind, event.eventId, 'a'])
    expect(isStoreError(error.cause, 'Serialization')).toBe(true)
    expect(error.message).toContain(event.eventId)
    expect(Counted.route(event)).toBeUndefined()
    expect(Noted.is(event)).toBe(true)
  })

  it('W-28 R-76 decodes strictly: another kind is KindMismatch', () => {
    const event = stored(Noted, garbage)
    const error = refusal('KindMismatch', () => Counted.decode(event))
    expect([error.expected, error.got]).toEqual([Counted.kind, Noted.kind])
    refusal('DecodeFailure', () => Noted.decode(event))
  })

  it('R-76 works the same on events of every read', () => {
    const store = openStore()
    const { eventId } = store.append(at('a'), Noted, { n: 7 })
    const reads = [
      store.get(eventId),
      store.find(eventId)!,
      [...store.events({ entity: 'a' })][0]!,
      [...store.ancestors(eventId)][0]!,
    ]
    for (const event of reads) expect(Noted.decode(event)).toEqual({ n: 7 })
  })

  it('encodes to the bytes that an append stores', () => {
    const store = openStore()
    const { eventId } = store.append(at('a'), Noted, { n: 1 })
    const bytes = Noted.encode({ n: 1 })
    expect(Buffer.from(bytes).toString('hex')).toBe('81a16e01')
    expect(store.get(eventId).payloadBytes).toEqual(bytes)
  })
})

describe('a type with a schema', () => {
  it('takes the input, stores it as given, and applies defaults on reading', () => {
    const store = openStore()
    const { eventId } = store.append(at('a'), OrderPlaced, { id: 'o1' })
    const event = store.get(eventId)
    expect(event.payload).toEqual({ id: 'o1' })
    const order = OrderPlaced.decode(event)
    expectTypeOf(order).toEqualTypeOf<Order>()
    expect(order).toEqual({ id: 'o1', amount: 0, currency: 'EUR' })
    expect(OrderPlaced.route(event)).toEqual(order)
  })

  it('refuses what the schema refuses with ValidationFailed, and writes nothing', () => {
    const store = openStore()
    const { dataDir } = store.diagnostics()
    const before = [filesOf(dataDir), store.stats()]
    const bad = { id: 5, amount: 'x' } as unknown as OrderIn
    const error = refusal('ValidationFailed', () => store.append(at('a'), OrderPlaced, bad))
    expect(error.typeName).toBe('shop.OrderPlaced')
    expect(error.issues).toEqual([
      { message: 'expected a string', path: 'id' },
      { message: 'expected a number', path: 'lines[0].amount' },
    ])
    expect(error.message).toContain('shop.OrderPlaced')
    expect(error.message).toContain('lines[0].amount: expected a number')
    refusal('ValidationFailed', () => OrderPlaced.encode(bad))
    expect([filesOf(dataDir), store.stats()]).toEqual(before)
    expect(store.append(at('a'), OrderPlaced, { id: 'o1' }).clock).toBe(0)
  })

  it('throws what the schema throws, and writes nothing', () => {
    const boom = new RangeError('boom')
    const type = defineEvent({
      name: 'x',
      category: 1,
      typeId: 1,
      schema: {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: () => {
            throw boom
          },
        },
      },
    })
    const store = openStore()
    const before = store.stats()
    expect(thrownBy(() => store.append(at('a'), type, 1))).toBe(boom)
    expect(store.stats()).toEqual(before)
  })

  it('reads what it no longer accepts as DecodeFailure with the issues as cause', () => {
    const event = stored(OrderPlaced, Noted.encode({ n: 1 }))
    const error = refusal('DecodeFailure', () => OrderPlaced.decode(event))
    expect(isStoreError(error.cause, 'ValidationFailed')).toBe(true)
    expect(error.message).toContain('expected a string')
  })

  it.each([
    ['a promise', Promise.resolve({ value: 1 })],
    // oxlint-disable-next-line unicorn/no-thenable -- a promise of another library
    ['a thenable', { then: (): void => undefined }],
  ])('must be synchronous: one that answers with %s is a TypeError', (_, answer) => {
    const type = defineEvent({
      name: 'slow.Event',
      category: 1,
      typeId: 1,
      schema: {
        '~standard': { version: 1, vendor: 'test', validate: () => answer as never },
      },
    })
    const store = openStore()
    const before = store.stats()
    const message = argumentError(TypeError, () => store.append(at('a'), type, 1))
    expect(message).toContain('slow.Event')
    expect(message).toContain('asynchronous')
    expect(store.stats()).toEqual(before)
  })

  it('sees the stored form after upcast', () => {
    const type = defineEvent({
      name: 'shop.OrderPlaced',
      category: 0xf,
      typeId: 0x20,
      schema: orderSchema,
      upcast: (old) => ({ ...(old as object), id: `order-${(old as { no: number }).no}` }),
    })
    const event = stored(type, defineEvent({ name: 'x', category: 1, typeId: 1 }).encode({ no: 4 }))
    expect(type.decode(event)).toEqual({ id: 'order-4', amount: 0, currency: 'EUR' })
  })
})

describe('upcast', () => {
  const upcast = (old: unknown): unknown => {
    const { n, count } = old as { n?: number; count?: number }
    return { n: n ?? count }
  }
  const type: EventType<{ n: number }> = defineEvent<{ n: number }>({
    name: 'test.Noted',
    category: 0xf,
    typeId: 1,
    upcast,
  })

  it('turns the stored form into the present one on reading, and is not used for writing', () => {
    const store = openStore()
    const old = store.append(at('a'), Counted, { n: 0 })
    expect(old.clock).toBe(0)
    const { eventId } = store.appendBytes(
      at('a'),
      type.kind,
      defineEvent({ name: 'x', category: 1, typeId: 1 }).encode({ count: 3 }),
    )
    expect(type.decode(store.get(eventId))).toEqual({ n: 3 })
    const now = store.append(at('a'), type, { n: 4 })
    expect(store.get(now.eventId).payload).toEqual({ n: 4 })
    expect(type.decode(store.get(now.eventId))).toEqual({ n: 4 })
  })

  it('that throws is a DecodeFailure with that error as cause', () => {
    const boom = new Error('no such version')
    const strict = defineEvent({
      name: 'x',
      category: 0xf,
      typeId: 1,
      upcast: () => {
        throw boom
      },
    })
    const error = refusal('DecodeFailure', () =>
      strict.decode(stored(Noted, Noted.encode({ n: 1 }))),
    )
    expect(error.cause).toBe(boom)
  })
})

describe('defining a type', () => {
  it.each<readonly [name: string, definition: unknown]>([
    ['name', { category: 1, typeId: 1 }],
    ['name', { name: '', category: 1, typeId: 1 }],
    ['name', { name: 5, category: 1, typeId: 1 }],
    ['upcast', { name: 'x', category: 1, typeId: 1, upcast: 5 }],
    ['schema', { name: 'x', category: 1, typeId: 1, schema: {} }],
    ['schema', { name: 'x', category: 1, typeId: 1, schema: null }],
    ['schema', { name: 'x', category: 1, typeId: 1, schema: { '~standard': { version: 1 } } }],
    ['defineEvent must be an object', undefined],
    ['defineEvent must be an object', 'x'],
  ])('W-29 names what is wrong: %s of %j', (name, definition) => {
    const message = argumentError(TypeError, () => defineEvent(definition as never))
    expect(message).toContain(name)
  })

  it('W-29 names the nearest option when one is misspelled', () => {
    const define = (): unknown => defineEvent({ name: 'x', category: 1, typeid: 1 } as never)
    expect(argumentError(TypeError, define)).toMatch(/'typeid'.*'typeId'/)
  })
})

describe('kinds of a list of types', () => {
  const twin = defineEvent({ name: 'test.Twin', category: 0xf, typeId: 1 })
  const third = defineEvent({ name: 'test.Third', category: 0xf, typeId: 1 })
  const collision = {
    category: 0xf,
    typeId: 1,
    firstTypeName: 'test.Noted',
    secondTypeName: 'test.Twin',
  }

  it('W-30 collide when two types of different names claim one kind', () => {
    expect(findKindCollisions([Noted, Counted])).toEqual([])
    expect(findKindCollisions([Noted, Counted, twin])).toEqual([collision])
    expect(findKindCollisions([Noted, twin, third])).toEqual([
      collision,
      { ...collision, secondTypeName: 'test.Third' },
    ])
    expect(findKindCollisions([])).toEqual([])
  })

  it('W-31 do not collide when one type is listed twice, or its module was loaded twice', () => {
    const again = defineEvent({ name: 'test.Noted', category: 0xf, typeId: 1 })
    expect(findKindCollisions([Noted, Noted, again])).toEqual([])
    expect(findKindCollisions([Noted, again, twin, twin])).toHaveLength(2)
  })

  it('W-30 refuse the open under FailFast before the directory is touched', () => {
    const dataDir = `${freshDir()}/new`
    const error = refusal('EventPayloadRegistry', () =>
      openStore({ dataDir, events: [Noted, twin], eventPayloadValidation: 'FailFast' }),
    )
    expect(error.collisions).toEqual([collision])
    expect(error.message).toContain('1 event kind collision')
    expect(error.message).toContain('0xf')
    expect(error.message).toContain('test.Twin')
    openStore({ dataDir: freshDir(), events: [Noted], eventPayloadValidation: 'FailFast' })
    expect(() => filesOf(dataDir)).toThrow('ENOENT')
  })

  it('W-30 are told on the diagnostics channel under Warn, the default, and not under Silent', () => {
    const told = messagesOn('batpak:event_registry')
    openStore({ events: [Noted, twin], eventPayloadValidation: 'Silent' })
    openStore({ events: [Noted, Counted] })
    expect(told).toEqual([])
    const store = openStore({ events: [Noted, twin] })
    const { dataDir } = store.diagnostics()
    expect(told).toMatchObject([{ dataDir, error: { code: 'EventPayloadRegistry' } }])
    // Once per process is enough.
    openStore({ events: [Noted, twin] })
    expect(told).toHaveLength(1)
    store.append(at('a'), Noted, { n: 1 })
  })

  it('W-31 are unique per list, not per directory', () => {
    const dataDir = freshDir()
    openStore({ dataDir, events: [Noted], eventPayloadValidation: 'FailFast' }).close()
    openStore({ dataDir, events: [twin], eventPayloadValidation: 'FailFast' })
  })

  it('W-29 bind a name to exactly one kind', () => {
    expect(Noted.kind).toBe(kind(0xf, 1))
    expect(Noted.name).toBe('test.Noted')
  })
})
