/**
 * MessagePack as batpak writes it: shortest integers, named fields, byte strings as arrays of
 * integers, ids as 16-byte bins. One growable buffer, no intermediate values.
 */
import { StoreError } from '../errors.ts'
import { copyBytes, plainView } from './bytes.ts'

const FLOAT: Float64Array = new Float64Array(1)
const FLOAT_BYTES: Uint8Array = new Uint8Array(FLOAT.buffer)
const LITTLE_ENDIAN: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
const VIEWS_KEPT = 2048
/** Below this length a plain loop beats a call into the runtime. */
const SHORT_TEXT = 48

export class Writer {
  /** What was written so far, and room behind it. Never a Buffer: see `bytes.ts`. */
  buf: Uint8Array
  /** The same bytes with Node's readers and writers. */
  buffer: Buffer
  pos = 0
  readonly #viewsFrom: number
  readonly #views: (Uint8Array | undefined)[] = []

  constructor(capacity = 1024, viewsFrom = 0) {
    this.#viewsFrom = viewsFrom
    this.buffer = Buffer.allocUnsafeSlow(capacity)
    this.buf = plainView(this.buffer)
  }

  /** Makes room for `bytes` more. */
  ensure(bytes: number): void {
    const needed = this.pos + bytes
    if (needed <= this.buf.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buf.length * 2))
    this.buffer.copy(grown, 0, 0, this.pos)
    this.buffer = grown
    this.buf = plainView(grown)
    this.#views.length = 0
  }

  /**
   * `buf[from … to-1]`, not copied. Of writers that are kept, short views of the place given to the
   * constructor are kept, too: a view costs 50 ns and 100 bytes.
   */
  view(from: number, to: number): Uint8Array {
    const length = to - from
    if (from !== this.#viewsFrom || length >= VIEWS_KEPT) {
      return new Uint8Array(this.buf.buffer, this.buf.byteOffset + from, length)
    }
    return (this.#views[length] ??= new Uint8Array(
      this.buf.buffer,
      this.buf.byteOffset + from,
      length,
    ))
  }

  /** A copy of what was written since `start`. */
  toBytes(start = 0): Uint8Array {
    return copyBytes(this.buf, start, this.pos)
  }

  u8(byte: number): void {
    this.ensure(1)
    this.buf[this.pos++] = byte
  }

  u32be(value: number): void {
    this.ensure(4)
    this.pos = this.buffer.writeUInt32BE(value, this.pos)
  }

  u32le(value: number): void {
    this.ensure(4)
    this.pos = this.buffer.writeUInt32LE(value, this.pos)
  }

  u64le(value: number): void {
    this.u32le(value % 0x100000000)
    this.u32le(Math.floor(value / 0x100000000))
  }

  raw(bytes: Uint8Array): void {
    this.ensure(bytes.length)
    this.buf.set(bytes, this.pos)
    this.pos += bytes.length
  }

  nil(): void {
    this.u8(0xc0)
  }

  bool(value: boolean): void {
    this.u8(value ? 0xc3 : 0xc2)
  }

  /** A safe integer of any sign in its shortest form. */
  int(value: number): void {
    this.ensure(9)
    const { buf } = this
    let p = this.pos
    if (value >= 0) {
      p = putUint(buf, p, value)
    } else if (value >= -0x20) {
      buf[p++] = value
    } else if (value >= -0x80) {
      buf[p++] = 0xd0
      buf[p++] = value
    } else if (value >= -0x8000) {
      buf[p++] = 0xd1
      buf[p++] = value >> 8
      buf[p++] = value
    } else if (value >= -0x80000000) {
      buf[p++] = 0xd2
      p = put32(buf, p, value)
    } else {
      buf[p++] = 0xd3
      p = put32(buf, p, Math.floor(value / 0x100000000))
      p = put32(buf, p, value)
    }
    this.pos = p
  }

  /** -2^63 … 2^64-1 in its shortest form. */
  bigint(value: bigint): void {
    if (value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)) {
      this.int(Number(value))
      return
    }
    this.u8(value < 0n ? 0xd3 : 0xcf)
    this.ensure(8)
    this.pos = this.buffer.writeBigUInt64BE(BigInt.asUintN(64, value), this.pos)
  }

  float64(value: number): void {
    this.ensure(9)
    const { buf } = this
    buf[this.pos++] = 0xcb
    FLOAT[0] = value
    for (let i = 0; i < 8; i += 1) buf[this.pos++] = FLOAT_BYTES[LITTLE_ENDIAN ? 7 - i : i]!
  }

  /** @throws StoreError `InvalidUnicode` for a lone surrogate */
  str(text: string): void {
    const { length } = text
    if (length < SHORT_TEXT && this.#ascii(text)) return
    const bytes = Buffer.byteLength(text)
    if (bytes !== length && !text.isWellFormed()) {
      throw new StoreError('InvalidUnicode', {
        what: `the text ${JSON.stringify(text.slice(0, 40))}`,
      })
    }
    this.ensure(bytes + 5)
    this.#strHeader(bytes)
    this.buffer.write(text, this.pos, bytes, 'utf8')
    this.pos += bytes
  }

  #ascii(text: string): boolean {
    const { length } = text
    this.ensure(length + 2)
    const { buf } = this
    let p = this.pos
    if (length < 32) {
      buf[p++] = 0xa0 | length
    } else {
      buf[p++] = 0xd9
      buf[p++] = length
    }
    for (let i = 0; i < length; i += 1) {
      const code = text.charCodeAt(i)
      if (code >= 0x80) return false
      buf[p++] = code
    }
    this.pos = p
    return true
  }

  #strHeader(bytes: number): void {
    if (bytes < 32) {
      this.buf[this.pos++] = 0xa0 | bytes
    } else if (bytes < 0x100) {
      this.buf[this.pos++] = 0xd9
      this.buf[this.pos++] = bytes
    } else if (bytes < 0x10000) {
      this.buf[this.pos++] = 0xda
      this.pos = this.buffer.writeUInt16BE(bytes, this.pos)
    } else {
      this.buf[this.pos++] = 0xdb
      this.pos = this.buffer.writeUInt32BE(bytes, this.pos)
    }
  }

  mapHeader(count: number): void {
    this.ensure(5)
    this.pos = putHeader(this.buf, this.pos, count, 0x80, 0xde)
  }

  arrayHeader(count: number): void {
    this.ensure(5)
    this.pos = putArrayHeader(this.buf, this.pos, count)
  }

  /** Bytes as the format has them: an array with one integer per byte. */
  byteList(bytes: Uint8Array, length: number = bytes.length): void {
    this.arrayHeader(length)
    this.ensure(length * 2)
    this.pos = putByteList(this.buf, this.pos, bytes, 0, length)
  }

  /** A 16-byte id, big-endian. */
  id(words: Uint32Array, at = 0): void {
    this.ensure(18)
    this.buf[this.pos++] = 0xc4
    this.buf[this.pos++] = 16
    for (let i = 0; i < 4; i += 1) this.pos = put32(this.buf, this.pos, words[at + i]!)
  }
}

