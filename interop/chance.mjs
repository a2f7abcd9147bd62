// A seeded generator of choices (mulberry32): a seed gives the same program on every machine.

export function chance(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const below = (n) => Math.floor(next() * n)
  return {
    below,
    between: (low, high) => low + below(high - low + 1),
    odds: (probability) => next() < probability,
    pick: (list) => list[below(list.length)],
    /** One key of a table of weights. */
    weighted(table) {
      let left = next() * Object.values(table).reduce((sum, weight) => sum + weight, 0)
      const found = Object.entries(table).find(([, weight]) => (left -= weight) < 0)
      return (found ?? Object.entries(table).at(-1))[0]
    },
  }
}
