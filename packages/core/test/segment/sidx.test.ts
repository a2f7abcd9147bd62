/** The footer of sealed segments, written and read. */
import { describe, expect, it } from 'vitest'
import { EventIndex } from '../../src/index-store/event-index.ts'
import { HEADER_PREFIX_BYTES } from '../../src/segment/header.ts'
import { scanFrames } from '../../src/segment/scan.ts'
import {
  FooterEntry,
  encodeFooter,
  readFooterEntry,
  readFooterStrings,
  readTrailer,
  type FooterTrailer,
} from '../../src/segment/sidx.ts'
import type { FileWindow } from '../../src/segment/window.ts'
import { IndexBuilder } from '../../src/restore/rebuild.ts'
import { fixture, fixtureNames, segmentFiles } from '../support/fixture-stores.ts'
import { windowOf } from '../support/memory-file.ts'
import { hex, mp } from '../support/raw-msgpack.ts'
import { footer, framesEnd, id16, payloadOf, type RawEvent } from '../support/raw-segment.ts'

const EVENTS: readonly RawEvent[] = [
  { eventId: 0x0102030405060708_090a0b0c0d0e0f10n, entity: 'b', scope: 'é', payload: payloadOf(1) },
  {
    eventId: 7n,
    correlationId: (1n << 128n) - 1n,
    causationId: 0xff00n << 64n,
    entity: 'a',
    scope: 'b',
    kind: 0xffff,
    wallMs: Number.MAX_SAFE_INTEGER,
    clock: 0xffff_fffe,
    lane: 0xffff_ffff,
    depth: 0x8000_0000,
    prevHash: new Uint8Array(32).fill(3),
    payload: payloadOf(2),
  },
  { eventId: 8n, entity: 'b', scope: 'b', payload: payloadOf(3) },
]
const ROWS = EVENTS.map((event, i) => ({
  event,
  offset: 57 + i * 1000,
  length: 500 + i,
  sequence: i === 0 ? 0 : Number.MAX_SAFE_INTEGER - 10 + i,
}))
const FOOTER = footer(ROWS, 5000)

describe('a footer', () => {
  it('is read entry by entry as a second writer wrote it', () => {
    const file = windowOf(Buffer.concat([Buffer.alloc(5000), FOOTER]))
    const trailer = readTrailer(file)!
    expect(trailer).toEqual({ tableOffset: 5000, count: 3 })
    const strings = readFooterStrings(file, trailer)!
    expect(strings).toEqual(['b', 'é', 'a'])
    const entry = new FooterEntry()
    ROWS.forEach(({ event, offset, length, sequence }, i) => {
      expect(readFooterEntry(file, trailer, strings, i, entry)).toBe(true)
      expect(entry).toMatchObject({
        eventId: words(event.eventId!),
        correlationId: words(event.correlationId ?? event.eventId!),
        causationId: words(event.causationId ?? 0n),
        entity: event.entity,
        scope: event.scope,
        kind: event.kind ?? 0xf001,
        wallMs: event.wallMs ?? 1_700_000_000_000,
        clock: event.clock ?? 0,
        lane: event.lane ?? 0,
        depth: event.depth ?? 0,
        prevHash: event.prevHash ?? new Uint8Array(32),
        offset,
        length,
        sequence,
      })
    })
  })

  it('is written byte for byte as a second writer writes it: each name once, entity before scope', () => {
    const file = windowOf(Buffer.concat([Buffer.alloc(5000), FOOTER]))
    // Names have other numbers in the index than in the footer.
    const index = new EventIndex()
    index.names.internScope('b')
    index.names.internEntity('zzz')
    indexOf(file, readTrailer(file)!, index)
    expect(hex(encodeFooter(index, 0, 3, 5000))).toBe(hex(FOOTER))
    expect(hex(encodeFooter(index, 1, 3, 5000))).toBe(hex(footer(ROWS.slice(1), 5000)))
    expect(hex(encodeFooter(index, 3, 3, 57))).toBe(
      `90390000000000000000000000${hex(Buffer.from('SDX2'))}`,
    )
  })

  it('is only looked for in a file that ends in the magic and has room for a trailer', () => {
    const otherMagic = Buffer.from(FOOTER)
    otherMagic.write('SDX1', otherMagic.length - 4, 'latin1')
    for (const bytes of [Buffer.alloc(0), Buffer.from('SDX2'), FOOTER.subarray(-15), otherMagic]) {
      expect(readTrailer(windowOf(bytes))).toBeUndefined()
    }
    expect(readTrailer(windowOf(FOOTER.subarray(-16)))).toEqual({ tableOffset: 5000, count: 3 })
  })

  it.each<readonly [what: string, table: Buffer]>([
    ['no array', mp('text')],
    ['an array of something else than texts', mp([1, 2, 3])],
    ['cut short', mp(['b', 'é', 'a']).subarray(0, 4)],
    ['longer than its array', Buffer.concat([mp(['b', 'é', 'a']), Buffer.of(0)])],
    ['of invalid UTF-8', Buffer.from('91a1ff', 'hex')],
    ['a claim of 4294967295 texts', Buffer.from('ddffffffffa162', 'hex')],
  ])('has no strings to be believed when its table is %s', (_, table) => {
    const rest = FOOTER.subarray(mp(['b', 'é', 'a']).length)
    const file = windowOf(Buffer.concat([Buffer.alloc(5000), table, rest]))
    expect(readFooterStrings(file, readTrailer(file)!)).toBeUndefined()
  })

  it('whose count says more or less than there are entries is not believed', () => {
    for (const count of [0, 1, 2, 4, 5, 31, 0xffff_ffff]) {
      const bytes = Buffer.concat([Buffer.alloc(5000), FOOTER])
      bytes.writeUInt32LE(count, bytes.length - 8)
      const file = windowOf(bytes)
      expect(readFooterStrings(file, readTrailer(file)!), `count ${count}`).toBeUndefined()
    }
  })

  it('entry that names a string beyond the table is refused', () => {
    for (const field of [16, 20]) {
      for (const slot of [3, 0xffff_ffff]) {
        const bytes = Buffer.concat([Buffer.alloc(5000), FOOTER])
        bytes.writeUInt32LE(slot, bytes.length - 16 - 162 + field)
        const file = windowOf(bytes)
        const trailer = readTrailer(file)!
        const strings = readFooterStrings(file, trailer)!
        expect(readFooterEntry(file, trailer, strings, 1, new FooterEntry())).toBe(true)
        expect(readFooterEntry(file, trailer, strings, 2, new FooterEntry())).toBe(false)
      }
    }
  })
})

