/** Unfinished ends of a segment: what a crash leaves is skipped and cut, what is damage is refused. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { HealReason } from '../../src/index.ts'
import type { DumpRow } from '../support/fixture-stores.ts'
import { eventFrame, frame, frameOffsets, segmentBytes } from '../support/raw-segment.ts'
import {
  AT,
  KIND,
  expectRecovery,
  expectRefusal,
  killedStore,
  observe,
  put,
  segment,
  segmentName,
  writeTo,
} from '../support/recovery.ts'
import { copyOf } from '../support/scratch.ts'

/** A killed store of an OPEN event and three more, its bytes, and where each frame begins. */
interface Killed {
  readonly dir: string
  readonly bytes: Buffer
  readonly offsets: readonly number[]
  readonly rows: readonly DumpRow[]
}

function killed(events = 3): Killed {
  const dir = killedStore(events)
  const bytes = segment(dir)
  return { dir, bytes, offsets: frameOffsets(bytes), rows: observe(dir).rows }
}

/** The heal of everything behind `offset`. */
function cut(reason: HealReason, offset: number, bytes: Uint8Array, segmentId = 1): object {
  return { segmentId, reason, offset, bytesRemoved: bytes.length - offset }
}

describe('a killed store', () => {
  it('without a tail has nothing to heal and gives every row', () => {
    const { dir, rows } = killed()
    expectRecovery(dir, { healed: [], rows })
  })

  it('cut at every byte of its last frame gives the rows before it, and lists the rest as torn (R-171)', () => {
    const { dir, bytes, offsets, rows } = killed()
    const last = offsets.at(-1)!
    for (let size = last + 1; size < bytes.length; size += 1) {
      const torn = bytes.subarray(0, size)
      put(dir, torn)
      const seen = observe(dir, 'openUnlocked')
      expect(seen.healed, `cut to ${size}`).toEqual([cut('TornTail', last, torn)])
      expect(seen.rows).toHaveLength(rows.length - 1)
    }
    // At a border between frames nothing tells that there were more.
    put(dir, bytes.subarray(0, last))
    expect(observe(dir)).toMatchObject({ healed: [], rows: rows.slice(0, -1) })
  })

  it('cut inside its last frame is healed by cutting, at these sizes with everything checked (W-168, D-26)', () => {
    const { dir, bytes, offsets, rows } = killed()
    const last = offsets.at(-1)!
    for (const more of [1, 7, 8, 9, 100, bytes.length - last - 1]) {
      const store = copyOf(dir)
      const torn = bytes.subarray(0, last + more)
      put(store, torn)
      expectRecovery(store, {
        healed: [cut('TornTail', last, torn) as never],
        rows: rows.slice(0, -1),
      })
    }
  })

  it.each([1, 7, 8, 9, 57, 511, 4096, 65_535, 65_537, 2_000_000])(
    'with %d zero bytes behind the last frame is healed by cutting them off (W-168, F9)',
    (zeros) => {
      const { dir, bytes, rows } = killed()
      const padded = Buffer.concat([bytes, Buffer.alloc(zeros)])
      put(dir, padded)
      const reason = zeros < 8 ? 'TornTail' : 'ZeroTail'
      expectRecovery(dir, { healed: [cut(reason, bytes.length, padded) as never], rows })
    },
  )

  it('with up to seven bytes of anything behind the last frame is healed', () => {
    const { dir, bytes, rows } = killed()
    for (const stray of [[255], [0, 0, 1], [0, 0, 0, 4, 1, 2, 3], [70, 66, 65, 84, 0, 0, 0]]) {
      const store = copyOf(dir)
      const padded = Buffer.concat([bytes, Buffer.from(stray)])
      put(store, padded)
      expectRecovery(store, { healed: [cut('TornTail', bytes.length, padded) as never], rows })
    }
  })

  it('with a length above 256 MiB behind the last frame is healed, one of 256 MiB as well', () => {
    const { dir, bytes, rows } = killed()
    for (const length of [0xffff_ffff, 268_435_457, 268_435_456, 5000]) {
      const store = copyOf(dir)
      const junk = Buffer.alloc(40, 0x5a)
      junk.writeUInt32BE(length)
      const padded = Buffer.concat([bytes, junk])
      put(store, padded)
      expectRecovery(store, { healed: [cut('TornTail', bytes.length, padded) as never], rows })
    }
  })

  it('whose last frame has its size but not its data is torn, from 16 zeros at its end on (R-171)', () => {
    const { dir, bytes, offsets, rows } = killed()
    const last = offsets.at(-1)!
    for (let zeros = 1; zeros < bytes.length - last - 8; zeros += 1) {
      const half = Buffer.from(bytes)
      half.fill(0, half.length - zeros)
      // How many zeros there are: the bytes before may be zeros too.
      const all = half.length - last - trimmed(half.subarray(last)).length
      put(dir, half)
      if (all >= 16) {
        const seen = observe(dir, 'openUnlocked')
        expect(seen.healed, `${zeros} zeros`).toEqual([cut('TornTail', last, half)])
        expect(seen.rows).toHaveLength(rows.length - 1)
      } else {
        expect(() => observe(dir, 'openUnlocked'), `${zeros} zeros`).toThrow(
          expect.objectContaining({ code: 'CrcMismatch', segmentId: 1, offset: last }),
        )
      }
    }
    const half = Buffer.from(bytes)
    half.fill(0, half.length - 200)
    put(dir, half)
    expectRecovery(dir, { healed: [cut('TornTail', last, half) as never], rows: rows.slice(0, -1) })
  })

  it('that lost everything but its header is healed to an empty segment', () => {
    const { dir, bytes, offsets } = killed()
    const first = offsets[0]!
    for (const size of [first, first + 5, first + 50]) {
      const store = copyOf(dir)
      const torn = bytes.subarray(0, size)
      put(store, torn)
      const healed = size === first ? [] : [cut('TornTail', first, torn) as never]
      expectRecovery(store, { healed, rows: [] })
    }
  })
})

