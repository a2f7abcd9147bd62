/** What a projection reports of its run. */
import { fieldsOf, list, sorted, struct, UNIT, valueOf, variants } from './composite-shapes.ts'
import {
  INPUT_FRONTIER,
  REQUESTED_FRESHNESS,
  type InputFrontier,
  type RequestedFreshness,
} from './read-walk-body.ts'
import { HASH, TEXT, U16, U8, choice, optional } from './scalar-shapes.ts'
import type { Shape } from './shape.ts'

export interface Unavailable {
  readonly kind: 'Unavailable'
  readonly reason: string
}

/** What the run read: the entity, and the kinds that the projection binds, none for all. */
export type ProjectionSourceRef =
  | { readonly kind: 'Entity'; readonly entity: string }
  | { readonly kind: 'RelevantKind'; readonly category: number; readonly typeId: number }

export type ObservedFreshness =
  | { readonly kind: 'Fresh' }
  /** A cached state that may be behind, as the caller allowed. */
  | { readonly kind: 'StaleAllowed' }
  /** There was nothing to fold. */
  | { readonly kind: 'NotApplicable' }
  | Unavailable

export type CacheStatus =
  { readonly kind: 'Hit' } | { readonly kind: 'Miss' } | { readonly kind: 'Bypassed' } | Unavailable

export type OutputHash =
  | { readonly kind: 'Known'; readonly hash: Uint8Array }
  | { readonly kind: 'NotApplicable' }
  | Unavailable

export type ProjectionRunFinding =
  | { readonly kind: 'ObservedFreshnessUnavailable' }
  | { readonly kind: 'InputFrontierUnknown' }
  | { readonly kind: 'OutputHashUnavailable' }
  | { readonly kind: 'CacheStatusUnavailable' }
  /** Always there: every run sees whole commits. */
  | { readonly kind: 'PartialVisibilityNotApplicable' }
  | { readonly kind: 'ProjectionFailed' }
  | { readonly kind: 'StaleUsed' }

export interface ProjectionRunBody {
  readonly schemaVersion: number
  /** The projection's name, a colon, the entity. */
  readonly projectionId: string
  readonly sourceRefs: readonly ProjectionSourceRef[]
  readonly replayMode: 'Current'
  readonly requestedFreshness: RequestedFreshness
  readonly observedFreshness: ObservedFreshness
  /** The last event that is in the state. */
  readonly inputFrontier?: InputFrontier
  /** Of the state as MessagePack. */
  readonly outputHash: OutputHash
  readonly cacheStatus: CacheStatus
  readonly checkpointRef: 'NotApplicable'
  readonly findings: readonly ProjectionRunFinding[]
}

const UNAVAILABLE = fieldsOf<Unavailable>({ reason: TEXT })

export const PROJECTION_SOURCE_REF: Shape<ProjectionSourceRef> = variants<ProjectionSourceRef>({
  Entity: fieldsOf({ entity: TEXT }),
  RelevantKind: fieldsOf({ category: U8, typeId: U16 }),
})

export const PROJECTION_RUN_FINDING: Shape<ProjectionRunFinding> = variants<ProjectionRunFinding>({
  ObservedFreshnessUnavailable: UNIT,
  InputFrontierUnknown: UNIT,
  OutputHashUnavailable: UNIT,
  CacheStatusUnavailable: UNIT,
  PartialVisibilityNotApplicable: UNIT,
  ProjectionFailed: UNIT,
  StaleUsed: UNIT,
})

export const PROJECTION_RUN_BODY: Shape<ProjectionRunBody> = struct<ProjectionRunBody>({
  schemaVersion: U16,
  projectionId: TEXT,
  sourceRefs: list(PROJECTION_SOURCE_REF),
  replayMode: choice('Current'),
  requestedFreshness: REQUESTED_FRESHNESS,
  observedFreshness: variants<ObservedFreshness>({
    Fresh: UNIT,
    StaleAllowed: UNIT,
    NotApplicable: UNIT,
    Unavailable: UNAVAILABLE,
  }),
  inputFrontier: optional(INPUT_FRONTIER),
  outputHash: variants<OutputHash>({
    Known: valueOf('hash', HASH),
    NotApplicable: UNIT,
    Unavailable: UNAVAILABLE,
  }),
  cacheStatus: variants<CacheStatus>({
    Hit: UNIT,
    Miss: UNIT,
    Bypassed: UNIT,
    Unavailable: UNAVAILABLE,
  }),
  checkpointRef: choice('NotApplicable'),
  findings: sorted(PROJECTION_RUN_FINDING),
})
