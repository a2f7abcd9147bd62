/** The report of a snapshot, from the facts that the snapshot knows. */
import { blake3 } from '../event/hash.ts'
import {
  fieldsOf,
  inOrder,
  list,
  sorted,
  struct,
  UNIT,
  variants,
  type Fields,
} from './composite-shapes.ts'
import { hashOf, reportOf, type EvidenceReport } from './report.ts'
import { BOOL, HASH, TEXT, U16, U64, choice } from './scalar-shapes.ts'
import type { Shape } from './shape.ts'

export type SnapshotFinding =
  | { readonly kind: 'DestinationCleared'; readonly artifactCount: number }
  | {
      readonly kind: 'CopyByteHashUnavailable'
      readonly reason: string
      readonly fileKind: SnapshotFileKind
    }
  | { readonly kind: 'FenceTokenCancelled' }

export type SnapshotFileKind = 'Segment' | 'VisibilityRanges' | 'PendingCompactionMarker'

/** What identifies a snapshot. */
interface SnapshotIdentity {
  readonly schemaVersion: number
  /** Of the fence that held writes back; it differs on every call, and so does the id. */
  readonly fenceToken: { readonly token: number }
  /** Where the log ended. */
  readonly sourceWatermark: { readonly segmentId: number; readonly offset: number }
  readonly copiedSegmentIdsSorted: readonly number[]
  readonly copiedVisibilityRangesPresent: boolean
  readonly copiedPendingCompactionMarkerPresent: boolean
  /** BLAKE3 of the destination's path as it was given. */
  readonly destinationPathDigest: Uint8Array
}

export interface SnapshotBody extends SnapshotIdentity {
  /** BLAKE3 of the fields above and below, `findings` excepted. */
  readonly snapshotId: Uint8Array
  readonly findings: readonly SnapshotFinding[]
}

export type SnapshotReport = EvidenceReport<SnapshotBody>

const FINDING: Shape<SnapshotFinding> = variants<SnapshotFinding>({
  DestinationCleared: fieldsOf({ artifactCount: U64 }),
  CopyByteHashUnavailable: fieldsOf({
    reason: TEXT,
    fileKind: choice('Segment', 'VisibilityRanges', 'PendingCompactionMarker'),
  }),
  FenceTokenCancelled: UNIT,
})

const IDENTITY: Fields<Omit<SnapshotIdentity, 'schemaVersion'>> = {
  fenceToken: struct({ token: U64 }),
  sourceWatermark: struct({ segmentId: U64, offset: U64 }),
  copiedSegmentIdsSorted: list(U64),
  copiedVisibilityRangesPresent: BOOL,
  copiedPendingCompactionMarkerPresent: BOOL,
  destinationPathDigest: HASH,
}

const IDENTITY_SHAPE: Shape<SnapshotIdentity> = struct({ schemaVersion: U16, ...IDENTITY })

export const SNAPSHOT_BODY: Shape<SnapshotBody> = struct({
  schemaVersion: U16,
  snapshotId: HASH,
  ...IDENTITY,
  findings: sorted(FINDING),
})

const NO_FILE_HASHES =
  'snapshot v1 records structural file identity; per-file byte hash table is out of scope'

/**
 * The report of a successful snapshot.
 *
 * @param facts `destination` is the path as the caller gave it; `clearedArtifacts` counts the store
 *   files that were removed from it first
 * @throws StoreError `BodyEncoding`
 */
export function snapshotReport(facts: {
  readonly fenceToken: number
  readonly sourceWatermark: { readonly segmentId: number; readonly offset: number }
  readonly copiedSegmentIds: readonly number[]
  readonly copiedVisibilityRanges: boolean
  readonly copiedPendingCompactionMarker: boolean
  readonly destination: string
  readonly clearedArtifacts: number
}): SnapshotReport {
  const identity: SnapshotIdentity = {
    schemaVersion: 1,
    fenceToken: { token: facts.fenceToken },
    sourceWatermark: facts.sourceWatermark,
    copiedSegmentIdsSorted: [...facts.copiedSegmentIds].sort((a, b) => a - b),
    copiedVisibilityRangesPresent: facts.copiedVisibilityRanges,
    copiedPendingCompactionMarkerPresent: facts.copiedPendingCompactionMarker,
    destinationPathDigest: blake3(Buffer.from(facts.destination)),
  }
  const findings: SnapshotFinding[] = [
    { kind: 'CopyByteHashUnavailable', reason: NO_FILE_HASHES, fileKind: 'Segment' },
    { kind: 'FenceTokenCancelled' },
  ]
  if (facts.clearedArtifacts > 0) {
    findings.push({ kind: 'DestinationCleared', artifactCount: facts.clearedArtifacts })
  }
  return reportOf(SNAPSHOT_BODY, {
    ...identity,
    snapshotId: hashOf(IDENTITY_SHAPE, identity),
    findings: inOrder(findings, FINDING),
  })
}
