/** Footers: believed when they fit the frames, passed over when they do not. No event may vanish. */
import { describe, expect, it } from 'vitest'
import { Store, type EventId } from '../../src/index.ts'
import type { DumpRow } from '../support/fixture-stores.ts'
import {
  beginFrame,
  commitFrame,
  eventFrame,
  footer,
  frameOffsets,
  framesEnd,
  segmentHeader,
  type RawEvent,
} from '../support/raw-segment.ts'
import {
  appendOne,
  closedStore,
  expectRecovery,
  expectRefusal,
  killedStore,
  observe,
  put,
  segment,
  writeTo,
} from '../support/recovery.ts'
import { scratchDir } from '../support/scratch.ts'

interface Closed {
  readonly dir: string
  readonly bytes: Buffer
  /** Where the frames end and the string table begins. */
  readonly end: number
  readonly rows: readonly DumpRow[]
  readonly entriesAt: number
}

/** A closed store of six rows, and a second segment so that the footer is not in the last one. */
function closed(): Closed {
  const dir = closedStore(4)
  writeTo(dir)
  const { rows } = observe(dir)
  const bytes = segment(dir)
  return { dir, bytes, end: framesEnd(bytes), rows, entriesAt: bytes.length - 16 - 6 * 162 }
}

describe('a footer that is whole', () => {
  it('gives the same rows as the frames it stands behind', () => {
    const { dir, bytes, end, rows } = closed()
    put(dir, bytes.subarray(0, end))
    const seen = observe(dir)
    expect(seen.rows).toEqual(rows)
    expect(seen.healed).toEqual([])
  })

  it('gives the sequences it says, where counting frames gives others (D-3)', () => {
    const dir = scratchDir()
    const events: RawEvent[] = [1, 2, 3].map((n) => ({ eventId: BigInt(n), entity: `e:${n}` }))
    put(dir, sealed(1, events, [0, 5, 6]))
    put(dir, sealed(2, [{ eventId: 9n, entity: 'f' }], [20]), 2)
    const { rows, next } = observe(dir)
    expect(rows.map((row) => row.globalSequence)).toEqual([0, 5, 6, 20])
    expect(next).toBe(21)
    writeTo(dir, (store) => expect(store.stats().globalSequence).toBe(22))
  })

  it('and one with lower sequences behind it: rows are in the order of their numbers (23.4)', () => {
    const dir = scratchDir()
    put(dir, sealed(1, [{ eventId: 1n }, { eventId: 2n, entity: 'b' }], [15, 16]))
    put(dir, sealed(2, [{ eventId: 3n, entity: 'c' }], [11]), 2)
    put(dir, Buffer.concat([segmentHeader(3), eventFrame({ eventId: 4n, entity: 'd' })]), 3)
    expect(observe(dir).rows.map((row) => [row.globalSequence, row.entity])).toEqual([
      [11, 'c'],
      [15, 'a'],
      [16, 'b'],
      [17, 'd'],
    ])
    writeTo(dir, (store) => {
      const receipt = store.appendBytes(
        { entity: 'a', scope: 's' },
        0xf001 as never,
        Uint8Array.of(1),
      )
      expect(receipt).toMatchObject({ sequence: 19, clock: 1 })
    })
  })

  it('whose last frame is a commit is believed: markers have no entry', () => {
    const dir = scratchDir()
    const items: RawEvent[] = [{ eventId: 1n }, { eventId: 2n, entity: 'b' }]
    const frames = [beginFrame(2), ...items.map(eventFrame), commitFrame()]
    put(
      dir,
      withFooter(1, frames, [
        [items[0]!, 1, 7],
        [items[1]!, 2, 8],
      ]),
    )
    expect(observe(dir)).toMatchObject({
      healed: [],
      next: 9,
      rows: [{ globalSequence: 7 }, { globalSequence: 8 }],
    })
  })

  it('behind the remains of a failed batch is believed, and they stay where they are (D-4)', () => {
    const dir = scratchDir()
    const item: RawEvent = { eventId: 1n }
    const frames = [eventFrame(item), beginFrame(3), eventFrame({ eventId: 2n })]
    put(dir, withFooter(1, frames, [[item, 0, 4]]))
    expect(observe(dir)).toMatchObject({ healed: [], next: 5, rows: [{ globalSequence: 4 }] })
  })
})

