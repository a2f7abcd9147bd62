/** The options of a single append. */
import type { CausationId, CorrelationId, IdempotencyKey } from '../event/id.ts'
import { parseWords } from '../event/id-words.ts'
import { checkOptionNames, describeType } from '../options.ts'
import { NO_EXTENSIONS } from '../segment/frame-encode.ts'
import type { ExpectedHead } from './expected-head.ts'
import { checkExtensions, encodeExtensions } from './extensions.ts'
import { NO_EXTENSIONS_MAP, type Extensions, type Receipt } from './receipt.ts'

export interface AppendOptions {
  /** Compare-and-swap: append only if the entity's newest event has this clock, or `'empty'` for none. */
  readonly expected?: number | 'empty'
  /** Makes the append repeatable: a known key returns the first event's receipt and writes nothing. */
  readonly idempotencyKey?: IdempotencyKey
  /** `verify` refuses a known key whose coordinate, kind or content differ; default `return`. */
  readonly onReplay?: 'return' | 'verify'
  /** Default: the event's own id. */
  readonly correlationId?: CorrelationId
  readonly causationId?: CausationId
  /** Branch hints, stored verbatim, unsigned 32 bits each. */
  readonly position?: { readonly lane: number; readonly depth: number }
  /** 0 to 255, see `Flag`. */
  readonly flags?: number
  /** Opaque bytes under keys of the form `namespace.name`, stored with the event. */
  readonly extensions?: Extensions
  /** Which frontier the call must reach before it returns; default `visible`. */
  readonly until?: Until
}

/**
 * `visible`: readers see it; `durable`: it is synced; `applied`: the tracked projections have folded
 * it.
 */
export type Until = 'visible' | 'durable' | 'applied'

/** The options in the form the commit wants. */
export interface AppendRequest {
  readonly expected: number | 'empty' | undefined
  /** As `expected`, of any entity: a decision's. */
  readonly head: ExpectedHead | undefined
  readonly key: Uint32Array | undefined
  readonly verifyReplay: boolean
  readonly correlation: Uint32Array | undefined
  /** Undefined for none; an id of zero means none (W-5). */
  readonly causation: Uint32Array | undefined
  readonly lane: number
  readonly depth: number
  readonly flags: number
  readonly extensions: Extensions
  readonly extensionBytes: Uint8Array
  readonly until: Until
  readonly receiptType: Receipt['type']
}

export const PLAIN_REQUEST: AppendRequest = Object.freeze({
  expected: undefined,
  head: undefined,
  key: undefined,
  verifyReplay: false,
  correlation: undefined,
  causation: undefined,
  lane: 0,
  depth: 0,
  flags: 0,
  extensions: NO_EXTENSIONS_MAP,
  extensionBytes: NO_EXTENSIONS,
  until: 'visible',
  receiptType: 'append',
})

/** @throws TypeError, RangeError naming the option and the value */
export function readAppendOptions(options: AppendOptions | undefined): AppendRequest {
  if (options === undefined) return PLAIN_REQUEST
  checkOptionNames('append options', options, APPEND_OPTION_NAMES)
  const { expected, onReplay, position, until } = options
  if (expected !== undefined && expected !== 'empty') requireUint('expected', expected, U32_MAX)
  requireOneOf('onReplay', onReplay, ['return', 'verify'])
  if (position !== undefined) checkOptionNames('position', position, POSITION_NAMES)
  // Read once: a getter may answer something else the second time.
  const { lane, depth } = position ?? ROOT
  requireUint('position.lane', lane, U32_MAX)
  requireUint('position.depth', depth, U32_MAX)
  const { flags = 0 } = options
  requireUint('flags', flags, 0xff)
  const extensions =
    options.extensions === undefined ? NO_EXTENSIONS_MAP : checkExtensions(options.extensions)
  return {
    expected,
    head: undefined,
    key: idWords('idempotencyKey', options.idempotencyKey),
    verifyReplay: onReplay === 'verify',
    correlation: idWords('correlationId', options.correlationId),
    causation: idWords('causationId', options.causationId),
    lane,
    depth,
    flags,
    extensions,
    extensionBytes: extensions.size === 0 ? NO_EXTENSIONS : encodeExtensions(extensions),
    until: readUntil(until),
    receiptType: 'append',
  }
}

/** @throws TypeError for anything but a frontier that a write can wait for */
export function readUntil(until: Until | undefined): Until {
  requireOneOf('until', until, ['visible', 'durable', 'applied'])
  return until ?? 'visible'
}

/** @throws TypeError unless `id` is 32 lower-case hex digits; undefined passes through */
export function idWords(name: string, id: unknown): Uint32Array | undefined {
  if (id === undefined) return undefined
  const words = new Uint32Array(4)
  if (typeof id === 'string' && parseWords(id, words, 0)) return words
  const got = typeof id === 'string' ? JSON.stringify(id.slice(0, 80)) : describeType(id)
  throw new TypeError(`${name} must be an id of 32 lower-case hex digits, got ${got}`)
}

export const APPEND_OPTION_NAMES: ReadonlySet<string> = new Set([
  'expected',
  'idempotencyKey',
  'onReplay',
  'correlationId',
  'causationId',
  'position',
  'flags',
  'extensions',
  'until',
])
const ROOT = { lane: 0, depth: 0 }
const POSITION_NAMES: ReadonlySet<string> = new Set(['lane', 'depth'])

const U32_MAX = 0xffff_ffff

function requireUint(name: string, value: unknown, max: number): void {
  if (typeof value !== 'number') {
    throw new TypeError(`${name} must be a number, got ${describeType(value)}`)
  }
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(`${name} must be an integer of 0 to ${max}, got ${value}`)
  }
}

function requireOneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (value === undefined || (typeof value === 'string' && allowed.includes(value))) return
  const got = typeof value === 'string' ? JSON.stringify(value) : describeType(value)
  throw new TypeError(`${name} must be one of ${allowed.join(', ')}, got ${got}`)
}
