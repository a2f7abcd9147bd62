/** UTF-8 text out of bytes that may be anything. */
import { copyBytes } from './bytes.ts'

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** Up to here a text is made from its character codes: 12 to 30 ns, where a decoder takes 75. */
const SHORT_TEXT = 16

/** The text of `buf[from … to-1]`; throws a `TypeError` for invalid UTF-8. */
export function decodeUtf8(buf: Uint8Array, from: number, to: number): string {
  const length = to - from
  if (length <= SHORT_TEXT && isAscii(buf, from, to)) {
    if (length <= 8) return upToEight(buf, from, length)
    return upToEight(buf, from, 8) + upToEight(buf, from + 8, length - 8)
  }
  return DECODER.decode(buf.subarray(from, to))
}

function isAscii(buf: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i += 1) if (buf[i]! >= 0x80) return false
  return true
}

// One call with all codes is three times as fast as adding character after character.
// prettier-ignore
function upToEight(b: Uint8Array, i: number, length: number): string {
  const text = String.fromCharCode
  switch (length) {
    case 0: return ''
    case 1: return text(b[i]!)
    case 2: return text(b[i]!, b[i + 1]!)
    case 3: return text(b[i]!, b[i + 1]!, b[i + 2]!)
    case 4: return text(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!)
    case 5: return text(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!)
    case 6: return text(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!)
    case 7: return text(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!, b[i + 6]!)
    default: return text(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!, b[i + 6]!, b[i + 7]!)
  }
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
    this.#slots[slot] = { bytes: copyBytes(buf, from, to), text }
    return text
  }
}
