/**
 * A caller's value as payload bytes (W-26).
 *
 * The encoder itself only knows what it can write; why a value cannot be stored is found by a second,
 * slow walk that keeps the path, so the common case pays nothing for good messages.
 */
import { StoreError } from '../errors.ts'
import { explainRefusal } from './payload-refusal.ts'
import { MAX_DEPTH, isRecord } from './payload-shape.ts'
import { encodedBytes } from './scratch.ts'
import type { Writer } from './writer.ts'

/** From this depth on a container is looked for among those around it: a cycle ends here. */
const CYCLE_CHECK_DEPTH = 8
/** The containers around the value that is being encoded. */
const around: object[] = []

const U64_MAX = (1n << 64n) - 1n
const I64_MIN = -(1n << 63n)

/** Internal: `encodePayload` turns it into a StoreError with the reason. */
class Refused extends Error {}
const REFUSED: Refused = new Refused('refused')

/**
 * Appends `value` to `out` as MessagePack.
 *
 * @throws StoreError `Serialization` naming the path of what cannot be stored, `InvalidUnicode` for
 *   a lone surrogate; `out.pos` is then where it was
 */
export function encodePayload(out: Writer, value: unknown): void {
  const start = out.pos
  const outside = around.length
  try {
    encodeValue(out, value, 0)
  } catch (error) {
    out.pos = start
    around.length = outside
    if (error !== REFUSED) throw error
    throw new StoreError('Serialization', { reason: explainRefusal(value) })
  }
}

/** The payload bytes of `value`, a new array. @throws as `encodePayload` */
export function payloadBytes(value: unknown): Uint8Array {
  return encodedBytes((out) => encodePayload(out, value))
}

function encodeValue(out: Writer, value: unknown, depth: number): void {
  switch (typeof value) {
    case 'string':
      return out.str(value)
    case 'number':
      return encodeNumber(out, value)
    case 'boolean':
      return out.bool(value)
    case 'bigint':
      if (value < I64_MIN || value > U64_MAX) throw REFUSED
      return out.bigint(value)
    case 'object':
      if (value === null) return out.nil()
      if (depth >= MAX_DEPTH) throw REFUSED
      if (value instanceof Uint8Array) return out.byteList(value)
      if (depth >= CYCLE_CHECK_DEPTH && around.includes(value)) throw REFUSED
      around.push(value)
      if (Array.isArray(value)) encodeArray(out, value, depth)
      else encodeRecord(out, value as Record<string, unknown>, depth)
      around.pop()
      return
    default:
      throw REFUSED
  }
}

function encodeNumber(out: Writer, value: number): void {
  // Integers beyond 2^53 and -0 are floats: as integers they would not come back as they went in.
  if (Number.isSafeInteger(value) && (value !== 0 || 1 / value > 0)) out.int(value)
  else if (Number.isFinite(value)) out.float64(value)
  else throw REFUSED
}

function encodeArray(out: Writer, value: readonly unknown[], depth: number): void {
  const { length } = value
  out.arrayHeader(length)
  for (let i = 0; i < length; i += 1) encodeValue(out, value[i], depth + 1)
  if (value.length === length) return
  const reason = `an array of ${length} elements had ${value.length} after they were read`
  throw new StoreError('Serialization', { reason })
}

function encodeRecord(out: Writer, value: Record<string, unknown>, depth: number): void {
  if (!isRecord(value)) throw REFUSED
  const header = out.pos
  out.ensure(1)
  out.pos += 1
  let count = 0
  for (const key in value) {
    // In a for-in loop this form costs nothing, where Object.hasOwn takes 5 ns a member.
    if (!Object.prototype.hasOwnProperty.call(value, key)) continue
    const member = value[key]
    if (member === undefined) continue
    out.str(key)
    encodeValue(out, member, depth + 1)
    count += 1
  }
  if (count < 16) out.buf[header] = 0x80 | count
  else widenMapHeader(out, header, count)
}

/** A map of more than 15 members needs a longer header: known only now, as undefined ones are left out. */
function widenMapHeader(out: Writer, header: number, count: number): void {
  const extra = count < 0x10000 ? 2 : 4
  out.ensure(extra)
  const end = out.pos
  out.buf.copyWithin(header + 1 + extra, header + 1, end)
  out.pos = header
  out.mapHeader(count)
  out.pos = end + extra
}
