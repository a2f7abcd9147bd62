/** Ids: text, bytes and numbers of one 128-bit value, and where fresh ones come from. */
import { blake3 } from '@noble/hashes/blake3.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nodePlatform, type PlatformBackend } from '@batpak/platform'
import { EventId, IdempotencyKey, idempotencyKey } from '../../src/index.ts'
import { Noted, at, hexId } from '../support/api-events.ts'
import { argumentError } from '../support/api-errors.ts'
import { FakeClock } from '../support/api-clock.ts'
import { freshDir, openStore } from '../support/api-store.ts'

const HEX = '0123456789abcdef0123456789abcdef'
const BYTES = Uint8Array.from(Buffer.from(HEX, 'hex'))

function platformAt(us: number): PlatformBackend {
  return { ...nodePlatform(), clock: new FakeClock(us) }
}

/** The millisecond field of a UUIDv7. */
function msOf(id: string): number {
  return Number.parseInt(id.slice(0, 12), 16)
}

describe.each([
  ['EventId', EventId, 'event:'],
  ['IdempotencyKey', IdempotencyKey as unknown as typeof EventId, 'idempotency:'],
] as const)('%s', (_, codec, prefix) => {
  it('W-1 gives 16 big-endian bytes and takes exactly 16', () => {
    expect(codec.toBytes(codec.fromHex(HEX))).toEqual(BYTES)
    expect(codec.fromBytes(BYTES)).toBe(HEX)
    for (const length of [0, 15, 17]) {
      expect(argumentError(RangeError, () => codec.fromBytes(new Uint8Array(length)))).toContain(
        `expected 16 bytes, got ${length} bytes`,
      )
    }
    expect(argumentError(RangeError, () => codec.fromBytes('x' as never))).toContain('16 bytes')
  })

  it('W-1 copies: neither side can change the other', () => {
    const bytes = BYTES.slice()
    const id = codec.fromBytes(bytes)
    bytes.fill(0)
    codec.toBytes(id).fill(0)
    expect(codec.toBytes(id)).toEqual(BYTES)
  })

  it('W-2 parses its own prefix and refuses bare hex, other prefixes and other lengths', () => {
    expect(codec.parse(prefix + HEX)).toBe(HEX)
    expect(codec.format(codec.fromHex(HEX))).toBe(prefix + HEX)
    const refused = [
      HEX,
      `other:${HEX}`,
      `${prefix}${HEX.slice(1)}`,
      `${prefix}${HEX}0`,
      `${prefix}${HEX.slice(1)}g`,
      `${prefix}${HEX.toUpperCase()}`,
      ` ${prefix}${HEX}`,
      `${prefix}${HEX}\n`,
      prefix,
      '',
    ]
    for (const text of refused) {
      expect(
        argumentError(RangeError, () => codec.parse(text)),
        text,
      ).toContain('32 lower-case hex digits')
    }
    expect(argumentError(RangeError, () => codec.parse(5 as never))).toContain('got 5')
  })

  it('W-2 pads to 32 digits', () => {
    expect(codec.fromBigInt(1n)).toBe(hexId(1))
    expect(codec.format(codec.fromBigInt(0xabn))).toBe(`${prefix}${'0'.repeat(30)}ab`)
  })

  it('takes bigints from 0 to 2^128-1 and no others', () => {
    expect(codec.fromBigInt(0n)).toBe('0'.repeat(32))
    expect(codec.fromBigInt((1n << 128n) - 1n)).toBe('f'.repeat(32))
    for (const value of [-1n, 1n << 128n]) {
      expect(argumentError(RangeError, () => codec.fromBigInt(value))).toContain('2^128-1')
    }
    expect(argumentError(RangeError, () => codec.fromBigInt(1 as never))).toContain('2^128-1')
  })

  it('carries any 128-bit value through every form', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), (value) => {
        const id = codec.fromBigInt(value)
        expect(codec.toBigInt(id)).toBe(value)
        expect(codec.fromBytes(codec.toBytes(id))).toBe(id)
        expect(codec.parse(codec.format(id))).toBe(id)
        expect(codec.fromHex(id)).toBe(id)
      }),
    )
  })
})

