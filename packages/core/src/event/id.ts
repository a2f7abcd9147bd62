/** 128-bit ids: branded strings of 32 lower-case hex digits outside, four 32-bit words inside. */
import { nodePlatform, type PlatformBackend } from '@batpak/platform'
import { hash } from 'blake3-jit'
import { IdSource } from './id-source.ts'
import { formatWords } from './id-words.ts'

declare const eventIdBrand: unique symbol
declare const idempotencyKeyBrand: unique symbol

/** A store-wide unique event id. Its order is not commit order: sort by `sequence`. */
export type EventId = string & { readonly [eventIdBrand]: true }
/** The saga an event belongs to; by default the event's own id. */
export type CorrelationId = EventId
/** The event that directly caused another. */
export type CausationId = EventId
/** A caller-chosen id that makes an append repeatable: it becomes the event id. */
export type IdempotencyKey = string & { readonly [idempotencyKeyBrand]: true }

interface IdCodec<T extends string> {
  /** Reads the prefixed form, for example `event:0123…`. @throws RangeError for anything else */
  parse(text: string): T
  /** The prefixed form. */
  format(id: T): string
  /** @throws RangeError unless `text` is 32 lower-case hex digits */
  fromHex(text: string): T
  /** 16 bytes, big-endian. @throws RangeError for another length */
  fromBytes(bytes: Uint8Array): T
  /** A new array of 16 bytes, big-endian. */
  toBytes(id: T): Uint8Array
  /** @throws RangeError outside 0 … 2^128-1 */
  fromBigInt(value: bigint): T
  toBigInt(id: T): bigint
}

export const EventId: IdCodec<EventId> & {
  /** A fresh UUIDv7; time and randomness come from `platform`, by default this machine. */
  generate(platform?: PlatformBackend): EventId
} = {
  ...codec<EventId>('event:'),
  generate(platform: PlatformBackend = nodePlatform()): EventId {
    const words = new Uint32Array(4)
    new IdSource(platform.random, 1).next(platform.clock.nowUs(), words)
    return formatWords(words, 0)
  },
}

export const IdempotencyKey: IdCodec<IdempotencyKey> = codec<IdempotencyKey>('idempotency:')

/**
 * Derives a key from a caller's own identifier: the first 16 bytes of BLAKE3 over the namespace,
 * a zero byte and the text, all UTF-8.
 *
 * @throws RangeError when either holds a lone surrogate, or the namespace a NUL
 */
export function idempotencyKey(namespace: string, text: string): IdempotencyKey {
  requireText('namespace', namespace)
  requireText('text', text)
  if (namespace.includes('\0')) throw new RangeError('namespace must not contain NUL')
  const digest = hash(Buffer.from(`${namespace}\0${text}`, 'utf8'))
  return IdempotencyKey.fromBytes(digest.subarray(0, 16))
}

/** True for 32 lower-case hex digits. */
export function isIdHex(value: unknown): value is string {
  return typeof value === 'string' && value.length === 32 && /^[0-9a-f]{32}$/.test(value)
}

function codec<T extends string>(prefix: string): IdCodec<T> {
  const fromHex = (text: string): T => {
    if (!isIdHex(text))
      throw new RangeError(`an id must be 32 lower-case hex digits, got ${shown(text)}`)
    return text as T
  }
  return {
    parse(text: string): T {
      if (typeof text !== 'string' || !text.startsWith(prefix)) {
        throw new RangeError(
          `an id must be ${prefix} and 32 lower-case hex digits, got ${shown(text)}`,
        )
      }
      return fromHex(text.slice(prefix.length))
    },
    format: (id: T): string => prefix + fromHex(id),
    fromHex,
    fromBytes(bytes: Uint8Array): T {
      if (!(bytes instanceof Uint8Array) || bytes.length !== 16) {
        throw new RangeError(`expected 16 bytes, got ${shown(bytes)}`)
      }
      return Buffer.from(bytes).toString('hex') as T
    },
    toBytes: (id: T): Uint8Array => new Uint8Array(Buffer.from(fromHex(id), 'hex')),
    fromBigInt(value: bigint): T {
      if (typeof value !== 'bigint' || value < 0n || value >= 1n << 128n) {
        throw new RangeError(`expected a bigint of 0 to 2^128-1, got ${shown(value)}`)
      }
      return value.toString(16).padStart(32, '0') as T
    },
    toBigInt: (id: T): bigint => BigInt(`0x${fromHex(id)}`),
  }
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80))
  return value instanceof Uint8Array ? `${value.length} bytes` : String(value)
}

function requireText(name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string')
    throw new TypeError(`${name} must be a string, got ${typeof value}`)
  if (!value.isWellFormed()) throw new RangeError(`${name} contains a lone surrogate`)
}
