/** The file of hidden ranges: what it hides, what refuses it, and ranges that reach too far. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { HiddenRanges } from '../../src/index-store/hidden-ranges.ts'
import { encodeHiddenRanges } from '../../src/restore/hidden-ranges-file.ts'
import { copyOfFixture, fixture } from '../support/fixture-stores.ts'
import { hex, mp, type Raw } from '../support/raw-msgpack.ts'
import {
  AT,
  KIND,
  appendOne,
  closedStore,
  expectRecovery,
  expectRefusal,
  killedStore,
  observe,
  put,
  segment,
  writeTo,
} from '../support/recovery.ts'

const FILE = 'visibility_ranges.fbv'
type Range = readonly [start: number | bigint, end: number | bigint]

/** The file as the format describes it. */
function fileOf(body: Raw, { magic = 'FBATVR', version = 1, crcChange = 0 } = {}): Buffer {
  const bytes = mp(body)
  const head = Buffer.alloc(12)
  head.write(magic, 'latin1')
  head.writeUInt16LE(version, 6)
  head.writeUInt32LE((crc32(bytes) ^ crcChange) >>> 0, 8)
  return Buffer.concat([head, bytes])
}

function rangesOf(...ranges: readonly Range[]): Raw {
  return {
    map: [
      [
        'ranges',
        ranges.map(([start, end]): Raw => ({
          map: [
            ['start', start],
            ['end', end],
          ],
        })),
      ],
    ],
  }
}

const hide = (dir: string, ...ranges: readonly Range[]): void =>
  writeFileSync(join(dir, FILE), fileOf(rangesOf(...ranges)))

/** Sequences 0 … 5: OPEN, four events, CLOSE. */
const sequencesIn = (dir: string): number[] => observe(dir).rows.map((row) => row.globalSequence)

describe('hidden ranges', () => {
  it.each<readonly [what: string, ranges: readonly Range[], visible: readonly number[]]>([
    ['one', [[2, 4]], [0, 1, 4, 5]],
    [
      'two',
      [
        [1, 2],
        [4, 5],
      ],
      [0, 2, 3, 5],
    ],
    ['none in a list', [], [0, 1, 2, 3, 4, 5]],
    [
      'unsorted ones',
      [
        [4, 5],
        [1, 2],
      ],
      [0, 2, 3, 5],
    ],
    [
      'overlapping and touching ones',
      [
        [1, 3],
        [2, 4],
        [4, 5],
      ],
      [0, 5],
    ],
    ['all there is', [[0, 6]], []],
  ])(
    '%s: what they hold is not seen, and a file as it should be is left alone (R-29, R-36, R-38)',
    (_, ranges, visible) => {
      const dir = closedStore(4)
      hide(dir, ...ranges)
      expect(sequencesIn(dir)).toEqual(visible)
      const before = readFileSync(join(dir, FILE))
      writeTo(dir)
      expect(readFileSync(join(dir, FILE)).equals(before)).toBe(true)
      expect(sequencesIn(dir)).toEqual([...visible, 6, 7])
      expect(observe(dir).next).toBe(8)
    },
  )

  it('are those of the reference, byte for byte, from its own files', () => {
    for (const name of ['fence-cancelled', 'fence-cancelled-killed', 'key-used-again']) {
      const bytes = readFileSync(join(fixture(name).store, FILE))
      const visible = new Set(observe(copyOfFixture(name)).rows.map((row) => row.globalSequence))
      const hidden = Array.from({ length: 13 }, (_, i) => i).filter((i) => !visible.has(i))
      const next = observe(copyOfFixture(name)).next
      const ranges = hidden.filter((i) => i < next).map((i) => ({ start: i, end: i + 1 }))
      expect(hex(encodeHiddenRanges(HiddenRanges.of(ranges)))).toBe(hex(bytes))
    }
  })

  it('hide for good: across reopens, and their sequences stay taken (R-37, R-39, R-40)', () => {
    const dir = closedStore(4)
    hide(dir, [2, 4])
    for (let life = 0; life < 3; life += 1) writeTo(dir, (store) => appendOne(store))
    expect(sequencesIn(dir).slice(0, 5)).toEqual([0, 1, 4, 5, 6])
    expect(observe(dir).next).toBe(15)
  })

  it('that hold the newest events of an entity: it goes on from the last one that is not (W-91, R-42)', () => {
    const dir = closedStore(4)
    const { rows } = observe(dir)
    hide(dir, [3, 5])
    writeTo(dir, (store) => {
      const receipt = store.appendBytes(AT, KIND, Uint8Array.of(1), { expected: 1 })
      expect(receipt).toMatchObject({ clock: 2, sequence: 7 })
      expect(hex(receipt.prevHash)).toBe(rows[2]!.eventHash)
    })
    hide(dir, [0, 8])
    writeTo(dir, (store) => {
      expect(store.appendBytes(AT, KIND, Uint8Array.of(2), { expected: 'empty' }).clock).toBe(0)
    })
  })
})

