/** Events outlive their definitions: older stored forms are read through `upcast`, then the schema. */
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  defineEvent,
  defineProjection,
  draft,
  type EventType,
  type StandardSchema,
  type Store,
} from '../../src/index.ts'
import { at } from '../support/api-events.ts'
import { refusal } from '../support/api-errors.ts'
import { openReadOnly, openStore, stateOf } from '../support/api-store.ts'
import { key, rig } from './rig.ts'

const ID = { category: 0xf, typeId: 0x31 } as const

/** 1: one text. 2: two fields. 3: an amount in cents, checked by a schema that makes it a bigint. */
const PaidV1 = defineEvent<string>({ name: 'shop.Paid', ...ID })
const PaidV2 = defineEvent<{ amount: number; currency: string }>({ name: 'shop.Paid', ...ID })

interface PaidIn {
  readonly cents: number
  readonly currency?: string
}
interface Paid {
  readonly cents: bigint
  readonly currency: string
}

const paidSchema: StandardSchema<PaidIn, Paid> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate(value: unknown) {
      const { cents, currency = 'EUR' } = (value ?? {}) as Partial<PaidIn>
      if (!Number.isSafeInteger(cents)) {
        return { issues: [{ message: 'must be whole cents', path: ['cents'] }] }
      }
      return { value: { cents: BigInt(cents!), currency } }
    },
  },
}

function upcast(stored: unknown): unknown {
  if (typeof stored === 'string') {
    const [amount, currency] = stored.split(' ')
    return { cents: Math.round(Number(amount) * 100), currency }
  }
  if (typeof stored === 'object' && stored !== null && 'amount' in stored) {
    const { amount, currency } = stored as { amount: number; currency: string }
    return { cents: amount * 100, currency }
  }
  return stored
}

const PaidV3 = defineEvent({ name: 'shop.Paid', ...ID, schema: paidSchema, upcast })

/** One event of each definition, in the order in which they were deployed. */
function history(store: Store): void {
  store.append(at('order:1'), PaidV1, '49.90 CHF')
  store.append(at('order:1'), PaidV2, { amount: 7, currency: 'USD' })
  store.append(at('order:1'), PaidV3, { cents: 250 })
}

const CURRENT: readonly Paid[] = [
  { cents: 4990n, currency: 'CHF' },
  { cents: 700n, currency: 'USD' },
  { cents: 250n, currency: 'EUR' },
]

