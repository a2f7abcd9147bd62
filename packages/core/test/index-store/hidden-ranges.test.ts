/** Hidden ranges as values: sorted, merged, clipped. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HiddenRanges, type SequenceRange } from '../../src/index-store/hidden-ranges.ts'

const range = (start: number, end: number): SequenceRange => ({ start, end })
const anyRanges = fc.array(
  fc
    .tuple(fc.nat(60), fc.integer({ min: 1, max: 12 }))
    .map(([start, length]) => range(start, start + length)),
  { maxLength: 12 },
)

/** Which of the first 100 sequences the ranges hold, one by one. */
function covered(ranges: readonly SequenceRange[], below = Infinity): number[] {
  const all = Array.from({ length: 100 }, (_, i) => i)
  return all.filter((i) => i < below && ranges.some(({ start, end }) => start <= i && i < end))
}

describe('hidden ranges', () => {
  it.each<readonly [what: string, given: SequenceRange[], ranges: SequenceRange[]]>([
    ['nothing', [], []],
    ['one', [range(2, 4)], [range(2, 4)]],
    ['overlapping ones', [range(2, 5), range(4, 9)], [range(2, 9)]],
    ['touching ones', [range(2, 4), range(4, 6)], [range(2, 6)]],
    ['one inside another', [range(2, 9), range(3, 4)], [range(2, 9)]],
    ['the same twice', [range(2, 4), range(2, 4)], [range(2, 4)]],
    [
      'unsorted ones with room between',
      [range(8, 9), range(2, 4), range(5, 7)],
      [range(2, 4), range(5, 7), range(8, 9)],
    ],
  ])(
    'of %s are sorted and merged, and the given list stays as it was (R-36)',
    (_, given, ranges) => {
      const before = structuredClone(given)
      expect(HiddenRanges.of(given).ranges).toEqual(ranges)
      expect(given).toEqual(before)
    },
  )

  it.each([range(4, 4), range(5, 4), range(0, 0)])('refuse %j as RangeMalformed', (bad) => {
    expect(() => HiddenRanges.of([range(1, 2), bad])).toThrow(
      expect.objectContaining({ code: 'RangeMalformed', ...bad }),
    )
  })

  it('hold exactly what the given ranges hold, merged as far as can be (R-29, R-36)', () => {
    fc.assert(
      fc.property(anyRanges, (given) => {
        const hidden = HiddenRanges.of(given)
        const expected = covered(given)
        expect(covered(hidden.ranges)).toEqual(expected)
        expect(Array.from({ length: 100 }, (_, i) => i).filter((i) => hidden.includes(i))).toEqual(
          expected,
        )
        expect(hidden.isEmpty).toBe(expected.length === 0)
        hidden.ranges.forEach(({ start, end }, i) => {
          expect(start).toBeLessThan(end)
          if (i > 0) expect(start).toBeGreaterThan(hidden.ranges[i - 1]!.end)
        })
      }),
      { numRuns: 300 },
    )
  })

  it('clipped to the end of the log hold what they held before it (R-39)', () => {
    fc.assert(
      fc.property(anyRanges, fc.nat(80), (given, end) => {
        const hidden = HiddenRanges.of(given)
        const clipped = hidden.clippedTo(end)
        expect(covered(clipped.ranges)).toEqual(covered(given, end))
        expect(covered(hidden.ranges)).toEqual(covered(given))
      }),
      { numRuns: 300 },
    )
  })
})
