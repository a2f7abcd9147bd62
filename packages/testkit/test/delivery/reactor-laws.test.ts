/**
 * The laws of delivery, on reactors that keep them and on reactors that break them.
 * Harness pattern: Equivalence Harness.
 * PROVES: batpak's reactors handle every bound event at least once, in order, also when a handler throws and when the process dies; reactorLaws is red for reactors that do not bear repetition.
 * CATCHES: a checkpoint ahead of what was handled, outputs of a failed batch, a batch that is not repeated, a reaction without the correlation of its trigger.
 * SEEDED: events, the accident and its place, from the reactor's name; BATPAK_SEED changes them.
 */
import { describe, expect, it, test } from 'vitest'
import { IdempotencyKey, defineEvent, idempotencyKey, type EventId } from '@batpak/core'
import { fail, reaction } from '@batpak/core/delivery'
import {
  LawViolation,
  fc,
  given,
  reactorLaws,
  type GivenEvent,
  type ReactorLawOptions,
  type ReactorSpec,
} from '../../src/index.ts'

const Ordered = defineEvent<{ sku: number }>({ name: 'shop.Ordered', category: 0xf, typeId: 1 })
const Noise = defineEvent<{ n: number }>({ name: 'shop.Noise', category: 0xf, typeId: 2 })
const Shipped = defineEvent<{ sku: number }>({ name: 'shop.Shipped', category: 0xe, typeId: 3 })

const order = (name: string): { entity: string; scope: string } => ({
  entity: `order:${name}`,
  scope: 'shop',
})
const events: fc.Arbitrary<readonly GivenEvent[]> = fc.array(
  fc.oneof(
    fc
      .record({ name: fc.constantFrom('a', 'b', 'c'), sku: fc.nat(9) })
      .map(({ name, sku }) => given(order(name), Ordered, { sku })),
    fc.nat(9).map((n) => given(order('a'), Noise, { n })),
    fc.nat(9).map((n) => given({ entity: 'elsewhere', scope: 'shop' }, Ordered, { sku: n })),
  ),
  { maxLength: 14 },
)
const AT = { entity: 'warehouse', scope: 'shop' }
const keyOf = (id: EventId, n: number): IdempotencyKey => idempotencyKey('shipping', `${id} ${n}`)

const shipping: ReactorSpec = {
  name: 'shipping',
  region: { entity: 'order' },
  reactions: [
    reaction(Ordered, async ({ eventId, payload }, out) => {
      await Promise.resolve()
      for (let n = 0; n < payload.sku % 3; n += 1) {
        out.stage(AT, Shipped, payload, { idempotencyKey: keyOf(eventId, n) })
      }
    }),
  ],
}
const report = reactorLaws(test, shipping, { events, idempotent: true })

it('the suite above threw, killed and handled', () => {
  expect(report.runs).toBeGreaterThanOrEqual(75)
  expect(report.commands['killed']).toBeGreaterThan(5)
  expect(report.commands['handled']).toBeGreaterThan(200)
  expect(report.notChecked).toEqual([])
})

reactorLaws(
  test,
  { name: 'echoing everything', reactions: [reaction('any', () => undefined)] },
  { events, runs: 8 },
)

/** The first law that a suite finds broken. */
async function verdict(
  spec: ReactorSpec,
  options: Partial<ReactorLawOptions> = {},
): Promise<unknown> {
  const tests: (() => void | Promise<void>)[] = []
  reactorLaws((_, run) => tests.push(run), spec, { events, runs: 40, ...options })
  for (const run of tests) {
    try {
      await run()
    } catch (error) {
      return error
    }
  }
  return undefined
}

describe('reactorLaws', () => {
  it('is red for a reactor that is said to bear repetition and does not', async () => {
    const spec: ReactorSpec = {
      ...shipping,
      name: 'without keys',
      reactions: [reaction(Ordered, ({ payload }, out) => out.stage(AT, Shipped, payload))],
    }
    expect(await verdict(spec)).toBeUndefined()
    const error = await verdict(spec, { idempotent: true })
    expect(error).toBeInstanceOf(LawViolation)
    expect((error as LawViolation).law).toBe('L-DELIVER')
    expect((error as LawViolation).message).toMatch(/another effect[^]*shop\.Ordered/)
  })

  it('is red for a reactor that remembers in memory what it has done', async () => {
    const done = new Set<EventId>()
    const spec: ReactorSpec = {
      ...shipping,
      name: 'with a memory',
      reactions: [
        reaction(Ordered, ({ eventId, payload }, out) => {
          if (!done.has(eventId)) out.stage(AT, Shipped, payload)
          done.add(eventId)
        }),
      ],
    }
    expect(await verdict(spec)).toBeInstanceOf(LawViolation)
  })

  it('is red for a reactor that fails, and for one that never rests', async () => {
    const failing = {
      ...shipping,
      reactions: [reaction(Ordered, () => fail(new Error('no stock')))],
    }
    expect(String(await verdict(failing))).toMatch(/did not come to rest[^]*no stock/)
  })

  it('refuses nonsense', () => {
    const run = (): undefined => undefined
    expect(() => reactorLaws(run, shipping, { events, idempotant: true } as never)).toThrow(
      /idempotent/,
    )
    expect(() => reactorLaws(run, {} as never, { events })).toThrow(/reactor must be/)
  })
})