describe('a footer that omits events is passed over', () => {
  const events: RawEvent[] = [1, 2, 3].map((n) => ({ eventId: BigInt(n), entity: `e:${n}` }))
  const frames = events.map(eventFrame)

  it.each<readonly [what: string, entries: readonly number[]]>([
    ['at its end', [0, 1]],
    ['all of them', []],
  ])('%s', (_, kept) => {
    const dir = scratchDir()
    put(
      dir,
      withFooter(
        1,
        frames,
        kept.map((i) => [events[i]!, i, i]),
      ),
    )
    expect(observe(dir).rows.map((row) => row.entity)).toEqual(['e:1', 'e:2', 'e:3'])
  })

  it('a batch that was committed behind its last entry', () => {
    const dir = scratchDir()
    const all = [frames[0]!, beginFrame(2), frames[1]!, frames[2]!, commitFrame()]
    put(dir, withFooter(1, all, [[events[0]!, 0, 0]]))
    expect(observe(dir).rows.map((row) => row.entity)).toEqual(['e:1', 'e:2', 'e:3'])
  })
})

describe('a damaged footer loses no event:', () => {
  const sameRows = (rows: readonly DumpRow[]): object => expect.objectContaining({ rows })

  it('every bit of its trailer', () => {
    const { dir, bytes, rows } = closed()
    for (let bit = 0; bit < 128; bit += 1) {
      const flipped = Buffer.from(bytes)
      flipped[bytes.length - 16 + (bit >> 3)]! ^= 1 << (bit & 7)
      put(dir, flipped)
      let seen: object
      try {
        seen = observe(dir, 'openUnlocked')
      } catch (error) {
        seen = error as object
      }
      // The end of the frames may be claimed inside one: then nothing can be trusted.
      const refused = expect.objectContaining({ code: 'CorruptFrame', segmentId: 1 }) as object
      expect([sameRows(rows), refused], `bit ${bit}`).toContainEqual(seen)
    }
  })

  it('a count of anything else', () => {
    const { dir, bytes, rows } = closed()
    for (const count of [0, 1, 2, 3, 4, 5, 7, 8, 1000, 0xffff_ffff]) {
      const changed = Buffer.from(bytes)
      changed.writeUInt32LE(count, bytes.length - 8)
      put(dir, changed)
      expect(observe(dir, 'openUnlocked'), `count ${count}`).toEqual(sameRows(rows))
    }
  })

  it('an end of the frames at the border of any two frames, or at the first', () => {
    const { dir, bytes, rows } = closed()
    for (const offset of frameOffsets(bytes)) {
      const changed = Buffer.from(bytes)
      changed.writeBigUInt64LE(BigInt(offset), bytes.length - 16)
      put(dir, changed)
      expect(observe(dir, 'openUnlocked'), `end ${offset}`).toEqual(sameRows(rows))
    }
  })

  it('an end of the frames in the header or beyond the file', () => {
    const { dir, bytes, rows } = closed()
    for (const offset of [0n, 1n, 56n, BigInt(bytes.length) + 1n, 1n << 53n, (1n << 64n) - 1n]) {
      const changed = Buffer.from(bytes)
      changed.writeBigUInt64LE(offset, bytes.length - 16)
      put(dir, changed)
      expect(observe(dir, 'openUnlocked'), `end ${offset}`).toEqual(sameRows(rows))
    }
  })

  it.each([
    ['the string table', (b: Buffer, at: number) => b.writeUInt8(0xc1, at)],
    ['the first string', (b: Buffer, at: number) => b.writeUInt8(0xff, at + 2)],
  ])('%s', (_, damage) => {
    const { dir, bytes, end, rows } = closed()
    const changed = Buffer.from(bytes)
    damage(changed, end)
    put(dir, changed)
    expect(observe(dir)).toEqual(sameRows(rows))
  })

  it.each([
    ['the entity of an entry', 16, 0xffff],
    ['the scope of an entry', 20, 0xffff],
    ['the upper half of its frame offset', 114, 1],
    ['its frame offset, beyond the frames', 110, 0x7fff_ffff],
    ['its frame offset, that of the first', 110, 57],
    ['its frame length, beyond the frames', 118, 0x7fff_ffff],
    ['its frame length, below a frame’s', 118, 7],
    ['its sequence, the last one’s again', 122, 5],
  ])('%s', (_, field, value) => {
    const { dir, bytes, rows, entriesAt } = closed()
    for (const i of [1, 4]) {
      const changed = Buffer.from(bytes)
      changed.writeUInt32LE(value, entriesAt + i * 162 + field)
      put(dir, changed)
      expect(observe(dir), `entry ${i}`).toEqual(sameRows(rows))
    }
  })

  it('its magic, in the last segment and before: the footer is cut off as a tear (D6)', () => {
    for (const last of [true, false]) {
      const dir = closedStore(2)
      if (!last) writeTo(dir, (store) => appendOne(store))
      const { rows } = observe(dir)
      const bytes = Buffer.from(segment(dir))
      const end = framesEnd(bytes)
      bytes.write('SDXX', bytes.length - 4, 'latin1')
      put(dir, bytes)
      expectRecovery(dir, {
        healed: [
          { segmentId: 1, reason: 'TornTail', offset: end, bytesRemoved: bytes.length - end },
        ],
        rows,
      })
    }
  })

  it('cut in the middle, as by a crash while it was written: likewise', () => {
    const { dir, bytes, end, rows } = closed()
    for (const size of [end + 1, end + 8, end + 60, bytes.length - 16, bytes.length - 1]) {
      const cut = bytes.subarray(0, size)
      put(dir, cut)
      expect(observe(dir)).toMatchObject({
        rows,
        healed: [{ segmentId: 1, reason: 'TornTail', offset: end, bytesRemoved: size - end }],
      })
    }
  })
})