describe('a generated id', () => {
  it('W-3 is a UUIDv7 of the platform clock', () => {
    const id = EventId.generate(platformAt(1_700_000_000_123_999))
    expect(msOf(id)).toBe(1_700_000_000_123)
    expect(id[12]).toBe('7')
    expect(['8', '9', 'a', 'b']).toContain(id[16])
  })

  it('W-3 takes the store clock in an append, never the clock of the host', () => {
    const store = openStore({ clock: new FakeClock(1_234_567_890) })
    const { eventId } = store.append(at('a'), Noted, { n: 1 })
    expect(msOf(eventId)).toBe(1_234_567)
  })

  it.each([-1, -1_000_000, Number.NaN])('W-3 clamps a clock of %s to 0', (us) => {
    expect(msOf(EventId.generate(platformAt(us)))).toBe(0)
    expect(msOf(EventId.generate(platformAt(999)))).toBe(0)
    expect(msOf(EventId.generate(platformAt(1000)))).toBe(1)
  })

  it('W-3 has 48 bits of milliseconds', () => {
    expect(msOf(EventId.generate(platformAt(Number.MAX_SAFE_INTEGER)))).toBe(9_007_199_254_740)
  })

  it('W-4 does not sort ids of one millisecond: sequence does', () => {
    const store = openStore({ clock: new FakeClock() })
    const ids = Array.from({ length: 64 }, (_, n) => store.append(at('a'), Noted, { n }).eventId)
    expect(new Set(ids).size).toBe(64)
    expect(ids.toSorted()).not.toEqual(ids)
    const inOrder = [...store.entries({ entity: 'a' })].map((entry) => entry.eventId)
    expect(inOrder).toEqual(ids)
  })

  it('takes this machine without a platform', () => {
    expect(EventId.generate()).toMatch(/^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
  })
})

describe('an id of zero', () => {
  const zero = hexId(0)

  it('W-5 as causation means none', () => {
    const store = openStore()
    const causationId = EventId.fromHex(zero)
    const { eventId } = store.append(at('a'), Noted, { n: 1 }, { causationId })
    expect(store.entry(eventId)).not.toHaveProperty('causationId')
    expect(store.get(eventId)).not.toHaveProperty('causationId')
    const other = store.append(at('a'), Noted, { n: 2 }, { causationId: EventId.fromHex(hexId(1)) })
    expect(store.entry(other.eventId)?.causationId).toBe(hexId(1))
  })

  it('W-6 is a legal idempotency key and gives event id zero', () => {
    const store = openStore()
    const idempotencyKey = IdempotencyKey.fromHex(zero)
    const first = store.append(at('a'), Noted, { n: 1 }, { idempotencyKey })
    expect(first.eventId).toBe(zero)
    expect(store.append(at('a'), Noted, { n: 1 }, { idempotencyKey }).replayed).toBe(true)
    expect(store.get(first.eventId).payload).toEqual({ n: 1 })
  })

  it('W-6 as correlation is stored as given', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    const correlationId = EventId.fromHex(zero)
    const { eventId } = store.append(at('a'), Noted, { n: 1 }, { correlationId })
    expect(store.entry(eventId)?.correlationId).toBe(zero)
    store.close()
    expect(openStore({ dataDir }).get(eventId).correlationId).toBe(zero)
  })
})

describe('idempotencyKey', () => {
  it('gives the same key for the same text and different ones for any other split', () => {
    expect(idempotencyKey('orders', '42')).toBe(idempotencyKey('orders', '42'))
    const keys = new Set([
      idempotencyKey('orders', '42'),
      idempotencyKey('orders4', '2'),
      idempotencyKey('order', 's42'),
      idempotencyKey('', 'orders42'),
      idempotencyKey('orders42', ''),
      idempotencyKey('Orders', '42'),
    ])
    expect(keys.size).toBe(6)
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/)
  })

  it('is the start of BLAKE3 over namespace, zero byte and text', () => {
    const digest = blake3(Buffer.from('orders\0ümlaut', 'utf8')).subarray(0, 16)
    expect(idempotencyKey('orders', 'ümlaut')).toBe(Buffer.from(digest).toString('hex'))
  })

  it('is usable as an append option', () => {
    const store = openStore()
    const key = idempotencyKey('orders', 'ümlaut')
    const first = store.append(at('a'), Noted, { n: 1 }, { idempotencyKey: key })
    expect(first.eventId).toBe(key)
  })

  it('refuses what has no unambiguous bytes', () => {
    expect(argumentError(TypeError, () => idempotencyKey(1 as never, 'x'))).toContain('namespace')
    expect(argumentError(TypeError, () => idempotencyKey('x', null as never))).toContain('text')
    expect(argumentError(RangeError, () => idempotencyKey('\ud800', 'x'))).toContain('namespace')
    expect(argumentError(RangeError, () => idempotencyKey('x', '\udc00'))).toContain('text')
    expect(argumentError(RangeError, () => idempotencyKey('a\0b', 'x'))).toContain('NUL')
    expect(idempotencyKey('a', '\0')).toMatch(/^[0-9a-f]{32}$/)
  })
})
