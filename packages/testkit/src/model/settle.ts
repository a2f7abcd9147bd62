/** The answer of a writing call against what the model says it must be. */
import { Kind, type PendingReceipt, type Receipt } from '@batpak/core'
import type { LawId } from '../core/law.ts'
import { BrokenLaw, require } from './broken-law.ts'
import { labelOf, type ModelEvent } from './model-event.ts'
import type { Verdict } from './model.ts'
import { codeOf } from '../core/outcome.ts'
import type { CallOutcome } from './outcome.ts'
import { checkChain, checkExtensions, checkTold, same } from './store-laws.ts'
import type { World } from './world.ts'

export interface Call {
  /** As messages name it. */
  readonly name: string
  readonly verdict: Verdict
  /** The call was made on a fence, and returns a promise of receipts. */
  readonly fenced: boolean
  /** It counts for the cadence; default true when it writes. */
  readonly synced?: boolean
}

/** Judges what `call` has returned or thrown, and brings the model up to date. @throws BrokenLaw */
export function settle(world: World, call: Call, outcome: CallOutcome): void {
  const { name, verdict, fenced } = call
  if ('refused' in verdict) {
    requireRefusal(name, verdict, outcome)
    world.count(`refused: ${verdict.refused}`)
    return
  }
  if (outcome.kind === 'denied') {
    throw new BrokenLaw('L-CONT', `${name} was refused`, 'success', codeOf(outcome.error))
  }
  const replayed = 'replay' in verdict
  const events = replayed ? verdict.replay : verdict.write
  if (!replayed) {
    world.model.commit(events)
    if (events.length > 0 && call.synced !== true) world.unsyncedCommands += 1
  }
  if (fenced && replayed && events.length > 0 && events.every(({ state }) => state === 'visible')) {
    // What everybody saw before the fence does not wait for it.
    const pending = outcome.value as PendingReceipt<unknown>
    same('L-HIDE', `state of what ${name} has replayed`, 'published', pending.state)
    checkReceipts(world, events, pending.receipt(), replayed)
  } else if (fenced) {
    world.pendings.push({ pending: outcome.value as PendingReceipt<unknown>, events, replayed })
    checkPending(outcome.value as PendingReceipt<unknown>, name)
  } else checkReceipts(world, events, outcome.value, replayed)
}

/** An open fence promises, it does not say (W-94). */
function checkPending(pending: PendingReceipt<unknown>, name: string): void {
  same('L-HIDE', `state of what ${name} has returned`, 'pending', pending.state)
  requirePromise(pending, 'FencePending')
}

/** @throws BrokenLaw unless asking for the receipt is refused with `code` */
export function requirePromise(pending: PendingReceipt<unknown>, code: string): void {
  let actual = 'a receipt'
  try {
    pending.receipt()
  } catch (error) {
    actual = codeOf(error)
  }
  same('L-HIDE', 'the receipt of a fenced write', code, actual)
}

export function requireRefusal(
  name: string,
  { refused, cause }: { readonly refused: string; readonly cause?: string },
  outcome: CallOutcome,
): void {
  const law: LawId = REFUSAL_LAWS[refused] ?? 'L-GHOST'
  const accepted = outcome.kind === 'ok'
  require(!accepted, law, `${name} was accepted`, `refused with ${refused}`, 'success')
  const { code, error } = outcome as CallOutcome & { kind: 'denied' }
  require(code === refused, law, `${name} was refused otherwise`, refused, code)
  if (cause === undefined) return
  const why = codeOf((error as { cause?: unknown }).cause)
  require(why === cause, law, `the cause of the refusal of ${name}`, cause, why)
}

const REFUSAL_LAWS: Readonly<Record<string, LawId>> = {
  VisibilityFenceActive: 'L-HIDE',
  VisibilityFenceNotActive: 'L-HIDE',
  IdempotencyPartialBatch: 'L-IDEMP',
  IdempotencyConflict: 'L-IDEMP',
  SequenceMismatch: 'L-ORDER',
  StoreClosed: 'L-CLOSED',
  StoreLocked: 'L-LOCK',
}

/** Compares receipts with the events that they are about, and keeps them. */
export function checkReceipts(
  world: World,
  events: readonly ModelEvent[],
  value: unknown,
  replayed: boolean,
): void {
  const receipts = (Array.isArray(value) ? value : [value]) as readonly Receipt[]
  same('L-ATOM', 'the number of receipts', events.length, receipts.length)
  for (const [i, event] of events.entries()) {
    checkReceipt(event, receipts[i]!, replayed)
    world.receipts.push({ receipt: receipts[i]!, event })
  }
}

function checkReceipt(event: ModelEvent, receipt: Receipt, replayed: boolean): void {
  const name = `in the receipt of ${labelOf(event)}`
  const law = replayed ? 'L-IDEMP' : 'L-READ'
  same('L-IDEMP', `replayed ${name}`, replayed, receipt.replayed)
  same(replayed ? 'L-IDEMP' : 'L-SEQ', `sequence ${name}`, event.sequence, receipt.sequence)
  same(replayed ? 'L-IDEMP' : 'L-ORDER', `clock ${name}`, event.clock, receipt.clock)
  same(law, `kind ${name}`, event.kind, receipt.kind)
  same(law, `entity ${name}`, event.at.entity, receipt.coordinate.entity)
  same(law, `scope ${name}`, event.at.scope, receipt.coordinate.scope)
  if (event.key !== undefined) same('L-IDEMP', `id ${name}`, event.key, receipt.eventId)
  const type = event.kind === Kind.SYSTEM_DENIAL && !replayed ? 'denial' : 'append'
  if (!replayed) same(law, `type ${name}`, type, receipt.type)
  checkChain(event, receipt.prevHash)
  checkExtensions(name, event.extensions, receipt.extensions)
  if (event.told !== undefined) {
    same('L-SEQ', `id ${name}`, event.told.eventId, receipt.eventId)
    checkTold(name, event.told, receipt)
    return
  }
  const { eventId, contentHash, prevHash, diskPos } = receipt
  event.told = { eventId, eventHash: contentHash, prevHash, diskPos }
}
