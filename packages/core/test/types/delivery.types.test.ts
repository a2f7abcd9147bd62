/** What the compiler infers and refuses in deliveries; `tsc` checks this file, vitest only runs it. */
import { describe, expectTypeOf, it } from 'vitest'
import type {
  Cursor,
  IndexEntry,
  Notification,
  ReadOnlyStore,
  Store,
  StoredEvent,
  WorkerHandle,
} from '../../src/index.ts'
import { AtLeastOnce, ObservedOnce, fail, reaction } from '../../src/delivery.ts'
import { Noted, type Note } from '../support/api-events.ts'

declare const store: Store
declare const readOnly: ReadOnlyStore
declare const key: Uint8Array

/** Never called: its body is for the compiler alone. */
function typed(_body: () => void): void {
  // nothing to run
}

describe('deliveries', () => {
  it('give rows, notifications and handles', () => {
    typed(async () => {
      expectTypeOf(readOnly.cursor({})).toEqualTypeOf<Cursor>()
      for (const entry of store.cursor({})) expectTypeOf(entry).toEqualTypeOf<IndexEntry>()
      for await (const entry of store.cursor({})) expectTypeOf(entry).toEqualTypeOf<IndexEntry>()
      for await (const next of store.subscribe({})) expectTypeOf(next).toEqualTypeOf<Notification>()
      expectTypeOf(store.work({}, () => undefined)).toEqualTypeOf<WorkerHandle>()
      expectTypeOf(store.react({}, []).done).toEqualTypeOf<Promise<void>>()
    })
  })

  it('exist where they can: a store that only reads has cursors alone (R-81, R-122)', () => {
    typed(() => {
      // @ts-expect-error -- it does not hear of commits
      readOnly.subscribe({})
      // @ts-expect-error -- nor can it save a position
      readOnly.work({}, () => undefined)
      // @ts-expect-error -- nor wait: nothing moves
      void readOnly.waitFor('applied', 1, { timeoutMs: 1 })
      // @ts-expect-error -- nor append
      readOnly.react({}, [])
    })
  })

  it('have no operators: that is what loops are for (R-98, D15)', () => {
    typed(() => {
      // @ts-expect-error -- `where` filters, the rest is the loop's
      store.subscribe({}).map(() => 1)
    })
  })

  it('infer what reactions get, and refuse what they may not return', () => {
    typed(() => {
      reaction(Noted, (event, out, { atLeastOnce }) => {
        expectTypeOf(event).toEqualTypeOf<StoredEvent<Note>>()
        expectTypeOf(atLeastOnce).toEqualTypeOf<AtLeastOnce | undefined>()
        out.stage({ entity: 'e', scope: 's' }, Noted, { n: event.payload.n })
        // @ts-expect-error -- not what the type encodes
        out.stage({ entity: 'e', scope: 's' }, Noted, { m: 1 })
      })
      reaction('any', (event) => expectTypeOf(event.payload).toEqualTypeOf<unknown>() as never)
      reaction(Noted, async () => fail(new Error('declared')))
      // @ts-expect-error -- a verdict is for workers
      reaction(Noted, () => 'stop')
      // @ts-expect-error -- no verdict
      store.work({}, () => 'done')
      store.work({}, async (batch) => (batch.length > 1 ? 'stop' : 'rollback'))
    })
  })

  it('have witnesses that nobody can forge (R-90)', () => {
    typed(() => {
      // @ts-expect-error -- its constructor is nobody's
      void new AtLeastOnce('w')
      // @ts-expect-error -- nor is that one
      void new ObservedOnce({}, key)
      // @ts-expect-error -- a plain object is no witness
      ObservedOnce.of({ checkpointId: 'w' }, key)
      // @ts-expect-error -- nor is one of the same shape
      const witness: AtLeastOnce = { checkpointId: 'w' }
      void witness
    })
  })
})
