/** The checks before a single append: nothing here has an effect (W-46). */
import type { WriteSide } from '../open/open.ts'
import type { Engine } from '../engine.ts'
import { StoreError } from '../errors.ts'
import { returnScratch, takeScratch } from '../encoding/scratch.ts'
import type { Coordinate } from '../event/coordinate.ts'
import { DefinedEvent, type AnyEventType } from '../event/event-type.ts'
import type { EventKind } from '../event/kind.ts'
import type { OpenFence } from '../fence/open-fence.ts'
import { foreignBytes, requireBytes, requireKind, requireType } from './arguments.ts'
import { sizeOf } from './batch-check.ts'
import { readAppendOptions, type AppendOptions, type AppendRequest } from './options.ts'
import type { Receipt } from './receipt.ts'

/** Encodes `value` with its type and commits it, under a fence if given. @throws as `Store.append` */
export function submitValue(
  engine: Engine,
  { committer, writer, addresses }: WriteSide,
  at: Coordinate,
  type: AnyEventType,
  value: unknown,
  options: AppendOptions | undefined,
  fence?: OpenFence,
): Receipt {
  // 1 store, writer, fence, coordinate, kind
  engine.assertOpen('append')
  writer.assertUsable()
  engine.assertFence(fence)
  const address = addresses.lookup(at)
  const kind = requireType(type)
  // 2 key rule
  const request = checkedRequest(engine, options)
  // 3 payload
  const scratch = takeScratch()
  try {
    if (type instanceof DefinedEvent) type.encodeInto(scratch, value)
    else scratch.raw(foreignBytes(type, value))
    checkSize(engine, scratch.pos, request)
    return committer.commit(address, kind, scratch.view(0, scratch.pos), request, fence)
  } finally {
    returnScratch(scratch)
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
): Receipt {
  engine.assertOpen('appendBytes')
  writer.assertUsable()
  engine.assertFence(undefined)
  const address = addresses.lookup(at)
  requireKind(kind)
  const request = checkedRequest(engine, options)
  requireBytes(payload)
  checkSize(engine, payload.length, request)
  // Shared memory may change between the hash and the frame.
  const stable = payload.buffer instanceof ArrayBuffer ? payload : payload.slice()
  return committer.commit(address, kind, stable, request, undefined)
}

export function checkedRequest(engine: Engine, options: AppendOptions | undefined): AppendRequest {
  const request = readAppendOptions(options)
  if (engine.config.requireIdempotencyKeys && request.key === undefined) {
    throw new StoreError('IdempotencyRequired', {})
  }
  return request
}

export function checkSize(engine: Engine, payloadBytes: number, request: AppendRequest): void {
  const size = sizeOf(payloadBytes, request)
  const limit = engine.config.singleAppendMaxBytes
  if (size > limit) {
    const reason = `an append of ${size} bytes exceeds singleAppendMaxBytes, ${limit}; split it or raise the limit`
    throw new StoreError('Configuration', { reason })
  }
}
