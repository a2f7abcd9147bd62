/** What each name in a store directory stands for. */
import { describe, expect, it } from 'vitest'
import { classify, healedFileName, segmentFileName } from '../../src/segment/name.ts'

describe('a file name', () => {
  it.each([
    ['000001.fbat', 1, true],
    ['999999.fbat', 999_999, true],
    ['1000000.fbat', 1_000_000, true],
    ['000000.fbat', 0, true],
    ['1.fbat', 1, false],
    ['0000001.fbat', 1, false],
    ['+000001.fbat', 1, false],
    ['+7.fbat', 7, false],
    ['00000000000000000000000000000001.fbat', 1, false],
    ['18446744073709551615.fbat', Number(0xffff_ffff_ffff_ffffn), false],
  ])('%s is segment %d; canonical: %s (Q25)', (name, id, canonical) => {
    expect(classify(name)).toEqual({ kind: 'segment', id, canonical })
  })

  // prettier-ignore
  it.each([
    'abc.fbat', '-1.fbat', '1x.fbat', '0x10.fbat', '1e3.fbat', '1_000.fbat', ' 1.fbat', '1 .fbat',
    '++1.fbat', '+.fbat', '１.fbat', '1.0.fbat', '18446744073709551616.fbat', '000001.fbat.fbat',
    'a.b.fbat',
  ])('%j ends like a segment and is none', (name) => {
    expect(classify(name)).toEqual({ kind: 'malformed-segment' })
  })

  it.each([
    ['000001.fbat.compact-src', 'compact-source'],
    ['anything.compact-src', 'compact-source'],
    ['visibility_ranges.fbv', 'hidden-ranges'],
    ['index.ckpt', 'checkpoint'],
    ['index.fbati', 'mmap-index'],
    ['compaction.pending.json', 'compaction-marker'],
    ['cursors', 'cursors'],
  ])('%s is %s', (name, kind) => {
    expect(classify(name)).toEqual({ kind })
  })

  // prettier-ignore
  it.each([
    '.fbat', '.batpak.lock', '.tmpAb12Cd', '000001.FBAT', '000001.fbat~', '000001', 'fbat', '',
    '.compact-src', 'index.fbati.bak', 'Cursors', 'cursors.ckpt', '000001.fbat.healed-57',
    'visibility_ranges.fbv.healed-4', 'README.md',
  ])('%j is something else and ignored', (name) => {
    expect(classify(name)).toEqual({ kind: 'other' })
  })

  it('of a segment has at least six digits, in the order of numbers and not of texts', () => {
    expect([1, 42, 999_999, 1_000_000].map(segmentFileName)).toEqual([
      '000001.fbat',
      '000042.fbat',
      '999999.fbat',
      '1000000.fbat',
    ])
  })

  it('of saved bytes names the segment and the offset, and no implementation reads it (D6)', () => {
    expect(healedFileName(3, 1234)).toBe('000003.fbat.healed-1234')
    expect(classify(healedFileName(3, 1234))).toEqual({ kind: 'other' })
  })
})
