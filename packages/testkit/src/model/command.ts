import type fc from 'fast-check'
import type { Json } from '../core/law.ts'
import { adoptWrites } from './adopt.ts'
import { BrokenLaw } from './broken-law.ts'
import { outcomeOf, type CallOutcome } from './outcome.ts'
import type { ModelEnv, World } from './world.ts'
import { refuseUnknownOptions } from '@batpak/platform'

/** One kind of step: its arguments as JSON, and what it does. */
export interface Command<App> {
  readonly name: string
  readonly args: fc.Arbitrary<Json>
  /** How often it comes, beside the others; default 1. */
  readonly weight: number
  /** False when the step cannot be done now: it is left out. */
  readonly run: (world: World, args: Json, app: App) => Promise<boolean>
}

export interface AppCommandOptions<App, A> {
  /** How often it comes, beside the others; default 3. Built-in commands have 1 to 4. */
  readonly weight?: number
  /** Whether the step can be done now. */
  readonly when?: (app: App, args: A) => boolean
  /** Throws when the answer is not what it must be. */
  readonly expect?: (outcome: CallOutcome, args: A, app: App) => void
}

/**
 * A command of an application. Nothing is assumed of what it writes: whatever it is, it must keep the
 * laws of the store and the application's invariants. It must end the fences that it begins.
 *
 * @param args plain JSON; refer to earlier things by an index, taken modulo how many there are
 * @param run may return a promise. An error that it throws is an answer, unless it is a TypeError,
 *   RangeError or ReferenceError: those fail the run
 * @throws TypeError for a name or a function that is none
 */
export function appCommand<App, A extends Json>(
  name: string,
  args: fc.Arbitrary<A>,
  run: (app: App, args: A, env: ModelEnv) => unknown,
  options: AppCommandOptions<App, A> = {},
): Command<App> {
  if (typeof name !== 'string' || name === '' || typeof run !== 'function') {
    throw new TypeError('appCommand: expected a name, an arbitrary and a function')
  }
  refuseUnknownOptions('appCommand', options, ['weight', 'when', 'expect'])
  const { weight = 3, when, expect } = options
  return {
    name,
    args,
    weight,
    run: async (world, json, app) => {
      const given = json as A
      // A fence of the harness would refuse every write of the application.
      if (world.model.fenceStart !== undefined) return false
      if (when !== undefined && !when(app, given)) return false
      const outcome = await outcomeOf(() => run(app, given, world.env()))
      world.count(name)
      adoptWrites(world)
      // Nobody knows what it has synced.
      world.unsyncedCommands = 0
      judge(name, outcome, () => expect?.(outcome, given, app))
      return true
    },
  }
}

function judge(name: string, outcome: CallOutcome, expect: () => void): void {
  if (outcome.kind === 'denied' && isProgrammerError(outcome.error)) {
    throw new BrokenLaw('invariant', `${name} threw`, 'an answer', outcome.code)
  }
  try {
    expect()
  } catch (error) {
    const actual = error instanceof Error ? error.message : error
    throw new BrokenLaw('invariant', `${name} answered wrongly`, 'what it expects', actual)
  }
}

function isProgrammerError(error: unknown): boolean {
  return (
    error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError
  )
}
