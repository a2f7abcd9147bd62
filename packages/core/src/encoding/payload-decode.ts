/** Payload bytes as a value: a superset of what the reference can show. */
import { StoreError } from '../errors.ts'
import { MAX_DEPTH } from './payload-shape.ts'
import { MalformedError, Reader } from './reader.ts'
import { TextCache } from './utf8.ts'

const KEYS: TextCache = new TextCache(512)

export interface DecodeOptions {
  /** Present integer map keys as strings: batpak's own OPEN payload may hold them (Q14). */
  readonly integerKeys?: boolean
}

/**
 * The first value of `bytes`; what follows it is ignored.
 *
 * Integers beyond 2^53 are bigints, `bin` is a `Uint8Array` copy, of duplicate keys the last wins.
 * @throws StoreError `Serialization` for ext, keys that are not text, invalid UTF-8, truncation, no
 *   value at all, or nesting beyond 1023 levels
 */
export function decodePayload(bytes: Uint8Array, options: DecodeOptions = {}): unknown {
  try {
    return value(new Reader(bytes), 0, options.integerKeys === true)
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    const reason = 'the payload is not readable MessagePack'
    throw new StoreError('Serialization', { reason }, { cause: error })
  }
}

function value(reader: Reader, depth: number, integerKeys: boolean): unknown {
  const tag = reader.peek()
  if (tag < 0x80 || tag >= 0xe0 || (tag >= 0xcc && tag <= 0xd3)) return reader.integer('a value')
  if (reader.isText()) return reader.str('a string')
  if (reader.isArray()) return array(reader, inside(depth), integerKeys)
  if (tag <= 0x8f || tag === 0xde || tag === 0xdf) return map(reader, inside(depth), integerKeys)
  if (tag === 0xc0) return reader.nil() ? null : null
  if (tag === 0xc2 || tag === 0xc3) return reader.bool('a boolean')
  if (tag === 0xca || tag === 0xcb) return reader.float()
  if (reader.isBin()) return reader.bytes('binary data')
  throw new MalformedError(`tag 0x${tag.toString(16)} has no value form`)
}

/** The depth of what a container at `depth` holds. */
function inside(depth: number): number {
  if (depth >= MAX_DEPTH) throw new MalformedError(`nests deeper than ${MAX_DEPTH} levels`)
  return depth + 1
}

function array(reader: Reader, depth: number, integerKeys: boolean): unknown[] {
  const count = reader.arrayHeader('an array')
  if (count > reader.end - reader.pos) throw new MalformedError('unexpected end')
  const out: unknown[] = []
  for (let i = 0; i < count; i += 1) out.push(value(reader, depth, integerKeys))
  return out
}

function map(reader: Reader, depth: number, integerKeys: boolean): Record<string, unknown> {
  const count = reader.mapHeader('a map')
  const out: Record<string, unknown> = {}
  for (let i = 0; i < count; i += 1) {
    const name = key(reader, integerKeys)
    const member = value(reader, depth, integerKeys)
    // A plain assignment to __proto__ would set the prototype and lose the member.
    if (name === '__proto__') {
      Object.defineProperty(out, name, {
        value: member,
        enumerable: true,
        configurable: true,
        writable: true,
      })
    } else out[name] = member
  }
  return out
}

function key(reader: Reader, integerKeys: boolean): string {
  if (!reader.isText()) {
    const tag = reader.peek()
    if (integerKeys && (tag < 0x80 || tag >= 0xe0 || (tag >= 0xcc && tag <= 0xd3))) {
      return `${reader.integer('a key')}`
    }
    throw new MalformedError('a map key is not text')
  }
  const length = reader.textHeader('a key')
  const at = reader.take(length)
  try {
    return KEYS.get(reader.buf, at, at + length)
  } catch (cause) {
    throw new MalformedError('a key is not valid UTF-8', { cause })
  }
}
