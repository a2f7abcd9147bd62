/** A projection that says what it folded. */
import { payloadBytes } from '../encoding/payload-encode.ts'
import type { Engine } from '../engine.ts'
import { StoreError } from '../errors.ts'
import { blake3 } from '../event/hash.ts'
import { kindParts, type EventKind } from '../event/kind.ts'
import { foldOf, type Projection } from '../projection/projection.ts'
import { checkTarget } from '../projection/project.ts'
import { runProjection, type ProjectionRun } from '../projection/run.ts'
import { engineOf, type Reads } from '../read/reads.ts'
import { requestedFreshness, type Freshness } from './arguments.ts'
import { inOrder } from './composite-shapes.ts'
import { frontierAt } from './input-frontier.ts'
import {
  PROJECTION_RUN_BODY,
  PROJECTION_RUN_FINDING,
  type CacheStatus,
  type OutputHash,
  type ProjectionRunBody,
  type ProjectionRunFinding,
  type ProjectionSourceRef,
  type Unavailable,
} from './projection-run-body.ts'
import { reportOf, type EvidenceReport } from './report.ts'

/**
 * The state of a projection as `project` gives it, and a report of the run: what was folded, up to
 * where, whether a cache served it, and the hash of the state.
 *
 * @param freshness as the options of `project`; `maxStaleMs` must be an integer
 * @returns `state` is undefined for "no state"
 * @throws StoreError `ProjectionFailed` with the report of the failed run and what went wrong as
 *   `cause`; `StoreClosed`; `BodyEncoding`; TypeError, RangeError for wrong arguments
 */
export function projectRunEvidence<S>(
  store: Reads,
  projection: Projection<S>,
  entity: string,
  freshness: Freshness = {},
): { readonly state: S | undefined; readonly report: EvidenceReport<ProjectionRunBody> } {
  const engine = engineOf('projectRunEvidence', store)
  engine.assertOpen('projectRunEvidence')
  checkTarget('projectRunEvidence', projection, entity)
  const asked = requestedFreshness('freshness', freshness)
  engine.assertOpen('projectRunEvidence') // the options may have getters
  const maxStaleMs = asked.kind === 'MaybeStale' ? asked.maxStaleMs : undefined
  const known = {
    schemaVersion: 1,
    projectionId: `${projection.name}:${entity}`,
    sourceRefs: sourceRefsOf(projection, entity),
    replayMode: 'Current',
    requestedFreshness: asked,
    checkpointRef: 'NotApplicable',
  } as const
  let run: ProjectionRun<S>
  try {
    run = runProjection(engine, projection, entity, maxStaleMs)
  } catch (error) {
    if (engine.closed) throw error
    const report = reportOf(PROJECTION_RUN_BODY, withFindings(known, FAILED), [textOf(error)])
    throw new StoreError('ProjectionFailed', { report }, { cause: error })
  }
  const body = withFindings(known, observed(engine, run))
  return { state: run.state, report: reportOf(PROJECTION_RUN_BODY, body) }
}

type Known = Omit<ProjectionRunBody, keyof Observed | 'findings'>
type Observed = Pick<
  ProjectionRunBody,
  'observedFreshness' | 'inputFrontier' | 'outputHash' | 'cacheStatus'
>

const PROJECTION_FAILED: Unavailable = { kind: 'Unavailable', reason: 'projection_failed' }
const FAILED: Observed = {
  observedFreshness: PROJECTION_FAILED,
  outputHash: PROJECTION_FAILED,
  cacheStatus: PROJECTION_FAILED,
}

const CACHE_STATUS: Readonly<Record<ProjectionRun<unknown>['cache'], CacheStatus>> = {
  none: { kind: 'Bypassed' },
  hit: { kind: 'Hit' },
  miss: { kind: 'Miss' },
  bypassed: { kind: 'Bypassed' },
  unavailable: { kind: 'Unavailable', reason: 'cache_get_failed' },
}

function observed({ index }: Engine, run: ProjectionRun<unknown>): Observed {
  const { watermark, stale, state, cache } = run
  // The frontier comes first: encoding the state may run code of the caller's.
  const inputFrontier = watermark === undefined ? undefined : frontierAt(index, watermark)
  const freshness = stale ? 'StaleAllowed' : 'Fresh'
  return {
    observedFreshness: { kind: watermark === undefined ? 'NotApplicable' : freshness },
    ...(inputFrontier === undefined ? {} : { inputFrontier }),
    outputHash: outputHashOf(state),
    cacheStatus: { ...CACHE_STATUS[cache] },
  }
}

function outputHashOf(state: unknown): OutputHash {
  if (state === undefined) return { kind: 'NotApplicable' }
  try {
    return { kind: 'Known', hash: blake3(payloadBytes(state)) }
  } catch (error) {
    return { kind: 'Unavailable', reason: textOf(error) } // a state may be anything
  }
}

function withFindings(known: Known, seen: Observed): ProjectionRunBody {
  const findings: ProjectionRunFinding[] = [{ kind: 'PartialVisibilityNotApplicable' }]
  const { observedFreshness, inputFrontier, outputHash, cacheStatus } = seen
  if (seen === FAILED) findings.push({ kind: 'ProjectionFailed' })
  if (observedFreshness.kind === 'Unavailable') {
    findings.push({ kind: 'ObservedFreshnessUnavailable' })
  }
  if (observedFreshness.kind === 'StaleAllowed') findings.push({ kind: 'StaleUsed' })
  if (inputFrontier === undefined && observedFreshness.kind !== 'NotApplicable') {
    findings.push({ kind: 'InputFrontierUnknown' })
  }
  if (outputHash.kind === 'Unavailable') findings.push({ kind: 'OutputHashUnavailable' })
  if (cacheStatus.kind === 'Unavailable') findings.push({ kind: 'CacheStatusUnavailable' })
  return { ...known, ...seen, findings: inOrder(findings, PROJECTION_RUN_FINDING) }
}

/** The entity, then the bound kinds ascending; a projection of every kind names none. */
function sourceRefsOf<S>(
  projection: Projection<S>,
  entity: string,
): readonly ProjectionSourceRef[] {
  const { kinds } = foldOf('projectRunEvidence', projection)
  return [
    { kind: 'Entity', entity },
    ...kinds.map((kind) => ({ kind: 'RelevantKind', ...kindParts(kind as EventKind) }) as const),
  ]
}

function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).toWellFormed()
}