describe('a tear in a segment that is not the last', () => {
  it('is healed all the same, with that of the last one: two crashes of the reference (D6, D-26)', () => {
    const { dir, bytes, offsets, rows } = killed()
    const torn = bytes.subarray(0, bytes.length - 20)
    put(dir, torn)
    const frames = [4, 5].map((id) => eventFrame({ eventId: BigInt(id), entity: 'later' }))
    const second = Buffer.concat([segmentBytes(2, ...frames), Buffer.alloc(99)])
    put(dir, second, 2)
    const seen = observe(dir)
    expect(seen.rows.slice(0, 3)).toEqual(rows.slice(0, 3))
    expect(seen.rows.slice(3)).toMatchObject([
      { globalSequence: 3, segmentId: 2, entity: 'later' },
      { globalSequence: 4, segmentId: 2, entity: 'later' },
    ])
    expectRecovery(dir, {
      healed: [
        cut('TornTail', offsets.at(-1)!, torn) as never,
        cut('ZeroTail', second.length - 99, second, 2) as never,
      ],
      rows: seen.rows,
    })
  })
})

describe('damage that looks like an end', () => {
  it('every bit of the length field of a frame in mid-segment: refused, the file unchanged (W-168, R-171)', () => {
    const { dir, bytes, offsets } = killed()
    const at = offsets[2]!
    for (let bit = 0; bit < 32; bit += 1) {
      const flipped = Buffer.from(bytes)
      flipped[at + (bit >> 3)]! ^= 1 << (bit & 7)
      put(dir, flipped)
      expectRefusal(dir, { code: 'CorruptFrame', segmentId: 1, offset: at })
    }
  })

  it('every bit of the length field of the last frame: refused, the frame itself is whole', () => {
    const { dir, bytes, offsets } = killed()
    const at = offsets.at(-1)!
    for (let bit = 0; bit < 32; bit += 1) {
      const flipped = Buffer.from(bytes)
      flipped[at + (bit >> 3)]! ^= 1 << (bit & 7)
      put(dir, flipped)
      expectRefusal(dir, {
        code: 'CorruptFrame',
        segmentId: 1,
        offset: at,
        reason: 'its length field is damaged, the frame itself is complete',
      })
    }
  })

  it('every byte of the last frame and of one in the middle: CrcMismatch there, the file unchanged', () => {
    const { dir, bytes, offsets } = killed()
    for (const at of [offsets[2]!, offsets.at(-1)!]) {
      const end = at + 8 + bytes.readUInt32BE(at)
      for (let i = at + 4; i < end; i += 1) {
        const flipped = Buffer.from(bytes)
        flipped[i]! ^= 1 << (i & 7)
        put(dir, flipped)
        expect(() => observe(dir, 'openUnlocked'), `byte ${i - at} of the frame`).toThrow(
          expect.objectContaining({ code: 'CrcMismatch', segmentId: 1, offset: at }),
        )
      }
    }
    expectRefusal(dir, {
      code: 'CrcMismatch',
      message: expect.stringContaining('batpak verify') as string,
    })
  })

  it('zeros over a whole frame in mid-segment: refused, a complete frame follows', () => {
    const { dir, bytes, offsets } = killed()
    const [, , at, next] = offsets
    const holed = Buffer.from(bytes)
    holed.fill(0, at, next)
    put(dir, holed)
    expectRefusal(dir, {
      code: 'CorruptSegment',
      segmentId: 1,
      detail: `frame at offset ${at} has unreadable index metadata: it is empty`,
    })
  })

  it('junk in front of a complete frame: refused, not cut', () => {
    const { dir, bytes, offsets } = killed()
    const last = offsets.at(-1)!
    for (const junk of [Buffer.alloc(3, 0xff), Buffer.alloc(100, 0xff), Buffer.alloc(17)]) {
      put(dir, Buffer.concat([bytes.subarray(0, last), junk, bytes.subarray(last)]))
      expectRefusal(dir, { segmentId: 1 })
    }
    put(
      dir,
      Buffer.concat([bytes.subarray(0, last), Buffer.alloc(100, 0xff), bytes.subarray(last)]),
    )
    expectRefusal(dir, {
      code: 'CorruptFrame',
      offset: last,
      reason: `its length field is damaged, a complete frame follows at offset ${last + 100}`,
    })
  })

  it('a frame whose data is zeros in mid-segment: refused, a complete frame follows', () => {
    const { dir, bytes, offsets } = killed()
    const [, , at, next] = offsets
    const half = Buffer.from(bytes)
    half.fill(0, next! - 100, next)
    put(dir, half)
    expectRefusal(dir, { code: 'CrcMismatch', segmentId: 1, offset: at! })
  })

  it('a complete last frame that is not a frame’s: refused (R-171)', () => {
    const { dir, bytes } = killed()
    put(dir, Buffer.concat([bytes, eventFrame({ entity: 'a/b' })]))
    expectRefusal(dir, { code: 'CoordinatePathTraversal', component: 'entity' })
    put(dir, Buffer.concat([bytes, frame('no event')]))
    expectRefusal(dir, {
      code: 'CorruptSegment',
      segmentId: 1,
      detail: expect.stringContaining(`frame at offset ${bytes.length} has unreadable`) as string,
    })
  })

  it('in the first segment keeps a tear in the last one from being healed', () => {
    const { dir, bytes, offsets } = killed()
    const flipped = Buffer.from(bytes)
    flipped[offsets[1]! + 50]! ^= 1
    put(dir, flipped)
    put(dir, Buffer.concat([segmentBytes(2, eventFrame()), Buffer.alloc(20, 7)]), 2)
    expectRefusal(dir, { code: 'CrcMismatch', segmentId: 1, offset: offsets[1]! })
  })
})

