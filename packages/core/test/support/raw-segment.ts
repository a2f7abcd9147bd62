/** Segment files made by hand from the description of the format: headers, frames, footers. */
import { blake3 } from '@noble/hashes/blake3.js'
import { crc32 } from 'node:zlib'
import { mp, type Raw, type RawMap } from './raw-msgpack.ts'

/** What a frame says; whatever is left out has the value of a plain first event. */
export interface RawEvent {
  readonly eventId?: bigint
  readonly correlationId?: bigint
  readonly causationId?: bigint
  readonly timestampUs?: number
  readonly wallMs?: number
  readonly depth?: number
  readonly lane?: number
  readonly clock?: number
  readonly kind?: number
  readonly flags?: number
  readonly payload?: Uint8Array
  readonly prevHash?: Uint8Array
  readonly entity?: string
  readonly scope?: string
  readonly extensions?: Readonly<Record<string, Uint8Array>>
}

/** The payload `{"n": n}`. */
export function payloadOf(n: number): Buffer {
  return mp({ map: [['n', n]] })
}

export function id16(id: bigint): Buffer {
  return Buffer.from(id.toString(16).padStart(32, '0'), 'hex')
}

/** The payload map of an event's frame, in canonical order and form; `edit` it for other forms. */
export function eventMap(event: RawEvent = {}): { readonly map: RawMap } {
  const payload = event.payload ?? payloadOf(0)
  const hash = blake3(payload)
  const timestampUs = event.timestampUs ?? 1_700_000_000_000_000
  const header: RawMap = [
    ['event_id', { bin: id16(event.eventId ?? 1n) }],
    ['correlation_id', { bin: id16(event.correlationId ?? event.eventId ?? 1n) }],
    ['causation_id', event.causationId === undefined ? null : { bin: id16(event.causationId) }],
    ['timestamp_us', timestampUs],
    ['position', position(event, timestampUs)],
    ['payload_size', payload.length],
    ['event_kind', event.kind ?? 0xf001],
    ['flags', event.flags ?? 0],
    ['content_hash', hash],
  ]
  const chain: RawMap = [
    ['prev_hash', event.prevHash ?? new Uint8Array(32)],
    ['event_hash', hash],
  ]
  const extensions = Object.entries(event.extensions ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    map: [
      [
        'event',
        {
          map: [
            ['header', { map: header }],
            ['payload', payload],
            ['hash_chain', { map: chain }],
          ],
        },
      ],
      ['entity', event.entity ?? 'a'],
      ['scope', event.scope ?? 's'],
      ['receipt_extensions', { map: extensions.map(([key, bytes]) => [key, bytes]) }],
    ],
  }
}

function position(event: RawEvent, timestampUs: number): Raw {
  return {
    map: [
      ['wall_ms', event.wallMs ?? Math.floor(timestampUs / 1000)],
      ['counter', 0],
      ['depth', event.depth ?? 0],
      ['lane', event.lane ?? 0],
      ['sequence', event.clock ?? 0],
    ],
  }
}

/** Length, checksum, payload map. */
export function frame(payload: Raw): Buffer {
  return frameOfBytes(mp(payload))
}

export function frameOfBytes(payload: Uint8Array): Buffer {
  const prefix = Buffer.alloc(8)
  prefix.writeUInt32BE(payload.length, 0)
  prefix.writeUInt32BE(crc32(payload), 4)
  return Buffer.concat([prefix, payload])
}

export function eventFrame(event: RawEvent = {}): Buffer {
  return frame(eventMap(event))
}

/** The marker before a batch of `items`. */
export function beginFrame(items: number, batchId = 0n): Buffer {
  return frame(markerMap(6, items, batchId))
}

/** The marker behind a batch. */
export function commitFrame(batchId = 0n): Buffer {
  return frame(markerMap(7, 0, batchId))
}

function markerMap(kind: number, size: number, batchId: bigint): Raw {
  const event = {
    eventId: batchId,
    kind,
    payload: new Uint8Array(0),
    entity: '_batch',
    scope: '_system',
  }
  return edit(eventMap(event), {
    'event.header.payload_size': size,
    'event.header.content_hash': new Uint8Array(32),
    'event.hash_chain': null,
  })
}

/** Removes a key. */
export const GONE: unique symbol = Symbol('gone')
type Change = Raw | typeof GONE | ((value: Raw) => Raw)

/** A frame map with some members replaced or removed; paths such as `event.header.flags`. */
export function edit(
  root: Raw,
  changes: Readonly<Record<string, Change>>,
): { readonly map: RawMap } {
  let result = root
  for (const [path, change] of Object.entries(changes)) {
    result = edited(result, path.split('.'), change)
  }
  return result as { readonly map: RawMap }
}