describe('frames under a footer', () => {
  it('that are damaged are found by reading them, not by opening (disk format 16)', () => {
    const { dir, bytes, rows } = closed()
    const changed = Buffer.from(bytes)
    changed[frameOffsets(bytes)[2]! + 100]! ^= 1
    put(dir, changed)
    const store = Store.openReadOnly({ dataDir: dir })
    expect(store.count()).toBe(rows.length)
    rows.forEach(({ eventId, offset }, i) => {
      const read = (): unknown => store.get(eventId as EventId).payloadBytes
      if (i !== 2) read()
      else
        expect(read).toThrow(expect.objectContaining({ code: 'CrcMismatch', segmentId: 1, offset }))
    })
    store.close()
  })

  it('that end in the middle of one are refused: a footer is written after the last frame', () => {
    const { dir, bytes, end } = closed()
    const offsets = frameOffsets(bytes)
    const shorter = Buffer.concat([bytes.subarray(0, end - 10), bytes.subarray(end)])
    shorter.writeBigUInt64LE(BigInt(end - 10), shorter.length - 16)
    put(dir, shorter)
    expectRefusal(dir, { code: 'CorruptFrame', segmentId: 1, offset: offsets.at(-1)! })
  })

  it('that have zeros or stray bytes behind them are refused as well', () => {
    for (const stray of [Buffer.alloc(3), Buffer.alloc(40), Buffer.alloc(40, 0xee)]) {
      const { dir, bytes, end } = closed()
      const longer = Buffer.concat([bytes.subarray(0, end), stray, bytes.subarray(end)])
      longer.writeBigUInt64LE(BigInt(end + stray.length), longer.length - 16)
      put(dir, longer)
      expectRefusal(dir, { segmentId: 1 })
    }
  })
})

