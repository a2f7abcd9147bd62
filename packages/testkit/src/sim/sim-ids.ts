/**
 * A source of bytes for ids and temporary names: the same seed gives the same bytes, in requests of
 * any size. They look random and are no secret.
 */
export function simIds(seed: number): (out: Uint8Array) => void {
  if (!Number.isInteger(seed)) {
    throw new TypeError(`simIds: seed must be an integer, got ${String(seed)}`)
  }
  let state = seed >>> 0
  let word = 0
  let left = 0
  return (out) => {
    for (let i = 0; i < out.length; i += 1) {
      if (left === 0) {
        state = (state + 0x9e3779b9) >>> 0
        word = mix(state)
        left = 4
      }
      out[i] = word & 0xff
      word >>>= 8
      left -= 1
    }
  }
}

// The finalizer of MurmurHash3: every bit of the state reaches every bit of the word.
function mix(state: number): number {
  let word = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35)
  return (word ^ (word >>> 16)) >>> 0
}
