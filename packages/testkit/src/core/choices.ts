/** The one source of choices of a run, so that a run can be repeated from its seed. */
export interface Choices {
  /** A number from 0 to `n - 1`. */
  pick(n: number): number
}

/** Choices that look random and follow from `seed` alone. */
export function seededChoices(seed: number): Choices {
  let state = seed | 0
  return {
    pick(n) {
      state = (state + 0x6d2b79f5) | 0
      let word = Math.imul(state ^ (state >>> 15), 1 | state)
      word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word
      return ((word ^ (word >>> 14)) >>> 0) % n
    },
  }
}