function edited(value: Raw, [key, ...rest]: readonly string[], change: Change): Raw {
  const entries = (value as { readonly map: RawMap }).map
  if (!entries.some(([name]) => name === key)) throw new Error(`no key ${key}`)
  const map: [Raw, Raw][] = []
  for (const [name, member] of entries) {
    if (name !== key) map.push([name, member])
    else if (rest.length > 0) map.push([name, edited(member, rest, change)])
    else if (typeof change === 'function') map.push([name, change(member)])
    else if (change !== GONE) map.push([name, change])
  }
  return { map }
}

/** The header of a segment file; `fields` replaces the map in it. */
export function segmentHeader(
  id: number | bigint,
  fields: Raw = {
    map: [
      ['version', 1],
      ['flags', 0],
      ['created_ns', 1_700_000_000_000_000_000n],
      ['segment_id', id],
    ],
  },
): Buffer {
  const body = mp(fields)
  const prefix = Buffer.alloc(8)
  prefix.write('FBAT', 'latin1')
  prefix.writeUInt32BE(body.length, 4)
  return Buffer.concat([prefix, body])
}

/** A segment of a header and frames, without a footer. */
export function segmentBytes(id: number, ...frames: readonly Uint8Array[]): Buffer {
  return Buffer.concat([segmentHeader(id), ...frames])
}

/** What a footer says of one event. */
export interface RawFooterEntry {
  readonly event: RawEvent
  readonly offset: number
  readonly length: number
  readonly sequence: number | bigint
}

/** String table, entries and trailer for events whose frames end at `framesEnd`. */
export function footer(entries: readonly RawFooterEntry[], framesEnd: number): Buffer {
  const strings: string[] = []
  const slot = (text: string): number => {
    if (!strings.includes(text)) strings.push(text)
    return strings.indexOf(text)
  }
  const rows = entries.map((entry) => footerEntry(entry, slot))
  const trailer = Buffer.alloc(16)
  trailer.writeBigUInt64LE(BigInt(framesEnd), 0)
  trailer.writeUInt32LE(entries.length, 8)
  trailer.write('SDX2', 12, 'latin1')
  return Buffer.concat([mp(strings), ...rows, trailer])
}

function footerEntry(
  { event, offset, length, sequence }: RawFooterEntry,
  slot: (text: string) => number,
): Buffer {
  const row = Buffer.alloc(162)
  const eventId = event.eventId ?? 1n
  id16(eventId).reverse().copy(row, 0)
  row.writeUInt32LE(slot(event.entity ?? 'a'), 16)
  row.writeUInt32LE(slot(event.scope ?? 's'), 20)
  row.writeUInt16LE(event.kind ?? 0xf001, 24)
  const timestampUs = event.timestampUs ?? 1_700_000_000_000_000
  row.writeBigUInt64LE(BigInt(event.wallMs ?? Math.floor(timestampUs / 1000)), 26)
  row.writeUInt32LE(event.clock ?? 0, 34)
  row.writeUInt32LE(event.lane ?? 0, 38)
  row.writeUInt32LE(event.depth ?? 0, 42)
  row.set(event.prevHash ?? new Uint8Array(32), 46)
  row.set(blake3(event.payload ?? payloadOf(0)), 78)
  row.writeBigUInt64LE(BigInt(offset), 110)
  row.writeUInt32LE(length, 118)
  row.writeBigUInt64LE(BigInt(sequence), 122)
  id16(event.correlationId ?? eventId)
    .reverse()
    .copy(row, 130)
  id16(event.causationId ?? 0n)
    .reverse()
    .copy(row, 146)
  return row
}

/** A segment sealed with a footer: events in file order with their sequences. */
export function sealedSegment(
  id: number,
  events: readonly { readonly event: RawEvent; readonly sequence: number }[],
): Buffer {
  const parts: Buffer[] = [segmentHeader(id)]
  const entries: RawFooterEntry[] = []
  let offset = parts[0]!.length
  for (const { event, sequence } of events) {
    const bytes = eventFrame(event)
    parts.push(bytes)
    entries.push({ event, offset, length: bytes.length, sequence })
    offset += bytes.length
  }
  return Buffer.concat([...parts, footer(entries, offset)])
}

/** Where each frame of a segment begins, read from the length fields alone, and where they end. */
export function frameOffsets(file: Uint8Array, end: number = framesEnd(file)): readonly number[] {
  const buf = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const offsets: number[] = []
  for (let at = 8 + buf.readUInt32BE(4); at + 8 <= end; at += 8 + buf.readUInt32BE(at)) {
    offsets.push(at)
  }
  return offsets
}

/** Where the frames of a segment end: at its footer, else at the end of the file. */
export function framesEnd(file: Uint8Array): number {
  const buf = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const sealed = buf.length >= 16 && buf.toString('latin1', buf.length - 4) === 'SDX2'
  return sealed ? Number(buf.readBigUInt64LE(buf.length - 16)) : buf.length
}
