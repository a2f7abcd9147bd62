/** What the model test runs: programs of plain JSON, so that a failure shrinks and can be read. */
import fc from 'fast-check'

export interface Config {
  /** `syncEveryNEvents`. */
  readonly cadence: number
  /** Segments so small that almost every write rotates. */
  readonly small: boolean
  readonly signed: boolean
  readonly keysRequired: boolean
  readonly batchMaxSize: number
}

export interface Item {
  readonly entity: number
  readonly key?: number | undefined
  readonly prior?: number | undefined
}

export type Step =
  | {
      readonly do: 'append'
      readonly entity: number
      /** Past the fence when there is one, and through the last one when it has ended. */
      readonly astray?: true | undefined
      readonly key?: number | undefined
      /** Compare-and-swap: with what is there, with nothing, or with a clock that may be wrong. */
      readonly expected?: 'head' | 'empty' | number | undefined
      readonly durable?: boolean | undefined
      readonly wrong?: 'value' | 'coordinate' | 'disk' | undefined
    }
  | {
      readonly do: 'batch'
      readonly items: readonly Item[]
      readonly astray?: true | undefined
      readonly how: 'batch' | 'outbox' | 'reactions'
      readonly wrong?: 'disk' | 'coordinate' | undefined
    }
  | { readonly do: 'deny'; readonly entity: number; readonly key?: number | undefined }
  | { readonly do: 'fence'; readonly act: 'begin' | 'publish' | 'cancel' | 'dispose' }
  | { readonly do: 'sync' }
  | { readonly do: 'tick'; readonly ms: number }
  | { readonly do: 'reopen'; readonly how: 'close' | 'abandon' | 'crash' }

export interface Program {
  readonly config: Config
  readonly steps: readonly Step[]
}

const entity = fc.nat(2)
const key = fc.option(fc.nat(3), { nil: undefined, freq: 2 })
const rarely = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value })

const item: fc.Arbitrary<Item> = fc.record({ entity, key, prior: rarely(fc.nat(3)) })
/** Most batches have keys on all items or on none. */
const items = fc.oneof(
  fc.array(item, { maxLength: 6 }),
  fc.array(fc.record({ entity, prior: rarely(fc.nat(2)) }), { maxLength: 5 }),
  fc
    .uniqueArray(fc.nat(5), { maxLength: 4 })
    .map((keys) => keys.map((k, i) => ({ entity: i % 3, key: k }))),
  fc.array(fc.record({ entity, key: fc.nat(9) }), { minLength: 2, maxLength: 3 }),
)

const STEPS: readonly { readonly weight: number; readonly arbitrary: fc.Arbitrary<Step> }[] = [
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      entity,
      astray: rarely(fc.constant(true as const)),
      key,
      expected: rarely(
        fc.oneof(fc.constant('head' as const), fc.constant('empty' as const), fc.nat(5)),
      ),
      durable: rarely(fc.boolean()),
      wrong: rarely(
        fc.constantFrom('value' as const, 'coordinate' as const, 'disk' as const, 'disk' as const),
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('batch' as const),
      items,
      astray: rarely(fc.constant(true as const)),
      how: fc.constantFrom('batch' as const, 'outbox' as const, 'reactions' as const),
      wrong: rarely(fc.constantFrom('disk' as const, 'coordinate' as const)),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('fence' as const),
      act: fc.constantFrom('begin', 'begin', 'publish', 'cancel', 'cancel', 'dispose'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deny' as const), entity, key }) },
  { weight: 1, arbitrary: fc.constant({ do: 'sync' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('tick' as const),
      ms: fc.integer({ min: -50, max: 50 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('reopen' as const),
      how: fc.constantFrom('close' as const, 'abandon' as const, 'crash' as const),
    }),
  },
]

const config: fc.Arbitrary<Config> = fc.record({
  cadence: fc.constantFrom(1, 2, 2, 3, 3, 7, 1000),
  small: fc.nat(2).map((n) => n === 0),
  signed: fc.boolean(),
  keysRequired: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.boolean()),
  batchMaxSize: fc.integer({ min: 3, max: 8 }),
})

export const program: fc.Arbitrary<Program> = fc.record({
  config,
  steps: fc.array(fc.oneof(...STEPS), { minLength: 1, maxLength: 60, size: 'max' }),
})
