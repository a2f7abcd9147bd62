/** The caller's code runs inside an append before anything has an effect: it may append, close, throw. */
import { describe, expect, it } from 'vitest'
import { defineEvent, defineProjection, type Store } from '../../src/index.ts'
import { Counted, Noted, at } from '../support/api-events.ts'
import { refusal } from '../support/api-errors.ts'
import { FakeClock } from '../support/api-clock.ts'
import { freshDir, openReadOnly, openStore } from '../support/api-store.ts'

/** A value whose member runs `then` when it is read. */
function reading(then: () => void, n = 1): { readonly n: number } {
  return {
    get n(): number {
      then()
      return n
    },
  }
}

function payloads(store: Store): unknown[] {
  return [...store.events({ kind: { category: 0xf } })].map((event) => event.payload)
}

/** The invariants that a torn interleaving would break. */
function sound(store: Store): void {
  const rows = [...store.entries()]
  expect(rows.map(({ sequence }) => sequence)).toEqual(rows.map((_, i) => i))
  for (const { entity } of rows) {
    const chain = [...store.events({ entity })].filter((event) => event.entity === entity)
    expect(chain.map(({ clock }) => clock)).toEqual(chain.map((_, i) => i))
    for (const [i, event] of chain.entries()) {
      expect(event.prevHash).toEqual(i === 0 ? new Uint8Array(32) : chain[i - 1]!.eventHash)
    }
  }
}

describe('an append inside an append', () => {
  it('W-47 from a getter of the value comes first, and both are whole', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    const inner: number[] = []
    const outer = store.append(
      at('a'),
      Noted,
      reading(() => inner.push(store.append(at('a'), Noted, { n: 100 }).sequence), 1),
    )
    expect(inner).toEqual([1])
    expect(outer).toMatchObject({ sequence: 2, clock: 1 })
    expect(payloads(store)).toEqual([{ n: 100 }, { n: 1 }])
    sound(store)
    store.close()
    const reopened = openStore({ dataDir })
    expect(payloads(reopened)).toEqual([{ n: 100 }, { n: 1 }])
    sound(reopened)
  })

  it('W-47 nests as deep as the caller likes', () => {
    const store = openStore()
    const nest = (depth: number): void => {
      store.append(
        at('a'),
        Noted,
        reading(() => {
          if (depth < 5) nest(depth + 1)
        }, depth),
      )
    }
    nest(0)
    expect(payloads(store)).toEqual([5, 4, 3, 2, 1, 0].map((n) => ({ n })))
    sound(store)
  })

  it('W-47 from a schema comes first', () => {
    const store = openStore()
    const type = defineEvent({
      name: 'x',
      category: 0xf,
      typeId: 9,
      schema: {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: (value: unknown) => {
            store.append(at('a'), Noted, { n: 50 })
            return { value: value as { n: number } }
          },
        },
      },
    })
    store.append(at('a'), type, { n: 1 })
    expect(payloads(store)).toEqual([{ n: 50 }, { n: 1 }])
    sound(store)
  })

  it('W-46 decides the compare-and-swap of the outer one after the inner one', () => {
    const store = openStore()
    const value = reading(() => store.append(at('a'), Noted, { n: 2 }))
    refusal('SequenceMismatch', () => store.append(at('a'), Noted, value, { expected: 'empty' }))
    expect(payloads(store)).toEqual([{ n: 2 }])
    sound(store)
  })

  it('W-47 from the clock comes first', () => {
    const clock = new FakeClock()
    const store = openStore({ clock })
    let armed = true
    clock.nowUs = (): number => {
      if (armed) {
        armed = false
        store.append(at('a'), Noted, { n: 2 })
      }
      return clock.us
    }
    store.append(at('a'), Noted, { n: 1 })
    expect(payloads(store)).toEqual([{ n: 2 }, { n: 1 }])
    sound(store)
  })

  it('W-47 from the monotonic clock comes first', () => {
    const clock = new FakeClock()
    const store = openStore({ clock })
    let armed = true
    clock.nowMonoNs = (): bigint => {
      if (armed) {
        armed = false
        store.append(at('a'), Noted, { n: 2 }, { flags: 5, position: { lane: 1, depth: 1 } })
      }
      return 0n
    }
    const outer = store.append(at('a'), Noted, { n: 1 })
    expect(outer).toMatchObject({ sequence: 2, clock: 1 })
    expect(payloads(store)).toEqual([{ n: 2 }, { n: 1 }])
    expect([...store.events({ entity: 'a' })].map(({ flags, lane }) => [flags, lane])).toEqual([
      [5, 1],
      [0, 0],
    ])
    sound(store)
  })

  it('from a projection handler is not folded by that projection', () => {
    const store = openStore()
    store.append(at('a'), Noted, { n: 1 })
    store.append(at('a'), Noted, { n: 2 })
    const Echo = defineProjection<number[]>({
      name: 'Echo',
      init: () => [],
      on: (on) => [
        on(Noted, (seen, { n }) => {
          store.append(at('a'), Noted, { n: n + 10 })
          return [...seen, n]
        }),
      ],
    })
    expect(store.project(Echo, 'a')).toEqual([1, 2])
    expect(payloads(store)).toEqual([1, 2, 11, 12].map((n) => ({ n })))
    sound(store)
  })

  it('that fails takes nothing from the outer one', () => {
    const store = openStore()
    const value = reading(() => {
      try {
        store.append(at('a'), Noted, { n: Number.NaN })
      } catch {
        // the outer append goes on without it
      }
    })
    expect(store.append(at('a'), Noted, value)).toMatchObject({ sequence: 1, clock: 0 })
    sound(store)
  })
})

describe('a close inside an append', () => {
  it.each(['getter', 'clock'] as const)('from a %s makes the append throw StoreClosed', (from) => {
    const dataDir = freshDir()
    const clock = new FakeClock()
    const store = openStore({ dataDir, clock })
    store.append(at('b'), Counted, { n: 1 })
    let value = { n: 1 } as { readonly n: number }
    if (from === 'getter') value = reading(() => store.close())
    else {
      const { us } = clock
      clock.nowUs = (): number => {
        Reflect.deleteProperty(clock, 'nowUs')
        store.close()
        return us
      }
    }
    refusal('StoreClosed', () => store.append(at('a'), Noted, value))
    const reader = openReadOnly({ dataDir })
    expect([...reader.entries()].map(({ entity }) => entity)).toEqual([
      'batpak:store',
      'b',
      'batpak:store',
    ])
    expect(reader.diagnostics().openReport.healed).toEqual([])
  })
})

describe('the observer of an open', () => {
  it('finds the directory locked, and its failure changes nothing', () => {
    const dataDir = freshDir()
    let seen: unknown
    const store = openStore({
      dataDir,
      openReportObserver: () => {
        try {
          openStore({ dataDir })
        } catch (error) {
          seen = error
          throw error
        }
      },
    })
    expect(seen).toMatchObject({ code: 'StoreLocked', path: dataDir, mode: 'Mutable' })
    expect(store.append(at('a'), Noted, { n: 1 }).sequence).toBe(1)
  })
})
