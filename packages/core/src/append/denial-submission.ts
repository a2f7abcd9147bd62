/** Recording that a write was denied. */
import type { Engine } from '../engine.ts'
import type { Coordinate } from '../event/coordinate.ts'
import { isEventKind, Kind, type EventKind } from '../event/kind.ts'
import { HASH_BYTES } from '../event/hash.ts'
import type { Denial } from '../gate/denial.ts'
import { encodeDenial } from '../gate/denial-event.ts'
import type { GateSet } from '../gate/gate-set.ts'
import type { WriteSide } from '../open/open.ts'
import { checkOptionNames, describeType } from '../options.ts'
import { APPEND_OPTION_NAMES, type AppendOptions } from './options.ts'
import type { DenialReceipt } from './receipt.ts'
import { checkedRequest, checkSize } from './submission.ts'

export interface DenialOptions extends AppendOptions {
  /** BLAKE3 of the payload that was refused; default none. */
  readonly contentHash?: Uint8Array
  /** Names what proposed it; default none. */
  readonly pipelineId?: string
}

/** @throws as `Store.appendDenial` */
export function submitDenial(
  engine: Engine,
  { committer, writer, addresses }: WriteSide,
  at: Coordinate,
  proposedKind: EventKind,
  gates: Pick<GateSet<never>, 'trace'>,
  denial: Denial,
  options: DenialOptions | undefined,
): DenialReceipt {
  engine.assertOpen('appendDenial')
  writer.assertUsable()
  engine.assertFence(undefined)
  const address = addresses.lookup(at)
  if (!isEventKind(proposedKind)) {
    throw new TypeError(`proposedKind must be an event kind, got ${describeType(proposedKind)}`)
  }
  if (typeof gates?.trace !== 'function') {
    throw new TypeError(`gates must be made by gateSet, got ${describeType(gates)}`)
  }
  if (options !== undefined) checkOptionNames('denial options', options, NAMES)
  const { contentHash, pipelineId, ...rest } = options ?? {}
  if (contentHash !== undefined && !isHash(contentHash)) {
    throw new TypeError(`contentHash must be a Uint8Array of ${HASH_BYTES} bytes`)
  }
  if (pipelineId !== undefined && typeof pipelineId !== 'string') {
    throw new TypeError(`pipelineId must be a string, got ${describeType(pipelineId)}`)
  }
  const request = { ...checkedRequest(engine, rest), receiptType: 'denial' as const }
  const payload = encodeDenial(gates, denial, { kind: proposedKind, contentHash, pipelineId })
  checkSize(engine, payload.length, request)
  const kind = Kind.SYSTEM_DENIAL
  const receipt = committer.commit(address, kind, payload, request, undefined)
  return receipt as DenialReceipt
}

const NAMES: ReadonlySet<string> = new Set([...APPEND_OPTION_NAMES, 'contentHash', 'pipelineId'])

function isHash(value: unknown): boolean {
  return value instanceof Uint8Array && value.length === HASH_BYTES
}
