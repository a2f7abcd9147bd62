/** Writes behind gates: what must be permitted is written, what must be denied is not. */
import { Kind, type EventId } from '@batpak/core'
import { deny, gateSet, guard, type Guarded } from '@batpak/core/gate'
import fc from 'fast-check'
import type { Json } from '../../core/law.ts'
import type { Command } from '../command.ts'
import { require } from '../broken-law.ts'
import type { GateChecks } from '../gate-checks.ts'
import type { Wanted } from '../model-event.ts'
import { syncOutcomeOf, type CallOutcome } from '../outcome.ts'
import { settle } from '../settle.ts'
import { same } from '../store-laws.ts'
import { eventArgs, proposalOf, type EventArgs } from '../wanted.ts'
import type { World } from '../world.ts'
import { command } from './define.ts'

export function gateCommands(gates: GateChecks<Json>): readonly Command<unknown>[] {
  const args = fc.record({ event: eventArgs({}), ctx: gates.ctx, record: fc.boolean() })
  return [
    command('guard', 2, args, (world, given) => runGuard(world, gates, given)),
    command(
      'appendDenial',
      1,
      fc.record({ event: eventArgs({}), gate: fc.nat(3) }),
      (world, given) => appendDenial(world, gates, given),
    ),
  ]
}

interface GuardArgs {
  readonly event: EventArgs
  readonly ctx: Json
  readonly record: boolean
}

function runGuard(world: World, { checks }: GateChecks<Json>, args: GuardArgs): void {
  const { at, type, value, options, wanted } = proposalOf(world, args.event)
  const gates = gateSet(checks.map(({ gate }) => gate))
  const denier = checks.findIndex(({ oracle }) => !oracle(args.ctx))
  const recorded = denier >= 0 && args.record
  const { position } = options
  const written = denier < 0 ? wanted : denialOf(wanted, { lane: 0, ...position })
  const verdict = world.model.judgeAppend(written, { route: 'store' })
  const outcome = syncOutcomeOf(() =>
    guard(world.store, {
      ...options,
      at,
      type,
      value,
      gates,
      ctx: args.ctx,
      ...(args.record && { onDenial: 'record' as const }),
    }),
  )
  world.count(denier < 0 ? 'guard (permitted)' : 'guard (denied)')
  if (denier >= 0 && !recorded) {
    require(outcome.kind === 'ok', 'L-CONT', 'guard was refused', 'a denial', outcome)
    requireDenied(outcome.value, checks[denier]!.gate.name)
    return
  }
  const receipt = receiptOf(outcome, denier < 0)
  settle(world, { name: 'guard', verdict, fenced: false }, receipt)
  if (outcome.kind === 'denied') return
  if (denier < 0) {
    const names = checks.map(({ gate }) => gate.name).join()
    same('L-CONT', 'the gates that permitted', names, gatesOf(outcome.value).join())
    return
  }
  requireDenied(outcome.value, checks[denier]!.gate.name)
  checkTrace(
    world,
    checks.map(({ gate }) => gate.name),
    denier,
  )
}

function receiptOf(outcome: CallOutcome<Guarded>, permitted: boolean): CallOutcome {
  if (outcome.kind === 'denied') return outcome
  const { value } = outcome
  if (permitted) {
    const { status } = value
    require(status === 'committed', 'L-CONT', 'the gates permit', 'committed', status)
    return { kind: 'ok', value: value.receipt }
  }
  require(value.status === 'denied', 'L-GHOST', 'a gate denies', 'denied', value.status)
  require(value.audit !== undefined, 'L-CONT', 'the denial is recorded', 'a receipt', 'none')
  return { kind: 'ok', value: value.audit }
}

function gatesOf(guarded: Guarded): readonly string[] {
  return guarded.status === 'committed' ? guarded.gates : []
}

function requireDenied(guarded: Guarded, gate: string): void {
  const { status } = guarded
  require(status === 'denied', 'L-GHOST', 'a gate denies', 'denied', status)
  same('L-CONT', 'the gate that denied', gate, guarded.denial.gate)
}

function appendDenial(
  world: World,
  { checks }: GateChecks<Json>,
  args: { readonly event: EventArgs; readonly gate: number },
): boolean {
  if (checks.length === 0) return false
  const { at, type, options, wanted } = proposalOf(world, args.event)
  const denier = args.gate % checks.length
  const gates = gateSet(checks.map(({ gate }) => gate))
  const verdict = world.model.judgeAppend({ ...wanted, ...DENIAL }, { route: 'store' })
  const outcome = syncOutcomeOf(() =>
    world.store.appendDenial(at, type.kind, gates, deny(checks[denier]!.gate.name, 'no'), options),
  )
  world.count('appendDenial')
  settle(world, { name: 'appendDenial', verdict, fenced: false }, outcome)
  if (outcome.kind === 'ok')
    checkTrace(
      world,
      checks.map(({ gate }) => gate.name),
      denier,
    )
  return true
}

const DENIAL = { kind: Kind.SYSTEM_DENIAL, payload: undefined } as const

/** What a recorded denial keeps of the write: neither flags nor extensions. */
function denialOf(wanted: Wanted, { lane }: { readonly lane: number }): Wanted {
  return { ...wanted, ...DENIAL, flags: 0, lane, extensions: new Map() }
}

interface StoredTrace {
  readonly evaluations: readonly { readonly gate_id: string; readonly verdict: unknown }[]
}

/** The event says who permitted, who denied, and who was not asked (W-123). */
function checkTrace({ store, model }: World, names: readonly string[], denier: number): void {
  const id = model.events.at(-1)!.told!.eventId satisfies EventId
  const { evaluations } = store.get(id).payload as StoredTrace
  const seen = evaluations.map(({ gate_id: gate, verdict }) => {
    return `${gate}: ${typeof verdict === 'string' ? verdict : 'Deny'}`
  })
  const expected = names.map((name, i) => {
    return `${name}: ${i < denier ? 'Permit' : i === denier ? 'Deny' : 'Skipped'}`
  })
  same('L-READ', 'the trace of a recorded denial', expected.join(), seen.join())
}
