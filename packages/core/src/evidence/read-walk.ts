/** A query that says what it saw. */
import { fixRegion, kindFilter, type Region } from '../event/region.ts'
import { kindParts } from '../event/kind.ts'
import type { EventIndex } from '../index-store/event-index.ts'
import { RowWalk } from '../index-store/query.ts'
import { checkCount, checkFlag, checkOptionNames } from '../options.ts'
import type { IndexEntry } from '../read/entry.ts'
import { entryOf } from '../read/materialize.ts'
import { engineOf, type Reads } from '../read/reads.ts'
import { requestedFreshness, type Freshness } from './arguments.ts'
import { frontierAt } from './input-frontier.ts'
import { inOrder } from './composite-shapes.ts'
import {
  READ_WALK_BODY,
  READ_WALK_FINDING,
  type InputFrontier,
  type ProofRef,
  type ReadWalkBody,
  type ReadWalkFinding,
  type ReadWalkSourceRef,
  type RequestedFreshness,
} from './read-walk-body.ts'
import { reportOf, type EvidenceReport } from './report.ts'

export interface ReadWalkRequest {
  /** Default: everything. */
  readonly region?: Region
  /** How many entries to return; default: all. The report counts all matches. */
  readonly limit?: number
  /** Puts id, sequence and hash of every returned entry into the report. */
  readonly includeProofRefs?: boolean
  /** What the reader would have accepted: only recorded, every read is of now. */
  readonly freshnessIntent?: Freshness
}

/**
 * The visible events of a region in commit order, as `entries` gives them, and a report of the read.
 *
 * @throws StoreError `StoreClosed`; `BodyEncoding` for a region that no report can state, as a
 *   category above 255; TypeError, RangeError for a request of the wrong form
 */
export function readWalkEvidence(
  store: Reads,
  request: ReadWalkRequest = {},
): { readonly entries: readonly IndexEntry[]; readonly report: EvidenceReport<ReadWalkBody> } {
  const engine = engineOf('readWalkEvidence', store)
  engine.assertOpen('readWalkEvidence')
  const { region, limit, includeProofRefs, freshnessIntent } = readRequest(request)
  engine.assertOpen('readWalkEvidence') // the request may have getters
  const { index } = engine
  const walk = new RowWalk(index, region)
  const entries: IndexEntry[] = []
  let matchedCount = 0
  for (let row = walk.next(); row >= 0; row = walk.next()) {
    matchedCount += 1
    if (matchedCount <= limit) entries.push(entryOf(engine, row))
  }
  const droppedCount = matchedCount - entries.length
  const inputFrontier = inputFrontierOf(index)
  const findings: ReadWalkFinding[] = []
  if (inputFrontier === undefined) findings.push({ kind: 'InputFrontierUnknown' })
  if (droppedCount > 0) findings.push({ kind: 'LimitedResults', droppedCount })
  const report = reportOf(READ_WALK_BODY, {
    schemaVersion: 1,
    sourceRefs: sourceRefsOf(region),
    replayMode: 'Current',
    freshnessIntent,
    ...(inputFrontier === undefined ? {} : { inputFrontier }),
    ...(limit === Infinity ? {} : { requestedLimit: limit }),
    matchedCount,
    returnedCount: entries.length,
    droppedLimitedCount:
      droppedCount > 0 ? { kind: 'Known', count: droppedCount } : { kind: 'NotApplicable' },
    proofRefs: includeProofRefs
      ? { kind: 'Known', refs: entries.map(proofRefOf) }
      : { kind: 'NotApplicable' },
    findings: inOrder(findings, READ_WALK_FINDING),
  })
  return { entries, report }
}

function proofRefOf({ eventId, sequence, eventHash }: IndexEntry): ProofRef {
  return { eventId, globalSequence: sequence, eventHash: eventHash.slice() }
}

/** Up to where a read of now sees; undefined when no event has the last visible sequence. */
function inputFrontierOf(index: EventIndex): InputFrontier | undefined {
  if (index.visible === 0) return { kind: 'Visible', wallMs: 0, globalSequence: 0 }
  return frontierAt(index, index.visible - 1)
}

/** In the order of the format. */
function sourceRefsOf(region: Region): readonly ReadWalkSourceRef[] {
  const { entity, scope, clock } = region
  const filter = kindFilter(region)
  const refs: ReadWalkSourceRef[] = []
  if (entity !== undefined) refs.push({ kind: 'EntityPrefix', prefix: entity })
  if (scope !== undefined) refs.push({ kind: 'Scope', scope })
  if (typeof filter === 'object') {
    if ('exact' in filter) refs.push({ kind: 'FactExact', ...kindParts(filter.exact) })
    else refs.push({ kind: 'FactCategory', category: filter.category })
  }
  if (clock !== undefined) {
    refs.push({ kind: 'ClockRange', startClock: finite(clock[0]), endClock: finite(clock[1]) })
  }
  return refs
}

/** Clocks end at 2^32-1, so an open range is one that ends there. */
function finite(clock: number): number {
  if (clock === Infinity) return 0xffff_ffff
  return clock === -Infinity ? 0 : clock
}

const NAMES: ReadonlySet<string> = new Set([
  'region',
  'limit',
  'includeProofRefs',
  'freshnessIntent',
])

interface Walk {
  readonly region: Region
  readonly limit: number
  readonly includeProofRefs: boolean
  readonly freshnessIntent: RequestedFreshness
}

function readRequest(request: ReadWalkRequest): Walk {
  checkOptionNames('read walk request', request, NAMES)
  const { region = {}, limit = Infinity, includeProofRefs, freshnessIntent } = request
  checkCount('limit', limit)
  return {
    region: fixRegion(region), // the parts that are queried are the parts that are reported
    limit,
    includeProofRefs: checkFlag('includeProofRefs', includeProofRefs),
    freshnessIntent: requestedFreshness('freshnessIntent', freshnessIntent),
  }
}
