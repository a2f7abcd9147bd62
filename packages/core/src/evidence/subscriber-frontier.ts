/** What a subscriber says of itself beside what the store knows. */
import type { Shape } from './shape.ts'
import { fieldsOf, inOrder, sorted, struct, UNIT, variants } from './composite-shapes.ts'
import { reportOf, type EvidenceReport } from './report.ts'
import { U16, U64, choice, optional } from './scalar-shapes.ts'
import { checkOptionNames, describeType } from '../options.ts'
import { engineOf, type Reads } from '../read/reads.ts'

export type SubscriberSource = 'LossyPush' | 'CursorBacked'
export type DeliveryState = 'Active' | 'Lagging' | 'Dropped' | 'Disconnected' | 'Unknown'
export type LossPrecision = 'ExactRange' | 'LossAfterFrontier' | 'SubscriberDropped' | 'Unknown'

/** The subscriber's claim; the store does not check it. */
export interface SubscriberFrontierRequest {
  readonly source: SubscriberSource
  /** The sequence of the last event that it consumed. */
  readonly consumedFrontierSequence?: number
  /** Default `Unknown`. */
  readonly deliveryState?: DeliveryState
  /** How well it knows what it lost; default `Unknown`. */
  readonly lossPrecision?: LossPrecision
  /** First and last sequence of each loss; reported only with the precision `ExactRange`. */
  readonly exactDroppedRanges?: readonly (readonly [start: number, end: number])[]
}

export type SubscriberFrontierFinding =
  | { readonly kind: 'ConsumedFrontierUnknown' }
  | { readonly kind: 'DeliveryStateUnknown' }
  | { readonly kind: 'LagObserved'; readonly lagEvents: number }
  | {
      readonly kind: 'ConsumedFrontierAheadOfAvailable'
      readonly consumedSequence: number
      readonly availableSequence: number
    }
  | { readonly kind: 'DeliveryDropped' }
  | { readonly kind: 'DeliveryDisconnected' }
  | { readonly kind: 'LossObserved'; readonly precision: LossPrecision }
  | {
      readonly kind: 'ExactDroppedRange'
      readonly startSequence: number
      readonly endSequence: number
    }

export interface SubscriberFrontierBody {
  readonly schemaVersion: number
  readonly source: SubscriberSource
  readonly consumedFrontierSequence?: number
  /** Emitted to push subscribers, or visible to cursors. */
  readonly availableFrontierSequence: number
  readonly lagEvents?: number
  readonly deliveryState: DeliveryState
  readonly lossPrecision: LossPrecision
  readonly findings: readonly SubscriberFrontierFinding[]
}

const SOURCES = ['LossyPush', 'CursorBacked'] as const
const STATES = ['Active', 'Lagging', 'Dropped', 'Disconnected', 'Unknown'] as const
const PRECISIONS = ['ExactRange', 'LossAfterFrontier', 'SubscriberDropped', 'Unknown'] as const
const PRECISION: Shape<LossPrecision> = choice(...PRECISIONS)

const FINDING: Shape<SubscriberFrontierFinding> = variants<SubscriberFrontierFinding>({
  ConsumedFrontierUnknown: UNIT,
  DeliveryStateUnknown: UNIT,
  LagObserved: fieldsOf({ lagEvents: U64 }),
  ConsumedFrontierAheadOfAvailable: fieldsOf({ consumedSequence: U64, availableSequence: U64 }),
  DeliveryDropped: UNIT,
  DeliveryDisconnected: UNIT,
  LossObserved: fieldsOf({ precision: PRECISION }),
  ExactDroppedRange: fieldsOf({ startSequence: U64, endSequence: U64 }),
})

export const SUBSCRIBER_FRONTIER_BODY: Shape<SubscriberFrontierBody> =
  struct<SubscriberFrontierBody>({
    schemaVersion: U16,
    source: choice(...SOURCES),
    consumedFrontierSequence: optional(U64),
    availableFrontierSequence: U64,
    lagEvents: optional(U64),
    deliveryState: choice(...STATES),
    lossPrecision: PRECISION,
    findings: sorted(FINDING),
  })

/**
 * Sets a subscriber's claim beside the store's frontier: how far behind it is, and what it lost.
 *
 * @throws StoreError `StoreClosed`; TypeError, RangeError for a request of the wrong form
 */
