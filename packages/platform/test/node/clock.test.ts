import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/node/clock.ts'

afterEach(() => vi.useRealTimers())

describe('the system clock', () => {
  it('tells wall time in microseconds and nanoseconds', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_795_415_804_988 })
    expect(systemClock().nowUs()).toBe(1_795_415_804_988_000)
    expect(systemClock().nowWallNs()).toBe(1_795_415_804_988_000_000n)
  })

  it('reads 0 before 1970', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: -5 })
    expect(systemClock().nowUs()).toBe(0)
    expect(systemClock().nowWallNs()).toBe(0n)
  })

  it('has a monotonic reading that does not decrease and counts nanoseconds', async () => {
    const clock = systemClock()
    const start = clock.nowMonoNs()
    await new Promise((resolve) => setTimeout(resolve, 20))
    const elapsed = clock.nowMonoNs() - start
    expect(start >= 0n).toBe(true)
    expect(elapsed > 15_000_000n && elapsed < 20_000_000_000n).toBe(true)
  })

  it('has one marker per process, also across two copies of this module', async () => {
    const first = systemClock()
    vi.resetModules()
    const copy = (await import('../../src/node/clock.ts')).systemClock
    expect(copy).not.toBe(systemClock)
    expect(copy().processBootNs).toBe(first.processBootNs)
    expect(first.processBootNs > 1_600_000_000_000_000_000n).toBe(true)
  })
})
