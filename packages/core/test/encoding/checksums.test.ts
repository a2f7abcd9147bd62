/** The two sums of the format against their definitions and a second implementation. */
import { blake3 as nobleBlake3 } from '@noble/hashes/blake3.js'
import { describe, expect, it } from 'vitest'
import { crc32 } from '../../src/encoding/crc.ts'
import { payloadBytes } from '../../src/encoding/payload-encode.ts'
import { blake3, blake3Into, equalBytes, isZero } from '../../src/event/hash.ts'
import { hex } from '../support/raw-msgpack.ts'

/** Bytes that differ at each place and each length. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >>> 8) * 31 + length) & 0xff)
}

/** CRC-32/ISO-HDLC bit by bit: reflected, polynomial 0x04C11DB7, all ones before and after. */
function slowCrc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return (crc ^ 0xffff_ffff) >>> 0
}

describe('the checksum of frames', () => {
  it('has the check value of CRC-32/ISO-HDLC', () => {
    expect(crc32(Buffer.from('123456789'), 0, 9)).toBe(0xcbf43926)
  })

  it('is that of the given part alone, unsigned, wherever the part lies', () => {
    const bytes = pattern(700)
    for (const [from, to] of [
      [0, 0],
      [0, 700],
      [1, 8],
      [13, 513],
      [699, 700],
    ] as const) {
      expect(crc32(bytes, from, to)).toBe(slowCrc32(bytes.subarray(from, to)))
      expect(crc32(bytes.subarray(5), 0, 20)).toBe(slowCrc32(bytes.subarray(5, 25)))
    }
  })
})

describe('the hash of payloads', () => {
  // Block and chunk borders of BLAKE3: 64 bytes, 1024 bytes, powers of two of chunks.
  // prettier-ignore
  it.each([0, 1, 63, 64, 65, 128, 1023, 1024, 1025, 2048, 2049, 3072, 4097, 8192, 16385, 70_001])(
    'of %d bytes is BLAKE3-256, as @noble/hashes has it',
    (length) => {
      const bytes = pattern(length)
      expect(hex(blake3(bytes))).toBe(hex(nobleBlake3(bytes)))
      const out = new Uint8Array(32)
      blake3Into(bytes, out)
      expect(hex(out)).toBe(hex(nobleBlake3(bytes)))
    },
  )

  it('of the payload {"n":1} is the golden hash of both implementations (W-24)', () => {
    const payload = payloadBytes({ n: 1 })
    expect(hex(payload)).toBe('81a16e01')
    expect(hex(blake3(payload))).toBe(
      '7be2f6ba1a9ebb6454bae81c36b2f3416e4ffe75827066ecc0856478a8c75a7f',
    )
  })

  it('of no bytes has a value of its own: an empty payload is storable (W-24)', () => {
    expect(hex(blake3(new Uint8Array(0)))).toBe(
      'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262',
    )
  })

  it('compares by length and every byte', () => {
    const a = blake3(Uint8Array.of(1))
    for (let i = 0; i < 32; i += 1) {
      const b = a.slice()
      b[i]! ^= 1
      expect(equalBytes(a, b)).toBe(false)
    }
    expect(equalBytes(a, a.slice())).toBe(true)
    expect(equalBytes(a, a.slice(0, 31))).toBe(false)
    expect(isZero(new Uint8Array(32))).toBe(true)
    expect(isZero(Uint8Array.of(0, 0, 1))).toBe(false)
  })
})
