/** The scalars of report bodies. */
import { HASH_BYTES } from '../event/hash.ts'
import { parseWords } from '../event/id-words.ts'
import type { EventId } from '../event/id.ts'
import { describeType } from '../options.ts'
import { Unencodable, type Shape } from './shape.ts'

const U64_MAX = (1n << 64n) - 1n
const WORDS: Uint32Array = new Uint32Array(4)

/** An unsigned integer up to `max`. */
export function uint(max: number = Number.MAX_SAFE_INTEGER): Shape<number> {
  return integer(0, max)
}

export const U8: Shape<number> = uint(0xff)
export const U16: Shape<number> = uint(0xffff)
export const U32: Shape<number> = uint(0xffff_ffff)
/** Up to 2^53-1, which is what a number holds. */
export const U64: Shape<number> = uint()
export const I64: Shape<number> = integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)

/** Nanoseconds, which numbers do not hold. */
export const U64_BIGINT: Shape<bigint> = {
  write(out, value) {
    if (typeof value !== 'bigint' || value < 0n || value > U64_MAX) {
      throw refused('must be a bigint of 0 to 2^64-1', value)
    }
    out.bigint(value)
  },
  compare: ascending,
}

export const BOOL: Shape<boolean> = {
  write(out, value) {
    if (typeof value !== 'boolean') throw refused('must be a boolean', value)
    out.bool(value)
  },
  compare: ascending,
}

/** Ordered by UTF-8 bytes. */
export const TEXT: Shape<string> = {
  write(out, value) {
    if (typeof value !== 'string') throw refused('must be a string', value)
    out.str(value)
  },
  compare: (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)),
}

/** 32 bytes, written as a list of integers. */
export const HASH: Shape<Uint8Array> = {
  write(out, value) {
    if (!(value instanceof Uint8Array) || value.length !== HASH_BYTES) {
      throw refused('must be a Uint8Array of 32 bytes', value)
    }
    out.byteList(value)
  },
  compare: (a, b) => Buffer.compare(a, b),
}

/** An event id: 16 bytes, big-endian. */
export const ID: Shape<EventId> = {
  write(out, value) {
    if (typeof value !== 'string' || !parseWords(value, WORDS, 0)) {
      throw refused('must be an id of 32 lower-case hex digits', value)
    }
    out.id(WORDS)
  },
  compare: ascending,
}

/** One of some names, ordered as they are listed. */
export function choice<T extends string>(...names: readonly T[]): Shape<T> {
  return {
    write(out, value) {
      if (!names.includes(value)) throw refused(`must be one of ${names.join(', ')}`, value)
      out.str(value)
    },
    compare: (a, b) => names.indexOf(a) - names.indexOf(b),
  }
}

/** Nil when undefined, which comes before every value. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return {
    write(out, value) {
      if (value === undefined) out.nil()
      else shape.write(out, value)
    },
    compare(a, b) {
      if (a === undefined || b === undefined)
        return Number(a !== undefined) - Number(b !== undefined)
      return shape.compare(a, b)
    },
  }
}

/** As `optional`, but a map has no entry for undefined. */
export function omittable<T>(shape: Shape<T>): Shape<T | undefined> {
  return { ...optional(shape), omitted: true }
}

export function refused(rule: string, value: unknown): Unencodable {
  return new Unencodable(`${rule}, got ${shown(value)}`)
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80))
  if (value instanceof Uint8Array) return `${value.length} bytes`
  return typeof value === 'number' || typeof value === 'bigint'
    ? String(value)
    : describeType(value)
}

function integer(min: number, max: number): Shape<number> {
  return {
    write(out, value) {
      if (!Number.isSafeInteger(value) || value < min || value > max) {
        throw refused(`must be an integer of ${min} to ${max}`, value)
      }
      out.int(value)
    },
    compare: (a, b) => a - b,
  }
}

function ascending<T extends string | bigint | boolean>(a: T, b: T): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
