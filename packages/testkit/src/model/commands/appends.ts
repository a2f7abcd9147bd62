/** Single events: plain, compare-and-swap, with a key, too large. */
import type { AppendOptions } from '@batpak/core'
import fc from 'fast-check'
import type { Command } from '../command.ts'
import { syncOutcomeOf } from '../outcome.ts'
import { requireDurable } from '../frontier-law.ts'
import { settle } from '../settle.ts'
import { eventArgs, proposalOf, type EventArgs, type Proposal } from '../wanted.ts'
import type { World } from '../world.ts'
import { command } from './define.ts'

const rarely = fc.constantFrom(false, false, false, true)

/** What every single append may also have. */
const MORE = {
  /** Goes where it must be refused: past an open fence, or through a finished one. */
  stray: rarely,
  durable: rarely,
}

/** The head's clock and this, or that there is no event. */
const expected = fc.constantFrom<'empty' | number>(0, 0, 0, 'empty', 1, -1)

type SingleArgs = EventArgs & {
  readonly stray?: boolean
  readonly durable?: boolean
  readonly expected?: 'empty' | number
  readonly key?: number
  readonly verify?: boolean
}

export const APPENDS: readonly Command<unknown>[] = [
  command('append', 4, eventArgs(MORE), (world, args) => append(world, 'append', args)),
  command('appendCas', 3, eventArgs({ ...MORE, expected }), (world, args) =>
    append(world, 'appendCas', { expected: 0, ...args }),
  ),
  command('appendKeyed', 3, eventArgs({ ...MORE, key: fc.nat(5) }), (world, args) =>
    append(world, 'appendKeyed', { key: 0, ...args }),
  ),
  command('tooLarge', 1, fc.record({ e: fc.nat(4), over: fc.nat(8) }), (world, { e, over }) => {
    const limit = world.model.limits.singleAppendMaxBytes
    if (limit > 65_536) return false
    return append(world, 'tooLarge', { e, pad: limit + over })
  }),
]

/** One append, wherever it belongs, judged. */
export function append(world: World, name: string, args: SingleArgs): boolean {
  const proposal = proposalOf(world, args, args.key)
  if (args.key !== undefined) world.keyedCalls.push({ single: proposal })
  appendProposal(world, name, proposal, args)
  return true
}

/** Sends `proposal`, for the first time or again. */
export function appendProposal(
  world: World,
  name: string,
  proposal: Proposal,
  args: Pick<SingleArgs, 'stray' | 'durable' | 'expected' | 'verify'>,
): void {
  const { model, store, fence } = world
  const route = world.route(args.stray ?? false)
  const fenced = route !== 'store'
  const expected = expectedOf(world, proposal, args.expected)
  const verify = args.verify ?? false
  const verdict = model.judgeAppend(proposal.wanted, {
    route,
    verify,
    ...(expected !== undefined && { expected }),
  })
  const durable = args.durable === true && !fenced
  const options: AppendOptions = {
    ...proposal.options,
    ...(expected !== undefined && { expected }),
    ...(verify && { onReplay: 'verify' }),
    ...(durable && { until: 'durable' }),
  }
  const { at, type, value } = proposal
  const call = fenced ? `fence.${name}` : name
  const outcome = syncOutcomeOf(() => {
    if (fenced) return fence!.append(at, type, value, options)
    if (proposal.raw) return store.appendBytes(at, type.kind, type.encode(value), options)
    return store.append(at, type, value, options)
  })
  settle(world, { name: call, verdict, fenced }, outcome)
  world.count('replay' in verdict ? `${call} (replayed)` : call)
  if (durable && outcome.kind === 'ok') requireAppended(world, call, verdict)
}

/** A replayed event may be durable while newer ones are not. */
function requireAppended(world: World, call: string, verdict: object): void {
  if ('write' in verdict) requireDurable(world, `${call} until durable`)
}

function expectedOf(
  { model }: World,
  { at }: Proposal,
  expected: 'empty' | number | undefined,
): 'empty' | number | undefined {
  if (expected === undefined || expected === 'empty') return expected
  const head = model.headOf(at.entity)
  if (head === undefined) return expected === 0 ? 'empty' : 0
  return Math.max(0, head.clock + expected)
}
