/** Reading a segment frame by frame: which events count, by the batch rules of the format. */
import { describe, expect, it } from 'vitest'
import { isStoreError } from '../../src/index.ts'
import { scanFrames } from '../../src/segment/scan.ts'
import { windowOf } from '../support/memory-file.ts'
import { type Raw } from '../support/raw-msgpack.ts'
import {
  GONE,
  beginFrame,
  commitFrame,
  edit,
  eventFrame,
  eventMap,
  frame,
  segmentHeader,
} from '../support/raw-segment.ts'

const SEGMENT = 5
const FROM = segmentHeader(SEGMENT).length

interface Scanned {
  /** Event ids in the order in which they are counted. */
  readonly events: readonly number[]
  readonly tail?: { readonly reason: string; readonly offset: number; readonly bytes: number }
}

function scan(
  frames: readonly Uint8Array[],
  { sealed = false, transfer = Infinity } = {},
): Scanned {
  const bytes = Buffer.concat([segmentHeader(SEGMENT), ...frames])
  const options = { segmentId: SEGMENT, from: FROM, end: bytes.length, sealed }
  const events: number[] = []
  let at = FROM
  const offsets = frames.map((part) => (at += part.length) - part.length)
  const tail = scanFrames(windowOf(bytes, transfer), options, (head, offset, length) => {
    const i = offsets.indexOf(offset)
    expect(frames[i]?.length).toBe(length)
    events.push(head.eventId[3]!)
  })
  return { events, ...(tail !== undefined && { tail }) }
}

function refusal(frames: readonly Uint8Array[], options = {}): unknown {
  try {
    scan(frames, options)
  } catch (error) {
    if (isStoreError(error)) return error
    throw error
  }
  throw new Error('it was read')
}

/** `3` an event of id 3, `B2` the marker before two items, `C` the one behind. */
function framesOf(notation: string): Buffer[] {
  return notation.split(' ').map((part) => {
    if (part === 'C') return commitFrame()
    return part.startsWith('B')
      ? beginFrame(Number(part.slice(1)))
      : eventFrame({ eventId: BigInt(part) })
  })
}

describe('a scan counts (W-75, R-172)', () => {
  it.each<
    readonly [what: string, frames: string, events: readonly number[], openFrom: number | undefined]
  >([
    ['single events in file order', '1 2 3', [1, 2, 3], undefined],
    ['the items of a complete batch at its commit', '1 B2 2 3 C 4', [1, 2, 3, 4], undefined],
    ['a batch of one', 'B1 1 C', [1], undefined],
    ['batches one after the other', 'B1 1 C B2 2 3 C', [1, 2, 3], undefined],
    ['no item of a batch whose commit comes too early', '1 B3 2 3 C 4', [1, 4], undefined],
    [
      'no item of a batch that a second begin interrupts',
      '1 B3 2 3 B1 4 C 5',
      [1, 4, 5],
      undefined,
    ],
    ['neither the items nor the one too many', '1 B2 2 3 4 C 5', [1, 5], undefined],
    ['what follows the one too many', 'B1 1 2 3 4', [3, 4], undefined],
    ['nothing for a commit without a begin', '1 C 2 C', [1, 2], undefined],
    ['an open batch as the end of the log', '1 B2 2', [1], 1],
    ['an open batch of which all but the commit is there', '1 B2 2 3', [1], 1],
    ['a begin alone as an open batch', '1 B2', [1], 1],
    ['an open batch from its own begin, not from one before', 'B2 1 B2 2', [], 2],
  ])('%s', (_, notation, events, openFrom) => {
    const frames = framesOf(notation)
    const before = frames.slice(0, openFrom ?? 0).reduce((sum, { length }) => sum + length, 0)
    const all = frames.reduce((sum, { length }) => sum + length, 0)
    const tail = { reason: 'OpenBatch', offset: FROM + before, bytes: all - before }
    expect(scan(frames)).toEqual({ events, ...(openFrom !== undefined && { tail }) })
    // In a sealed segment the remains of a batch stay where they are.
    expect(scan(frames, { sealed: true })).toEqual({ events })
    // Reads may be short.
    expect(scan(frames, { transfer: 13 }).events).toEqual(events)
  })

  it('nothing of a batch whose last item is torn, and cuts from its begin', () => {
    const frames = framesOf('1 B2 2')
    const torn = eventFrame({ eventId: 3n }).subarray(0, 100)
    const offset = FROM + frames[0]!.length
    const bytes = frames[1]!.length + frames[2]!.length + torn.length
    for (const tail of [torn, Buffer.alloc(3), Buffer.alloc(500)]) {
      expect(scan([...frames, tail])).toEqual({
        events: [1],
        tail: { reason: 'OpenBatch', offset, bytes: bytes - torn.length + tail.length },
      })
    }
  })

  it('a marker by its kind alone, whatever else it says', () => {
    const begin = edit(eventMap({ eventId: 9n, kind: 6, entity: 'x', scope: 'y' }), {
      'event.header.payload_size': 1,
    })
    expect(scan([frame(begin), ...framesOf('1'), frame(eventMap({ kind: 7 }))])).toEqual({
      events: [1],
    })
  })

  it('up to a million items in a batch, and refuses none and more', () => {
    const begin = (items: Raw): Buffer =>
      frame(edit(eventMap({ kind: 6 }), { 'event.header.payload_size': items }))
    expect(scan([begin(1_000_000)]).tail).toMatchObject({ reason: 'OpenBatch' })
    for (const items of [0, 1_000_001, 0xffff_ffff]) {
      expect(refusal([...framesOf('1'), begin(items)])).toMatchObject({
        code: 'CorruptSegment',
        segmentId: SEGMENT,
        detail: expect.stringContaining(`announces ${items} items`),
      })
      expect(refusal([beginFrame(1), begin(items)])).toMatchObject({ code: 'CorruptSegment' })
    }
  })
})

