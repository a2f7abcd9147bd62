/** A write behind gates: evaluated, and written or refused, in one synchronous step. */
import { checkCoordinate } from '../append/address.ts'
import { requireType } from '../append/arguments.ts'
import { readAppendOptions, type AppendOptions } from '../append/options.ts'
import type { AppendReceipt, DenialReceipt, Extensions } from '../append/receipt.ts'
import { encodePayload } from '../encoding/payload-encode.ts'
import { Writer } from '../encoding/writer.ts'
import type { Coordinate } from '../event/coordinate.ts'
import type { EventType } from '../event/event-type.ts'
import type { EventKind } from '../event/kind.ts'
import { blake3 } from '../event/hash.ts'
import { idempotencyKey, type IdempotencyKey } from '../event/id.ts'
import { checkOptionNames, describeType } from '../options.ts'
import type { Store } from '../store.ts'
import type { Denial } from './denial.ts'
import type { GateSet } from './gate-set.ts'

/** Why the gates are not asked. */
export interface Bypass {
  readonly reason: string
  readonly justification: string
  readonly approvedBy?: string
  /** Also store it with the event, as the receipt extension `bypass.audit`; signed with it. */
  readonly record?: boolean
}

export interface GuardRequest<T, In, C> extends AppendOptions {
  readonly at: Coordinate
  readonly type: EventType<T, In>
  readonly value: NoInfer<In>
  readonly gates: GateSet<C>
  /** What the gates judge by. */
  readonly ctx: NoInfer<C>
  /** `record` appends a denial event when the write is denied. */
  readonly onDenial?: 'record'
  readonly bypass?: Bypass
}

export type Guarded =
  | {
      readonly status: 'committed'
      readonly receipt: AppendReceipt
      /** The names of the gates that permitted it; none under a bypass. */
      readonly gates: readonly string[]
      readonly bypass?: Omit<Bypass, 'record'>
    }
  | { readonly status: 'denied'; readonly denial: Denial; readonly audit?: DenialReceipt }

/** The receipt extension that a recorded bypass has: a MessagePack map. */
export const BYPASS_AUDIT_KEY = 'bypass.audit'

/**
 * Asks the gates and appends `value` if all permit. The payload is encoded before they are asked, so
 * what they saw is what is written.
 *
 * @returns a denial is a value; nothing was written then but, with `onDenial`, the denial event
 * @throws as `Store.append`, `Store.appendDenial`, and what a gate throws
 */
export function guard<T, In, C>(store: Store, request: GuardRequest<T, In, C>): Guarded {
  if (typeof request !== 'object' || (request as unknown) === null) {
    throw new TypeError(`guard: expected a request, got ${describeType(request)}`)
  }
  const { at, type, value, gates, ctx, onDenial, bypass, ...options } = request
  const kind = requireType(type)
  checkCoordinate(at)
  readAppendOptions(options)
  if (typeof gates?.evaluate !== 'function') {
    throw new TypeError(`gates must be made by gateSet, got ${describeType(gates)}`)
  }
  if (onDenial !== undefined && onDenial !== 'record') {
    throw new TypeError(`onDenial must be "record" or absent, got ${describeType(onDenial)}`)
  }
  const payload = type.encode(value)
  if (bypass !== undefined) {
    return appendBypassed(store, at, kind, payload, options, bypass)
  }
  const said = gates.evaluate(ctx, payload)
  if (said.ok) {
    const receipt = store.appendBytes(at, kind, said.pass.take(), options)
    return { status: 'committed', receipt, gates: said.pass.gates }
  }
  const { denial } = said
  if (onDenial === undefined) return { status: 'denied', denial }
  const { correlationId, causationId, position, until } = options
  const audit = store.appendDenial(at, kind, gates, denial, {
    ...definedOnly({ correlationId, causationId, position, until }),
    ...definedOnly({ idempotencyKey: denialKey(options.idempotencyKey, denial) }),
    contentHash: blake3(payload),
    pipelineId: type.name,
  })
  return { status: 'denied', denial, audit }
}

/**
 * The key is for the event itself: recorded with the denial it would answer a later, permitted try. So
 * the denial gets one of its own, and a retry that is denied in the same way is recorded once.
 */
function denialKey(
  key: IdempotencyKey | undefined,
  { gate, code, message }: Denial,
): IdempotencyKey | undefined {
  if (key === undefined) return undefined
  return idempotencyKey('batpak.denial', JSON.stringify([key, gate, code, message]))
}

function appendBypassed(
  store: Store,
  at: Coordinate,
  kind: EventKind,
  payload: Uint8Array,
  options: AppendOptions,
  bypass: Bypass,
): Guarded {
  checkBypass(bypass)
  const { record, ...audit } = bypass
  const recorded = record === true ? { extensions: withAudit(options.extensions, audit) } : {}
  const receipt = store.appendBytes(at, kind, payload, { ...options, ...recorded })
  return { status: 'committed', receipt, gates: [], bypass: audit }
}

function withAudit(extensions: Extensions | undefined, audit: Omit<Bypass, 'record'>): Extensions {
  const out = new Writer(256)
  const { reason, justification, approvedBy } = audit
  encodePayload(out, { reason, justification, approved_by: approvedBy })
  return new Map([...(extensions ?? []), [BYPASS_AUDIT_KEY, out.toBytes()]])
}

function checkBypass(bypass: Bypass): void {
  checkOptionNames('bypass', bypass, BYPASS_NAMES)
  const { reason, justification, approvedBy = 'nobody' } = bypass
  for (const [name, text] of Object.entries({ reason, justification, approvedBy })) {
    if (typeof text === 'string' && text.length > 0) continue
    throw new TypeError(`bypass.${name} must be a text, got ${describeType(text)}`)
  }
}

function definedOnly<T extends object>(options: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>
  }
}

const BYPASS_NAMES: ReadonlySet<string> = new Set([
  'reason',
  'justification',
  'approvedBy',
  'record',
])
