/** What a query reports of itself. */
import type { EventId } from '../event/id.ts'
import { fieldsOf, list, sorted, struct, UNIT, valueOf, variants } from './composite-shapes.ts'
import { HASH, ID, TEXT, U16, U32, U64, U8, choice, optional } from './scalar-shapes.ts'
import type { Shape } from './shape.ts'

/** Up to where a read saw the log. */
export interface InputFrontier {
  readonly kind: 'Visible'
  readonly wallMs: number
  readonly globalSequence: number
}

/** Which freshness was asked for. */
export type RequestedFreshness =
  { readonly kind: 'Consistent' } | { readonly kind: 'MaybeStale'; readonly maxStaleMs: number }

/** A constraint of the region. */
export type ReadWalkSourceRef =
  | { readonly kind: 'EntityPrefix'; readonly prefix: string }
  | { readonly kind: 'Scope'; readonly scope: string }
  | { readonly kind: 'FactExact'; readonly category: number; readonly typeId: number }
  | { readonly kind: 'FactCategory'; readonly category: number }
  | { readonly kind: 'ClockRange'; readonly startClock: number; readonly endClock: number }

export interface ProofRef {
  readonly eventId: EventId
  readonly globalSequence: number
  readonly eventHash: Uint8Array
}

export type ReadWalkFinding =
  | { readonly kind: 'InputFrontierUnknown' }
  | { readonly kind: 'LimitedResults'; readonly droppedCount: number }
  /** Not found by this implementation, whose queries return the rows themselves. */
  | { readonly kind: 'MissingBackingEntry'; readonly eventId: EventId }

export interface ReadWalkBody {
  readonly schemaVersion: number
  readonly sourceRefs: readonly ReadWalkSourceRef[]
  readonly replayMode: 'Current'
  readonly freshnessIntent: RequestedFreshness
  /** Absent when the last visible sequence has no event. */
  readonly inputFrontier?: InputFrontier
  readonly requestedLimit?: number
  readonly matchedCount: number
  readonly returnedCount: number
  /** Known only when the limit left something out. */
  readonly droppedLimitedCount:
    { readonly kind: 'Known'; readonly count: number } | { readonly kind: 'NotApplicable' }
  /** Of the returned events in their order, if they were asked for. */
  readonly proofRefs:
    | { readonly kind: 'Known'; readonly refs: readonly ProofRef[] }
    | { readonly kind: 'NotApplicable' }
  readonly findings: readonly ReadWalkFinding[]
}

export const INPUT_FRONTIER: Shape<InputFrontier> = struct<InputFrontier>({
  kind: choice('Visible'),
  wallMs: U64,
  globalSequence: U64,
})

export const REQUESTED_FRESHNESS: Shape<RequestedFreshness> = variants<RequestedFreshness>({
  Consistent: UNIT,
  MaybeStale: fieldsOf({ maxStaleMs: U64 }),
})

const SOURCE_REF: Shape<ReadWalkSourceRef> = variants<ReadWalkSourceRef>({
  EntityPrefix: fieldsOf({ prefix: TEXT }),
  Scope: fieldsOf({ scope: TEXT }),
  FactExact: fieldsOf({ category: U8, typeId: U16 }),
  FactCategory: fieldsOf({ category: U8 }),
  ClockRange: fieldsOf({ startClock: U32, endClock: U32 }),
})

const PROOF_REF: Shape<ProofRef> = struct<ProofRef>({
  eventId: ID,
  globalSequence: U64,
  eventHash: HASH,
})

export const READ_WALK_FINDING: Shape<ReadWalkFinding> = variants<ReadWalkFinding>({
  InputFrontierUnknown: UNIT,
  LimitedResults: fieldsOf({ droppedCount: U64 }),
  MissingBackingEntry: fieldsOf({ eventId: ID }),
})

export const READ_WALK_BODY: Shape<ReadWalkBody> = struct<ReadWalkBody>({
  schemaVersion: U16,
  sourceRefs: list(SOURCE_REF),
  replayMode: choice('Current'),
  freshnessIntent: REQUESTED_FRESHNESS,
  inputFrontier: optional(INPUT_FRONTIER),
  requestedLimit: optional(U64),
  matchedCount: U64,
  returnedCount: U64,
  droppedLimitedCount: variants<ReadWalkBody['droppedLimitedCount']>({
    Known: valueOf('count', U64),
    NotApplicable: UNIT,
  }),
  proofRefs: variants<ReadWalkBody['proofRefs']>({
    Known: valueOf('refs', list(PROOF_REF)),
    NotApplicable: UNIT,
  }),
  findings: sorted(READ_WALK_FINDING),
})