describe('a heal', () => {
  it('of a tear that is megabytes long keeps all of them', () => {
    const { dir, bytes, rows } = killed()
    const long = Buffer.alloc(5_000_000, 0xff)
    for (let i = 4; i < long.length; i += 1) long[i] = (i * 31) & 0xff
    const padded = Buffer.concat([bytes, long])
    put(dir, padded)
    expectRecovery(dir, { healed: [cut('TornTail', bytes.length, padded) as never], rows })
  })

  it('after which the sequences of later events go on from what is left', () => {
    const { dir, bytes, rows } = killed()
    put(dir, bytes.subarray(0, bytes.length - 1))
    writeTo(dir, (store) => {
      const receipt = store.appendBytes(AT, KIND, Uint8Array.of(1))
      expect(receipt.sequence).toBe(rows.length)
      expect(receipt.clock).toBe(2)
    })
  })

  it('keeps its copy for people alone: without it the store is the same', () => {
    const { dir, bytes } = killed()
    put(dir, bytes.subarray(0, bytes.length - 1))
    writeTo(dir)
    const seen = observe(dir)
    rmSync(join(dir, `${segmentName(1)}.healed-${segment(dir).length}`))
    expect(observe(dir)).toEqual(seen)
  })
})

function trimmed(bytes: Buffer): Buffer {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end -= 1
  return bytes.subarray(0, end)
}
