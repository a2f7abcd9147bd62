/**
 * Posting lists as bitmaps: two long lists with few rows in common are intersected 32 rows at a time.
 *
 * A bitmap is made when a walk has looked at many rows in vain, and extended when it is used again;
 * appends do nothing for it. Only lists with a row in every 64 get one, so a bitmap has at most twice
 * the bytes of its list.
 */
import type { PostingList } from './posting-list.ts'

const ROWS_PER_LISTED = 64

/** Whether a bitmap of the list would not be out of proportion among `rows` rows. */
export function isDense(list: PostingList, rows: number): boolean {
  return list.count * ROWS_PER_LISTED >= rows
}

/** The rows that all of `lists` have. */
export class CommonRows {
  readonly #words: readonly Uint32Array[]

  /** @param rows how many rows there are */
  constructor(lists: readonly PostingList[], rows: number) {
    this.#words = lists.map((list) => wordsOf(list, rows))
  }

  /** The first common row of `from … end-1`, or -1. */
  firstFrom(from: number, end: number): number {
    if (from >= end) return -1
    let mask = -1 << (from & 31)
    for (let i = from >>> 5, last = (end - 1) >>> 5; i <= last; i += 1, mask = -1) {
      const word = this.#word(i) & mask
      if (word === 0) continue
      const row = i * 32 + 31 - Math.clz32(word & -word)
      return row < end ? row : -1
    }
    return -1
  }

  /** The last common row of `end … from`, both included, or -1. */
  lastFrom(from: number, end: number): number {
    if (from < end) return -1
    let mask = 0xffff_ffff >>> (31 - (from & 31))
    for (let i = from >>> 5, last = end >>> 5; i >= last; i -= 1, mask = -1) {
      const word = this.#word(i) & mask
      if (word === 0) continue
      const row = i * 32 + 31 - Math.clz32(word)
      return row >= end ? row : -1
    }
    return -1
  }

  #word(i: number): number {
    const words = this.#words
    let word = words[0]![i]! & words[1]![i]!
    for (let w = 2; w < words.length; w += 1) word &= words[w]![i]!
    return word
  }
}

interface Bits {
  words: Uint32Array
  /** How many rows of the list are in. */
  listed: number
}

const BITS: WeakMap<PostingList, Bits> = new WeakMap()

function wordsOf(list: PostingList, rows: number): Uint32Array {
  let bits = BITS.get(list)
  if (bits === undefined) BITS.set(list, (bits = { words: new Uint32Array(0), listed: 0 }))
  const needed = (rows + 31) >>> 5
  if (bits.words.length < needed) {
    const grown = new Uint32Array(needed + (needed >>> 2))
    grown.set(bits.words)
    bits.words = grown
  }
  const { words } = bits
  for (; bits.listed < list.count; bits.listed += 1) {
    const row = list.at(bits.listed)
    words[row >>> 5]! |= 1 << (row & 31)
  }
  return words
}
