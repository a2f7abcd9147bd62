/** The checks before a single append: nothing here has an effect (W-46). */
import type { WriteSide } from '../open/open.ts'
import type { Engine } from '../engine.ts'
import { StoreError } from '../errors.ts'
import { Writer } from '../encoding/writer.ts'
import type { Coordinate } from '../event/coordinate.ts'
import { DefinedEvent, type AnyEventType } from '../event/event-type.ts'
import { isEventKind, isRefusedByAppend, type EventKind } from '../event/kind.ts'
import { describeType } from '../options.ts'
import type { Address } from './address.ts'
import { readAppendOptions, type AppendOptions, type AppendRequest } from './options.ts'
import type { AppendReceipt } from './receipt.ts'

/** Buffers of payloads: more than one only while a caller's getter or schema appends itself. */
const SCRATCH: Writer[] = []
/** A buffer that one large payload has made larger is not kept. */
const SCRATCH_KEPT_BYTES = 1024 * 1024

/** Encodes `value` with its type and commits it. @throws as `Store.append` */
export function submitValue(
  engine: Engine,
  { committer, writer, addresses }: WriteSide,
  at: Coordinate,
  type: AnyEventType,
  value: unknown,
  options: AppendOptions | undefined,
): AppendReceipt {
  // 1 store, writer, coordinate, kind
  engine.assertOpen('append')
  writer.assertUsable()
  const address = addresses.lookup(at)
  const kind = requireType(type)
  // 2 key rule
  const request = checkedRequest(engine, options)
  // 3 payload
  const scratch = SCRATCH.pop() ?? new Writer(1024)
  try {
    scratch.pos = 0
    if (type instanceof DefinedEvent) type.encodeInto(scratch, value)
    else scratch.raw(foreignBytes(type, value))
    checkSize(engine, scratch.pos, request)
    return committer.commit(address, kind, scratch.buf, scratch.pos, request)
  } finally {
    if (scratch.buf.length <= SCRATCH_KEPT_BYTES) SCRATCH.push(scratch)
  }
}

/** Commits payload bytes as they are. @throws as `Store.appendBytes` */
export function submitBytes(
  engine: Engine,
  { committer, writer, addresses }: WriteSide,
  at: Coordinate,
  kind: EventKind,
  payload: Uint8Array,
  options: AppendOptions | undefined,
): AppendReceipt {
  engine.assertOpen('appendBytes')
  writer.assertUsable()
  const address: Address = addresses.lookup(at)
  requireKind(kind)
  const request = checkedRequest(engine, options)
  if (!(payload instanceof Uint8Array)) {
    throw new TypeError(`payload must be a Uint8Array, got ${describeType(payload)}`)
  }
  checkSize(engine, payload.length, request)
  return committer.commit(address, kind, payload, payload.length, request)
}

function checkedRequest(engine: Engine, options: AppendOptions | undefined): AppendRequest {
  const request = readAppendOptions(options)
  if (engine.config.requireIdempotencyKeys && request.key === undefined) {
    throw new StoreError('IdempotencyRequired', {})
  }
  return request
}

/** Payload and extensions together; no extensions count as nothing (W-48). */
function checkSize(engine: Engine, payloadBytes: number, request: AppendRequest): void {
  const extensions = request.extensions.size === 0 ? 0 : request.extensionBytes.length
  const size = payloadBytes + extensions
  const limit = engine.config.singleAppendMaxBytes
  if (size > limit) {
    const reason = `an append of ${size} bytes exceeds singleAppendMaxBytes, ${limit}; split it or raise the limit`
    throw new StoreError('Configuration', { reason })
  }
}

function requireType(type: AnyEventType): EventKind {
  if (typeof type !== 'object' || type === null || typeof type.encode !== 'function') {
    throw new TypeError(`type must be an event type of defineEvent, got ${describeType(type)}`)
  }
  requireKind(type.kind)
  return type.kind
}

/** The bytes of a type that another copy of this package, or the caller, has made. */
function foreignBytes(type: AnyEventType, value: unknown): Uint8Array {
  const bytes: unknown = type.encode(value as never)
  if (bytes instanceof Uint8Array) return bytes
  throw new TypeError(`${type.name}: encode must give a Uint8Array, got ${describeType(bytes)}`)
}

function requireKind(kind: unknown): asserts kind is EventKind {
  if (!isEventKind(kind)) {
    const got = typeof kind === 'number' ? kind : describeType(kind)
    throw new TypeError(`kind must be an event kind, an integer of 0 to 0xFFFF, got ${got}`)
  }
  if (isRefusedByAppend(kind)) throw new StoreError('ReservedKind', { kind })
}
