/** The report of a compaction, from the facts that the compaction knows. */
import { fieldsOf, inOrder, list, sorted, struct, UNIT, variants } from './composite-shapes.ts'
import { hashOf, reportOf, type EvidenceReport } from './report.ts'
import { HASH, TEXT, U16, U64, choice, optional } from './scalar-shapes.ts'
import type { Shape } from './shape.ts'

export type CompactionOutcome =
  | { readonly kind: 'Performed' }
  /** There were fewer sealed segments than asked for. */
  | { readonly kind: 'Skipped' }
  /** It was rolled back: the store is as it was. */
  | { readonly kind: 'Failed'; readonly reason: string }

export type CompactionStrategyShape = 'Merge' | 'Retention' | 'Tombstone'

export type CompactionFinding =
  | { readonly kind: 'PreSwapRollback'; readonly reason: string }
  | { readonly kind: 'OutputSegmentHashUnavailable'; readonly reason: string }

interface CompactionIdentity {
  readonly schemaVersion: number
  readonly strategyShape: CompactionStrategyShape
  readonly minSegmentsThreshold: number
  readonly activeSegmentId: number
  readonly sealedSegmentCount: number
  readonly sourceSegmentIdsSorted: readonly number[]
  readonly mergedSegmentId?: number
  readonly outcome: CompactionOutcome
  readonly segmentsRemoved: number
  readonly bytesReclaimed: number
}

export interface CompactionBody extends CompactionIdentity {
  /** BLAKE3 of the other fields but the bounds, the output's hash and the findings. */
  readonly compactionId: Uint8Array
  readonly inputSegmentIdLow?: number
  readonly inputSegmentIdHigh?: number
  /** BLAKE3 of the merged file. */
  readonly outputSegmentBytesHash?: Uint8Array
  readonly findings: readonly CompactionFinding[]
}

/** As in batpak 0.8.0 without the members that no compaction sets. */
export type CompactionReport = Pick<EvidenceReport<CompactionBody>, 'body' | 'bodyHash'>

const STRATEGY: Shape<CompactionStrategyShape> = choice('Merge', 'Retention', 'Tombstone')

const OUTCOME: Shape<CompactionOutcome> = variants<CompactionOutcome>({
  Performed: UNIT,
  Skipped: UNIT,
  Failed: fieldsOf({ reason: TEXT }),
})

const FINDING: Shape<CompactionFinding> = variants<CompactionFinding>({
  PreSwapRollback: fieldsOf({ reason: TEXT }),
  OutputSegmentHashUnavailable: fieldsOf({ reason: TEXT }),
})

const IDENTITY_SHAPE: Shape<CompactionIdentity> = struct<CompactionIdentity>({
  schemaVersion: U16,
  strategyShape: STRATEGY,
  minSegmentsThreshold: U64,
  activeSegmentId: U64,
  sealedSegmentCount: U64,
  sourceSegmentIdsSorted: list(U64),
  mergedSegmentId: optional(U64),
  outcome: OUTCOME,
  segmentsRemoved: U64,
  bytesReclaimed: U64,
})

export const COMPACTION_BODY: Shape<CompactionBody> = struct<CompactionBody>({
  schemaVersion: U16,
  compactionId: HASH,
  inputSegmentIdLow: optional(U64),
  inputSegmentIdHigh: optional(U64),
  strategyShape: STRATEGY,
  minSegmentsThreshold: U64,
  activeSegmentId: U64,
  sealedSegmentCount: U64,
  sourceSegmentIdsSorted: list(U64),
  mergedSegmentId: optional(U64),
  outputSegmentBytesHash: optional(HASH),
  outcome: OUTCOME,
  segmentsRemoved: U64,
  bytesReclaimed: U64,
  findings: sorted(FINDING),
})

/**
 * The report of a compaction of any outcome.
 *
 * @param facts `sourceSegmentIds` are the sealed segments that were looked at; `output` is the hash of
 *   the merged file, or why there is none, of a performed one
 * @throws StoreError `BodyEncoding`
 */
export function compactionReport(facts: {
  readonly strategy: CompactionStrategyShape
  readonly minSegments: number
  readonly activeSegmentId: number
  readonly sourceSegmentIds: readonly number[]
  readonly mergedSegmentId?: number
  readonly output?: { readonly hash: Uint8Array } | { readonly unavailable: string }
  readonly outcome: CompactionOutcome
  readonly segmentsRemoved: number
  readonly bytesReclaimed: number
}): CompactionReport {
  const { outcome, output, mergedSegmentId } = facts
  const sources = [...facts.sourceSegmentIds].sort((a, b) => a - b)
  const identity: CompactionIdentity = {
    schemaVersion: 1,
    strategyShape: facts.strategy,
    minSegmentsThreshold: facts.minSegments,
    activeSegmentId: facts.activeSegmentId,
    sealedSegmentCount: sources.length,
    sourceSegmentIdsSorted: sources,
    ...(mergedSegmentId === undefined ? {} : { mergedSegmentId }),
    outcome,
    segmentsRemoved: facts.segmentsRemoved,
    bytesReclaimed: facts.bytesReclaimed,
  }
  const findings: CompactionFinding[] = []
  if (outcome.kind === 'Failed') {
    findings.push({ kind: 'PreSwapRollback', reason: outcome.reason })
  }
  if (output !== undefined && 'unavailable' in output) {
    findings.push({ kind: 'OutputSegmentHashUnavailable', reason: output.unavailable })
  }
  const { body, bodyHash } = reportOf(COMPACTION_BODY, {
    ...identity,
    compactionId: hashOf(IDENTITY_SHAPE, identity),
    ...(sources.length === 0
      ? {}
      : { inputSegmentIdLow: sources[0]!, inputSegmentIdHigh: sources.at(-1)! }),
    ...(output !== undefined && 'hash' in output ? { outputSegmentBytesHash: output.hash } : {}),
    findings: inOrder(findings, FINDING),
  })
  return { body, bodyHash }
}
