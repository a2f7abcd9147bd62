/** Ids as four big-endian 32-bit words: the form the index and the codecs work on. */
import type { EventId } from './id.ts'

const DIGIT: Uint8Array = Uint8Array.from('0123456789abcdef', (c) => c.charCodeAt(0))
const VALUE: Int8Array = new Int8Array(128).fill(-1)
for (let i = 0; i < 16; i += 1) VALUE[DIGIT[i]!] = i

/** Reads 32 lower-case hex digits into `out[at … at+3]`; false when `hex` is anything else. */
export function parseWords(hex: string, out: Uint32Array, at: number): boolean {
  if (hex.length !== 32) return false
  for (let w = 0; w < 4; w += 1) {
    let word = 0
    for (let i = w * 8, end = i + 8; i < end; i += 1) {
      const code = hex.charCodeAt(i)
      const digit = code < 128 ? VALUE[code]! : -1
      if (digit < 0) return false
      word = (word << 4) | digit
    }
    out[at + w] = word
  }
  return true
}

/**
 * The hex form of `words[at … at+3]`.
 * One call with 32 arguments: measured at 35 ns, where hex tables and Buffer take 60 to 90.
 */
export function formatWords(words: Uint32Array, at: number): EventId {
  const a = words[at]!
  const b = words[at + 1]!
  const c = words[at + 2]!
  const d = words[at + 3]!
  const h = DIGIT
  // prettier-ignore
  return String.fromCharCode(
    h[a >>> 28]!, h[(a >>> 24) & 15]!, h[(a >>> 20) & 15]!, h[(a >>> 16) & 15]!, h[(a >>> 12) & 15]!, h[(a >>> 8) & 15]!, h[(a >>> 4) & 15]!, h[a & 15]!,
    h[b >>> 28]!, h[(b >>> 24) & 15]!, h[(b >>> 20) & 15]!, h[(b >>> 16) & 15]!, h[(b >>> 12) & 15]!, h[(b >>> 8) & 15]!, h[(b >>> 4) & 15]!, h[b & 15]!,
    h[c >>> 28]!, h[(c >>> 24) & 15]!, h[(c >>> 20) & 15]!, h[(c >>> 16) & 15]!, h[(c >>> 12) & 15]!, h[(c >>> 8) & 15]!, h[(c >>> 4) & 15]!, h[c & 15]!,
    h[d >>> 28]!, h[(d >>> 24) & 15]!, h[(d >>> 20) & 15]!, h[(d >>> 16) & 15]!, h[(d >>> 12) & 15]!, h[(d >>> 8) & 15]!, h[(d >>> 4) & 15]!, h[d & 15]!,
  ) as EventId
}

export function isZeroId(words: Uint32Array, at: number): boolean {
  return (words[at]! | words[at + 1]! | words[at + 2]! | words[at + 3]!) === 0
}
