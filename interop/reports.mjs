// Reports of both sides for the same requests, in the form of the driver's command `evidence`.

import { core, evidence } from './packages.mjs'
import { regionOf } from './regions.mjs'

/** The projection of the driver: its name there is the type's, so the reports can be equal. */
const Counted = core.defineProjection({
  name: 'batpak_interop::reports::Counted',
  init: () => ({ count: 0 }),
  on: (on) => [on(0xa001, decoded)],
})

/** Looks at the value, so that bytes without one fail, as they do in the reference's projection. */
function decoded({ count }, { payload }) {
  return { count: payload === undefined ? count : count + 1 }
}

const hex = (bytes) => Buffer.from(bytes).toString('hex')
const bytes32 = (text) => new Uint8Array(Buffer.from(text, 'hex'))

/** Our reports for `requests`, from a read-only open. */
export function ourReports(dir, requests) {
  const store = core.Store.openReadOnly({ dataDir: dir })
  try {
    return requests.map((request) => printed(ourReport(store, request)))
  } finally {
    store.close()
  }
}

export function ourReport(store, request) {
  const { report, ...rest } = request
  return MAKERS[report](store, rest)
}

/** As the driver prints a report; the body as well, to say what is different. */
export function printed({ body, bodyHash }) {
  return { bytes: hex(evidence.canonicalBytes(body)), hash: hex(bodyHash), body }
}

const MAKERS = {
  chainWalk: (store, { start, contentHash, end, limit }) =>
    evidence.chainWalkEvidence(store, {
      start:
        contentHash === undefined ? start : { eventId: start, contentHash: bytes32(contentHash) },
      ...(end === undefined ? {} : { endEventId: end }),
      ...(limit === undefined ? {} : { limit }),
    }),
  readWalk: (store, { region = {}, limit, proofRefs, maxStaleMs }) =>
    evidence.readWalkEvidence(store, {
      region: regionOf(region),
      ...(limit === undefined ? {} : { limit }),
      ...(proofRefs === undefined ? {} : { includeProofRefs: proofRefs }),
      ...(maxStaleMs === undefined ? {} : { freshnessIntent: { maxStaleMs } }),
    }).report,
  projectionRun: (store, { entity, maxStaleMs }) => {
    const freshness = maxStaleMs === undefined ? {} : { maxStaleMs }
    try {
      return evidence.projectRunEvidence(store, Counted, entity, freshness).report
    } catch (error) {
      if (!core.isStoreError(error, 'ProjectionFailed')) throw error
      return error.report
    }
  },
  subscriberFrontier: (store, { source, consumed, state, precision, ranges = [] }) =>
    evidence.subscriberFrontierObservation(store, {
      source,
      ...(consumed === undefined ? {} : { consumedFrontierSequence: consumed }),
      deliveryState: state,
      lossPrecision: precision,
      exactDroppedRanges: ranges,
    }),
  storeResource: (store) => evidence.storeResourceEvidence(store),
  schemaSnapshot: (_, { expected, observed }) =>
    evidence.compareSchemaSnapshot(snapshotOf(expected), snapshotOf(observed)),
}

function snapshotOf({ stableId, version = 1, schemaHash, fixtureHash }) {
  return {
    stableId,
    snapshotSchemaVersion: version,
    schemaHash: bytes32(schemaHash),
    fixtureHash: bytes32(fixtureHash),
  }
}
