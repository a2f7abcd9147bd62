/** Several events at once: batches, reactions, outboxes. */
import type { EventId } from '@batpak/core'
import fc from 'fast-check'
import type { Command } from '../command.ts'
import { requireDurable } from '../frontier-law.ts'
import { syncOutcomeOf } from '../outcome.ts'
import type { Route } from '../model.ts'
import { settle } from '../settle.ts'
import { same } from '../store-laws.ts'
import {
  batchOf,
  eventArgs,
  proposalOf,
  withCause,
  type BatchProposal,
  type ItemArgs,
  type Proposal,
} from '../wanted.ts'
import { NOTES, SCOPES, at } from '../vocabulary.ts'
import type { StagedOutbox, World } from '../world.ts'
import { appendProposal } from './appends.ts'
import { command } from './define.ts'

const item: fc.Arbitrary<ItemArgs> = eventArgs({ prior: fc.nat(5) })
const items = fc.array(item, { minLength: 1, maxLength: 6 })
const rarely = fc.constantFrom(...new Array<boolean>(7).fill(false), true)

export const BATCHES: readonly Command<unknown>[] = [
  command(
    'batch',
    3,
    fc.record({ items: fc.array(item, { maxLength: 9 }), stray: rarely }),
    (world, args) => {
      submit(world, 'batch', batchOf(world, args.items), world.route(args.stray))
    },
  ),
  command(
    'batchKeyed',
    3,
    fc.record({
      items,
      from: fc.nat(5),
      odd: fc.constantFrom('', '', '', '', 'keyless', 'twice'),
      stray: rarely,
    }),
    (world, { items: list, from, odd, stray }) => {
      const keyOf = (index: number): number | undefined => {
        if (index > 0 && index === list.length - 1 && odd !== '') {
          return odd === 'twice' ? from : undefined
        }
        return from + index
      }
      const proposal = batchOf(world, list, keyOf)
      world.keyedCalls.push({ batch: proposal })
      submit(world, 'batchKeyed', proposal, world.route(stray))
    },
  ),
  command(
    'retry',
    3,
    fc.record({ ix: fc.nat(9), verify: fc.boolean(), other: fc.nat(5) }),
    (world, args) => retry(world, args),
  ),
  command('batchBadCausation', 1, fc.record({ items, ahead: fc.nat(2) }), (world, args) => {
    const { wanted, drafts } = batchOf(world, args.items.slice(0, -1))
    const index = wanted.length
    const bad = withCause(proposalOf(world, args.items.at(-1)!), index + args.ahead)
    const proposal = { wanted: [...wanted, bad.wanted], drafts: [...drafts, bad.draft] }
    submit(world, 'batchBadCausation', proposal, world.route(false))
  }),
  command('batchTooLarge', 1, fc.record({ e: fc.nat(4), many: fc.boolean() }), (world, args) => {
    const { singleAppendMaxBytes, batchMaxSize } = world.model.limits
    const pad = args.many ? 0 : singleAppendMaxBytes
    const count = args.many ? batchMaxSize + 1 : Math.min(2, batchMaxSize)
    if (pad > 65_536 || count > 64) return false
    const list = Array.from({ length: count }, (_, i) => ({ e: args.e, ...(i === 0 && { pad }) }))
    submit(world, 'batchTooLarge', batchOf(world, list), world.route(false))
    return true
  }),
  command(
    'appendReactions',
    2,
    fc.record({ items, correlation: fc.nat(60), cause: fc.nat(60) }),
    (world, args) => react(world, args),
  ),
  command('outbox.stage', 3, fc.array(item, { minLength: 1, maxLength: 4 }), (world, list) => {
    const box = outboxOf(world)
    for (const args of list) stage(world, box, args)
    same('L-CONT', 'the length of the outbox', box.staged.length, box.outbox.length)
    world.count('outbox.stage')
  }),
  command('outbox.flush', 2, fc.constant(null), flush),
  command('outbox.dispose', 1, fc.constant(null), (world) => {
    const box = outboxOf(world)
    box.outbox[Symbol.dispose]()
    box.staged = []
    same('L-CONT', 'the length of an outbox that was disposed of', 0, box.outbox.length)
    world.count('outbox.dispose')
  }),
]

