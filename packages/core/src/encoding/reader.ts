/**
 * Reads MessagePack with the tolerance of batpak 0.8.0's decoder: any integer width, keys in any
 * order, byte strings as lists or bins. Every refusal is a `MalformedError`; callers give it a code.
 */
import { StoreError } from '../errors.ts'
import { copyBytes } from './bytes.ts'
import { decodeUtf8 } from './utf8.ts'

/** The bytes are not what the reader was asked to read. Internal: callers turn it into a StoreError. */
export class MalformedError extends Error {}

export class Reader {
  readonly buf: Uint8Array
  readonly end: number
  pos: number
  readonly #view: DataView

  constructor(buf: Uint8Array, pos = 0, end: number = buf.length) {
    this.buf = buf
    this.pos = pos
    this.end = end
    this.#view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength)
  }

  peek(): number {
    if (this.pos >= this.end) throw new MalformedError('unexpected end')
    return this.buf[this.pos]!
  }

  take(bytes: number): number {
    const at = this.pos
    if (bytes > this.end - at) throw new MalformedError('unexpected end')
    this.pos = at + bytes
    return at
  }

  /** An integer that a number holds exactly. @throws StoreError `UnsafeInteger` beyond 2^53-1 */
  int(what: string): number {
    const value = this.integer(what)
    if (typeof value === 'bigint')
      throw new StoreError('UnsafeInteger', { what, value: `${value}` })
    return value
  }

  /** An unsigned integer up to `max`. */
  uint(what: string, max: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.int(what)
    if (value < 0 || value > max) throw new MalformedError(`${what} is ${value}, out of range`)
    return value
  }

  /** Any integer of 64 bits: a number where it is exact, else a bigint. */
  integer(what: string): number | bigint {
    const tag = this.peek()
    this.pos += 1
    if (tag < 0x80) return tag
    if (tag >= 0xe0) return tag - 0x100
    const view = this.#view
    switch (tag) {
      case 0xcc:
        return view.getUint8(this.take(1))
      case 0xcd:
        return view.getUint16(this.take(2))
      case 0xce:
        return view.getUint32(this.take(4))
      case 0xcf:
        return exact(view.getBigUint64(this.take(8)))
      case 0xd0:
        return view.getInt8(this.take(1))
      case 0xd1:
        return view.getInt16(this.take(2))
      case 0xd2:
        return view.getInt32(this.take(4))
      case 0xd3:
        return exact(view.getBigInt64(this.take(8)))
      default:
        throw new MalformedError(`expected an integer for ${what}, got tag 0x${tag.toString(16)}`)
    }
  }

  /** Consumes a nil; false and nothing consumed when the next value is something else. */
  nil(): boolean {
    if (this.peek() !== 0xc0) return false
    this.pos += 1
    return true
  }

  bool(what: string): boolean {
    const tag = this.peek()
    if (tag !== 0xc2 && tag !== 0xc3) throw new MalformedError(`expected a boolean for ${what}`)
    this.pos += 1
    return tag === 0xc3
  }

  float(): number {
    const tag = this.peek()
    this.pos += 1
    return tag === 0xca ? this.#view.getFloat32(this.take(4)) : this.#view.getFloat64(this.take(8))
  }

  /** The number of members of a map. */
  mapHeader(what: string): number {
    const tag = this.peek()
    this.pos += 1
    if (tag >= 0x80 && tag <= 0x8f) return tag & 0x0f
    if (tag === 0xde) return this.#view.getUint16(this.take(2))
    if (tag === 0xdf) return this.#view.getUint32(this.take(4))
    throw new MalformedError(`expected a map for ${what}, got tag 0x${tag.toString(16)}`)
  }

  isArray(): boolean {
    const tag = this.peek()
    return (tag >= 0x90 && tag <= 0x9f) || tag === 0xdc || tag === 0xdd
  }

  arrayHeader(what: string): number {
    const tag = this.peek()
    this.pos += 1
    if (tag >= 0x90 && tag <= 0x9f) return tag & 0x0f
    if (tag === 0xdc) return this.#view.getUint16(this.take(2))
    if (tag === 0xdd) return this.#view.getUint32(this.take(4))
    throw new MalformedError(`expected an array for ${what}, got tag 0x${tag.toString(16)}`)
  }

