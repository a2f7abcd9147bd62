import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LruCache } from '../src/index.ts'

describe('LruCache', () => {
  it('releases what was asked for least recently, before it creates the next', () => {
    const log: string[] = []
    const cache = new LruCache<string, string>(2, (value) => log.push(`release ${value}`))
    const create = (key: string): string => {
      log.push(`create ${key}`)
      return key.toUpperCase()
    }
    expect(cache.obtain('a', create)).toBe('A')
    cache.obtain('b', create)
    cache.obtain('a', create)
    cache.obtain('c', create)
    expect(log).toEqual(['create a', 'create b', 'release B', 'create c'])
    expect(cache.size).toBe(2)
  })

  it('keeps undefined as a resource like any other', () => {
    let created = 0
    const cache = new LruCache<string, undefined>(1, () => {})
    for (let i = 0; i < 2; i++) cache.obtain('a', () => void created++)
    expect(created).toBe(1)
  })

  it('stores nothing when creation fails', () => {
    const released: string[] = []
    const cache = new LruCache<string, string>(1, (value) => released.push(value))
    cache.obtain('a', () => 'A')
    const fail = (): string => {
      throw new Error('cannot open')
    }
    expect(() => cache.obtain('b', fail)).toThrow('cannot open')
    expect([cache.size, released]).toEqual([0, ['A']])
    expect(cache.obtain('b', () => 'B')).toBe('B')
  })

  it('releases on delete, once', () => {
    const released: [string, number][] = []
    const cache = new LruCache<number, string>(4, (value, key) => released.push([value, key]))
    cache.obtain(7, () => 'seven')
    expect([cache.delete(7), cache.delete(7), cache.delete(8)]).toEqual([true, false, false])
    expect(released).toEqual([['seven', 7]])
  })

  it('releases everything on clear, also when one release fails', () => {
    const released: string[] = []
    const cache = new LruCache<string, string>(4, (value) => {
      released.push(value)
      if (value !== 'C') throw new Error(`cannot close ${value}`)
    })
    for (const key of ['A', 'B', 'C']) cache.obtain(key, (name) => name)
    expect(() => cache.clear()).toThrow('cannot close A')
    expect([cache.size, released]).toEqual([0, ['A', 'B', 'C']])
    cache.clear()
  })

  it.each([0, -1, 1.5, Number.NaN, Infinity])('refuses the capacity %s', (capacity) => {
    expect(() => new LruCache(capacity, () => {})).toThrow(RangeError)
  })

  it('never holds more than its capacity, and releases each resource exactly once', () => {
    const operations = fc.array(fc.record({ key: fc.nat(6), drop: fc.boolean() }))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), operations, (capacity, ops) => {
        const open = new Set<object>()
        const cache = new LruCache<number, object>(capacity, (value) => {
          expect(open.delete(value)).toBe(true)
        })
        for (const { key, drop } of ops) {
          if (drop) cache.delete(key)
          else {
            const value = cache.obtain(key, () => {
              const made = { key }
              open.add(made)
              expect(open.size).toBeLessThanOrEqual(capacity)
              return made
            })
            expect(value).toMatchObject({ key })
          }
          expect(cache.size).toBe(open.size)
        }
        cache.clear()
        expect(open.size).toBe(0)
      }),
      { numRuns: 100 },
    )
  })
})