describe('the end of a killed store that looks like a footer', () => {
  /** A killed store whose last frame ends in the bytes of a receipt extension. */
  function endingIn(tail: Uint8Array): string {
    return killedStore(2, (store) => {
      store.appendBytes({ entity: 'x', scope: 's' }, 0xf001 as never, Uint8Array.of(1), {
        extensions: new Map([['app.x', tail]]),
      })
    })
  }
  const trailer = (offset: number, count: number): Uint8Array => {
    const bytes = Buffer.alloc(16)
    bytes.writeBigUInt64LE(BigInt(offset))
    bytes.writeUInt32LE(count, 8)
    bytes.write('SDX2', 12, 'latin1')
    return bytes
  }

  it.each<readonly [what: string, tail: Uint8Array]>([
    ['the magic alone', Buffer.from('SDX2')],
    ['a trailer for no frames', trailer(57, 0)],
    ['a trailer for one entry', trailer(57, 1)],
    ['a trailer that points beyond the file', trailer(100_000, 0)],
    ['a trailer that points to 0', trailer(0, 0)],
    ['a trailer that points into a frame', trailer(200, 0)],
  ])('%s: it is a frame, every event is there', (_, tail) => {
    const dir = endingIn(tail)
    expect(segment(dir).toString('latin1')).toMatch(/SDX2$/)
    const { rows, healed } = observe(dir)
    expect(healed).toEqual([])
    expect(rows).toHaveLength(4)
    expect(rows.at(-1)!.extensions).toEqual({ 'app.x': Buffer.from(tail).toString('hex') })
    expectRecovery(dir, { healed: [], rows })
  })

  it('a trailer that points to each frame, in a frame that is whole', () => {
    const probe = frameOffsets(segment(endingIn(trailer(57, 0))))
    for (const offset of probe) {
      expect(observe(endingIn(trailer(offset, 0))).rows).toHaveLength(4)
    }
  })

  it('a trailer inside a frame that is torn just behind it: no earlier event vanishes', () => {
    const dir = killedStore(2, (store) => {
      const payload = Buffer.concat([trailer(57, 1), Buffer.alloc(100, 1)])
      store.appendBytes({ entity: 'x', scope: 's' }, 0xf001 as never, payload)
    })
    const { rows } = observe(dir)
    const bytes = segment(dir)
    const torn = bytes.subarray(0, bytes.indexOf('SDX2', 0, 'latin1') + 4)
    put(dir, torn)
    const offset = frameOffsets(bytes).at(-1)!
    expectRecovery(dir, {
      healed: [{ segmentId: 1, reason: 'TornTail', offset, bytesRemoved: torn.length - offset }],
      rows: rows.slice(0, -1),
    })
  })
})

/** Events in one segment with a footer that gives them these sequences. */
function sealed(id: number, events: readonly RawEvent[], sequences: readonly number[]): Buffer {
  return withFooter(
    id,
    events.map(eventFrame),
    events.map((event, i) => [event, i, sequences[i]!]),
  )
}

/** Frames, then a footer: each entry names its event, the number of its frame, and its sequence. */
function withFooter(
  id: number,
  frames: readonly Buffer[],
  entries: readonly (readonly [event: RawEvent, frame: number, sequence: number])[],
): Buffer {
  const header = segmentHeader(id)
  const offsets: number[] = []
  let end = header.length
  for (const { length } of frames) {
    offsets.push(end)
    end += length
  }
  const rows = entries.map(([event, i, sequence]) => ({
    event,
    offset: offsets[i]!,
    length: frames[i]!.length,
    sequence,
  }))
  return Buffer.concat([header, ...frames, footer(rows, end)])
}
