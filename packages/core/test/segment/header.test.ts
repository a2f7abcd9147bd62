/** The head of a segment file: what is written, what is read, what is refused. */
import { describe, expect, it } from 'vitest'
import { StoreError } from '../../src/index.ts'
import { decodeSegmentHeader, encodeSegmentHeader } from '../../src/segment/header.ts'
import { fixtureNames, segmentFiles } from '../support/fixture-stores.ts'
import { hex, mp, type Raw, type RawMap } from '../support/raw-msgpack.ts'
import { segmentHeader } from '../support/raw-segment.ts'

const FIELDS: RawMap = [
  ['version', 1],
  ['flags', 0],
  ['created_ns', 1_700_000_000_001_500_000n],
  ['segment_id', 1],
]

function decode(bytes: Uint8Array, size = bytes.length): ReturnType<typeof decodeSegmentHeader> {
  return decodeSegmentHeader(7, bytes, size)
}

function refusal(bytes: Uint8Array): StoreError {
  try {
    decode(bytes)
  } catch (error) {
    if (error instanceof StoreError) return error
    throw error
  }
  throw new Error('it was read')
}

describe('a segment header', () => {
  it('of id 1 has the 57 bytes of the reference', () => {
    expect(hex(encodeSegmentHeader(1, 1_700_000_000_001_500_000n))).toBe(
      '46424154000000318' +
        '4a776657273696f6e01a5666c61677300aa637265617465645f6e73cf17979cfe3640e360' +
        'aa7365676d656e745f696401',
    )
  })

  it.each([1, 127, 128, 65_536, 4_294_967_295])('of id %d is what a second writer makes', (id) => {
    const header = encodeSegmentHeader(id, 1_700_000_000_000_000_000n)
    expect(hex(header)).toBe(hex(segmentHeader(id)))
    expect(decode(header)).toEqual({
      version: 1,
      flags: 0,
      createdNs: 1_700_000_000_000_000_000n,
      segmentId: BigInt(id),
      fieldsEnd: header.length,
      length: header.length,
    })
  })

  it('of every undamaged segment of the reference is read, and written again to the same bytes', () => {
    let read = 0
    for (const name of fixtureNames) {
      for (const [segment, file] of segmentFiles(name)) {
        const header = decode(file)
        if (header === undefined) {
          expect(['segment-empty', 'segment-header-short']).toContain(name)
          continue
        }
        expect(segment).toBe(`${String(header.segmentId).padStart(6, '0')}.fbat`)
        const again = encodeSegmentHeader(Number(header.segmentId), header.createdNs)
        expect(hex(again)).toBe(hex(file.subarray(0, header.length)))
        read += 1
      }
    }
    expect(read).toBeGreaterThan(80)
  })

  it.each<readonly [what: string, fields: Raw, differs: object]>([
    [
      'keys in another order, and unknown ones',
      { map: [['x', [1]], ...[...FIELDS].reverse()] },
      {},
    ],
    ['an array in field order', FIELDS.map(([, value]) => value), {}],
    ['integer keys', { map: FIELDS.map(([, value], i) => [i, value]) }, {}],
    [
      'keys as bins',
      { map: FIELDS.map(([key, value]) => [{ bin: Buffer.from(key as string) }, value]) },
      {},
    ],
    [
      'bytes behind the map',
      { bytes: Buffer.concat([mp({ map: FIELDS }), Buffer.from('xyz')]) },
      { fieldsEnd: segmentHeader(1, { map: FIELDS }).length },
    ],
    [
      'another segment id',
      { map: FIELDS.with(3, ['segment_id', (1n << 64n) - 1n]) },
      { segmentId: (1n << 64n) - 1n },
    ],
    ['flags', { map: FIELDS.with(1, ['flags', 7]) }, { flags: 7 }],
    ['a time before 1970', { map: FIELDS.with(2, ['created_ns', -5]) }, { createdNs: -5n }],
  ])('is read with %s', (_, fields, differs) => {
    const bytes = segmentHeader(1, fields)
    expect(decode(bytes)).toEqual({
      version: 1,
      flags: 0,
      createdNs: 1_700_000_000_001_500_000n,
      segmentId: 1n,
      fieldsEnd: bytes.length,
      length: bytes.length,
      ...differs,
    })
  })

  it.each<readonly [what: string, bytes: Uint8Array, detail: RegExp]>([
    ['another magic', Buffer.from(segmentHeader(1)).fill('X', 0, 1), /^bad magic$/],
    ['zeros', Buffer.alloc(57), /^bad magic$/],
    [
      'version 2',
      segmentHeader(1, { map: FIELDS.with(0, ['version', 2]) }),
      /^unsupported segment version: 2$/,
    ],
    [
      'version 0',
      segmentHeader(1, { map: FIELDS.with(0, ['version', 0]) }),
      /^unsupported segment version: 0$/,
    ],
    ['a missing key', segmentHeader(1, { map: FIELDS.slice(1) }), /no key version/],
    ['a key twice', segmentHeader(1, { map: [...FIELDS, ['version', 1]] }), /version twice/],
    [
      'a version that is no integer',
      segmentHeader(1, { map: FIELDS.with(0, ['version', '1']) }),
      /integer/,
    ],
    ['a body that is no map', segmentHeader(1, 5), /map/],
    ['a body shorter than its map', cutBody(), /unexpected end/],
    ['an absurd length', Buffer.from('46424154ffffffff84', 'hex'), /claims 4294967303 bytes/],
  ])('with %s is refused as CorruptSegment', (_, bytes, detail) => {
    const error = refusal(bytes)
    expect(error).toMatchObject({
      code: 'CorruptSegment',
      segmentId: 7,
      detail: expect.stringMatching(detail),
    })
    expect(error.message).toContain('batpak verify')
  })

  it('that the file ends inside of is no header, at every length (Q11)', () => {
    const header = segmentHeader(1)
    for (let size = 0; size < header.length; size += 1) {
      expect(decode(header.subarray(0, size)), `${size} bytes`).toBeUndefined()
    }
    expect(decode(header)?.length).toBe(header.length)
  })
})

/** The header's length field says less than its map needs. */
function cutBody(): Buffer {
  const bytes = Buffer.from(segmentHeader(1))
  bytes.writeUInt32BE(20, 4)
  return bytes
}
