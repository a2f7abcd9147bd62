/** Payload bytes that others wrote: what is read, what is refused, and what must not hang. */
import { describe, expect, it } from 'vitest'
import { decodePayload } from '../../src/encoding/payload-decode.ts'
import { payloadBytes } from '../../src/encoding/payload-encode.ts'
import { blake3 } from '../../src/event/hash.ts'
import { isStoreError } from '../../src/index.ts'
import { fixture, segmentFiles } from '../support/fixture-stores.ts'
import { hex, isMap, mp, unpack, type Raw } from '../support/raw-msgpack.ts'
import { frameOffsets, framesEnd } from '../support/raw-segment.ts'

const decode = (form: string, options = {}): unknown =>
  decodePayload(Buffer.from(form, 'hex'), options)
const refused = (reason: string | RegExp): unknown =>
  expect.objectContaining({ code: 'Serialization', message: expect.stringMatching(reason) })

describe('reading a payload (R-27)', () => {
  it.each<readonly [what: string, form: string, value: unknown]>([
    [
      'integers of any width',
      '96 00 cc00 cd0000 ce00000000 cf0000000000000000 d000',
      [0, 0, 0, 0, 0, 0],
    ],
    ['signed forms of any width', '93 d1ffff d2ffffffff d3ffffffffffffffff', [-1, -1, -1]],
    [
      'integers beyond 2^53 as bigints',
      '92 cf0020000000000000 d3ffdfffffffffffff',
      [1n << 53n, -(1n << 53n) - 1n],
    ],
    ['f32 and f64', '92 ca3fc00000 cb3ff8000000000000', [1.5, 1.5]],
    [
      'NaN, infinity and -0',
      '93 cb7ff8000000000000 cbfff0000000000000 cb8000000000000000',
      [NaN, -Infinity, -0],
    ],
    ['a bin as its bytes', 'c403010203', Uint8Array.of(1, 2, 3)],
    ['the last of duplicate keys', '82 a16101 a16102', { a: 2 }],
    ['the first value alone, whatever follows', '01 c1', 1],
    ['long forms of short lengths', '93 d90161 da00016 1 db0000000161', ['a', 'a', 'a']],
    ['a text with a byte order mark', 'a4efbbbf61', '\ufeffa'],
    ['a key with a byte order mark', '81a4efbbbf6101', { '\ufeffa': 1 }],
  ])('gives %s', (_, form, value) => {
    expect(decode(form.replaceAll(' ', ''))).toStrictEqual(value)
  })

  it.each([
    ['no bytes', '', /unexpected end/],
    ['ext', 'd40500', /tag 0xd4/],
    ['an unused tag', 'c1', /tag 0xc1/],
    ['a key that is an integer', '810102', /key is not text/],
    ['a key that is a bin', '81c4016102', /key is not text/],
    ['invalid UTF-8', 'a2fffe', /UTF-8/],
    ['invalid UTF-8 in a key', '81a2fffe01', /UTF-8/],
    ['a surrogate in UTF-8', 'a3eda080', /UTF-8/],
    ['a text that ends early', 'a3ff', /unexpected end/],
    ['an integer that ends early', 'ce0000', /unexpected end/],
    ['a float that ends early', 'cb00', /unexpected end/],
    ['a map without its last value', '81a161', /unexpected end/],
  ])('refuses %s with Serialization', (_, form, reason) => {
    expect(() => decode(form)).toThrow(refused(reason))
  })

  it('shows integer keys as text only where asked: the histograms of an OPEN event (Q14)', () => {
    expect(decode('8242 01 ccc8 02'.replaceAll(' ', ''), { integerKeys: true })).toEqual({
      66: 1,
      200: 2,
    })
    expect(() => decode('81c30102', { integerKeys: true })).toThrow(refused(/key is not text/))
  })

  it('reads 1023 containers in one another and refuses the next, whatever is inside (W-25)', () => {
    for (const leaf of ['01', 'c0', 'a0', 'c3', 'cb3ff8000000000000', '80', 'c40100']) {
      const isContainer = leaf === '80' ? 1 : 0
      let value = decode('91'.repeat(1023 - isContainer) + leaf)
      for (let i = 0; i < 1023 - isContainer; i += 1) value = (value as unknown[])[0]
      expect(() => decode('91'.repeat(1024 - isContainer) + leaf)).toThrow(refused(/1023 levels/))
    }
    expect(() => decode('81a161'.repeat(1024) + '01')).toThrow(refused(/1023 levels/))
  })

  it('refuses endless nesting before the stack ends', () => {
    for (const head of ['91', 'dc0001', 'dd00000001', '81a161', 'df00000001a161']) {
      expect(() => decode(head.repeat(100_000))).toThrow(refused(/1023 levels/))
    }
  })

  it.each(['ddffffffff', 'dcffff', 'dfffffffff', 'deffff', 'dbffffffff', 'c6ffffffff', 'd9ff'])(
    'refuses the length that %s claims without taking memory for it',
    (head) => {
      const before = process.memoryUsage().rss
      const bytes = Buffer.concat([Buffer.from(head, 'hex'), Buffer.alloc(20, 0x01)])
      expect(() => decodePayload(bytes)).toThrow(refused(/unexpected end|not text/))
      // The claims are of gigabytes; what the runtime does meanwhile is far below.
      expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024)
    },
  )
})

