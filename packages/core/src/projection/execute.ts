/** A command, from state to receipts, in one synchronous step. */
import type { ExpectedHead } from '../append/expected-head.ts'
import { EncodedDraft, requireDraft } from '../append/draft.ts'
import { checkExtensions, encodeExtensions } from '../append/extensions.ts'
import { finishReplay } from '../append/finish.ts'
import { readAppendOptions, type AppendOptions, type AppendRequest } from '../append/options.ts'
import type { AppendReceipt } from '../append/receipt.ts'
import { replayReceipt } from '../append/replay.ts'
import { checkSize } from '../append/submission.ts'
import type { Address } from '../append/address.ts'
import type { Engine } from '../engine.ts'
import { StoreError } from '../errors.ts'
import type { Coordinate } from '../event/coordinate.ts'
import { formatWords, parseWords } from '../event/id-words.ts'
import { idempotencyKey } from '../event/id.ts'
import { Kind } from '../event/kind.ts'
import type { WriteSide } from '../open/open.ts'
import { checkOptionNames } from '../options.ts'
import { NO_EXTENSIONS } from '../segment/frame-encode.ts'
import { decideContext, requireDecider, type Decider } from './decider.ts'
import { runProjection } from './run.ts'

/**
 * Options of the events that were decided. What a draft says itself stays: its cause, correlation,
 * flags and position, and its extension where both name one.
 */
export interface ExecuteOptions extends Omit<AppendOptions, 'expected'> {
  /**
   * Makes the command repeatable: the first event gets this key, the others keys derived from it. When
   * the store has it, nothing is decided: the receipts of then are returned. A command that wrote
   * nothing is decided again.
   */
  readonly idempotencyKey?: NonNullable<AppendOptions['idempotencyKey']>
  /** `verify` refuses a known key of which no event is at this coordinate; default `return`. */
  readonly onReplay?: NonNullable<AppendOptions['onReplay']>
}

/** @throws as `Store.execute` */
export function execute<C, S>(
  engine: Engine,
  side: WriteSide,
  decider: Decider<C, S>,
  coordinate: Coordinate,
  command: C,
  options: ExecuteOptions = {},
): readonly AppendReceipt[] {
  assertWritable(engine, side)
  requireDecider('execute', decider)
  const at = side.addresses.lookup(coordinate)
  checkOptionNames('execute options', options, NAMES)
  const request = readAppendOptions(options)
  const nowUs = engine.clock.nowUs()
  assertWritable(engine, side)
  const known = knownReceipts(engine, side, at, request)
  if (known !== undefined) return known
  const head: ExpectedHead = { entity: at.entity, head: at.entity.head }
  const { projection, decide } = decider
  const state = runProjection(engine, projection, at.coordinate.entity).state ?? projection.init()
  const decided: unknown = decide(command, state, decideContext(at.coordinate, nowUs))
  const drafts = checkDecided(decided).map((draft, i) => {
    return withOptions(engine, draft, request, head, i)
  })
  assertWritable(engine, side)
  if (!Array.isArray(decided)) return [appendOne(engine, side, drafts[0]!)]
  const { batches } = side
  return batches.commit(drafts, undefined, undefined, request.until, head) as AppendReceipt[]
}

/** `onReplay`, `until` and all the rest; `expected` is what this is about. */
const NAMES: ReadonlySet<string> = new Set([
  'idempotencyKey',
  'onReplay',
  'correlationId',
  'causationId',
  'position',
  'flags',
  'extensions',
  'until',
])

function assertWritable(engine: Engine, { writer }: WriteSide): void {
  engine.assertOpen('execute')
  writer.assertUsable()
  engine.assertFence(undefined)
}

/** The receipts of a command that was executed before under this key. */
function knownReceipts(
  engine: Engine,
  { writer }: WriteSide,
  at: Address,
  request: AppendRequest,
): readonly AppendReceipt[] | undefined {
  if (request.key === undefined) return undefined
  const receipts: AppendReceipt[] = []
  for (let key = request.key, row = 0; ; key = itemKey(request.key, receipts.length)) {
    row = engine.knownRow(key)
    if (row < 0) break
    const known = { ...request, key, verifyReplay: false }
    receipts.push(replayReceipt(engine, row, at, Kind.DATA, NOTHING, known) as AppendReceipt)
  }
  if (receipts.length === 0) return undefined
  const isHere = receipts.some(({ coordinate: { entity, scope } }) => {
    return entity === at.coordinate.entity && scope === at.coordinate.scope
  })
  if (request.verifyReplay && !isHere) {
    const fields = { eventId: receipts[0]!.eventId, differs: ['coordinate'] }
    throw new StoreError('IdempotencyConflict', fields)
  }
  finishReplay(engine, writer, receipts, request.until)
  return receipts
}

const NOTHING = new Uint8Array(0)

function checkDecided(decided: unknown): readonly EncodedDraft[] {
  if (typeof (decided as { then?: unknown } | undefined)?.then === 'function') {
    throw new TypeError('decide returned a promise; a decider must answer at once')
  }
  if (!Array.isArray(decided)) return [requireDraft('what decide returned', decided)]
  return Array.from(decided as readonly unknown[], (draft, i) =>
    requireDraft(`item ${i} of what decide returned`, draft),
  )
}

function withOptions(
  engine: Engine,
  draft: EncodedDraft,
  request: AppendRequest,
  head: ExpectedHead,
  item: number,
): EncodedDraft {
  const own = EncodedDraft.request(draft)
  if (own.expected !== undefined) {
    throw new TypeError(
      `item ${item} of what decide returned has \`expected\`, which execute sees to`,
    )
  }
  if (own.key !== undefined && request.key !== undefined) {
    throw new TypeError(
      `item ${item} of what decide returned has an idempotencyKey, and so has the command: give one`,
    )
  }
  const key = request.key === undefined ? own.key : itemKey(request.key, item)
  if (key === undefined && engine.config.requireIdempotencyKeys) {
    throw new StoreError('IdempotencyRequired', {})
  }
  const extensions = checkExtensions(new Map([...request.extensions, ...own.extensions]))
  const { lane, depth } = own.lane === 0 && own.depth === 0 ? request : own
  const whole: AppendRequest = {
    ...own,
    head,
    key,
    correlation: own.correlation ?? request.correlation,
    lane,
    depth,
    flags: own.flags === 0 ? request.flags : own.flags,
    extensions,
    extensionBytes: extensions.size === 0 ? NO_EXTENSIONS : encodeExtensions(extensions),
    until: request.until,
  }
  return EncodedDraft.with(draft, whole, request.causation)
}

/** The key of the first event is the command's own. */
function itemKey(key: Uint32Array, item: number): Uint32Array {
  if (item === 0) return key
  const words = new Uint32Array(4)
  parseWords(idempotencyKey('batpak.execute', `${formatWords(key, 0)} ${item}`), words, 0)
  return words
}

function appendOne(
  engine: Engine,
  { addresses, committer }: WriteSide,
  draft: EncodedDraft,
): AppendReceipt {
  const at = addresses.lookup(draft.at)
  const payload = EncodedDraft.payload(draft)
  const request = EncodedDraft.request(draft)
  checkSize(engine, payload.length, request)
  const cause = EncodedDraft.cause(draft)
  if (typeof cause === 'object' && !(cause instanceof Uint32Array)) {
    throw new TypeError('what decide returned: a single event has no earlier one to be caused by')
  }
  const causation = cause === 'none' ? undefined : cause
  return committer.commit(
    at,
    draft.kind,
    payload,
    { ...request, causation },
    undefined,
  ) as AppendReceipt
}
