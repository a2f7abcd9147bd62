/** UTF-8 text out of bytes that may be anything. */

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** Up to here, adding character after character beats a call into the runtime. */
const SHORT_TEXT = 12

/** The text of `buf[from … to-1]`; throws a `TypeError` for invalid UTF-8. */
export function decodeUtf8(buf: Uint8Array, from: number, to: number): string {
  if (to - from <= SHORT_TEXT) {
    let text = ''
    let i = from
    for (; i < to; i += 1) {
      const byte = buf[i]!
      if (byte >= 0x80) break
      text += String.fromCharCode(byte)
    }
    if (i === to) return text
  }
  return DECODER.decode(buf.subarray(from, to))
}

/**
 * Remembers short texts by their bytes: payload keys and entity names repeat, and comparing bytes
 * is cheaper than making a string. Direct-mapped, so it never grows.
 */
export class TextCache {
  readonly #slots: ({ readonly bytes: Uint8Array; readonly text: string } | undefined)[]
  readonly #mask: number

  /** @param slots a power of two */
  constructor(slots: number) {
    this.#slots = new Array(slots).fill(undefined)
    this.#mask = slots - 1
  }

  get(buf: Uint8Array, from: number, to: number): string {
    const length = to - from
    if (length > 64) return decodeUtf8(buf, from, to)
    let hash = length
    for (let i = from; i < to; i += 1) hash = (Math.imul(hash, 31) + buf[i]!) | 0
    const slot = (hash ^ (hash >>> 15)) & this.#mask
    const cached = this.#slots[slot]
    if (cached !== undefined && cached.bytes.length === length) {
      let i = 0
      while (i < length && cached.bytes[i] === buf[from + i]) i += 1
      if (i === length) return cached.text
    }
    const text = decodeUtf8(buf, from, to)
    this.#slots[slot] = { bytes: Uint8Array.prototype.slice.call(buf, from, to), text }
    return text
  }
}
