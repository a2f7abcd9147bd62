/** The reports of snapshots and compactions from their facts: ids, order, findings. */
import { blake3 } from '@noble/hashes/blake3.js'
import { describe, expect, it } from 'vitest'
import { bodyHash, compactionReport, snapshotReport } from '../../src/evidence.ts'
import { hex } from '../support/evidence-bodies.ts'
import { mp, type Raw } from '../support/raw-msgpack.ts'

const hashOfMap = (fields: Readonly<Record<string, Raw>>): string =>
  hex(blake3(mp({ map: Object.entries(fields) })))

const snapshotFacts = {
  fenceToken: 7,
  sourceWatermark: { segmentId: 3, offset: 4096 },
  copiedSegmentIds: [3, 1, 2],
  copiedVisibilityRanges: true,
  copiedPendingCompactionMarker: false,
  destination: '/backup/ä',
  clearedArtifacts: 0,
}

const compactionFacts = {
  strategy: 'Merge',
  minSegments: 2,
  activeSegmentId: 9,
  sourceSegmentIds: [300, 1],
  mergedSegmentId: 10,
  output: { hash: new Uint8Array(32).fill(4) },
  outcome: { kind: 'Performed' },
  segmentsRemoved: 2,
  bytesReclaimed: 5000,
} as const

describe('snapshotReport', () => {
  it('R-123 identifies the snapshot by everything but its findings', () => {
    const { body, bodyHash: reported } = snapshotReport(snapshotFacts)
    expect(hex(body.destinationPathDigest)).toBe(hex(blake3(Buffer.from('/backup/ä'))))
    expect(hex(body.snapshotId)).toBe(
      hashOfMap({
        schema_version: 1,
        fence_token: { map: [['token', 7]] },
        source_watermark: {
          map: [
            ['segment_id', 3],
            ['offset', 4096],
          ],
        },
        copied_segment_ids_sorted: [1, 2, 3],
        copied_visibility_ranges_present: true,
        copied_pending_compaction_marker_present: false,
        destination_path_digest: [...body.destinationPathDigest],
      }),
    )
    expect(body.copiedSegmentIdsSorted).toEqual([1, 2, 3])
    expect(bodyHash(body)).toEqual(reported)
    const other = snapshotReport({ ...snapshotFacts, fenceToken: 8 })
    expect(other.body.snapshotId).not.toEqual(body.snapshotId)
  })

  it('always has the two findings of a snapshot, and one more for what it cleared', () => {
    const kinds = (clearedArtifacts: number): string[] =>
      snapshotReport({ ...snapshotFacts, clearedArtifacts }).body.findings.map(({ kind }) => kind)
    expect(kinds(0)).toEqual(['CopyByteHashUnavailable', 'FenceTokenCancelled'])
    expect(kinds(2)).toEqual([
      'DestinationCleared',
      'CopyByteHashUnavailable',
      'FenceTokenCancelled',
    ])
  })
})

describe('compactionReport', () => {
  it('R-123 identifies the compaction by its inputs and its outcome', () => {
    const report = compactionReport(compactionFacts)
    const { body } = report
    expect(hex(body.compactionId)).toBe(
      hashOfMap({
        schema_version: 1,
        strategy_shape: 'Merge',
        min_segments_threshold: 2,
        active_segment_id: 9,
        sealed_segment_count: 2,
        source_segment_ids_sorted: [1, 300],
        merged_segment_id: 10,
        outcome: 'Performed',
        segments_removed: 2,
        bytes_reclaimed: 5000,
      }),
    )
    expect(body).toMatchObject({ inputSegmentIdLow: 1, inputSegmentIdHigh: 300, findings: [] })
    expect(body.outputSegmentBytesHash).toEqual(compactionFacts.output.hash)
    expect(Object.keys(report)).toEqual(['body', 'bodyHash'])
    expect(bodyHash(body)).toEqual(report.bodyHash)
  })

  it('reports a rollback, a hash that could not be taken, and an empty directory', () => {
    const failed = compactionReport({
      ...compactionFacts,
      output: { unavailable: 'gone' },
      outcome: { kind: 'Failed', reason: 'disk full' },
    }).body
    expect(failed.findings).toEqual([
      { kind: 'PreSwapRollback', reason: 'disk full' },
      { kind: 'OutputSegmentHashUnavailable', reason: 'gone' },
    ])
    expect(failed).not.toHaveProperty('outputSegmentBytesHash')
    const skipped = compactionReport({
      strategy: 'Retention',
      minSegments: 2,
      activeSegmentId: 1,
      sourceSegmentIds: [],
      outcome: { kind: 'Skipped' },
      segmentsRemoved: 0,
      bytesReclaimed: 0,
    }).body
    expect(skipped).toMatchObject({ sealedSegmentCount: 0, findings: [] })
    for (const absent of ['inputSegmentIdLow', 'inputSegmentIdHigh', 'mergedSegmentId']) {
      expect(skipped).not.toHaveProperty(absent)
    }
  })
})
