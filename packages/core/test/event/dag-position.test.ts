/** Positions in the branches of one entity: a partial order, never a guess. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DagPosition } from '../../src/index.ts'
import { Noted, at } from '../support/api-events.ts'
import { openStore } from '../support/api-store.ts'

const base: DagPosition = { wallMs: 1000, counter: 0, depth: 2, lane: 3, sequence: 7 }

function with_(changes: Partial<DagPosition>): DagPosition {
  return { ...base, ...changes }
}

describe('DagPosition', () => {
  it('W-54 R-1 has an ancestor only in the same lane and depth, by sequence', () => {
    const later = with_({ sequence: 8, wallMs: 5 })
    expect(DagPosition.isAncestorOf(base, later)).toBe(true)
    expect(DagPosition.isAncestorOf(later, base)).toBe(false)
    expect(DagPosition.isAncestorOf(base, base)).toBe(false)
    expect(DagPosition.isAncestorOf(base, { ...later, lane: 4 })).toBe(false)
    expect(DagPosition.isAncestorOf(base, { ...later, depth: 3 })).toBe(false)
  })

  it('W-54 R-1 compares only within one lane and depth', () => {
    expect(DagPosition.compare(base, with_({ sequence: 8 }))).toBe(-1)
    expect(DagPosition.compare(with_({ sequence: 8 }), base)).toBe(1)
    expect(DagPosition.compare(base, with_({}))).toBe(0)
    expect(DagPosition.compare(base, with_({ lane: 4, sequence: 8 }))).toBeUndefined()
    expect(DagPosition.compare(base, with_({ depth: 1, sequence: 8 }))).toBeUndefined()
  })

  it('W-54 does not call positions of one sequence and different times equal', () => {
    expect(DagPosition.compare(base, with_({ wallMs: 1001 }))).toBeUndefined()
    expect(DagPosition.compare(base, with_({ counter: 1 }))).toBeUndefined()
  })

  it('W-54 forks to the next depth, the given lane and sequence 0', () => {
    expect(DagPosition.fork(2, 9)).toEqual({
      wallMs: 0,
      counter: 0,
      depth: 3,
      lane: 9,
      sequence: 0,
    })
  })

  it('W-54 is antisymmetric, and an ancestor compares as smaller', () => {
    const position = fc.record({
      wallMs: fc.nat(2),
      counter: fc.nat(1),
      depth: fc.nat(1),
      lane: fc.nat(1),
      sequence: fc.nat(3),
    })
    fc.assert(
      fc.property(position, position, (a, b) => {
        const forward = DagPosition.compare(a, b)
        const back = DagPosition.compare(b, a)
        expect(back).toBe(forward === undefined ? undefined : 0 - forward)
        expect(DagPosition.isAncestorOf(a, b)).toBe(forward === -1)
      }),
    )
  })

  it('W-55 is shown as depth:lane:sequence@wallMs.counter', () => {
    expect(DagPosition.format(with_({ counter: 4 }))).toBe('2:3:7@1000.4')
  })

  it('W-36 is what an entry says, with a counter of 0', () => {
    const store = openStore()
    store.append(at('a'), Noted, { n: 1 })
    const { eventId } = store.append(at('a'), Noted, { n: 2 }, { position: { lane: 3, depth: 2 } })
    const entry = store.entry(eventId)!
    const { wallMs } = entry
    expect(DagPosition.of(entry)).toEqual({ wallMs, counter: 0, depth: 2, lane: 3, sequence: 1 })
  })
})
