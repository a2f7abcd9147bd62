import { describe, expect, it, vi } from 'vitest'

// Counts up instead of being random, so that a byte that is handed out twice is seen.
const source = vi.hoisted(() => ({ next: 0, fail: false }))
vi.mock('node:crypto', () => ({
  randomFillSync(out: Uint8Array) {
    if (source.fail) throw new Error('no entropy')
    for (let i = 0; i < out.length; i++) out[i] = source.next++ & 0xff
    return out
  },
}))

const { pooledRandom } = await import('../../src/node/random.ts')

function take(random: (out: Uint8Array) => void, length: number): number[] {
  const out = new Uint8Array(length)
  random(out)
  return [...out]
}

describe('pooled randomness', () => {
  it('hands out every byte of the pool once, in order, across refills', () => {
    source.next = 0
    const random = pooledRandom()
    const taken: number[] = []
    for (let i = 0; i < 600; i++) taken.push(...take(random, 16))
    expect(taken).toEqual(Array.from({ length: 9600 }, (_, i) => i & 0xff))
  })

  it('skips the rest of the pool rather than serving a request from two', () => {
    source.next = 0
    const random = pooledRandom()
    for (let i = 0; i < 40; i++) take(random, 100)
    expect(source.next).toBe(4096)
    expect(take(random, 100)).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect(source.next).toBe(8192)
  })

  it('serves large requests directly', () => {
    source.next = 0
    expect(take(pooledRandom(), 257)).toHaveLength(257)
    expect(source.next).toBe(257)
  })

  it('does not repeat old bytes when a refill fails', () => {
    source.next = 0
    const random = pooledRandom()
    for (let i = 0; i < 16; i++) take(random, 256)
    source.fail = true
    expect(() => take(random, 16)).toThrow('no entropy')
    expect(() => take(random, 16)).toThrow('no entropy')
    source.fail = false
    source.next = 7
    expect(take(random, 2)).toEqual([7, 8])
  })

  it('fills exactly the buffer, which may be empty or a part of another', () => {
    source.next = 1
    const random = pooledRandom()
    const whole = new Uint8Array(8)
    random(whole.subarray(2, 5))
    expect([...whole]).toEqual([0, 0, 1, 2, 3, 0, 0, 0])
    random(new Uint8Array(0))
    expect(take(random, 1)).toEqual([4])
  })
})