  isText(): boolean {
    const tag = this.peek()
    return (tag >= 0xa0 && tag <= 0xbf) || (tag >= 0xd9 && tag <= 0xdb)
  }

  isBin(): boolean {
    const tag = this.peek()
    return tag >= 0xc4 && tag <= 0xc6
  }

  /** The length of a string or bin; the content follows. */
  textHeader(what: string): number {
    const tag = this.peek()
    this.pos += 1
    if (tag >= 0xa0 && tag <= 0xbf) return tag & 0x1f
    if (tag === 0xd9 || tag === 0xc4) return this.#view.getUint8(this.take(1))
    if (tag === 0xda || tag === 0xc5) return this.#view.getUint16(this.take(2))
    if (tag === 0xdb || tag === 0xc6) return this.#view.getUint32(this.take(4))
    throw new MalformedError(`expected text for ${what}, got tag 0x${tag.toString(16)}`)
  }

  /** Text, also in the form of a bin, as the reference accepts it. */
  str(what: string): string {
    const length = this.textHeader(what)
    const at = this.take(length)
    try {
      return decodeUtf8(this.buf, at, at + length)
    } catch (cause) {
      throw new MalformedError(`${what} is not valid UTF-8`, { cause })
    }
  }

  /** A byte string in either form, array of integers or bin: a new array. */
  bytes(what: string): Uint8Array {
    if (this.isBin()) {
      const length = this.textHeader(what)
      const at = this.take(length)
      return copyBytes(this.buf, at, at + length)
    }
    const count = this.arrayHeader(what)
    if (count > this.end - this.pos)
      throw new MalformedError(`${what} is longer than its container`)
    const out = new Uint8Array(count)
    for (let i = 0; i < count; i += 1) out[i] = this.uint(what, 0xff)
    return out
  }

  /** A 16-byte id as bin or array of 16 integers, into `out[0 … 3]`. */
  id(what: string, out: Uint32Array, at = 0): void {
    const bytes = this.bytes(what)
    if (bytes.length !== 16) throw new MalformedError(`${what} has ${bytes.length} bytes, not 16`)
    const view = new DataView(bytes.buffer)
    for (let i = 0; i < 4; i += 1) out[at + i] = view.getUint32(i * 4)
  }

  /** Skips one value of any kind, however deep it nests. */
  skip(): void {
    let open = 1
    while (open > 0) {
      open += this.#skipOne() - 1
    }
  }

  /** Skips one head or scalar; returns how many values follow inside it. */
  #skipOne(): number {
    const tag = this.peek()
    if (tag < 0x80 || tag >= 0xe0 || tag === 0xc0 || tag === 0xc2 || tag === 0xc3) {
      this.pos += 1
      return 0
    }
    if ((tag >= 0x80 && tag <= 0x8f) || tag === 0xde || tag === 0xdf) return this.mapHeader('') * 2
    if (this.isArray()) return this.arrayHeader('')
    if (this.isText() || this.isBin()) {
      this.take(this.textHeader(''))
      return 0
    }
    this.pos += 1
    const fixed = FIXED_BYTES[tag]
    if (fixed !== undefined) {
      this.take(fixed)
      return 0
    }
    const sized = EXT_LENGTH_BYTES[tag]
    if (sized === undefined) throw new MalformedError(`unknown tag 0x${tag.toString(16)}`)
    const at = this.take(sized)
    let length = 0
    for (let i = 0; i < sized; i += 1) length = length * 256 + this.buf[at + i]!
    this.take(length + 1)
    return 0
  }
}

// prettier-ignore
const FIXED_BYTES: Readonly<Record<number, number>> = {
  0xca: 4, 0xcb: 8, 0xcc: 1, 0xcd: 2, 0xce: 4, 0xcf: 8, 0xd0: 1, 0xd1: 2, 0xd2: 4, 0xd3: 8,
  0xd4: 2, 0xd5: 3, 0xd6: 5, 0xd7: 9, 0xd8: 17,
}
const EXT_LENGTH_BYTES: Readonly<Record<number, number>> = { 0xc7: 1, 0xc8: 2, 0xc9: 4 }

function exact(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
