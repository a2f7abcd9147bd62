/** Time: what the store does with a clock that jumps, stands still, or tells nonsense. */
import { describe, expect, it } from 'vitest'
import { Noted, at } from '../support/api-events.ts'
import { refusal, thrownBy } from '../support/api-errors.ts'
import { FakeClock, START_US } from '../support/api-clock.ts'
import { freshDir, openStore, stateOf } from '../support/api-store.ts'
import { writeSegment } from '../support/api-segments.ts'

const START_MS = START_US / 1000

describe('wall time', () => {
  it('W-38 W-37 never decreases in one process, whatever the clock says', () => {
    const clock = new FakeClock()
    const store = openStore({ clock })
    const times = [5000, 3000, -1, 0, 9000, 8999].map((offset) => {
      clock.us = START_US + offset
      const { eventId } = store.append(at('a'), Noted, { n: 0 })
      const { timestampUs, wallMs } = store.get(eventId)
      return [timestampUs - START_US, wallMs - START_MS]
    })
    expect(times).toEqual([
      [5000, 5],
      [5000, 5],
      [5000, 5],
      [5000, 5],
      [9000, 9],
      [9000, 9],
    ])
  })

  it('W-38 is not reset by a reading that is no number', () => {
    const clock = new FakeClock(START_US + 9000)
    const store = openStore({ clock })
    store.append(at('a'), Noted, { n: 0 })
    clock.us = Number.NaN
    refusal('InvalidClock', () => store.append(at('a'), Noted, { n: 0 }))
    clock.us = START_US
    const { eventId } = store.append(at('a'), Noted, { n: 0 })
    expect(store.get(eventId).timestampUs).toBe(START_US + 9000)
  })

  it('W-39 starts at the highest wall time of the directory, for new entities as well', () => {
    const dataDir = freshDir()
    const first = openStore({ dataDir, clock: new FakeClock(START_US + 60_000_000) })
    const before = first.append(at('a'), Noted, { n: 1 })
    first.close()
    const second = openStore({ dataDir, clock: new FakeClock(START_US) })
    const receipt = second.append(at('new'), Noted, { n: 2 })
    const event = second.get(receipt.eventId)
    expect(event.wallMs).toBe(second.entry(before.eventId)!.wallMs)
    expect(event.timestampUs).toBe(START_US)
    const { visibleHlc, durableHlc } = second.frontier()
    expect(visibleHlc.sequence).toBe(receipt.sequence)
    expect(durableHlc.sequence).toBe(receipt.sequence - 1)
  })

  it('W-39 holds across entities in one process', () => {
    const clock = new FakeClock(START_US + 9000)
    const dataDir = freshDir()
    writeSegment(dataDir, 1, [{ entity: 'old', wallMs: START_MS + 50 }])
    const store = openStore({ dataDir, clock })
    const { eventId } = store.append(at('new'), Noted, { n: 1 })
    expect(store.entry(eventId)?.wallMs).toBe(START_MS + 50)
  })
})

describe('a clock that tells no time', () => {
  it.each([-1, -1_000_000, Number.NaN, 0.5, Infinity, 2 ** 53])(
    'W-37 refuses the append at %s with InvalidClock and writes nothing',
    (us) => {
      const clock = new FakeClock(0)
      const store = openStore({ clock })
      const before = stateOf(store)
      clock.us = us < 0 ? 0 : us
      if (us < 0) {
        const early = openStore({ clock: new FakeClock(us) })
        const state = stateOf(early)
        const error = refusal('InvalidClock', () => early.append(at('a'), Noted, { n: 1 }))
        expect(error.timestampUs).toBe(us)
        expect(stateOf(early)).toEqual(state)
        early.close()
        return
      }
      const error = refusal('InvalidClock', () => store.append(at('a'), Noted, { n: 1 }))
      expect(error.timestampUs).toBe(us)
      expect(error.message).toContain('invalid')
      expect(error.message).toContain(`timestamp_us ${us}`)
      expect(stateOf(store)).toEqual(before)
    },
  )

  it('W-37 takes a reading of 0 and of 2^53-1', () => {
    for (const us of [0, Number.MAX_SAFE_INTEGER]) {
      const store = openStore({ clock: new FakeClock(us) })
      const { eventId } = store.append(at('a'), Noted, { n: 1 })
      expect(store.get(eventId).timestampUs).toBe(us)
      expect(store.get(eventId).wallMs).toBe(Math.floor(us / 1000))
    }
  })

  it('opens and closes at a negative time all the same', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir, clock: new FakeClock(-5_000_000) })
    expect(store.entry([...store.entries()][0]!.eventId)?.wallMs).toBe(0)
    store.close()
    const reopened = openStore({ dataDir })
    expect([...reopened.entries({ entity: 'batpak:store' })]).toHaveLength(3)
  })

  it.each(['nowUs', 'nowMonoNs'] as const)(
    'W-47 leaves nothing written when %s throws, and goes on when it works again',
    (name) => {
      const clock = new FakeClock()
      const store = openStore({ clock })
      const before = stateOf(store)
      const boom = new Error('no time')
      Object.defineProperty(clock, name, {
        configurable: true,
        value: () => {
          throw boom
        },
      })
      expect(thrownBy(() => store.append(at('a'), Noted, { n: 1 }))).toBe(boom)
      Reflect.deleteProperty(clock, name)
      expect(stateOf(store)).toEqual(before)
      expect(store.append(at('a'), Noted, { n: 1 })).toMatchObject({ sequence: 1, clock: 0 })
      expect(store.verify(store.append(at('a'), Noted, { n: 2 })).outcome).toBe('unsigned_accepted')
    },
  )
})

describe('the wall clock in nanoseconds', () => {
  it('W-46 is not read by a rotation: a segment is as old as the write that it was begun for', () => {
    const clock = new FakeClock()
    const store = openStore({ clock, segmentMaxBytes: 2000 })
    store.appendBytes(at('a'), Noted.kind, new Uint8Array(3000))
    clock.nowWallNs = (): bigint => {
      throw new Error('no time')
    }
    expect(store.append(at('a'), Noted, { n: 1 }).diskPos.segmentId).toBe(2)
  })
})

describe('the clock of an entity', () => {
  it('W-35 ends at 2^32-1: the last append gets it, the next is EntityClockOverflow', () => {
    const dataDir = freshDir()
    writeSegment(dataDir, 1, [
      { entity: 'a', clock: 0xffff_fffd },
      { entity: 'b', clock: 0xffff_ffff },
    ])
    const store = openStore({ dataDir })
    expect(store.append(at('a'), Noted, { n: 1 }).clock).toBe(0xffff_fffe)
    const last = store.append(at('a'), Noted, { n: 2 }, { expected: 0xffff_fffe })
    expect(last.clock).toBe(0xffff_ffff)
    expect(store.get(last.eventId).clock).toBe(0xffff_ffff)
    for (const entity of ['a', 'b']) {
      const before = stateOf(store)
      const error = refusal('EntityClockOverflow', () => store.append(at(entity), Noted, { n: 3 }))
      expect(error.entity).toBe(entity)
      expect(error.message).toContain(entity)
      expect(stateOf(store)).toEqual(before)
    }
    expect(store.append(at('c'), Noted, { n: 1 }).sequence).toBe(last.sequence + 1)
  })
})
