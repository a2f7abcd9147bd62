/** The hybrid time at which a store opens: never before anything it holds. */
import { describe, expect, it } from 'vitest'
import { Kind } from '../../src/index.ts'
import { Noted, at } from '../support/api-events.ts'
import { refusal } from '../support/api-errors.ts'
import { FakeClock, START_US } from '../support/api-clock.ts'
import { writeSegment } from '../support/api-segments.ts'
import { filesOf, freshDir, openReadOnly, openStore } from '../support/api-store.ts'

const MS = START_US / 1000

function close(wallMs: number, clock: number): object {
  const kind = Kind.SYSTEM_CLOSE_COMPLETED
  return { entity: 'batpak:store', scope: 'batpak:lifecycle', kind, wallMs, clock }
}

describe('the open point', () => {
  it('R-161 is now when now is latest', () => {
    const dataDir = freshDir()
    writeSegment(dataDir, 1, [{ wallMs: MS }])
    const store = openStore({ dataDir, clock: new FakeClock(START_US + 5_000_000) })
    expect(store.frontier().visibleHlc).toEqual({ wallMs: MS + 5000, sequence: 1 })
    expect([...store.events()].at(-1)!.timestampUs).toBe(START_US + 5_000_000)
  })

  it('R-161 Q12 is the highest recovered point when the clock went back', () => {
    const dataDir = freshDir()
    writeSegment(dataDir, 1, [
      { entity: 'a', wallMs: MS + 9000 },
      { entity: 'b', wallMs: MS + 100 },
    ])
    const store = openStore({ dataDir, clock: new FakeClock() })
    expect(store.frontier().visibleHlc).toEqual({ wallMs: MS + 9000, sequence: 2 })
    const { eventId } = store.append(at('c'), Noted, { n: 1 })
    expect(store.entry(eventId)!.wallMs).toBe(MS + 9000)
  })

  it('R-118 R-161 read-only is now, with the last recovered sequence', () => {
    const dataDir = freshDir()
    writeSegment(dataDir, 1, [{ wallMs: MS }, { wallMs: MS, clock: 1 }])
    const clock = new FakeClock(START_US + 7000)
    const { visibleHlc, durableHlc } = openReadOnly({ dataDir, clock }).frontier()
    expect(visibleHlc).toEqual({ wallMs: MS + 7, sequence: 1 })
    expect(durableHlc).toEqual(visibleHlc)
  })

  it('W-109 of a clock that reads before 1970, or nonsense, is 0 or what was recovered', () => {
    for (const us of [-1, Number.NaN, Infinity, 2 ** 60]) {
      const store = openStore({ clock: new FakeClock(us) })
      expect(store.frontier().visibleHlc).toEqual({ wallMs: 0, sequence: 0 })
      store.close()
    }
  })

  it('has a timestamp: a wall time without one refuses a mutable open, not a reader', () => {
    const last = Math.floor(Number.MAX_SAFE_INTEGER / 1000)
    for (const wallMs of [last, last + 1]) {
      const dataDir = freshDir()
      writeSegment(dataDir, 1, [{ wallMs, timestampUs: START_US }])
      expect(openReadOnly({ dataDir }).frontier().visibleHlc.wallMs).toBe(wallMs)
    }
    const dataDir = freshDir()
    writeSegment(dataDir, 1, [{ wallMs: last, timestampUs: START_US }])
    openStore({ dataDir }).close()
    const beyond = freshDir()
    writeSegment(beyond, 1, [{ wallMs: last + 1, timestampUs: START_US }])
    const before = filesOf(beyond)
    const error = refusal('InvariantViolation', () => openStore({ dataDir: beyond }))
    expect(error.violation).toEqual({ kind: 'OpenHlcTimestampOutOfRange', wallMs: last + 1 })
    expect(filesOf(beyond)).toEqual({ ...before, '.batpak.lock': '' })
  })
})

describe('W-109 R-161 CLOSE events', () => {
  it('may stand at one point or rise', () => {
    const dataDir = freshDir()
    writeSegment(dataDir, 1, [close(MS, 0), close(MS, 1), close(MS + 5, 2)])
    expect(openStore({ dataDir, clock: new FakeClock() }).frontier().visibleHlc.wallMs).toBe(MS + 5)
  })

  it('that fall refuse the open, and nothing changes', () => {
    const dataDir = freshDir()
    writeSegment(dataDir, 1, [close(MS + 9, 0), close(MS + 8, 1), close(MS + 10, 2)])
    const before = filesOf(dataDir)
    for (const open of [openStore, openReadOnly]) {
      const error = refusal('InvariantViolation', () => open({ dataDir }))
      expect(error.violation).toEqual({
        kind: 'CloseHlcRegression',
        previous: { wallMs: MS + 9, sequence: 0 },
        later: { wallMs: MS + 8, sequence: 1 },
      })
      expect(error.message).toContain('invariant violation')
      expect(error.message).toContain('HLC regressed')
      expect(filesOf(dataDir)).toEqual({ ...before, '.batpak.lock': '' })
    }
  })
})
