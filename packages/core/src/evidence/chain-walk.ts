/** Whether the hash chain behind an event is whole. */
import type { Engine } from '../engine.ts'
import { StoreError, isStoreError } from '../errors.ts'
import { HASH_BYTES, blake3, equalBytes, isZero } from '../event/hash.ts'
import { formatWords } from '../event/id-words.ts'
import type { EventId } from '../event/id.ts'
import { checkCount, checkOptionNames, describeType } from '../options.ts'
import { checkId, visibleRow } from './arguments.ts'
import { assertHoldsRow } from '../read/materialize.ts'
import { engineOf, type Reads } from '../read/reads.ts'
import { payloadOf } from '../segment/frame-decode.ts'
import type { SegmentReader } from '../segment/reader.ts'
import {
  CHAIN_WALK_BODY,
  CHAIN_WALK_FINDING,
  CHECKED_ENTRIES,
  type ChainWalkBody,
  type ChainWalkFinding,
  type CheckedEntry,
} from './chain-walk-body.ts'
import { inOrder } from './composite-shapes.ts'
import { ParentRows } from './parent-rows.ts'
import { hashOf, reportOf, type EvidenceReport } from './report.ts'

export interface ChainWalkRequest {
  /** The newest event of the walk, or a receipt for it, whose hash is then compared. */
  readonly start: EventId | { readonly eventId: EventId; readonly contentHash: Uint8Array }
  /** Where to stop, inclusive; default: the entity's first event. */
  readonly endEventId?: EventId
  /** How many events to check; default: all. */
  readonly limit?: number
}

/**
 * Walks the hash chain of an entity towards its first event: every payload is read and hashed, every
 * link is looked up. What is wrong stands in the findings; it is never thrown.
 *
 * @throws StoreError `StoreClosed`; TypeError, RangeError for a request of the wrong form
 */
export function chainWalkEvidence(
  store: Reads,
  request: ChainWalkRequest,
): EvidenceReport<ChainWalkBody> {
  const engine = engineOf('chainWalkEvidence', store)
  engine.assertOpen('chainWalkEvidence')
  const walk = new ChainWalk(engine, readRequest(request))
  engine.assertOpen('chainWalkEvidence') // the request may have getters
  walk.run()
  const { checked, findings } = walk
  const [first, last] = [checked[0], checked.at(-1)]
  return reportOf(CHAIN_WALK_BODY, {
    schemaVersion: 1,
    mode: 'Linear',
    checkedCount: checked.length,
    ...(first === undefined ? {} : { firstRef: first[0] }),
    ...(last === undefined ? {} : { lastRef: last[0] }),
    walkDigest: hashOf(CHECKED_ENTRIES, checked),
    findings: inOrder(findings, CHAIN_WALK_FINDING),
  })
}

interface Walk {
  readonly start: EventId
  readonly startHash: Uint8Array | undefined
  readonly end: EventId | undefined
  readonly limit: number
}

/**
 * Events are found by id and parents by hash, as in batpak 0.8.0: where two rows of a foreign log
 * share an id, the walk goes on with the one that a read by this id returns. Sequences fall with every
 * step, so a walk cannot come back to an event (`CycleDetected` is never found).
 */
class ChainWalk {
  readonly checked: CheckedEntry[] = []
  readonly findings: ChainWalkFinding[] = []
  readonly #engine: Engine
  readonly #walk: Walk
  #parents: ParentRows | undefined

  constructor(engine: Engine, walk: Walk) {
    this.#engine = engine
    this.#walk = walk
  }