describe('a file of hidden ranges with a defect refuses the open (W-88, R-38):', () => {
  const whole = fileOf(rangesOf([2, 4]))

  it.each<readonly [what: string, bytes: Buffer, corruption: object]>([
    ['no byte', Buffer.alloc(0), { kind: 'TooShort', actual: 0, required: 12 }],
    ['11 bytes', whole.subarray(0, 11), { kind: 'TooShort', actual: 11, required: 12 }],
    ['another magic', fileOf(rangesOf(), { magic: 'FBATVX' }), { kind: 'BadMagic' }],
    [
      'version 2',
      fileOf(rangesOf(), { version: 2 }),
      { kind: 'UnsupportedVersion', observed: 2, expected: 1 },
    ],
    [
      'version 0',
      fileOf(rangesOf(), { version: 0 }),
      { kind: 'UnsupportedVersion', observed: 0, expected: 1 },
    ],
    [
      'version 257',
      fileOf(rangesOf(), { version: 257 }),
      { kind: 'UnsupportedVersion', observed: 257, expected: 1 },
    ],
    [
      'another checksum',
      fileOf(rangesOf([2, 4]), { crcChange: 1 }),
      {
        kind: 'CrcMismatch',
        stored: (crc32(whole.subarray(12)) ^ 1) >>> 0,
        computed: crc32(whole.subarray(12)),
      },
    ],
    ['no body', fileOf({ bytes: Buffer.alloc(0) }), { kind: 'DecodeFailed' }],
    ['a body that is no map', fileOf([1]), { kind: 'DecodeFailed' }],
    ['no ranges', fileOf({ map: [] }), { kind: 'DecodeFailed' }],
    ['ranges that are no list', fileOf({ map: [['ranges', 1]] }), { kind: 'DecodeFailed' }],
    [
      'more ranges claimed than there are',
      fileOf({ map: [['ranges', { bytes: Buffer.from('ddffffffff', 'hex') }]] }),
      { kind: 'DecodeFailed' },
    ],
    [
      'a range without end',
      fileOf({ map: [['ranges', [{ map: [['start', 1]] }]]] }),
      { kind: 'DecodeFailed' },
    ],
    ['a negative start', fileOf(rangesOf([-1, 4])), { kind: 'DecodeFailed' }],
    [
      'a start that is a float',
      fileOf({
        map: [
          [
            'ranges',
            [
              {
                map: [
                  ['start', { f64: 1 }],
                  ['end', 2],
                ],
              },
            ],
          ],
        ],
      }),
      { kind: 'DecodeFailed' },
    ],
    ['a range of nothing', fileOf(rangesOf([2, 4], [5, 5])), { kind: 'MalformedEntries' }],
    ['a range that ends before it starts', fileOf(rangesOf([4, 2])), { kind: 'MalformedEntries' }],
  ])('%s', (_, bytes, corruption) => {
    const dir = killedStore(1)
    writeFileSync(join(dir, FILE), bytes)
    expectRefusal(dir, { code: 'HiddenRangesCorrupt', path: join(dir, FILE), corruption })
  })

  it('every bit of it', () => {
    const dir = closedStore(4)
    for (let bit = 0; bit < whole.length * 8; bit += 1) {
      const flipped = Buffer.from(whole)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      writeFileSync(join(dir, FILE), flipped)
      expect(() => observe(dir, 'openUnlocked'), `bit ${bit}`).toThrow(
        expect.objectContaining({ code: 'HiddenRangesCorrupt' }),
      )
    }
  })

  it('that it cannot be read at all', () => {
    const dir = killedStore(1)
    mkdirSync(join(dir, FILE))
    expectRefusal(dir, {
      code: 'HiddenRangesCorrupt',
      corruption: { kind: 'ReadFailed' },
      cause: expect.objectContaining({ code: 'EISDIR' }) as object,
    })
  })

  it('but a sequence beyond 2^53-1 is UnsafeInteger, as everywhere', () => {
    const dir = killedStore(1)
    hide(dir, [2, (1n << 64n) - 1n])
    expectRefusal(dir, { code: 'UnsafeInteger', value: `${(1n << 64n) - 1n}` })
  })

  it('and damage to a segment is told before it', () => {
    const dir = killedStore(1)
    const bytes = Buffer.from(segment(dir))
    bytes[100]! ^= 1
    put(dir, bytes)
    writeFileSync(join(dir, FILE), 'junk')
    expectRefusal(dir, { code: 'CrcMismatch' })
  })
})

