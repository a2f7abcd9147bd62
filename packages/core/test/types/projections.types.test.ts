/** What the compiler infers in projections; `tsc` checks this file, vitest only runs it. */
import { describe, expectTypeOf, it } from 'vitest'
import {
  defineEvent,
  defineProjection,
  type Projection,
  type StandardSchema,
  type Store,
  type StoredEvent,
} from '../../src/index.ts'
import { Noted, type Note } from '../support/api-events.ts'

declare const store: Store
declare const schema: StandardSchema<{ readonly id?: string }, { readonly id: string }>

/** Never called: its body is for the compiler alone. */
function typed(_body: () => void): void {
  // nothing to run
}

describe('a projection', () => {
  it('takes its state from init and its values from the event types', () => {
    const Sum = defineProjection({
      name: 'Sum',
      init: () => ({ sum: 0, last: '' }),
      on: (on) => [
        on(Noted, (state, note, event) => {
          expectTypeOf(state).toEqualTypeOf<{ sum: number; last: string }>()
          expectTypeOf(note).toEqualTypeOf<Note>()
          expectTypeOf(event).toEqualTypeOf<StoredEvent<Note>>()
          return { ...state, sum: state.sum + note.n }
        }),
        on(Noted.kind, (state, event) => {
          expectTypeOf(event).toEqualTypeOf<StoredEvent>()
          return state
        }),
        on('any', (state, event) => {
          expectTypeOf(event.payload).toEqualTypeOf<unknown>()
          return state
        }),
      ],
    })
    expectTypeOf(Sum).toEqualTypeOf<Projection<{ sum: number; last: string }>>()
    typed(() => {
      expectTypeOf(store.project(Sum, 'a')).toEqualTypeOf<
        { sum: number; last: string } | undefined
      >()
    })
  })

  it('gives handlers what a schema puts out, not what it takes', () => {
    typed(() => {
      const type = defineEvent({ name: 'x', category: 1, typeId: 1, schema })
      defineProjection({
        name: 'P',
        init: () => 0,
        on: (on) => [
          on(type, (count, value) => {
            expectTypeOf(value).toEqualTypeOf<{ readonly id: string }>()
            return count + value.id.length
          }),
        ],
      })
    })
  })

  it('refuses a handler that gives another state', () => {
    typed(() => {
      defineProjection({
        name: 'P',
        init: () => 0,
        // @ts-expect-error -- the state is a number
        on: (on) => [on(Noted, (_count) => 'text')],
      })
      defineProjection({
        name: 'P',
        init: () => 0,
        on: (on) => [on(Noted, (count) => count + 1)],
        // @ts-expect-error -- finish gives the state or nothing
        finish: (count) => `${count}`,
      })
      defineProjection({
        name: 'P',
        init: () => 0,
        on: (on) => [on(Noted, (count) => count + 1)],
        finish: (count) => (count > 3 ? count : undefined),
      })
    })
  })
})
