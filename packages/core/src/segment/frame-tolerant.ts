/** The slow path of frame reading: everything batpak 0.8.0's decoder accepts, with reasons. */
import { blake3, equalBytes } from '../event/hash.ts'
import { MalformedError, Reader } from '../encoding/reader.ts'
import type { FrameHead } from './frame-head.ts'

type Field = (reader: Reader) => void

/** @throws MalformedError naming the first part that is not a frame's */
export function decodeTolerantly(buf: Uint8Array, at: number, end: number, head: FrameHead): void {
  const reader = new Reader(buf, at, end)
  head.causationId.fill(0)
  head.contentHash.fill(0)
  head.hasChain = false
  head.extensionsAt = 0
  head.extensionCount = 0
  record(reader, 'frame', ['event', 'entity', 'scope'], {
    event: (r) => {
      record(r, 'event', ['header', 'payload'], {
        header: (h) => header(h, head),
        payload: (p) => payload(p, head),
        hash_chain: (c) => hashChain(c, head),
      })
    },
    entity: (r) => (head.entity = r.str('entity')),
    scope: (r) => (head.scope = r.str('scope')),
    receipt_extensions: (r) => extensions(r, head),
  })
  settlePayloadForm(buf, head)
}

function header(reader: Reader, head: FrameHead): void {
  record(reader, 'header', HEADER_REQUIRED, {
    event_id: (r) => r.id('event_id', head.eventId),
    correlation_id: (r) => r.id('correlation_id', head.correlationId),
    causation_id: (r) => {
      if (!r.nil()) r.id('causation_id', head.causationId)
    },
    timestamp_us: (r) => (head.timestampUs = r.int('timestamp_us')),
    position: (r) => position(r, head),
    payload_size: (r) => (head.payloadSize = r.uint('payload_size', 0xffff_ffff)),
    event_kind: (r) => (head.kind = r.uint('event_kind', 0xffff)),
    flags: (r) => (head.flags = r.uint('flags', 0xff)),
    content_hash: (r) => hash(r, 'content_hash', head.contentHash),
  })
}

const HEADER_REQUIRED: readonly string[] = [
  'event_id',
  'correlation_id',
  'timestamp_us',
  'position',
  'payload_size',
  'event_kind',
  'flags',
]

function position(reader: Reader, head: FrameHead): void {
  record(reader, 'position', ['wall_ms', 'counter', 'depth', 'lane', 'sequence'], {
    wall_ms: (r) => (head.wallMs = r.uint('wall_ms')),
    counter: (r) => r.uint('counter', 0xffff),
    depth: (r) => (head.depth = r.uint('depth', 0xffff_ffff)),
    lane: (r) => (head.lane = r.uint('lane', 0xffff_ffff)),
    sequence: (r) => (head.clock = r.uint('sequence', 0xffff_ffff)),
  })
}

function hashChain(reader: Reader, head: FrameHead): void {
  if (reader.nil()) return
  head.hasChain = true
  record(reader, 'hash_chain', ['prev_hash', 'event_hash'], {
    prev_hash: (r) => hash(r, 'prev_hash', head.prevHash),
    event_hash: (r) => hash(r, 'event_hash', head.eventHash),
  })
}

function payload(reader: Reader, head: FrameHead): void {
  const start = reader.pos
  head.payloadValueAt = start
  if (reader.isBin()) {
    head.payloadForm = 'bin'
    head.payloadCount = reader.textHeader('payload')
    head.payloadAt = reader.take(head.payloadCount)
    return
  }
  if (reader.isArray()) {
    head.payloadCount = reader.arrayHeader('payload')
    head.payloadAt = reader.pos
    let i = 0
    while (i < head.payloadCount && isListByte(reader)) i += 1
    if (i === head.payloadCount) {
      head.payloadForm = 'list'
      return
    }
    reader.pos = start
  }
  head.payloadForm = 'inline'
  head.payloadAt = start
  reader.skip()
  head.payloadCount = reader.pos - start
}

/** Consumes one element of an array; true when it is an integer of 0 to 255, in any width. */
function isListByte(reader: Reader): boolean {
  const tag = reader.peek()
  if (tag >= 0x80 && (tag < 0xcc || tag > 0xd3)) return false
  const value = reader.integer('payload')
  return value >= 0 && value <= 0xff
}

/**
 * An array of small integers is the payload's bytes, unless a compaction of the reference rewrote
 * the payload to the value itself and that value is such an array: then the hash tells.
 */
function settlePayloadForm(buf: Uint8Array, head: FrameHead): void {
  if (head.payloadForm !== 'list' || !head.hasChain || head.payloadCount === head.payloadSize)
    return
  const reader = new Reader(buf, head.payloadAt)
  const bytes = new Uint8Array(head.payloadCount)
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = reader.uint('payload', 0xff)
  if (equalBytes(blake3(bytes), head.eventHash)) return
  head.payloadForm = 'inline'
  head.payloadAt = head.payloadValueAt
  head.payloadCount = reader.pos - head.payloadValueAt
}

function extensions(reader: Reader, head: FrameHead): void {
  head.extensionsAt = reader.pos
  head.extensionCount = reader.mapHeader('receipt_extensions')
  for (let i = 0; i < head.extensionCount; i += 1) {
    reader.str('extension key')
    reader.bytes('extension value')
  }
}

function hash(reader: Reader, what: string, out: Uint8Array): void {
  const bytes = reader.bytes(what)
  if (bytes.length !== 32) throw new MalformedError(`${what} has ${bytes.length} bytes, not 32`)
  out.set(bytes)
}

/**
 * A struct in any of the forms the reference reads: a map in any key order with unknown keys, an
 * integer key n standing for the n-th field, or an array in field order.
 */
export function record(
  reader: Reader,
  what: string,
  required: readonly string[],
  fields: Readonly<Record<string, Field>>,
): void {
  const names = Object.keys(fields)
  const seen = new Set<string>()
  const positional = reader.isArray()
  const count = positional ? reader.arrayHeader(what) : reader.mapHeader(what)
  for (let i = 0; i < count; i += 1) {
    const name = positional ? names[i] : fieldName(reader, names)
    if (name === undefined) reader.skip()
    else {
      if (seen.has(name)) throw new MalformedError(`${what} has the key ${name} twice`)
      seen.add(name)
      fields[name]!(reader)
    }
  }
  for (const name of required) {
    if (!seen.has(name)) throw new MalformedError(`${what} has no key ${name}`)
  }
}

/** The field a key names; undefined and consumed when it names none. */
function fieldName(reader: Reader, names: readonly string[]): string | undefined {
  if (reader.isText() || reader.isBin()) {
    const length = reader.textHeader('key')
    const at = reader.take(length)
    const text = Buffer.from(reader.buf.buffer, reader.buf.byteOffset + at, length).toString(
      'latin1',
    )
    return names.includes(text) ? text : undefined
  }
  const index = reader.integer('key')
  return typeof index === 'number' ? names[index] : undefined
}
