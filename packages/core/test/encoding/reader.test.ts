/** What the reader of frames and indexes accepts beyond canonical forms, and how it refuses. */
import { describe, expect, it } from 'vitest'
import { MalformedError, Reader } from '../../src/encoding/reader.ts'
import { hex, mp, tagged, type Raw } from '../support/raw-msgpack.ts'

const reader = (value: Raw): Reader => new Reader(mp(value))

describe('an integer field', () => {
  it.each([0xcc, 0xcd, 0xce, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3])(
    'is read from tag %d in any width, signed or not',
    (tag) => {
      const width = 1 << ((tag - 0xcc) % 4)
      expect(reader(tagged(tag, width, 5)).uint('n')).toBe(5)
    },
  )

  it('is refused out of its range, as a float, and as anything but an integer', () => {
    expect(reader(70_000).uint('kind', 0xffff + 5000)).toBe(70_000)
    for (const value of [70_000, -1, { f64: 1 }, '1', null, true, [], { map: [] }] as const) {
      expect(() => reader(value).uint('kind', 0xffff)).toThrow(MalformedError)
    }
  })

  it('beyond 2^53-1 is UnsafeInteger, with the number in the message', () => {
    expect(reader(Number.MAX_SAFE_INTEGER).uint('sequence')).toBe(Number.MAX_SAFE_INTEGER)
    for (const value of [1n << 53n, (1n << 64n) - 1n, -(1n << 53n)]) {
      expect(() => reader(value).int('sequence')).toThrow(
        expect.objectContaining({ code: 'UnsafeInteger', what: 'sequence', value: `${value}` }),
      )
    }
  })
})

describe('a byte string', () => {
  it('is read from a list and from a bin of any header', () => {
    for (const value of [
      [1, 200],
      { bin: Uint8Array.of(1, 200) },
      { bytes: Buffer.from('c500020 1c8'.replaceAll(' ', ''), 'hex') },
      { bytes: Buffer.from('c60000000201c8', 'hex') },
      { bytes: Buffer.from('dc0002cd0001d100c8', 'hex') },
    ]) {
      expect(hex(reader(value).bytes('b'))).toBe('01c8')
    }
  })

  it('is refused when an element is no byte, or when it claims more than there is', () => {
    for (const value of [[256], [-1], ['a'], [null]]) {
      expect(() => reader(value).bytes('b')).toThrow(MalformedError)
    }
    for (const claim of ['ddffffffff00', 'c6ffffffff00', 'c40500']) {
      expect(() => new Reader(Buffer.from(claim, 'hex')).bytes('b')).toThrow(MalformedError)
    }
  })

  it('that is a bin is a copy: the buffer may be used again', () => {
    const buf = mp({ bin: Uint8Array.of(1, 2) })
    const bytes = new Reader(buf).bytes('b')
    buf.fill(9)
    expect(hex(bytes)).toBe('0102')
  })

  it('of an id has 16 bytes in either form', () => {
    const out = new Uint32Array(4)
    const bytes = Uint8Array.from({ length: 16 }, (_, i) => i)
    for (const value of [{ bin: bytes }, [...bytes]]) {
      reader(value).id('id', out)
      expect([...out]).toEqual([0x00010203, 0x04050607, 0x08090a0b, 0x0c0d0e0f])
    }
    for (const value of [{ bin: bytes.subarray(1) }, [...bytes, 1], 5]) {
      expect(() => reader(value).id('id', out)).toThrow(MalformedError)
    }
  })
})

describe('text', () => {
  it('is read from any header and from a bin, and refused with invalid UTF-8', () => {
    for (const form of ['a161', 'd90161', 'da000161', 'db0000000161', 'c40161', 'c5000161']) {
      expect(new Reader(Buffer.from(form, 'hex')).str('t')).toBe('a')
    }
    for (const form of ['a1ff', 'c401ff', 'a2c328']) {
      expect(() => new Reader(Buffer.from(form, 'hex')).str('t')).toThrow(/UTF-8/)
    }
  })
})

describe('skipping', () => {
  it.each<readonly [string, Raw]>([
    ['scalars', [0, -1, 300, -300, null, true, false, 1n << 60n, { f64: 1.5 }]],
    ['f32', { bytes: Buffer.from('ca3fc00000', 'hex') }],
    ['texts and bins', ['', 'x'.repeat(300), { bin: new Uint8Array(70_000) }]],
    ['fixed ext', { bytes: Buffer.from('d40100', 'hex') }],
    ['ext of 16', { bytes: Buffer.from(`d801${'00'.repeat(16)}`, 'hex') }],
    [
      'ext with lengths',
      { bytes: Buffer.from('93c7020100 00c800010100c90000000101ff'.replaceAll(' ', ''), 'hex') },
    ],
    [
      'nested maps',
      {
        map: [
          ['a', { map: [[1, [2, [3]]]] }],
          [null, []],
        ],
      },
    ],
  ])('passes over %s and stops at their end', (_, value) => {
    const bytes = mp([value, 'behind'])
    const r = new Reader(bytes, 1)
    r.skip()
    expect(r.str('behind')).toBe('behind')
    // Cut anywhere inside, it refuses.
    const { length } = mp(value)
    for (let cut = 1; cut <= Math.min(length, 400); cut += 1) {
      expect(() => new Reader(bytes, 1, 1 + length - cut).skip()).toThrow(MalformedError)
    }
  })

  it('goes as deep as the value does, and refuses the tag that no value has', () => {
    const deep = new Reader(Buffer.concat([Buffer.alloc(200_000, 0x91), Buffer.of(0)]))
    deep.skip()
    expect(deep.pos).toBe(200_001)
    expect(() => new Reader(Buffer.of(0xc1)).skip()).toThrow(MalformedError)
  })
})