describe('hidden ranges that reach beyond the log (D6, W-93, R-39, 23.12)', () => {
  it.each<
    readonly [what: string, ranges: readonly Range[], kept: readonly Range[], removed: number]
  >([
    ['one that begins in the log', [[3, 9]], [[3, 6]], 3],
    [
      'one behind the log',
      [
        [2, 3],
        [6, 10],
      ],
      [[2, 3]],
      4,
    ],
    ['one far behind the log', [[100, 103]], [], 3],
    [
      'several',
      [
        [1, 2],
        [5, 8],
        [20, 30],
        [40, 41],
      ],
      [
        [1, 2],
        [5, 6],
      ],
      13,
    ],
    [
      'one up to the last number',
      [[4, Number.MAX_SAFE_INTEGER]],
      [[4, 6]],
      Number.MAX_SAFE_INTEGER - 6,
    ],
  ])('%s: clipped, listed and written again', (_, ranges, kept, removed) => {
    const dir = closedStore(4)
    hide(dir, ...ranges)
    const { rows } = observe(dir)
    expectRecovery(dir, {
      healed: [{ segmentId: 1, reason: 'HiddenRangesBeyondLog', offset: 6, bytesRemoved: removed }],
      rows,
    })
    const path = join(dir, FILE)
    if (kept.length === 0) expect(existsSync(path)).toBe(false)
    else {
      expect(hex(readFileSync(path))).toBe(hex(fileOf(rangesOf(...kept))))
      expect(statSync(path).mode & 0o777).toBe(0o600)
    }
  })

  it('one that ends where the log ends is as it should be', () => {
    const dir = closedStore(4)
    hide(dir, [5, 6])
    expect(writeTo(dir)).toEqual([])
    expect(readFileSync(join(dir, FILE)).equals(fileOf(rangesOf([5, 6])))).toBe(true)
  })

  it('after a tear: what was torn off counts as never written', () => {
    const dir = killedStore(3)
    hide(dir, [2, 4])
    const bytes = segment(dir)
    put(dir, bytes.subarray(0, bytes.length - 1))
    const { rows, healed } = observe(dir)
    expect(rows.map((row) => row.globalSequence)).toEqual([0, 1])
    expect(healed.map((heal) => heal.reason)).toEqual(['TornTail', 'HiddenRangesBeyondLog'])
    expectRecovery(dir, { healed, rows })
    // Sequence 3 is free again, and what takes it is seen.
    expect(observe(dir).rows.map((row) => row.globalSequence)).toEqual([0, 1, 3, 4, 5, 6, 7])
  })

  it('in a directory without segments: nothing is hidden, the file goes', () => {
    const dir = copyOfFixture('read-only-touched')
    hide(dir, [0, 5])
    expect(writeTo(dir)).toEqual([
      { segmentId: 0, reason: 'HiddenRangesBeyondLog', offset: 0, bytesRemoved: 5 },
    ])
    expect(existsSync(join(dir, FILE))).toBe(false)
    expect(sequencesIn(dir)).toEqual([0, 1])
  })
})
