/** The one fence of a store, from begin to its end. */
import fc from 'fast-check'
import type { Command } from '../command.ts'
import { requireDurable } from '../frontier-law.ts'
import { syncOutcomeOf } from '../outcome.ts'
import { checkReceipts, requirePromise, requireRefusal } from '../settle.ts'
import { require } from '../broken-law.ts'
import { same } from '../store-laws.ts'
import type { World } from '../world.ts'
import { command } from './define.ts'

const nothing = fc.constant(null)

export const FENCES: readonly Command<unknown>[] = [
  command('fence.begin', 3, nothing, begin),
  command('fence.publish', 2, nothing, (world) => finish(world, 'publish')),
  command('fence.cancel', 1, nothing, (world) => finish(world, 'cancel')),
  command('fence.dispose', 1, nothing, (world) => {
    if (world.fence === undefined) return false
    world.fence[Symbol.dispose]()
    if (world.model.fenceStart !== undefined) ended(world, 'cancelled')
    world.count('fence.dispose')
    return true
  }),
]

function begin(world: World): void {
  const { model } = world
  const verdict = model.judgeBeginFence()
  const outcome = syncOutcomeOf(() => world.store.beginFence())
  world.count('fence.begin')
  if ('refused' in verdict) {
    requireRefusal('beginFence', verdict, outcome)
    return
  }
  require(outcome.kind === 'ok', 'L-CONT', 'beginFence was refused', 'a fence', outcome)
  model.beginFence()
  world.fence = outcome.value
  world.fenceOutbox = undefined
  same('L-HIDE', 'a fence that was begun is active', true, world.fence.active)
}

/** On a finished fence it must be refused. */
function finish(world: World, how: 'publish' | 'cancel'): boolean {
  const { fence, model } = world
  if (fence === undefined) return false
  const call = `fence.${how}`
  const verdict = model.judgeEndFence(model.fenceStart === undefined ? 'finished fence' : 'fence')
  const outcome = syncOutcomeOf(() => fence[how]())
  world.count(call)
  if ('refused' in verdict) {
    requireRefusal(call, verdict, outcome)
    return true
  }
  require(outcome.kind === 'ok', 'L-CONT', `${call} was refused`, 'success', outcome)
  const wrote = model.events.length > model.fenceStart!
  ended(world, how === 'publish' ? 'visible' : 'cancelled')
  if (wrote) requireDurable(world, call)
  return true
}

/** The fence has ended: its promises are kept, or broken for good. */
export function ended(world: World, state: 'visible' | 'cancelled'): void {
  const { model, fence, pendings } = world
  model.endFence(state)
  world.pendings = []
  same('L-HIDE', 'a finished fence is active', false, fence!.active)
  for (const { pending, events, replayed } of pendings) {
    const now = state === 'visible' ? 'published' : 'cancelled'
    same('L-HIDE', 'the state of a fenced write', now, pending.state)
    if (state === 'visible') checkReceipts(world, events, pending.receipt(), replayed)
    else requirePromise(pending, 'VisibilityFenceCancelled')
  }
}
