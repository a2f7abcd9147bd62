/** Commands: load, decide, append, in one synchronous step. */
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  defineDecider,
  defineProjection,
  draft,
  idempotencyKey,
  prior,
  type AppendReceipt,
  type DecideContext,
} from '../../src/index.ts'
import { argumentError, refusal, thrownBy } from '../support/api-errors.ts'
import { Counted, Noted, at } from '../support/api-events.ts'
import { openStore } from '../support/api-store.ts'

const Sum = defineProjection<number>({
  name: 'Sum',
  init: () => 0,
  on: (on) => [on(Noted, (sum, { n }) => sum + n), on(Counted, (sum, { n }) => sum - n)],
})

class Overdrawn extends Error {}

/** Takes `n` away in single steps, never below zero. */
const Take = defineDecider({
  projection: Sum,
  decide: (n: number, sum, ctx) => {
    if (sum < n) throw new Overdrawn(`${n} of ${sum}`)
    return Array.from({ length: n }, (_, i) =>
      ctx.draft(Counted, { n: 1 }, i === 0 ? {} : { causedBy: prior(i - 1) }),
    )
  },
})

describe('execute', () => {
  it('appends what is decided from the state as one batch, and nothing for an empty decision', () => {
    const store = openStore()
    store.append(at('a'), Noted, { n: 3 })
    const receipts = store.execute(Take, at('a'), 2)
    expect(receipts.map(({ clock, kind }) => [clock, kind])).toEqual([
      [1, Counted.kind],
      [2, Counted.kind],
    ])
    expect(store.entry(receipts[1]!.eventId)!.causationId).toBe(receipts[0]!.eventId)
    expect(store.project(Sum, 'a')).toBe(1)
    const before = store.stats()
    expect(store.execute(Take, at('a'), 0)).toEqual([])
    expect(store.stats()).toEqual(before)
  })

  it('throws what decide throws and writes nothing', () => {
    const store = openStore()
    const before = store.stats()
    expect(thrownBy(() => store.execute(Take, at('a'), 1))).toBeInstanceOf(Overdrawn)
    expect(store.stats()).toEqual(before)
  })

  it('takes one draft for one event', () => {
    const store = openStore()
    const One = defineDecider({
      projection: Sum,
      decide: (n: number, _sum, ctx) => ctx.draft(Noted, { n }),
    })
    expect(store.execute(One, at('a'), 7)).toHaveLength(1)
    expect(store.project(Sum, 'a')).toBe(7)
  })

  it('refuses a decision whose state has changed while it was made', () => {
    const store = openStore()
    const Meddling = defineDecider({
      projection: Sum,
      decide: (_: undefined, _sum, ctx) => {
        store.append(ctx.at, Noted, { n: 1 })
        return [ctx.draft(Noted, { n: 2 })]
      },
    })
    const error = thrownBy(() => store.execute(Meddling, at('a'), undefined))
    expect(String(error)).toMatch(/SequenceMismatch|expected/i)
    expect(store.project(Sum, 'a')).toBe(1)
  })

  it('is closed to a decision that closes the store', () => {
    const store = openStore()
    const Closing = defineDecider({
      projection: Sum,
      decide: () => {
        store.close()
        return []
      },
    })
    refusal('StoreClosed', () => store.execute(Closing, at('a'), undefined))
  })

  it('W-60 answers a known key with the receipts of then, without deciding', () => {
    const store = openStore()
    store.append(at('a'), Noted, { n: 3 })
    const key = idempotencyKey('test', 'take 2')
    const first = store.execute(Take, at('a'), 2, { idempotencyKey: key })
    const again = store.execute(Take, at('a'), 2, { idempotencyKey: key })
    expect(again.map(({ eventId }) => eventId)).toEqual(first.map(({ eventId }) => eventId))
    expect(again.every(({ replayed }) => replayed)).toBe(true)
    expect(first[0]!.eventId).toBe(key)
    expect(store.project(Sum, 'a')).toBe(1)
  })

  it('gives its options to all events, and leaves what a draft says itself', () => {
    const store = openStore()
    const cause = store.append(at('b'), Noted, { n: 1 }).eventId
    const Two = defineDecider({
      projection: Sum,
      decide: (_: undefined, _sum, ctx) => [
        ctx.draft(Noted, { n: 1 }),
        draft(at('c'), Noted, { n: 2 }, { causedBy: 'none' }),
      ],
    })
    const options = { causationId: cause, correlationId: cause }
    const [one, two] = store.execute(Two, at('a'), undefined, options)
    expect(store.entry(one!.eventId)).toMatchObject({ causationId: cause, correlationId: cause })
    expect(store.entry(two!.eventId)!.causationId).toBeUndefined()
    expect(two!.coordinate.entity).toBe('c')
  })

  it('is refused under an open fence, and for what is no decider or no draft', () => {
    const store = openStore()
    argumentError(TypeError, () => store.execute({} as never, at('a'), 1))
    argumentError(TypeError, () => defineDecider({ projection: Sum, decide: 1 as never }))
    for (const decided of [undefined, [{}], Promise.resolve([])]) {
      const Wrong = defineDecider({ projection: Sum, decide: () => decided as never })
      argumentError(TypeError, () => store.execute(Wrong, at('a'), 1))
    }
    argumentError(TypeError, () => store.execute(Take, at('a'), 0, { expected: 1 } as never))
    const before = store.stats()
    store.beginFence()
    refusal('VisibilityFenceActive', () => store.execute(Take, at('a'), 0))
    expect(store.stats()).toEqual(before)
  })

  it('infers command, state and context', () => {
    defineDecider({
      projection: Sum,
      decide: (command: { n: number }, state, ctx) => {
        expectTypeOf(state).toEqualTypeOf<number>()
        expectTypeOf(ctx).toEqualTypeOf<DecideContext>()
        expectTypeOf(command).toEqualTypeOf<{ n: number }>()
        return []
      },
    })
    const receipts = openStore().execute(Take, at('a'), 0)
    expectTypeOf(receipts).toEqualTypeOf<readonly AppendReceipt[]>()
  })
})
