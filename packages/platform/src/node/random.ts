import { randomFillSync } from 'node:crypto'

/**
 * Makes a function that fills a buffer with cryptographically random bytes. Small requests are
 * served from a pool, whose every byte is handed out at most once.
 */
export function pooledRandom(): (out: Uint8Array) => void {
  let pool: Uint8Array | undefined
  let used = poolBytes
  return (out) => {
    const { length } = out
    if (length > largestPooled) {
      randomFillSync(out)
      return
    }
    if (pool === undefined || used + length > poolBytes) {
      // Until the fill is done the pool counts as used up, so a failure cannot repeat old bytes.
      used = poolBytes
      pool = randomFillSync(pool ?? new Uint8Array(poolBytes))
      used = 0
    }
    const from = used
    used += length
    // For 16 bytes a loop beats `set` with a subarray, which allocates.
    for (let i = 0; i < length; i++) out[i] = pool[from + i] as number
  }
}

const poolBytes = 4096
const largestPooled = 256