  run(): void {
    const { start, end, limit } = this.#walk
    if (limit === 0) {
      this.findings.push({ kind: 'InvalidLimit', limit })
      return
    }
    let next: EventId | undefined = start
    let nextParentHash: Uint8Array | undefined
    while (next !== undefined && this.checked.length < limit) {
      const eventId: EventId = next
      next = undefined
      const row = this.#rowOf(eventId)
      if (row < 0 || !this.#isIntact(row, eventId) || eventId === end) break
      nextParentHash = this.#engine.index.columns.prevHash(row)
      if (!isZero(nextParentHash)) next = this.#parentOf(row, eventId, nextParentHash)
    }
    if (this.findings.length > 0) return
    if (next !== undefined) {
      this.findings.push({ kind: 'TruncatedByLimit', limit, nextParentHash: nextParentHash! })
    } else if (end !== undefined && this.checked.at(-1)?.[0] !== end) {
      this.findings.push({ kind: 'EndNotReached', expectedEndEventId: end })
    }
  }

  #rowOf(eventId: EventId): number {
    const row = visibleRow(this.#engine.index, eventId)
    if (row >= 0) return row
    const kind = this.checked.length === 0 ? 'MissingStart' : 'MissingChainEntry'
    this.findings.push({ kind, eventId })
    return -1
  }

  /** Whether the walk may go on behind this event. */
  #isIntact(row: number, eventId: EventId): boolean {
    const { checked, findings } = this
    const { startHash } = this.#walk
    let observed: Uint8Array
    try {
      observed = storedHash(this.#engine, row)
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      findings.push({ kind: 'StoppedEarlyReadFailure', eventId, reason: withoutPath(error) })
      return false
    }
    const hash = this.#engine.index.columns.eventHash(row)
    if (checked.length === 0 && startHash !== undefined && !equalBytes(startHash, hash)) {
      findings.push({ kind: 'StartHashMismatch', eventId, expected: startHash, observed: hash })
    }
    checked.push([eventId, hash])
    if (equalBytes(observed, hash)) return true
    findings.push({ kind: 'EntryHashMismatch', eventId, expected: hash, observed })
    return false
  }

  #parentOf(row: number, childEventId: EventId, hash: Uint8Array): EventId | undefined {
    const { index } = this.#engine
    const { columns } = index
    const sequence = columns.sequence(row)
    const below = columns.lowerBound(sequence)
    this.#parents ??= new ParentRows(index, columns.entityId(row), below)
    const match = this.#parents.find(hash, below)
    if (match === undefined) {
      this.findings.push({ kind: 'MissingParentLink', childEventId, expectedParentHash: hash })
      return undefined
    }
    const words = new Uint32Array(4)
    columns.copyEventId(match.row, words)
    const parentEventId = formatWords(words, 0)
    if (match.count > 1) {
      this.findings.push({
        kind: 'ParentHashAmbiguous',
        childEventId,
        expectedParentHash: hash,
        selectedParentEventId: parentEventId,
        matchingParentCount: match.count,
      })
    }
    const known = visibleRow(index, parentEventId)
    const parentSequence = known < 0 ? -1 : columns.sequence(known)
    if (parentSequence < sequence) return parentEventId
    this.findings.push({
      kind: 'OrderingRegression',
      childEventId,
      parentEventId,
      childSequence: sequence,
      parentSequence,
    })
    return undefined
  }
}

/** The hash of the payload as it stands in the file. @throws StoreError when it cannot be read */
function storedHash({ index, reader }: Engine, row: number): Uint8Array {
  const { columns } = index
  reader.read(columns.segmentId(row), columns.offset(row), columns.length(row))
  const hash = blake3(payloadIn(reader))
  if (columns.hasEventHash(row, hash)) assertHoldsRow(index, row, reader)
  return hash
}

function payloadIn({ head, buf }: SegmentReader): Uint8Array {
  if (head.payloadForm !== 'inline') return payloadOf(buf, head)
  return buf.subarray(head.payloadAt, head.payloadAt + head.payloadCount)
}

/** Reports of equal stores are equal, wherever the stores are. */
function withoutPath(error: StoreError): string {
  if (!isStoreError(error, 'Io')) return `${error.code}: ${error.message}`
  const { code } = (error.cause ?? {}) as { readonly code?: string }
  return `Io: ${error.operation}${code === undefined ? '' : `: ${code}`}`
}

const NAMES: ReadonlySet<string> = new Set(['start', 'endEventId', 'limit'])

function readRequest(request: ChainWalkRequest): Walk {
  checkOptionNames('chain walk request', request, NAMES)
  const { start, endEventId, limit = Infinity } = request
  const end = endEventId === undefined ? undefined : checkId('endEventId', endEventId)
  checkCount('limit', limit)
  if (typeof start !== 'object' || start === null) {
    return { start: checkId('start', start), startHash: undefined, end, limit }
  }
  const { eventId, contentHash } = start
  if (!(contentHash instanceof Uint8Array) || contentHash.length !== HASH_BYTES) {
    const got =
      contentHash instanceof Uint8Array ? `${contentHash.length}` : describeType(contentHash)
    throw new TypeError(`start.contentHash must be a Uint8Array of 32 bytes, got ${got}`)
  }
  return { start: checkId('start.eventId', eventId), startHash: contentHash.slice(), end, limit }
}
