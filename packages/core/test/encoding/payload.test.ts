/** What a payload may be, and what refuses it: with the place that is at fault. */
import { describe, expect, it } from 'vitest'
import { decodePayload } from '../../src/encoding/payload-decode.ts'
import { encodePayload, payloadBytes } from '../../src/encoding/payload-encode.ts'
import { Writer } from '../../src/encoding/writer.ts'
import { StoreError } from '../../src/index.ts'
import { hex, mp } from '../support/raw-msgpack.ts'

class Point {
  readonly x = 1
  readonly #secret = 2
  get twice(): number {
    return this.x * this.#secret
  }
}

class Money {
  readonly cents = 5
  toJSON(): string {
    return '0.05'
  }
}

function refusal(value: unknown): StoreError {
  try {
    payloadBytes(value)
  } catch (error) {
    if (error instanceof StoreError) return error
    throw error
  }
  throw new Error('it was encoded')
}

const cycle: { a: unknown[] } = { a: [] }
cycle.a.push({ back: cycle })
const selfContaining: unknown[] = []
selfContaining.push(selfContaining)

const REFUSED: readonly (readonly [what: string, value: unknown, reason: string])[] = [
  ['undefined', undefined, 'value is undefined'],
  ['undefined in an array', { list: [1, undefined] }, 'value.list[1] is undefined'],
  ['a hole in an array', [1, , 2], 'value[1] is undefined'], // oxlint-disable-line no-sparse-arrays -- the hole is the case
  ['a function', { run: () => 1 }, 'value.run is a function'],
  ['a symbol', [Symbol('s')], 'value[0] is a symbol'],
  ['NaN', { deep: { x: Number.NaN } }, 'value.deep.x is NaN'],
  ['infinity', [[-Infinity]], 'value[0][0] is -Infinity'],
  ['a bigint above u64', { id: 1n << 64n }, 'value.id is the bigint 18446744073709551616'],
  ['a bigint below i64', [-(1n << 63n) - 1n], 'value[0] is the bigint -9223372036854775809'],
  ['a key that is a symbol', { a: { [Symbol('s')]: 1 } }, 'value.a has a symbol as key'],
  ['a cycle through an object', cycle, 'value.a[0].back refers back to one of its own containers'],
  ['a cycle through an array', selfContaining, 'value[0] refers back to one of its own'],
  ['a Map', { m: new Map([[1, 2]]) }, 'value.m is a Map'],
  ['a Set', new Set([1]), 'value is a Set'],
  ['a Date', { at: new Date(0) }, 'value.at is a Date'],
  ['a RegExp', [/x/], 'value[0] is a RegExp'],
  ['an Error', { e: new Error('x') }, 'value.e is a Error'],
  ['a Promise', [Promise.resolve()], 'value[0] is a Promise'],
  ['another typed array', [new Int16Array(1)], 'value[0] is a Int16Array'],
  ['an ArrayBuffer', new ArrayBuffer(1), 'value is a ArrayBuffer'],
  ['a boxed number', { n: Object(1) as unknown }, 'value.n is a Number'],
  [
    'an object of a class with toJSON',
    { price: new Money() },
    'value.price is a value with toJSON',
  ],
  ['a plain object with toJSON', { toJSON: () => 1 }, 'value.toJSON is a function'],
]

describe('a value that has no stored form (W-26)', () => {
  it.each(REFUSED)(
    'such as %s is refused, and the message says where it stands',
    (_, value, reason) => {
      const error = refusal(value)
      expect(error).toMatchObject({
        code: 'Serialization',
        reason: expect.stringContaining(reason),
      })
      expect(error.message).toContain(reason)
    },
  )

  it('leaves nothing of itself in the writer, whatever refused it', () => {
    const out = new Writer(16)
    out.str('kept')
    for (const value of [{ a: 1, b: undefined, c: [() => 1] }, { text: 'x\ud800' }]) {
      expect(() => encodePayload(out, value)).toThrow(StoreError)
      expect(hex(out.toBytes())).toBe(hex(mp('kept')))
    }
  })

  it('passes on what a getter of the caller throws, and leaves nothing either', () => {
    const out = new Writer(16)
    const value = {
      a: 1,
      get b(): never {
        throw new RangeError('mine')
      },
    }
    expect(() => encodePayload(out, value)).toThrow(new RangeError('mine'))
    expect(out.pos).toBe(0)
  })

  it('is refused beyond 1023 containers in one another, the most that batpak 0.8.0 reads (W-25)', () => {
    for (const nest of [nestArray, nestObject]) {
      for (const leaf of [1, null, 'x']) {
        const deepest = nest(1023, leaf)
        expect(decodePayload(payloadBytes(deepest))).toEqual(deepest)
        expect(refusal(nest(1024, leaf))).toMatchObject({
          code: 'Serialization',
          reason: 'the value nests deeper than 1023 levels',
        })
      }
    }
    // Bytes are an array of integers, so they are a container too.
    expect(payloadBytes(nestArray(1022, Uint8Array.of(1)))).toHaveLength(1022 + 2)
    expect(refusal(nestArray(1023, Uint8Array.of(1)))).toMatchObject({ code: 'Serialization' })
  })
})

describe('a value that is stored (W-26)', () => {
  it.each<readonly [what: string, value: unknown, stored: unknown]>([
    ['members that are undefined are left out', { a: undefined, b: 1 }, { b: 1 }],
    ['own members of an object without prototype', nullPrototype(), { a: 1 }],
    ['the fields of an object of a class', new Point(), { x: 1 }],
    ['inherited members do not count', Object.create({ inherited: 1 }), {}],
    ['bytes come back as the numbers they are', { b: Buffer.from([1, 255]) }, { b: [1, 255] }],
    ['a bigint that a number holds comes back as one', [5n, -5n], [5, -5]],
    [
      'a bigint that no number holds stays one',
      [1n << 63n, -(1n << 63n)],
      [1n << 63n, -(1n << 63n)],
    ],
    ['the same object twice is no cycle', twice(), { a: { x: 1 }, b: [{ x: 1 }, { x: 1 }] }],
  ])('%s', (_, value, stored) => {
    expect(decodePayload(payloadBytes(value))).toStrictEqual(stored)
  })

  it('keeps the order of its own keys, and __proto__ is a key like any other', () => {
    const value = JSON.parse('{"z":1,"__proto__":{"polluted":true},"a":2,"10":3,"9":4}') as object
    const back = decodePayload(payloadBytes(value)) as Record<string, unknown>
    expect(Object.keys(back)).toEqual(Object.keys(value))
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect(Object.getOwnPropertyDescriptor(back, '__proto__')).toEqual({
      value: { polluted: true },
      enumerable: true,
      configurable: true,
      writable: true,
    })
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

function nestArray(levels: number, leaf: unknown): unknown {
  let value = leaf
  for (let i = 0; i < levels; i += 1) value = [value]
  return value
}

function nestObject(levels: number, leaf: unknown): unknown {
  let value = leaf
  for (let i = 0; i < levels; i += 1) value = { k: value }
  return value
}

function nullPrototype(): object {
  return Object.assign(Object.create(null) as object, { a: 1 })
}

function twice(): object {
  const x = { x: 1 }
  return { a: x, b: [x, x] }
}