describe('a scan refuses', () => {
  it('an event without a hash chain, inside a batch and outside', () => {
    for (const chain of [null, GONE] as const) {
      const bare = frame(edit(eventMap(), { 'event.hash_chain': chain }))
      for (const frames of [[bare], [...framesOf('B1'), bare]]) {
        expect(refusal(frames)).toMatchObject({
          code: 'CorruptSegment',
          detail: expect.stringContaining('has no hash chain'),
        })
      }
    }
  })

  it('a frame whose checksum is right and whose content is not a frame’s, naming the offset', () => {
    const first = eventFrame()
    for (const content of [5, 'text', { map: [] }, edit(eventMap(), { scope: GONE })] as Raw[]) {
      expect(refusal([first, frame(content)])).toMatchObject({
        code: 'CorruptSegment',
        segmentId: SEGMENT,
        detail: expect.stringContaining(
          `frame at offset ${FROM + first.length} has unreadable index metadata`,
        ),
      })
    }
  })

  it('a frame that a footer cuts: behind a footer nothing may be torn', () => {
    const frames = framesOf('1 2')
    const offset = FROM + frames[0]!.length
    const refused = (end: Uint8Array): unknown => refusal([frames[0]!, end], { sealed: true })
    expect(refused(frames[1]!.subarray(0, 60))).toMatchObject({ code: 'CorruptFrame', offset })
    expect(refused(frames[1]!.subarray(0, 5))).toMatchObject({ code: 'CorruptFrame', offset })
    const flipped = Buffer.from(frames[1]!)
    flipped[100]! ^= 1
    expect(refused(flipped)).toMatchObject({ code: 'CrcMismatch', offset })
    expect(refused(Buffer.alloc(300))).toMatchObject({ code: 'CorruptSegment' })
  })

  it('a content hash that is no hash, but not one that is wrong', () => {
    const wrong = { 'event.header.content_hash': new Uint8Array(32) }
    expect(scan([frame(edit(eventMap(), wrong))]).events).toEqual([1])
    const short = { 'event.header.content_hash': new Uint8Array(31) }
    expect(refusal([frame(edit(eventMap(), short))])).toMatchObject({ code: 'CorruptSegment' })
  })
})

describe('a scan of a large segment', () => {
  it('reads frames across the pieces in which a file is read, and frames larger than one', () => {
    const big = (id: number, length: number): Buffer =>
      eventFrame({ eventId: BigInt(id), payload: new Uint8Array(length).fill(7) })
    // Pieces of 1 MiB: frames that begin or end at, before and behind a border.
    const frames = [
      ...Array.from({ length: 30 }, (_, i) => big(i + 1, 100_000)),
      big(31, 3_000_000),
      big(32, 1_048_576),
      ...Array.from({ length: 10 }, (_, i) => big(i + 33, 104_857)),
    ]
    const ids = Array.from({ length: 42 }, (_, i) => i + 1)
    expect(scan(frames)).toEqual({ events: ids })
    expect(scan([beginFrame(42), ...frames, commitFrame()])).toEqual({ events: ids })
  })
})
