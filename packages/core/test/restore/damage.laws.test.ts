/**
 * Arbitrary damage to the files of a store.
 * Harness pattern: Property Harness.
 * PROVES: whatever happened to a segment, an open throws a typed error or gives every event whose
 *   frame is intact; a read-only open changes nothing; no bytes make it throw anything else.
 * CATCHES: damage taken for a tear, so that acknowledged events behind it are cut off; a footer that
 *   is believed and misses events; a scan that runs past its file.
 * SEEDED: fast-check; a failure prints its seed and path.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isStoreError } from '../../src/index.ts'
import { frameOffsets, framesEnd } from '../support/raw-segment.ts'
import {
  appendOne,
  changed,
  closedStore,
  killedStore,
  observe,
  put,
  segment,
  type Observed,
} from '../support/recovery.ts'
import { filesIn } from '../support/scratch.ts'

/** Something that happens to a part of a file; places are fractions of its length. */
interface Damage {
  readonly at: number
  readonly length: number
  readonly kind: 'flip' | 'zeros' | 'ones' | 'noise' | 'cut'
  readonly seed: number
}

const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.nat(),
  length: fc.oneof(
    fc.constant(1),
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 1, max: 1200 }),
  ),
  kind: fc.constantFrom('flip', 'flip', 'zeros', 'ones', 'noise', 'cut'),
  seed: fc.nat(),
})

/** The bytes after the damage, which lies at or behind `from`; a file that ends before has none. */
function damaged(bytes: Buffer, { at, length, kind, seed }: Damage, from: number): Buffer {
  if (bytes.length <= from) return bytes
  const start = from + (at % (bytes.length - from))
  if (kind === 'cut') return bytes.subarray(0, start)
  const out = Buffer.from(bytes)
  const end = Math.min(bytes.length, start + length)
  if (kind === 'flip') out[start]! ^= 1 << (seed & 7)
  else if (kind === 'noise')
    for (let i = start; i < end; i += 1) out[i] = (seed * 31 + i * i * 7) & 0xff
  else out.fill(kind === 'zeros' ? 0 : 0xff, start, end)
  return out
}

function look(dir: string): Observed | undefined {
  const before = filesIn(dir)
  try {
    return observe(dir, 'openUnlocked')
  } catch (error) {
    if (!isStoreError(error)) throw error
    return undefined
  } finally {
    expect(changed(filesIn(dir), before)).toEqual([])
  }
}

describe('a killed segment with any damage', () => {
  it('is refused, or gives every event whose frame is intact, in order (R-171, D6)', () => {
    const dir = killedStore(4)
    const bytes = segment(dir)
    const { rows } = observe(dir)
    const offsets = frameOffsets(bytes)
    let opened = 0
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
        const after = damages.reduce((file, one) => damaged(file, one, 0), bytes)
        put(dir, after)
        const seen = look(dir)
        if (seen === undefined) return
        opened += 1
        const intact = rows.filter((_, i) => {
          const end = offsets[i + 1] ?? bytes.length
          return after.subarray(offsets[i], end).equals(bytes.subarray(offsets[i], end))
        })
        expect(seen.rows).toEqual(intact)
        // What is not given is listed: nothing goes without a word, but a cut between two frames.
        const border = after.length < bytes.length && offsets.includes(after.length)
        if (intact.length < rows.length && !border) expect(seen.healed).toHaveLength(1)
      }),
      { numRuns: 1200 },
    )
    expect(opened).toBeGreaterThan(100)
  })
})

describe('a footer with any damage', () => {
  it('loses no event: the open is refused, or every row is there', () => {
    const dir = closedStore(4, (store) => appendOne(store, 9))
    const bytes = segment(dir)
    const { rows } = observe(dir)
    let opened = 0
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 2 }), (damages) => {
        const after = damages.reduce((file, one) => damaged(file, one, framesEnd(bytes)), bytes)
        put(dir, after)
        const seen = lookAtIndex(dir)
        if (seen === undefined) return
        opened += 1
        expect(seen).toBe(rows.length)
      }),
      { numRuns: 600 },
    )
    expect(opened).toBeGreaterThan(100)
  })
})

/** How many rows there are; that a damaged entry leads to a wrong frame is told by reading it. */
function lookAtIndex(dir: string): number | undefined {
  try {
    return observe(dir, 'openUnlocked').rows.length
  } catch (error) {
    if (!isStoreError(error)) throw error
    return undefined
  }
}
