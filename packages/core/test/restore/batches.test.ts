/** Batches that a crash cut short, in the last segment and before it. */
import { describe, expect, it } from 'vitest'
import type { Heal } from '../../src/index.ts'
import { blake3 } from '../../src/event/hash.ts'
import {
  beginFrame,
  commitFrame,
  eventFrame,
  payloadOf,
  segmentBytes,
} from '../support/raw-segment.ts'
import {
  expectRecovery,
  expectRefusal,
  killedStore,
  observe,
  put,
  segment,
} from '../support/recovery.ts'
import { copyOf } from '../support/scratch.ts'

/** Items of one batch, chained within their entity. */
function itemFrames(count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) =>
    eventFrame({
      eventId: BigInt(0xb000 + i),
      entity: 'batch:1',
      clock: i,
      payload: payloadOf(i),
      prevHash: i === 0 ? new Uint8Array(32) : blake3(payloadOf(i - 1)),
    }),
  )
}

const openBatch = (segmentId: number, offset: number, end: number): Heal => ({
  segmentId,
  reason: 'OpenBatch',
  offset,
  bytesRemoved: end - offset,
})

const N = 4

describe('a batch of n items of which k were written (W-167, D-25, Q30)', () => {
  it.each([0, 1, 2, 3, 4])('k = %d: cut off from its begin, and later events stay', (k) => {
    const dir = killedStore(2)
    const { rows } = observe(dir)
    const before = segment(dir)
    const bytes = Buffer.concat([before, beginFrame(N), ...itemFrames(N).slice(0, k)])
    put(dir, bytes)
    expectRecovery(dir, { healed: [openBatch(1, before.length, bytes.length)], rows })
  })

  it.each([0, 1, 2, 3, 4])(
    'k = %d, and the next frame torn at many places: cut off from its begin',
    (k) => {
      const dir = killedStore(1)
      const { rows } = observe(dir)
      const before = segment(dir)
      const whole = Buffer.concat([before, beginFrame(N), ...itemFrames(N).slice(0, k)])
      const next = k === N ? commitFrame() : itemFrames(N)[k]!
      for (let size = 1; size < next.length; size += 37) {
        const bytes = Buffer.concat([whole, next.subarray(0, size)])
        put(dir, bytes)
        expect(observe(dir, 'openUnlocked')).toEqual({
          rows,
          next: rows.length,
          healed: [openBatch(1, before.length, bytes.length)],
        })
      }
      const padded = Buffer.concat([whole, Buffer.alloc(100)])
      put(dir, padded)
      expectRecovery(dir, { healed: [openBatch(1, before.length, padded.length)], rows })
    },
  )

  it('the begin itself torn: only a torn tail', () => {
    const dir = killedStore(1)
    const { rows } = observe(dir)
    const before = segment(dir)
    const bytes = Buffer.concat([before, beginFrame(N).subarray(0, -1)])
    put(dir, bytes)
    const healed: Heal[] = [
      {
        segmentId: 1,
        reason: 'TornTail',
        offset: before.length,
        bytesRemoved: bytes.length - before.length,
      },
    ]
    expectRecovery(dir, { healed, rows })
  })

  it('with its commit: every item counts, and nothing is healed', () => {
    const dir = killedStore(1)
    const { rows } = observe(dir)
    put(dir, Buffer.concat([segment(dir), beginFrame(N), ...itemFrames(N), commitFrame()]))
    const seen = observe(dir)
    expect(seen.rows).toHaveLength(rows.length + N)
    expect(seen.rows.slice(rows.length).map((row) => row.globalSequence)).toEqual([2, 3, 4, 5])
    expectRecovery(dir, { healed: [], rows: seen.rows })
  })

  it('in a segment before the last: later segments keep every event (D6, D-25)', () => {
    // What a killed process of the reference and the next one leave: BEGIN + 2 of 5, then a segment.
    const dir = killedStore(1)
    const before = segment(dir)
    const first = Buffer.concat([before, beginFrame(5), ...itemFrames(2)])
    put(dir, first)
    const later = Array.from({ length: 6 }, (_, i) =>
      eventFrame({ eventId: BigInt(0xc000 + i), entity: 'later', clock: i }),
    )
    put(dir, segmentBytes(2, ...later), 2)
    const { rows, healed } = observe(dir)
    expect(healed).toEqual([openBatch(1, before.length, first.length)])
    expect(rows.slice(2).map((row) => [row.globalSequence, row.clock])).toEqual([
      [2, 0],
      [3, 1],
      [4, 2],
      [5, 3],
      [6, 4],
      [7, 5],
    ])
    expectRecovery(dir, { healed, rows })
  })

  it('in two segments: both are cut, each from its own begin', () => {
    const dir = killedStore(1)
    const before = segment(dir)
    const first = Buffer.concat([before, beginFrame(2), ...itemFrames(1)])
    put(dir, first)
    const kept = segmentBytes(2, eventFrame({ eventId: 0xc000n, entity: 'later' }))
    const second = Buffer.concat([kept, beginFrame(1)])
    put(dir, second, 2)
    const { rows } = observe(dir)
    expect(rows).toHaveLength(3)
    expectRecovery(dir, {
      healed: [openBatch(1, before.length, first.length), openBatch(2, kept.length, second.length)],
      rows,
    })
  })
})

describe('a batch that was given up', () => {
  it.each<readonly [what: string, frames: readonly Buffer[], counted: number]>([
    ['by a commit before its last item', [beginFrame(3), ...itemFrames(2), commitFrame()], 0],
    [
      'by another begin',
      [beginFrame(3), ...itemFrames(2), beginFrame(1), ...itemFrames(1), commitFrame()],
      1,
    ],
    ['by one item too many', [beginFrame(1), ...itemFrames(2), commitFrame()], 0],
  ])('%s leaves nothing to heal and takes no number (W-75)', (_, frames, counted) => {
    const dir = killedStore(1)
    const { rows } = observe(dir)
    put(
      dir,
      Buffer.concat([segment(dir), ...frames, eventFrame({ eventId: 0xd000n, entity: 'behind' })]),
    )
    const seen = observe(dir)
    expect(seen.rows).toHaveLength(rows.length + counted + 1)
    expect(seen.rows.at(-1)).toMatchObject({
      entity: 'behind',
      globalSequence: rows.length + counted,
    })
    expectRecovery(dir, { healed: [], rows: seen.rows })
  })
})

describe('damage behind an open begin', () => {
  it('is damage: what may be acknowledged events is not cut (R-171)', () => {
    const dir = killedStore(1)
    const before = segment(dir)
    const [item, behind] = itemFrames(2)
    const flipped = Buffer.from(item!)
    flipped[60]! ^= 1
    const at = before.length + beginFrame(3).length
    put(dir, Buffer.concat([before, beginFrame(3), flipped, behind!]))
    expectRefusal(dir, { code: 'CrcMismatch', segmentId: 1, offset: at })
    const longer = Buffer.from(item!)
    longer[1]! ^= 0x80
    put(dir, Buffer.concat([before, beginFrame(3), longer, behind!]))
    expectRefusal(dir, { code: 'CorruptFrame', segmentId: 1, offset: at })
  })

  it('a begin of no items, or of more than a million, is refused', () => {
    for (const items of [0, 1_000_001]) {
      const dir = copyOf(killedStore(1))
      put(dir, Buffer.concat([segment(dir), beginFrame(items)]))
      expectRefusal(dir, { code: 'CorruptSegment', segmentId: 1 })
    }
  })
})
