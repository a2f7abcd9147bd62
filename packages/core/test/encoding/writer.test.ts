/** The MessagePack forms that both implementations write, at every boundary of the format. */
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { decodePayload } from '../../src/encoding/payload-decode.ts'
import { payloadBytes } from '../../src/encoding/payload-encode.ts'
import { Reader } from '../../src/encoding/reader.ts'
import { Writer } from '../../src/encoding/writer.ts'
import { hex } from '../support/raw-msgpack.ts'

function written(write: (out: Writer) => void): string {
  const out = new Writer(1)
  write(out)
  return hex(out.toBytes())
}

// prettier-ignore
const INTEGERS: readonly (readonly [number, string])[] = [
  [0, '00'], [1, '01'], [127, '7f'], [128, 'cc80'], [255, 'ccff'], [256, 'cd0100'],
  [65535, 'cdffff'], [65536, 'ce00010000'], [4294967295, 'ceffffffff'],
  [4294967296, 'cf0000000100000000'], [Number.MAX_SAFE_INTEGER, 'cf001fffffffffffff'],
  [-1, 'ff'], [-32, 'e0'], [-33, 'd0df'], [-128, 'd080'], [-129, 'd1ff7f'], [-32768, 'd18000'],
  [-32769, 'd2ffff7fff'], [-2147483648, 'd280000000'], [-2147483649, 'd3ffffffff7fffffff'],
  [Number.MIN_SAFE_INTEGER, 'd3ffe0000000000001'],
]

describe('an integer', () => {
  it.each(INTEGERS)(
    '%d has its shortest form as a number, a bigint and a payload',
    (value, form) => {
      expect(written((out) => out.int(value))).toBe(form)
      expect(written((out) => out.bigint(BigInt(value)))).toBe(form)
      expect(hex(payloadBytes(value))).toBe(form)
      expect(hex(payloadBytes(BigInt(value)))).toBe(form)
      const reader = new Reader(Buffer.from(form, 'hex'))
      expect(reader.integer('n')).toBe(value)
      expect(reader.pos).toBe(form.length / 2)
    },
  )

  it.each([
    [9007199254740992n, 'cf0020000000000000'],
    [18446744073709551615n, 'cfffffffffffffffff'],
    [-9007199254740992n, 'd3ffe0000000000000'],
    [-9223372036854775808n, 'd38000000000000000'],
  ])('%d, beyond the safe integers, has 64 bits and is read as a bigint', (value, form) => {
    expect(written((out) => out.bigint(value))).toBe(form)
    expect(hex(payloadBytes(value))).toBe(form)
    expect(new Reader(Buffer.from(form, 'hex')).integer('n')).toBe(value)
  })

  it('of a typed array is written little-endian where the format says so, up to 2^53-1', () => {
    expect(written((out) => out.u64le(Number.MAX_SAFE_INTEGER))).toBe('ffffffffffff1f00')
    expect(written((out) => out.u32le(0x01020304))).toBe('04030201')
    expect(written((out) => out.u32be(0x01020304))).toBe('01020304')
  })
})

describe('a float', () => {
  it.each([
    [1.5, 'cb3ff8000000000000'],
    [0.1, 'cb3fb999999999999a'],
    [-0, 'cb8000000000000000'],
    [2 ** 53, 'cb4340000000000000'],
    [1e300, 'cb7e37e43c8800759c'],
    [5e-324, 'cb0000000000000001'],
  ])('%d is 64 bits, big-endian, whatever shorter form it might have', (value, form) => {
    expect(hex(payloadBytes(value))).toBe(form)
  })
})

describe('a length', () => {
  it.each([
    [31, 'bf'],
    [32, 'd920'],
    [47, 'd92f'],
    [48, 'd930'],
    [255, 'd9ff'],
    [256, 'da0100'],
    [65535, 'daffff'],
    [65536, 'db00010000'],
  ])('of a text of %d bytes has its shortest header, ASCII or not', (length, header) => {
    const ascii = 'a'.repeat(length)
    expect(written((out) => out.str(ascii))).toBe(header + '61'.repeat(length))
    const accented = 'é'.repeat(length >> 1) + 'a'.repeat(length & 1)
    expect(written((out) => out.str(accented)).slice(0, header.length)).toBe(header)
    const text = new Reader(payloadBytes(accented)).str('text')
    expect(text).toBe(accented)
  })

  it.each([
    [15, '9f'],
    [16, 'dc0010'],
    [65535, 'dcffff'],
    [65536, 'dd00010000'],
  ])('of an array of %d has its shortest header', (length, header) => {
    expect(hex(payloadBytes(new Array(length).fill(0)))).toBe(header + '00'.repeat(length))
    expect(written((out) => out.arrayHeader(length))).toBe(header)
  })

  it.each([
    [0, '80'],
    [15, '8f'],
    [16, 'de0010'],
    [65535, 'deffff'],
    [65536, 'df00010000'],
  ])('of a map of %d has its shortest header, undefined members not counted', (count, header) => {
    const members = Array.from({ length: count }, (_, i) => [`k${i}`, i] as const)
    const value = { ...Object.fromEntries(members), gone: undefined, gone2: undefined }
    const bytes = payloadBytes(value)
    expect(hex(bytes.subarray(0, header.length / 2))).toBe(header)
    expect(isDeepStrictEqual(decodePayload(bytes), Object.fromEntries(members))).toBe(true)
  })
})

describe('bytes', () => {
  it('are an array of integers, two bytes for those of 128 and above, never a bin', () => {
    expect(hex(payloadBytes(Uint8Array.of(0, 127, 128, 255)))).toBe('94007fcc80ccff')
    expect(written((out) => out.byteList(new Uint8Array(0)))).toBe('90')
    expect(written((out) => out.byteList(new Uint8Array(16).fill(200)))).toBe(
      `dc0010${'ccc8'.repeat(16)}`,
    )
    expect(hex(payloadBytes(new Uint8Array(70_000).fill(1)).subarray(0, 5))).toBe('dd00011170')
  })

  it('of an id are a bin of 16, big-endian', () => {
    const words = Uint32Array.of(0x01020304, 0x05060708, 0x090a0b0c, 0x0d0e0f10)
    expect(written((out) => out.id(words))).toBe('c4100102030405060708090a0b0c0d0e0f10')
  })
})

describe('the writer', () => {
  it('grows from one byte to whatever is written and keeps what was there', () => {
    const out = new Writer(1)
    for (let i = 0; i < 300; i += 1) out.int(i)
    out.str('x'.repeat(5000))
    const reader = new Reader(out.toBytes())
    for (let i = 0; i < 300; i += 1) expect(reader.int('n')).toBe(i)
    expect(reader.str('text')).toHaveLength(5000)
  })

  it.each(['\ud800', 'a\udfff', 'é\ud83d!', `${'x'.repeat(60)}\udc00`])(
    'refuses the lone surrogate of %j with InvalidUnicode (W-26)',
    (text) => {
      expect(() => new Writer(8).str(text)).toThrow(
        expect.objectContaining({ code: 'InvalidUnicode' }),
      )
      expect(() => payloadBytes({ [text]: 1 })).toThrow(
        expect.objectContaining({ code: 'InvalidUnicode' }),
      )
    },
  )
})