describe('footers of batpak 0.8.0', () => {
  // Sequences that cannot be had by counting: a batch burned some, a compaction moved some, and an
  // unfinished compaction left the same events in two segments.
  const counted = (name: string): boolean =>
    !/^(?:sequence-gap|compacted-retain|compaction-.*)$/.test(name)

  it('are written again to the same bytes from the frames alone, string order included', () => {
    let compared = 0
    for (const name of fixtureNames) {
      if (fixture(name).rebuild.error !== undefined || !counted(name)) continue
      const builder = new IndexBuilder()
      for (const [segment, file] of segmentFiles(name)) {
        const first = rowCount(builder)
        const end = framesEnd(file)
        scanInto(builder, segment, file, end)
        if (end === file.length) continue
        const bytes = encodeFooter(builder.finish(), first, rowCount(builder), end)
        expect(hex(bytes), `${name}/${segment}`).toBe(hex(file.subarray(end)))
        compared += 1
      }
    }
    expect(compared).toBeGreaterThan(40)
  })

  it('with sequences that no counting gives are written again from their own entries', () => {
    let compared = 0
    for (const name of fixtureNames.filter((name) => !counted(name))) {
      for (const [segment, bytes] of segmentFiles(name)) {
        const file = windowOf(bytes)
        const trailer = readTrailer(file)
        if (trailer === undefined) continue
        const index = indexOf(file, trailer)
        const again = encodeFooter(index, 0, index.columns.count, trailer.tableOffset)
        expect(hex(again), `${name}/${segment}`).toBe(hex(bytes.subarray(trailer.tableOffset)))
        compared += 1
      }
    }
    expect(compared).toBeGreaterThan(10)
  })
})

/** An index of the entries of a footer, numbered as they are. */
function indexOf(file: FileWindow, trailer: FooterTrailer, index = new EventIndex()): EventIndex {
  const strings = readFooterStrings(file, trailer)!
  const { names } = index
  for (let i = 0; i < trailer.count; i += 1) {
    const entry = new FooterEntry()
    expect(readFooterEntry(file, trailer, strings, i, entry)).toBe(true)
    const { entity, scope, sequence, offset, length } = entry
    const [e, s] = [names.internEntity(entity), names.internScope(scope)]
    index.insert(entry, e, s, sequence, 1, offset, length)
  }
  return index
}

function rowCount(builder: IndexBuilder): number {
  return builder.finish().columns.count
}

function scanInto(builder: IndexBuilder, segment: string, file: Buffer, end: number): void {
  const segmentId = Number.parseInt(segment, 10)
  const from = HEADER_PREFIX_BYTES + file.readUInt32BE(4)
  const options = { segmentId, from, end, sealed: end < file.length }
  scanFrames(windowOf(file), options, (head, offset, length) => {
    builder.add(head, head.entity, head.scope, segmentId, offset, length)
  })
}

function words(id: bigint): Uint32Array {
  const bytes = id16(id)
  return Uint32Array.from({ length: 4 }, (_, i) => bytes.readUInt32BE(i * 4))
}
