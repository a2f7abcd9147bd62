/** What a caller passes for a batch, checked. */
import type { Engine } from '../engine.ts'
import type { CausationId, CorrelationId } from '../event/id.ts'
import type { OpenFence } from '../fence/open-fence.ts'
import type { WriteSide } from '../open/open.ts'
import { checkOptionNames, describeType } from '../options.ts'
import type { Reaction } from './batch.ts'
import { EncodedDraft, requireDraft, type Draft } from './draft.ts'
import { idWords, readUntil, type Until } from './options.ts'
import type { AppendReceipt } from './receipt.ts'

export interface BatchOptions {
  /** Which frontier the call must reach before it returns; a batch is durable anyway. */
  readonly until?: Until
}

/** What the events of `appendReactions` react to. */
export interface ReactionIds {
  readonly correlationId: CorrelationId
  readonly causationId: CausationId
}

/** @throws as `Store.appendBatch` */
export function submitBatch(
  engine: Engine,
  { batches }: WriteSide,
  drafts: readonly Draft[],
  options: BatchOptions = {},
  fence?: OpenFence,
): readonly AppendReceipt[] {
  engine.assertOpen('appendBatch')
  checkOptionNames('appendBatch options', options, NAMES)
  const until = readUntil(options.until)
  return batches.commit(checkDrafts(drafts), undefined, fence, until) as AppendReceipt[]
}

/** @throws as `Store.appendReactions` */
export function submitReactions(
  engine: Engine,
  { batches }: WriteSide,
  ids: ReactionIds,
  drafts: readonly Draft[],
): readonly AppendReceipt[] {
  engine.assertOpen('appendReactions')
  const reaction = checkReaction(ids)
  return batches.commit(checkDrafts(drafts), reaction, undefined, 'visible') as AppendReceipt[]
}

function checkDrafts(drafts: unknown): readonly EncodedDraft[] {
  if (!Array.isArray(drafts)) {
    throw new TypeError(`drafts must be an array of drafts, got ${describeType(drafts)}`)
  }
  const checked: EncodedDraft[] = []
  for (let i = 0; i < drafts.length; i += 1) {
    const draft: unknown = drafts[i]
    checked.push(draft instanceof EncodedDraft ? draft : requireDraft(`drafts[${i}]`, draft))
  }
  return checked
}

function checkReaction(ids: ReactionIds): Reaction {
  checkOptionNames('what is reacted to', ids, REACTION_NAMES)
  const correlation = idWords('correlationId', ids.correlationId ?? null)!
  return { correlation, causation: idWords('causationId', ids.causationId ?? null)! }
}

const NAMES: ReadonlySet<string> = new Set(['until'])
const REACTION_NAMES: ReadonlySet<string> = new Set(['correlationId', 'causationId'])
