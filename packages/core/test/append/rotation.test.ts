/** Rotation: a full segment is sealed before the next write, and everything stays readable. */
import { describe, expect, it } from 'vitest'
import { Noted, at } from '../support/api-events.ts'
import { FakeClock } from '../support/api-clock.ts'
import { FaultPlatform } from '../support/api-faults.ts'
import { freshDir, openReadOnly, openStore, segmentNames } from '../support/api-store.ts'

describe('a segment', () => {
  // With a clock that stands still, two stores write frames of the same lengths.
  const segmentsOf = (segmentMaxBytes: number): number[] => {
    const store = openStore({ segmentMaxBytes, clock: new FakeClock() })
    return [1, 1, 1].map((n) => store.append(at('a'), Noted, { n }).diskPos.segmentId)
  }
  const endOfFirst = (): number => {
    const { diskPos } = openStore({ clock: new FakeClock() }).append(at('a'), Noted, { n: 1 })
    return diskPos.offset + diskPos.length
  }

  it('W-49 is full when it holds segmentMaxBytes, not one byte before', () => {
    const end = endOfFirst()
    expect(segmentsOf(end)).toEqual([1, 2, 2])
    expect(segmentsOf(end + 1)).toEqual([1, 1, 2])
    expect(segmentsOf(1_000_000)).toEqual([1, 1, 1])
  })

  it('W-49 takes one event when the limit is 1: its header alone fills it', () => {
    expect(segmentsOf(1)).toEqual([3, 4, 5])
  })

  it('W-49 may exceed its size by its last write', () => {
    const store = openStore({ segmentMaxBytes: 2000 })
    const { diskPos } = store.appendBytes(at('a'), Noted.kind, new Uint8Array(50_000))
    expect(diskPos.segmentId).toBe(1)
    expect(diskPos.length).toBeGreaterThan(50_000)
    expect(store.append(at('a'), Noted, { n: 1 }).diskPos.segmentId).toBe(2)
  })
})

describe('reading across segments', () => {
  it.each([1, 2, 64])('R-26 gives every event with an fdBudget of %i', (fdBudget) => {
    const dataDir = freshDir()
    const store = openStore({ dataDir, segmentMaxBytes: 1, fdBudget })
    const ids = Array.from({ length: 30 }, (_, n) => store.append(at(`e${n % 3}`), Noted, { n }))
    expect(segmentNames(dataDir)).toHaveLength(32)
    const values = (): unknown[] => [...store.events({ kind: Noted })].map((event) => event.payload)
    const expected = ids.map((_, n) => ({ n }))
    expect(values()).toEqual(expected)
    // Back and forth, so that the budget evicts and opens again.
    for (const n of [0, 29, 1, 28, 0, 15, 0]) {
      expect(store.get(ids[n]!.eventId).payload).toEqual({ n })
    }
    expect([...store.ancestors(ids[27]!.eventId)].map((event) => event.payload)).toEqual(
      [27, 24, 21, 18, 15, 12, 9, 6, 3, 0].map((n) => ({ n })),
    )
    store.close()
    const reopened = openReadOnly({ dataDir, fdBudget })
    expect([...reopened.events({ kind: Noted })].map((event) => event.payload)).toEqual(expected)
  })

  it('R-26 keeps at most fdBudget sealed segments open', () => {
    const platform = new FaultPlatform()
    const store = openStore({ segmentMaxBytes: 1, fdBudget: 2, mmap: 'off', platform })
    const ids = Array.from({ length: 6 }, (_, n) => store.append(at('a'), Noted, { n }).eventId)
    platform.forget()
    let open = 0
    let most = 0
    const count = (): void => {
      for (const { name, file } of platform.calls.splice(0)) {
        if (!file.endsWith('.fbat')) continue
        if (name === 'open') open += 1
        if (name === 'close') open -= 1
        most = Math.max(most, open)
      }
    }
    for (const id of [...ids, ...ids]) {
      store.get(id)
      count()
    }
    expect(most).toBe(2)
  })

  it('continues clock, chain and sequence over the boundary', () => {
    const store = openStore({ segmentMaxBytes: 1 })
    const receipts = [1, 2, 3].map((n) => store.append(at('a'), Noted, { n }))
    expect(receipts.map(({ clock }) => clock)).toEqual([0, 1, 2])
    expect(receipts.map(({ sequence }) => sequence)).toEqual([1, 2, 3])
    expect(receipts[2]!.prevHash).toEqual(receipts[1]!.contentHash)
    for (const receipt of receipts) {
      expect(store.verify(receipt, { strictDiskPosition: true }).outcome).toBe('unsigned_accepted')
    }
  })

  it('W-162 begins a new segment at every open, numbered from 1', () => {
    const dataDir = freshDir()
    for (const count of [1, 2, 3]) {
      openStore({ dataDir }).close()
      expect(segmentNames(dataDir)).toEqual(
        Array.from({ length: count }, (_, i) => `00000${i + 1}.fbat`),
      )
    }
  })
})