describe('an event type that has changed', () => {
  it('W-27 W-28 reads what each older definition wrote, after a reopen', () => {
    const { store, dataDir } = rig()
    history(store)
    store.close()
    const reader = openReadOnly({ dataDir, events: [PaidV3] })
    const events = [...reader.events({ kind: PaidV3 })]
    expect(events.map((event) => PaidV3.decode(event))).toEqual(CURRENT)
    expect(events.map((event) => PaidV3.route(event))).toEqual(CURRENT)
  })

  it('W-27 leaves what is stored as it is: the value lane shows the stored form', () => {
    const { store } = rig()
    history(store)
    const events = [...store.events({ kind: PaidV3 })]
    expect(events.map((event) => event.payload)).toEqual([
      '49.90 CHF',
      { amount: 7, currency: 'USD' },
      { cents: 250 },
    ])
    const [first] = events
    const before = first!.payloadBytes.slice()
    PaidV3.decode(first!)
    expect(first!.payloadBytes).toEqual(before)
  })

  it('W-26 stores what the schema takes, not what it makes of it', () => {
    const { store } = rig()
    const { eventId } = store.append(at('a'), PaidV3, { cents: 5 })
    expect(store.get(eventId).payload).toEqual({ cents: 5 })
    expect(PaidV3.decode(store.get(eventId))).toEqual({ cents: 5n, currency: 'EUR' })
    const [batched] = store.appendBatch([draft(at('a'), PaidV3, { cents: 6, currency: 'USD' })])
    expect(store.get(batched!.eventId).payload).toEqual({ cents: 6, currency: 'USD' })
  })

  it('W-26 does not upcast what is appended: an old form is refused by the schema', () => {
    const { store } = rig()
    const before = stateOf(store)
    const old = { amount: 7, currency: 'USD' } as never
    for (const write of [
      (): unknown => store.append(at('a'), PaidV3, old),
      (): unknown => draft(at('a'), PaidV3, old),
      (): unknown => PaidV3.encode(old),
    ]) {
      const error = refusal('ValidationFailed', write)
      expect(error.typeName).toBe('shop.Paid')
      expect(error.issues).toEqual([{ message: 'must be whole cents', path: 'cents' }])
    }
    expect(stateOf(store)).toEqual(before)
  })

  it('R-66 W-28 is folded by a projection from all its forms', () => {
    const { store, dataDir } = rig()
    history(store)
    const Total = defineProjection<Record<string, bigint>>({
      name: 'Total',
      init: () => ({}),
      on: (on) => [
        on(PaidV3, (sum, { cents, currency }) => ({
          ...sum,
          [currency]: (sum[currency] ?? 0n) + cents,
        })),
      ],
    })
    const total = { CHF: 4990n, USD: 700n, EUR: 250n }
    expect(store.project(Total, 'order:1')).toEqual(total)
    store.close()
    expect(openStore({ dataDir }).project(Total, 'order:1')).toEqual(total)
  })

  it('W-28 is never skipped when a form is not known: DecodeFailure with the cause', () => {
    const { store } = rig()
    const { eventId } = store.append(at('a'), PaidV2, { amount: 0.125, currency: 'USD' })
    const event = store.get(eventId)
    const refused = refusal('DecodeFailure', () => PaidV3.decode(event))
    expect(refused).toMatchObject({ eventId, entity: 'a', kind: PaidV3.kind })
    expect(refused.cause).toMatchObject({ code: 'ValidationFailed' })
    const boom = new Error('no such version')
    const Strict = defineEvent<Paid>({
      name: 'shop.Paid',
      ...ID,
      upcast: () => {
        throw boom
      },
    })
    expect(refusal('DecodeFailure', () => Strict.decode(event)).cause).toBe(boom)
    expect(refusal('DecodeFailure', () => Strict.route(event)).cause).toBe(boom)
    expect(Strict.is(event)).toBe(true)
    expect(event.payload).toEqual({ amount: 0.125, currency: 'USD' })
  })

  it('W-28 gives other kinds no word: upcast and schema are not asked', () => {
    const { store } = rig()
    let asked = 0
    const Asking = defineEvent<unknown>({
      name: 'other',
      category: 0xf,
      typeId: 0x32,
      upcast: (stored) => {
        asked += 1
        return stored
      },
    })
    const { eventId } = store.append(at('a'), PaidV1, 'x')
    const event = store.get(eventId)
    expect(Asking.route(event)).toBeUndefined()
    refusal('KindMismatch', () => Asking.decode(event))
    expect(asked).toBe(0)
  })

  it('W-27 can be read by the older program again as long as its form is known there', () => {
    const { store } = rig()
    history(store)
    const last = [...store.events({ kind: PaidV3 })].at(-1)!
    expect(PaidV2.decode(last)).toEqual({ cents: 250 })
  })

  it('W-63 a retry in the new form under an old key differs in content, and says so', () => {
    const { store } = rig()
    const options = { idempotencyKey: key(1) }
    const first = store.append(at('a'), PaidV2, { amount: 7, currency: 'USD' }, options)
    const retry = (onReplay: 'return' | 'verify'): unknown =>
      store.append(at('a'), PaidV3, { cents: 700, currency: 'USD' }, { ...options, onReplay })
    expect(retry('return')).toEqual({ ...first, replayed: true })
    expect(refusal('IdempotencyConflict', () => retry('verify')).differs).toEqual(['content'])
  })

  it('W-34 W-133 does not touch what was proven: receipts of old forms verify', () => {
    const { store, dataDir } = rig({ signingKeys: [new Uint8Array(32).fill(7)] })
    const receipt = store.append(at('a'), PaidV1, '1 EUR')
    store.close()
    const reader = openReadOnly({
      dataDir,
      events: [PaidV3],
      signingKeys: [new Uint8Array(32).fill(7)],
    })
    expect(reader.verify(receipt)).toEqual({ outcome: 'signed' })
    expect(PaidV3.decode(reader.get(receipt.eventId))).toEqual({ cents: 100n, currency: 'EUR' })
  })

  it('W-31 the definitions of one name and kind do not collide, of two names they do', () => {
    const { store } = rig({ events: [PaidV1, PaidV3], eventPayloadValidation: 'FailFast' })
    store.append(at('a'), PaidV3, { cents: 1 })
    const Other = defineEvent<string>({ name: 'shop.Refunded', ...ID })
    refusal('EventPayloadRegistry', () =>
      openStore({ events: [PaidV3, Other], eventPayloadValidation: 'FailFast' }),
    )
  })
})

describe('types of what is appended and what is read', () => {
  it('W-29 are the input and the output of the schema', () => {
    expectTypeOf(PaidV3).toEqualTypeOf<EventType<Paid, PaidIn>>()
    const { store } = rig()
    const append = (value: PaidIn): string => store.append(at('a'), PaidV3, value).eventId
    const decoded = PaidV3.decode(store.get(append({ cents: 1 }) as never))
    expectTypeOf(decoded).toEqualTypeOf<Paid>()
    // @ts-expect-error the output is not what an append takes
    refusal('ValidationFailed', () => store.append(at('a'), PaidV3, { cents: 5n, currency: 'EUR' }))
    // @ts-expect-error nor is it what a draft takes
    refusal('ValidationFailed', () => draft(at('a'), PaidV3, { cents: 5n, currency: 'EUR' }))
    expect(decoded).toEqual({ cents: 1n, currency: 'EUR' })
    const [event] = store.events({ kind: PaidV3 })
    if (PaidV3.is(event!)) expectTypeOf(event.payload).toEqualTypeOf<Paid>()
  })
})
