/** MessagePack by the rules of the format alone: a second writer and reader to test the first with. */

/** A value in the form in which it is written. Plain numbers are integers. */
export type Raw =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Raw[]
  /** An array with one integer per byte: how the format stores byte strings. */
  | Uint8Array
  | { readonly map: RawMap }
  | { readonly bin: Uint8Array }
  | { readonly f64: number }
  /** Bytes that are MessagePack already: any form, canonical or not. */
  | { readonly bytes: Uint8Array }
export type RawMap = readonly (readonly [key: Raw, value: Raw])[]

/** The canonical bytes of `value`: shortest integers, shortest headers. */
export function mp(value: Raw): Buffer {
  if (value === null) return Buffer.of(0xc0)
  switch (typeof value) {
    case 'boolean':
      return Buffer.of(value ? 0xc3 : 0xc2)
    case 'number':
    case 'bigint':
      return integer(BigInt(value))
    case 'string': {
      const text = Buffer.from(value, 'utf8')
      return Buffer.concat([header([0xa0, 0xda, 0xdb], text.length), text])
    }
    default:
      return value instanceof Uint8Array ? byteList(value) : composite(value)
  }
}

export function isMap(value: Raw): value is { readonly map: RawMap } {
  // Arrays have a `map` too, the method.
  return (
    typeof value === 'object' && value !== null && Array.isArray((value as { map?: unknown }).map)
  )
}

/** The bytes in hex, of bytes or of a value. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Fixed bytes with a tag in front, for forms that no canonical writer produces. */
export function tagged(tag: number, width: number, value: number | bigint): Raw {
  const bytes = Buffer.alloc(1 + width)
  bytes[0] = tag
  let rest = BigInt.asUintN(width * 8, BigInt(value))
  for (let i = width; i >= 1; i -= 1, rest >>= 8n) bytes[i] = Number(rest & 0xffn)
  return { bytes }
}

function byteList(bytes: Uint8Array): Buffer {
  const out = Buffer.alloc(bytes.length * 2)
  let at = 0
  for (const byte of bytes) {
    if (byte >= 0x80) out[at++] = 0xcc
    out[at++] = byte
  }
  return Buffer.concat([header([0x90, 0xdc, 0xdd], bytes.length), out.subarray(0, at)])
}

function composite(value: Exclude<Extract<Raw, object>, Uint8Array>): Buffer {
  if (Array.isArray(value)) {
    const items = value as readonly Raw[]
    return Buffer.concat([header([0x90, 0xdc, 0xdd], items.length), ...items.map(mp)])
  }
  if ('bytes' in value) return Buffer.from(value.bytes)
  if ('bin' in value) {
    return Buffer.concat([header([0xc4, 0xc5, 0xc6], value.bin.length), value.bin])
  }
  if ('f64' in value) {
    const out = Buffer.alloc(9, 0xcb)
    out.writeDoubleBE(value.f64, 1)
    return out
  }
  const { map } = value as { readonly map: RawMap } // arrays have a `map` too
  return Buffer.concat([header([0x80, 0xde, 0xdf], map.length), ...map.flat().map(mp)])
}

/**
 * A length in the shortest of three headers. The first tag of maps and arrays holds lengths up to 15
 * itself, that of texts up to 31; a bin has a byte for it.
 */
function header([one, two, four]: readonly [number, number, number], length: number): Buffer {
  if (one === 0xc4 && length < 0x100) return Buffer.of(one, length)
  if (one !== 0xc4 && length < (one === 0xa0 ? 32 : 16)) return Buffer.of(one | length)
  if (one === 0xa0 && length < 0x100) return Buffer.of(0xd9, length)
  if (length < 0x10000) return Buffer.of(two, length >> 8, length & 0xff)
  const out = Buffer.alloc(5, four)
  out.writeUInt32BE(length, 1)
  return out
}