function submit(world: World, name: string, { wanted, drafts }: BatchProposal, route: Route): void {
  const verdict = world.model.judgeBatch(wanted, route)
  const fenced = route !== 'store'
  const outcome = syncOutcomeOf(() =>
    fenced ? world.fence!.appendBatch(drafts) : world.store.appendBatch(drafts),
  )
  const call = fenced ? `fence.${name}` : name
  settle(world, { name: call, verdict, fenced, synced: !fenced }, outcome)
  world.count('replay' in verdict ? `${call} (replayed)` : call)
  if ('write' in verdict && verdict.write.length > 2) world.count('batch of several')
  if (!fenced && 'write' in verdict && verdict.write.length > 0) requireDurable(world, call)
}

interface RetryArgs {
  readonly ix: number
  readonly verify: boolean
  /** 0 and 1: with another kind or another scope than before; 2: only if the entity is empty. */
  readonly other: number
}

/** A keyed call is made again, as after a crash: it must write nothing, unless it was cancelled. */
function retry(world: World, { ix, verify, other }: RetryArgs): boolean {
  if (world.keyedCalls.length === 0) return false
  const call = at(world.keyedCalls, ix)
  if ('batch' in call) submit(world, 'batchKeyed', call.batch, world.route(false))
  else {
    // A known key is answered before anything is compared (W-64).
    const cas = other === 2 ? ({ expected: 'empty' } as const) : {}
    appendProposal(world, 'appendKeyed', changed(call.single, other), { verify, ...cas })
  }
  return true
}

function changed(proposal: Proposal, other: number): Proposal {
  if (other > 1) return proposal
  const { wanted, at: old } = proposal
  const type = other === 0 ? NOTES.find(({ kind }) => kind !== wanted.kind)! : proposal.type
  const scope = other === 1 ? SCOPES.find((name) => name !== old.scope)! : old.scope
  const place = { entity: old.entity, scope }
  return { ...proposal, at: place, type, wanted: { ...wanted, at: place, kind: type.kind } }
}

/** The ids count for all items but those that name a cause of their own. */
function react(
  world: World,
  args: {
    readonly items: readonly ItemArgs[]
    readonly correlation: number
    readonly cause: number
  },
): void {
  const correlationId = world.pickId(args.correlation)
  const causationId = world.pickId(args.cause)
  const { wanted, drafts } = batchOf(world, args.items)
  const all = wanted.map((event) => ({
    ...event,
    correlationId,
    cause: event.cause ?? causationId,
  }))
  const verdict = world.model.judgeBatch(all, 'store')
  const ids = { correlationId, causationId: causationId satisfies EventId }
  const outcome = syncOutcomeOf(() => world.store.appendReactions(ids, drafts))
  settle(world, { name: 'appendReactions', verdict, fenced: false, synced: true }, outcome)
  world.count('appendReactions')
}

/** The outbox of the open fence, or of the store. */
function outboxOf(world: World): StagedOutbox {
  if (world.model.fenceStart !== undefined) {
    world.fenceOutbox ??= { outbox: world.fence!.outbox(), staged: [] }
    return world.fenceOutbox
  }
  // One that a finished fence has left must refuse, and keep what it holds.
  if (world.fenceOutbox !== undefined) return world.fenceOutbox
  world.storeOutbox ??= { outbox: world.store.outbox(), staged: [] }
  return world.storeOutbox
}

function stage(world: World, box: StagedOutbox, args: ItemArgs): void {
  const { wanted, draft } = withCause(proposalOf(world, args), priorOf(args, box.staged.length))
  box.outbox.push(draft)
  box.staged.push(wanted)
}

function flush(world: World): void {
  const box = outboxOf(world)
  const open = world.model.fenceStart !== undefined
  const fenced = box === world.fenceOutbox
  const route = fenced ? (open ? 'fence' : 'finished fence') : 'store'
  const verdict = world.model.judgeBatch(box.staged, route)
  const outcome = syncOutcomeOf(() => box.outbox.flush())
  const call = fenced ? 'fence.outbox.flush' : 'outbox.flush'
  settle(world, { name: call, verdict, fenced, synced: !fenced }, outcome)
  const kept = 'refused' in verdict
  if (!kept) box.staged = []
  same('L-CONT', `what is staged after ${call}`, box.staged.length, box.outbox.length)
  if (route === 'finished fence') world.fenceOutbox = undefined
  world.count(call)
}

function priorOf({ prior }: ItemArgs, staged: number): number | undefined {
  return prior === undefined || staged === 0 ? undefined : prior % staged
}