export function subscriberFrontierObservation(
  store: Reads,
  request: SubscriberFrontierRequest,
): EvidenceReport<SubscriberFrontierBody> {
  const engine = engineOf('subscriberFrontierObservation', store)
  engine.assertOpen('subscriberFrontierObservation')
  const claim = readClaim(request)
  engine.assertOpen('subscriberFrontierObservation')
  const { emittedHlc, visibleHlc } = engine.frontier.view()
  const available = (claim.source === 'LossyPush' ? emittedHlc : visibleHlc).sequence
  const { consumed } = claim
  const lag = consumed === undefined ? undefined : Math.max(0, available - consumed)
  return reportOf(SUBSCRIBER_FRONTIER_BODY, {
    schemaVersion: 1,
    source: claim.source,
    ...(consumed === undefined ? {} : { consumedFrontierSequence: consumed }),
    availableFrontierSequence: available,
    ...(lag === undefined ? {} : { lagEvents: lag }),
    deliveryState: claim.state,
    lossPrecision: claim.precision,
    findings: inOrder(findingsOf(claim, available), FINDING),
  })
}

interface Claim {
  readonly source: SubscriberSource
  readonly consumed: number | undefined
  readonly state: DeliveryState
  readonly precision: LossPrecision
  readonly ranges: readonly (readonly [number, number])[]
}

function findingsOf(claim: Claim, available: number): SubscriberFrontierFinding[] {
  const { consumed, state, precision, ranges } = claim
  const findings: SubscriberFrontierFinding[] = []
  if (consumed === undefined) findings.push({ kind: 'ConsumedFrontierUnknown' })
  else if (consumed < available) {
    findings.push({ kind: 'LagObserved', lagEvents: available - consumed })
  } else if (consumed > available) {
    findings.push({
      kind: 'ConsumedFrontierAheadOfAvailable',
      consumedSequence: consumed,
      availableSequence: available,
    })
  }
  if (state === 'Unknown') findings.push({ kind: 'DeliveryStateUnknown' })
  if (state === 'Dropped') findings.push({ kind: 'DeliveryDropped' })
  if (state === 'Disconnected') findings.push({ kind: 'DeliveryDisconnected' })
  if (precision !== 'Unknown') findings.push({ kind: 'LossObserved', precision })
  if (precision !== 'ExactRange') return findings
  for (const [startSequence, endSequence] of ranges) {
    findings.push({ kind: 'ExactDroppedRange', startSequence, endSequence })
  }
  return findings
}

const NAMES: ReadonlySet<string> = new Set([
  'source',
  'consumedFrontierSequence',
  'deliveryState',
  'lossPrecision',
  'exactDroppedRanges',
])

function readClaim(request: SubscriberFrontierRequest): Claim {
  checkOptionNames('subscriber frontier request', request, NAMES)
  const { source, consumedFrontierSequence: consumed, exactDroppedRanges: ranges = [] } = request
  const { deliveryState: state = 'Unknown', lossPrecision: precision = 'Unknown' } = request
  oneOf('source', source, SOURCES)
  oneOf('deliveryState', state, STATES)
  oneOf('lossPrecision', precision, PRECISIONS)
  if (consumed !== undefined) sequence('consumedFrontierSequence', consumed)
  if (!Array.isArray(ranges)) {
    throw new TypeError(`exactDroppedRanges must be an array, got ${describeType(ranges)}`)
  }
  return { source, consumed, state, precision, ranges: ranges.map(readRange) }
}

function readRange(range: unknown, i: number): readonly [number, number] {
  const name = `exactDroppedRanges[${i}]`
  if (!Array.isArray(range) || range.length !== 2) {
    throw new TypeError(`${name} must be a pair of sequences, got ${describeType(range)}`)
  }
  const [start, end] = range as readonly unknown[]
  return [sequence(`${name}[0]`, start), sequence(`${name}[1]`, end)]
}

function sequence(name: string, value: unknown): number {
  if (typeof value !== 'number') {
    throw new TypeError(`${name} must be a number, got ${describeType(value)}`)
  }
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new RangeError(`${name} must be a sequence, a non-negative integer, got ${value}`)
}

function oneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (typeof value === 'string' && allowed.includes(value)) return
  const got = typeof value === 'string' ? JSON.stringify(value) : describeType(value)
  throw new TypeError(`${name} must be one of ${allowed.join(', ')}, got ${got}`)
}