function integer(value: bigint): Buffer {
  if (value >= 0n) {
    if (value < 0x80n) return Buffer.of(Number(value))
    const width = [1, 2, 4].find((bytes) => value < 1n << BigInt(bytes * 8)) ?? 8
    return mp(tagged(0xcc + Math.log2(width), width, value))
  }
  if (value >= -0x20n) return Buffer.of(Number(value) & 0xff)
  const width = [1, 2, 4].find((bytes) => value >= -(1n << BigInt(bytes * 8 - 1))) ?? 8
  return mp(tagged(0xd0 + Math.log2(width), width, value))
}

/** The value that begins at `at`, and where it ends. Ext values come back as their bytes. */
export function unpack(bytes: Uint8Array, at = 0): { readonly value: Raw; readonly end: number } {
  const buf = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const tag = buf[at]!
  if (tag < 0x80) return { value: tag, end: at + 1 }
  if (tag <= 0x8f) return unpackMap(buf, at + 1, tag & 0x0f)
  if (tag <= 0x9f) return unpackArray(buf, at + 1, tag & 0x0f)
  if (tag <= 0xbf) return unpackText(buf, at + 1, tag & 0x1f)
  if (tag >= 0xe0) return { value: tag - 0x100, end: at + 1 }
  const size = (width: number): number => buf.readUIntBE(at + 1, width)
  if (tag === 0xc0) return { value: null, end: at + 1 }
  if (tag === 0xc2 || tag === 0xc3) return { value: tag === 0xc3, end: at + 1 }
  if (tag >= 0xc4 && tag <= 0xc6) {
    const width = 1 << (tag - 0xc4)
    const from = at + 1 + width
    return { value: { bin: buf.subarray(from, from + size(width)) }, end: from + size(width) }
  }
  if (tag === 0xcb) return { value: { f64: buf.readDoubleBE(at + 1) }, end: at + 9 }
  if (tag >= 0xcc && tag <= 0xce)
    return { value: size(1 << (tag - 0xcc)), end: at + 1 + (1 << (tag - 0xcc)) }
  if (tag === 0xcf) return { value: buf.readBigUInt64BE(at + 1), end: at + 9 }
  if (tag >= 0xd0 && tag <= 0xd2) {
    const width = 1 << (tag - 0xd0)
    return { value: buf.readIntBE(at + 1, width), end: at + 1 + width }
  }
  if (tag === 0xd3) return { value: buf.readBigInt64BE(at + 1), end: at + 9 }
  if (tag >= 0xd9 && tag <= 0xdb) {
    const width = 1 << (tag - 0xd9)
    return unpackText(buf, at + 1 + width, size(width))
  }
  if (tag === 0xdc || tag === 0xdd)
    return unpackArray(buf, at + (tag === 0xdc ? 3 : 5), size(tag === 0xdc ? 2 : 4))
  if (tag === 0xde || tag === 0xdf)
    return unpackMap(buf, at + (tag === 0xde ? 3 : 5), size(tag === 0xde ? 2 : 4))
  throw new Error(`tag 0x${tag.toString(16)} at ${at}: not a form of the format`)
}

function unpackText(buf: Buffer, from: number, length: number): ReturnType<typeof unpack> {
  return { value: buf.toString('utf8', from, from + length), end: from + length }
}

function unpackArray(buf: Buffer, from: number, count: number): ReturnType<typeof unpack> {
  const items: Raw[] = []
  let at = from
  for (let i = 0; i < count; i += 1) {
    const { value, end } = unpack(buf, at)
    items.push(value)
    at = end
  }
  return { value: items, end: at }
}

function unpackMap(buf: Buffer, from: number, count: number): ReturnType<typeof unpack> {
  const flat = unpackArray(buf, from, count * 2)
  const values = flat.value as readonly Raw[]
  const map = Array.from({ length: count }, (_, i): [Raw, Raw] => [
    values[i * 2]!,
    values[i * 2 + 1]!,
  ])
  return { value: { map }, end: flat.end }
}