/** A non-negative safe integer in its shortest form; returns the next position. */
export function putUint(buf: Uint8Array, at: number, value: number): number {
  if (value < 0x80) {
    buf[at] = value
    return at + 1
  }
  if (value < 0x100) {
    buf[at] = 0xcc
    buf[at + 1] = value
    return at + 2
  }
  if (value < 0x10000) {
    buf[at] = 0xcd
    buf[at + 1] = value >>> 8
    buf[at + 2] = value
    return at + 3
  }
  if (value < 0x100000000) {
    buf[at] = 0xce
    return put32(buf, at + 1, value)
  }
  buf[at] = 0xcf
  return putUint64(buf, at + 1, value)
}

/** Eight bytes of a safe integer, big-endian; returns the next position. */
export function putUint64(buf: Uint8Array, at: number, value: number): number {
  return put32(buf, put32(buf, at, Math.floor(value / 0x100000000)), (value % 0x100000000) | 0)
}

export function putArrayHeader(buf: Uint8Array, at: number, count: number): number {
  return putHeader(buf, at, count, 0x90, 0xdc)
}

function putHeader(buf: Uint8Array, at: number, count: number, fix: number, long: number): number {
  if (count < 16) {
    buf[at] = fix | count
    return at + 1
  }
  if (count < 0x10000) {
    buf[at] = long
    buf[at + 1] = count >>> 8
    buf[at + 2] = count
    return at + 3
  }
  buf[at] = long + 1
  return put32(buf, at + 1, count)
}

/** Writes the low 32 bits of `value`, big-endian; returns the next position. */
export function put32(buf: Uint8Array, at: number, value: number): number {
  buf[at] = value >>> 24
  buf[at + 1] = value >>> 16
  buf[at + 2] = value >>> 8
  buf[at + 3] = value
  return at + 4
}

/** The elements of a byte list: one byte below 0x80, else two. Returns the next position. */
export function putByteList(
  buf: Uint8Array,
  at: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  let p = at
  for (let i = from; i < to; i += 1) {
    const byte = bytes[i]!
    if (byte >= 0x80) buf[p++] = 0xcc
    buf[p++] = byte
  }
  return p
}

/**
 * As `putByteList`, of 32 bytes that are as good as random: half of them have a prefix, and a branch
 * that is guessed wrong so often takes four times as long as writing a prefix that may not stay.
 */
export function putHash(buf: Uint8Array, at: number, hash: Uint8Array): number {
  let p = at
  for (let i = 0; i < 32; i += 1) {
    const byte = hash[i]!
    buf[p] = 0xcc
    p += byte >>> 7
    buf[p++] = byte
  }
  return p
}
