/** What a store holds and what its host guarantees, at this moment. */
import { pathIdentityBytes } from '@batpak/platform'
import { blake3 } from '../event/hash.ts'
import type { FrontierView } from '../frontier/frontier.ts'
import { engineOf, type Reads } from '../read/reads.ts'
import { reportOf, type EvidenceReport } from './report.ts'
import {
  STORE_RESOURCE_BODY,
  type StoreResourceBody,
  type StoreResourceFrontier,
} from './store-resource-body.ts'

/**
 * Reports counts, frontiers, the open report and the host's evidence; the directory is probed by this
 * call. Two calls differ: it is a picture of a moment.
 *
 * @throws StoreError `StoreClosed`; TypeError for anything but a store
 */
export function storeResourceEvidence(store: Reads): EvidenceReport<StoreResourceBody> {
  engineOf('storeResourceEvidence', store).assertOpen('storeResourceEvidence')
  const seen = store.diagnostics()
  const { healed: _, ...openReport } = seen.openReport
  return reportOf(STORE_RESOURCE_BODY, {
    schemaVersion: 1,
    dataDirIdentityHash: blake3(pathIdentityBytes(seen.dataDir)),
    eventCount: seen.eventCount,
    globalSequence: seen.globalSequence,
    visibleSequence: seen.visibleSequence,
    segmentMaxBytes: seen.segmentMaxBytes,
    fdBudget: seen.fdBudget,
    restartPolicy: { kind: 'Once' },
    writerPressure: { queueLen: 0, capacity: 0 },
    frontier: frontierOf(seen.frontier),
    indexTopology: 'aos',
    tileCount: 0,
    openReport,
    platformEvidence: seen.platformEvidence,
  })
}

function frontierOf(view: FrontierView): StoreResourceFrontier {
  const { acceptedHlc, writtenHlc, durableHlc, visibleHlc, appliedHlc, emittedHlc } = view
  const { visibleMinusDurableSeq, oldestPendingWriteAgeMs: age } = view
  return {
    acceptedWallMs: acceptedHlc.wallMs,
    acceptedGlobalSequence: acceptedHlc.sequence,
    writtenWallMs: writtenHlc.wallMs,
    writtenGlobalSequence: writtenHlc.sequence,
    durableWallMs: durableHlc.wallMs,
    durableGlobalSequence: durableHlc.sequence,
    visibleWallMs: visibleHlc.wallMs,
    visibleGlobalSequence: visibleHlc.sequence,
    appliedWallMs: appliedHlc.wallMs,
    appliedGlobalSequence: appliedHlc.sequence,
    emittedWallMs: emittedHlc.wallMs,
    emittedGlobalSequence: emittedHlc.sequence,
    visibleMinusDurableSeq,
    ...(age === undefined ? {} : { oldestPendingWriteAgeMs: age }),
  }
}
