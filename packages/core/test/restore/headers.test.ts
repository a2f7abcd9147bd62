/** Segments whose beginning is missing or wrong. */
import { describe, expect, it } from 'vitest'
import { edit, eventFrame, segmentBytes, segmentHeader } from '../support/raw-segment.ts'
import {
  closedStore,
  expectRecovery,
  expectRefusal,
  killedStore,
  observe,
  put,
  segment,
  writeTo,
} from '../support/recovery.ts'
import { copyOf } from '../support/scratch.ts'

const SHORT = segmentHeader(2)
const withVersion = (version: number): Buffer => {
  const map = edit(
    {
      map: [
        ['version', version],
        ['flags', 0],
        ['created_ns', 1],
        ['segment_id', 2],
      ],
    },
    {},
  )
  return Buffer.concat([segmentHeader(2, map), eventFrame()])
}

describe('a last segment that ends inside its header (Q11, 23.6)', () => {
  it('is passed over by readers at every length, and its number is used again', () => {
    const dir = killedStore(2)
    const { rows } = observe(dir)
    for (let size = 0; size < SHORT.length; size += 1) {
      put(dir, SHORT.subarray(0, size), 2)
      expect(observe(dir, 'openUnlocked')).toEqual({
        rows,
        next: rows.length,
        healed: [{ segmentId: 2, reason: 'ShortHeader', offset: 0, bytesRemoved: size }],
      })
    }
  })

  it.each([0, 1, 4, 8, 20, SHORT.length - 1])(
    'of %d bytes is removed by a mutable open, its bytes are kept',
    (size) => {
      const dir = closedStore(2)
      const { rows } = observe(dir)
      put(dir, SHORT.subarray(0, size), 2)
      expectRecovery(dir, {
        healed: [{ segmentId: 2, reason: 'ShortHeader', offset: 0, bytesRemoved: size }],
        rows,
      })
    },
  )

  it('beside a tear in the segment before it: both are healed', () => {
    const dir = killedStore(2)
    const { rows } = observe(dir)
    const bytes = segment(dir)
    put(dir, Buffer.concat([bytes, Buffer.alloc(30)]))
    put(dir, SHORT.subarray(0, 9), 2)
    expectRecovery(dir, {
      healed: [
        { segmentId: 1, reason: 'ZeroTail', offset: bytes.length, bytesRemoved: 30 },
        { segmentId: 2, reason: 'ShortHeader', offset: 0, bytesRemoved: 9 },
      ],
      rows,
    })
  })

  it('as the only segment leaves an empty store, which is opened', () => {
    const dir = killedStore(0)
    put(dir, Buffer.alloc(0))
    expect(observe(dir)).toMatchObject({ rows: [], next: 0 })
    expect(writeTo(dir)).toEqual([
      { segmentId: 1, reason: 'ShortHeader', offset: 0, bytesRemoved: 0 },
    ])
    expect(observe(dir).rows.map((row) => [row.globalSequence, row.segmentId])).toEqual([
      [0, 1],
      [1, 1],
    ])
  })
})

describe('a segment is refused, and nothing changes, when', () => {
  it('it ends inside its header and is not the last (Q11)', () => {
    for (const size of [0, 7, 8, 30, SHORT.length - 1]) {
      const dir = copyOf(closedStore(1))
      put(dir, SHORT.subarray(0, size), 2)
      put(dir, segmentBytes(3, eventFrame()), 3)
      expectRefusal(dir, {
        code: 'CorruptSegment',
        segmentId: 2,
        detail: `the file ends inside its header (${size} bytes)`,
      })
    }
  })

  it.each([
    [
      'its magic is wrong',
      Buffer.concat([Buffer.from('FBAX'), segmentBytes(2, eventFrame()).subarray(4)]),
      'bad magic',
    ],
    ['its header is zeros', Buffer.alloc(57), 'bad magic'],
    ['its version is 2', withVersion(2), 'unsupported segment version: 2'],
    ['its version is 0', withVersion(0), 'unsupported segment version: 0'],
    [
      'its header claims too much',
      Buffer.from(`46424154ffffffff${'00'.repeat(60)}`, 'hex'),
      'its header claims 4294967303 bytes',
    ],
  ])('%s, last or not', (_, bytes, detail) => {
    const dir = killedStore(1)
    put(dir, bytes, 2)
    expectRefusal(dir, { code: 'CorruptSegment', segmentId: 2, detail })
    put(dir, segmentBytes(3, eventFrame()), 3)
    expectRefusal(dir, { code: 'CorruptSegment', segmentId: 2, detail })
  })
})

describe('a header whose length field has a flipped bit', () => {
  it.each([0, 3])(
    'hides none of the events behind it, OPEN and %d more: refused (D6)',
    (events) => {
      const dir = killedStore(events)
      const { rows } = observe(dir)
      const bytes = segment(dir)
      for (let bit = 0; bit < 32; bit += 1) {
        const flipped = Buffer.from(bytes)
        flipped[4 + (bit >> 3)]! ^= 1 << (bit & 7)
        put(dir, flipped)
        expect(rows.length).toBe(events + 1)
        expectRefusal(dir, { segmentId: 1 })
      }
    },
  )
})

describe('a wrong header', () => {
  it('of a segment whose footer is believed is not looked at, as in the reference', () => {
    const dir = closedStore(2)
    const seen = observe(dir)
    for (const [at, byte] of [
      [0, 0x58],
      [17, 9],
      [7, 0xff],
    ] as const) {
      const bytes = Buffer.from(segment(dir))
      bytes[at] = byte
      put(dir, bytes)
      expect(observe(dir)).toEqual(seen)
    }
  })

  it('that names another segment is accepted: the file name decides', () => {
    const dir = killedStore(1)
    put(dir, Buffer.concat([segmentHeader(99), eventFrame({ entity: 'moved' })]), 2)
    expect(observe(dir).rows.at(-1)).toMatchObject({
      entity: 'moved',
      segmentId: 2,
      globalSequence: 2,
    })
  })
})
