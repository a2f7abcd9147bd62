/** Compare-and-swap: an append that only happens on the state its caller has seen. */
import { describe, expect, it } from 'vitest'
import { IdempotencyKey } from '../../src/index.ts'
import { Noted, at, hexId } from '../support/api-events.ts'
import { refusal } from '../support/api-errors.ts'
import { freshDir, openStore, stateOf } from '../support/api-store.ts'

describe('expected', () => {
  it('W-44 "empty" holds for an entity without events and for no other', () => {
    const store = openStore()
    const expected = 'empty'
    expect(store.append(at('a'), Noted, { n: 1 }, { expected }).clock).toBe(0)
    const error = refusal('SequenceMismatch', () =>
      store.append(at('a'), Noted, { n: 2 }, { expected }),
    )
    expect([error.entity, error.expected, error.actual]).toEqual(['a', 'empty', 0])
    expect(error.message).toContain('CAS failed')
    expect(store.append(at('b'), Noted, { n: 2 }, { expected }).clock).toBe(0)
  })

  it('W-44 a number holds for exactly that clock: 0 does not stand for an empty entity', () => {
    const store = openStore()
    const append = (expected: number): number =>
      store.append(at('a'), Noted, { n: 1 }, { expected }).clock
    const empty = refusal('SequenceMismatch', () => append(0))
    expect([empty.expected, empty.actual]).toEqual([0, 'empty'])
    store.append(at('a'), Noted, { n: 0 })
    for (let clock = 0; clock < 4; clock += 1) {
      for (const wrong of [clock - 1, clock + 1]) {
        if (wrong < 0) continue
        const error = refusal('SequenceMismatch', () => append(wrong))
        expect([error.expected, error.actual]).toEqual([wrong, clock])
      }
      expect(append(clock)).toBe(clock + 1)
    }
  })

  it('W-45 looks at the entity, not at the coordinate', () => {
    const store = openStore()
    store.append(at('a', 's1'), Noted, { n: 1 })
    expect(store.append(at('a', 's2'), Noted, { n: 2 }, { expected: 0 }).clock).toBe(1)
    refusal('SequenceMismatch', () =>
      store.append(at('a', 's3'), Noted, { n: 3 }, { expected: 'empty' }),
    )
  })

  it('W-43 that fails writes nothing and takes no number', () => {
    const store = openStore()
    store.append(at('a'), Noted, { n: 1 })
    const before = stateOf(store)
    for (const expected of ['empty', 1, 7] as const) {
      refusal('SequenceMismatch', () => store.append(at('a'), Noted, { n: 2 }, { expected }))
    }
    expect(stateOf(store)).toEqual(before)
    expect(store.append(at('a'), Noted, { n: 2 }).sequence).toBe(2)
  })

  it('continues after a reopen', () => {
    const dataDir = freshDir()
    const first = openStore({ dataDir })
    first.append(at('a'), Noted, { n: 1 })
    first.close()
    const store = openStore({ dataDir })
    refusal('SequenceMismatch', () => store.append(at('a'), Noted, { n: 2 }, { expected: 'empty' }))
    expect(store.append(at('a'), Noted, { n: 2 }, { expected: 0 }).clock).toBe(1)
  })

  it('W-64 is not asked again when the key is known: the retry of a committed append succeeds', () => {
    const store = openStore()
    const options = { expected: 'empty', idempotencyKey: IdempotencyKey.fromHex(hexId(5)) } as const
    const first = store.append(at('a'), Noted, { n: 1 }, options)
    const retry = store.append(at('a'), Noted, { n: 1 }, options)
    expect(retry).toEqual({ ...first, replayed: true })
    expect(store.count({ entity: 'a' })).toBe(1)
  })
})
