/**
 * Payloads against arbitrary values and arbitrary bytes.
 * Harness pattern: Property Harness.
 * PROVES: what is encoded is decoded to the same value, by the bytes of a second writer; no bytes
 *   make the decoder throw anything but `Serialization`, or take longer than they are long.
 * CATCHES: a wrong integer width, a lost -0, a member named __proto__ that vanishes, a header patched
 *   at the wrong place, a read past the end, an unbounded recursion.
 * SEEDED: fast-check; a failure prints its seed and path.
 */
import fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { decodePayload } from '../../src/encoding/payload-decode.ts'
import { payloadBytes } from '../../src/encoding/payload-encode.ts'
import { isStoreError } from '../../src/index.ts'
import { hex, mp, type Raw } from '../support/raw-msgpack.ts'

const key = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  fc.constantFrom('__proto__', 'constructor', 'toString', 'length', '0', '', 'x'.repeat(70)),
)

const scalar = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 127, 128, 255, 256, 65_536, 2 ** 32, 2 ** 53, -(2 ** 53), 1e300, 5e-324),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 64n) - 1n }),
  fc.boolean(),
  fc.constant(null),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.integer({ min: 28, max: 300 }).map((length) => 'é'.repeat(length)),
)

const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.uint8Array({ maxLength: 20 }),
    fc.array(tie('value'), { maxLength: 20 }),
    fc
      .array(fc.tuple(key, fc.oneof(tie('value'), fc.constant(undefined))), { maxLength: 20 })
      .map(record),
  ),
}))

/** Own members, also the one that plain assignment would swallow. */
function record(members: readonly (readonly [string, unknown])[]): object {
  const out = {}
  for (const [name, value] of members) {
    Object.defineProperty(out, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return out
}

/** What a reader gets back, by the rules of W-26 alone. */
function stored(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (value instanceof Uint8Array) return [...value]
  if (Array.isArray(value)) return value.map(stored)
  if (typeof value !== 'object' || value === null) return value
  return record(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([name, item]) => [name, stored(item)]),
  )
}

/** The same for the second writer. */
function raw(value: unknown): Raw {
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? value : { f64: value }
  }
  if (Array.isArray(value)) return value.map(raw)
  if (typeof value !== 'object' || value === null) return value as Raw
  return { map: Object.entries(value).map(([name, item]) => [name, raw(item)]) }
}

describe('a payload value (W-26)', () => {
  it('comes back deep-equal, with its keys in order, from the bytes that a second writer makes', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = payloadBytes(value)
        const expected = stored(value)
        const back = decodePayload(bytes)
        expect(hex(bytes)).toBe(hex(mp(raw(expected))))
        expect(isDeepStrictEqual(back, expected)).toBe(true)
        expect(keyOrder(back)).toEqual(keyOrder(expected))
        expect(hex(payloadBytes(back))).toBe(hex(bytes))
      }),
      { numRuns: 600 },
    )
  })

  it('with a lone surrogate anywhere is refused', () => {
    const bad = fc
      .tuple(
        fc.string({ maxLength: 60 }),
        fc.integer({ min: 0xd800, max: 0xdfff }),
        fc.string({ maxLength: 60 }),
      )
      .map(([before, unit, behind]) => `${before}${String.fromCharCode(unit)} ${behind}`)
    const place = fc.constantFrom<(text: string) => unknown>(
      (text) => text,
      (text) => [1, { a: text }],
      (text) => ({ [text]: 1 }),
    )
    fc.assert(
      fc.property(bad, place, (text, put) => {
        expect(() => payloadBytes(put(text))).toThrow(
          expect.objectContaining({ code: 'InvalidUnicode' }),
        )
      }),
    )
  })
})

describe('arbitrary payload bytes', () => {
  it('are decoded or refused with Serialization, and never with anything else (R-27)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, integerKeys) => {
        decodeOrRefuse(bytes, integerKeys)
      }),
      { numRuns: 3000 },
    )
  })

  it('that claim long lengths, one inside another, cost no more than they are long', () => {
    // Heads that claim up to 2^32-1 elements, in any nesting and order.
    const heads = [
      'dd',
      'dc',
      'df',
      'de',
      'db',
      'da',
      'd9',
      'c4',
      'c5',
      'c6',
      'c7',
      'c8',
      'c9',
      '9f',
      '8f',
      'a1',
      'cb',
      'd3',
    ]
    const piece = fc.tuple(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 6 }))
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
        decodeOrRefuse(
          Buffer.from(pieces.map(([head, rest]) => head + hex(rest)).join(''), 'hex'),
          true,
        )
      }),
      { numRuns: 1000 },
    )
  })

  it('that were a payload before one byte changed give a value or Serialization', () => {
    fc.assert(
      fc.property(anyValue, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, at, change) => {
        const bytes = payloadBytes(value)
        bytes[at % bytes.length]! ^= change
        decodeOrRefuse(bytes, false)
        decodeOrRefuse(bytes.subarray(0, at % bytes.length), false)
      }),
      { numRuns: 600 },
    )
  })
})

function decodeOrRefuse(bytes: Uint8Array, integerKeys: boolean): void {
  try {
    decodePayload(bytes, { integerKeys })
  } catch (error) {
    if (!isStoreError(error, 'Serialization')) throw error
  }
}

/** All keys in the order of a walk through the value. */
function keyOrder(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, item]) => [name, ...keyOrder(item)])
}
