/** Syncs, waits, shared syncs, and the clock. */
import fc from 'fast-check'
import type { Command } from '../command.ts'
import { require } from '../broken-law.ts'
import { requireDurable } from '../frontier-law.ts'
import { outcomeOf, syncOutcomeOf } from '../outcome.ts'
import { eventArgs, type EventArgs } from '../wanted.ts'
import type { World } from '../world.ts'
import { append } from './appends.ts'
import { command } from './define.ts'

const nothing = fc.constant(null)

export const DURABILITY: readonly Command<unknown>[] = [
  command('sync', 1, nothing, (world) => {
    const outcome = syncOutcomeOf(() => world.store.sync())
    require(outcome.kind === 'ok', 'L-CONT', 'sync was refused', 'success', outcome)
    requireDurable(world, 'sync')
    world.count('sync')
  }),
  command('syncAsync', 1, nothing, async (world) => {
    const outcome = await outcomeOf(() => world.store.syncAsync())
    require(outcome.kind === 'ok', 'L-CONT', 'syncAsync was refused', 'success', outcome)
    requireDurable(world, 'syncAsync')
    world.count('syncAsync')
  }),
  command(
    'waitFor',
    1,
    fc.record({ mark: fc.constantFrom('durable' as const, 'visible' as const), back: fc.nat(3) }),
    waitFor,
  ),
  command(
    'group',
    2,
    fc.record({
      items: fc.array(eventArgs({ durable: fc.constant(true) }), { minLength: 1, maxLength: 9 }),
      throws: fc.boolean(),
      nested: fc.boolean(),
    }),
    (world, args) => group(world, args),
  ),
  command('tick', 1, fc.integer({ min: -5_000_000, max: 5_000_000 }), (world, us) => {
    world.machine.tick(us)
    world.count(us < 0 ? 'tick backward' : 'tick forward')
  }),
]

/** It only waits: with no time left it answers at once. */
async function waitFor(
  { store, model, count }: World,
  { mark, back }: { readonly mark: 'durable' | 'visible'; readonly back: number },
): Promise<void> {
  const sequence = Math.max(0, model.events.length - 1 - back)
  const { durableHlc, visibleHlc } = store.frontier()
  const reached = (mark === 'durable' ? durableHlc : visibleHlc).sequence >= sequence
  const outcome = await outcomeOf(() => store.waitFor(mark, sequence, { timeoutMs: 0 }))
  const answer = outcome.kind === 'ok' ? 'reached' : outcome.code
  const expected = reached ? 'reached' : 'WaitTimeout'
  require(answer === expected, 'L-FRONT', `waitFor ${mark} ${sequence}`, expected, answer)
  count('waitFor')
}

/** The cadence rests, so an append is not durable by itself (W-104); a rotation covers the others. */
function appendInGroup(world: World, item: EventArgs & { durable?: boolean }): void {
  const { events } = world.model
  const before = events.length
  append(world, 'append', item)
  if (item.durable === true || events.length === before) return
  const { sequence } = world.store.frontier().durableHlc
  require(sequence < before, 'L-FRONT', 'an append in a group was synced', 'not yet', sequence)
}

const THROWN = new Error('what the group has thrown')

/** Each append is judged inside; the cadence rests until the end. */
function group(
  world: World,
  args: {
    readonly items: readonly (EventArgs & { durable?: boolean })[]
    readonly throws: boolean
    readonly nested: boolean
  },
): void {
  const work = (): void => {
    for (const item of args.items) appendInGroup(world, item)
    if (args.throws) throw THROWN
  }
  const before = world.model.events.length
  const outcome = syncOutcomeOf(() =>
    world.store.group(() => (args.nested ? world.store.group(work) : work())),
  )
  world.count('group')
  const rethrown = outcome.kind === 'denied' && outcome.error === THROWN
  const fits = args.throws ? rethrown : outcome.kind === 'ok'
  require(fits, 'L-CONT', 'a group has ended', args.throws ? 'its error' : 'success', outcome)
  if (world.model.events.length > before) requireDurable(world, 'group')
}