describe('payloads that batpak 0.8.0 wrote', () => {
  const stores = ['payload-shapes', 'clean', 'batches', 'denial', 'non-ascii', 'cursor', 'signed']

  it.each(stores)('of the store %s are read as it reads them (R-27)', (name) => {
    const payloads = new Map(payloadsOf(name).map((bytes) => [hex(blake3(bytes)), bytes]))
    let compared = 0
    for (const row of fixture(name).dump.rows) {
      const bytes = payloads.get(row.eventHash)!
      if (row.valueError !== undefined) {
        expect(refusedOrBinary(bytes)).toBe(true)
      } else if (row.value !== undefined) {
        expect(asDumped(decodePayload(bytes))).toEqual(row.value)
        compared += 1
      }
    }
    expect(compared).toBeGreaterThan(2)
  })

  it('are what our encoder makes of the values, wherever the reference wrote canonically (W-26)', () => {
    let equal = 0
    for (const name of stores) {
      for (const bytes of payloadsOf(name)) {
        // The second codec decides what is canonical, and keeps floats apart from integers.
        const value = canonicalValue(bytes)
        if (value === undefined) continue
        expect(hex(payloadBytes(value))).toBe(hex(bytes))
        equal += 1
      }
    }
    expect(equal).toBeGreaterThan(50)
  })
})

/** The payload bytes of every event in the store's segments. */
function payloadsOf(name: string): Buffer[] {
  return segmentFiles(name).flatMap(([, file]) =>
    frameOffsets(file, framesEnd(file)).map((at) => {
      const { value } = unpack(file, at + 8)
      return Buffer.from(member(member(value, 'event'), 'payload') as number[])
    }),
  )
}

function member(value: Raw, key: string): Raw {
  return (value as { map: [Raw, Raw][] }).map.find(([name]) => name === key)![1]
}

/** What the reference cannot show: bins, which we can, and what has no value form at all. */
function refusedOrBinary(bytes: Uint8Array): boolean {
  try {
    return hasBinary(decodePayload(bytes))
  } catch (error) {
    return isStoreError(error, 'Serialization')
  }
}

function hasBinary(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return value instanceof Uint8Array || Object.values(value).some(hasBinary)
}

/** Values as dumps have them: big integers as digits, no NaN, floats without their form. */
function asDumped(value: unknown): unknown {
  if (typeof value === 'bigint') return { $int: `${value}` }
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null
  if (Array.isArray(value)) return value.map(asDumped)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asDumped(item)]))
}

/** The value of bytes that are canonical and that `payloadBytes` can make; else undefined. */
function canonicalValue(bytes: Uint8Array): unknown {
  try {
    const { value, end } = unpack(bytes)
    return end === bytes.length && hex(mp(value)) === hex(bytes) ? plain(value) : undefined
  } catch {
    return undefined
  }
}

/** @throws what is not to be stored by us: bins, other keys, floats that are integers, infinities */
function plain(value: Raw): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  if ('f64' in value) {
    const { f64 } = value
    if (Number.isFinite(f64) && (Object.is(f64, -0) || !Number.isSafeInteger(f64))) return f64
  } else if (isMap(value)) {
    const keys = value.map.map(([name]) => name)
    if (keys.every((name) => typeof name === 'string') && new Set(keys).size === keys.length) {
      return Object.fromEntries(value.map.map(([name, item]) => [name, plain(item)]))
    }
  }
  throw new TypeError('not a value of ours')
}
