/** Runs one program from an empty directory to its last reopen. */
import { installHooks, type PathMark } from '@batpak/core/testing'
import type { JsonObject } from '../core/law.ts'
import type { Command } from './command.ts'
import { BrokenLaw } from './broken-law.ts'
import { endStore, openApp, readClosed, restart } from './lifecycle.ts'
import type { ModelMachine } from './machine.ts'
import type { ModelOptions } from './model.ts'
import { checkStore } from './store-laws.ts'
import { World, type ModelApp } from './world.ts'

/** What a program does, as JSON: options of the store, and steps `{ command: arguments }`. */
export interface ModelProgram {
  readonly config: ModelOptions
  readonly steps: readonly JsonObject[]
}

export interface Bench<App> {
  readonly app: ModelApp<App>
  readonly commands: ReadonlyMap<string, Command<App>>
  readonly count: (what: string) => void
  readonly mark: (name: PathMark) => void
}

export interface RunResult {
  readonly broken?: BrokenLaw
  /** The steps that were done, without those that could not be. */
  readonly done: readonly JsonObject[]
  /** Equal for equal runs. */
  readonly fingerprint: string
}

/** @throws what is no broken law: a mistake of the harness, or of how it is used */
export async function runProgram<App>(
  bench: Bench<App>,
  machine: ModelMachine,
  { config, steps }: ModelProgram,
): Promise<RunResult> {
  const world = new World(bench.app, machine, config, bench.count)
  const done: JsonObject[] = []
  const hooks = installHooks({ mark: bench.mark })
  let broken: BrokenLaw | undefined
  try {
    await runSteps(world, bench, steps, done)
  } catch (error) {
    if (!(error instanceof BrokenLaw)) throw error
    broken = error
  } finally {
    hooks[Symbol.dispose]()
    world.store?.[Symbol.dispose]()
  }
  const fingerprint = broken === undefined ? machine.fingerprint() : ''
  machine.dispose()
  return { done, fingerprint, ...(broken && { broken }) }
}

async function runSteps<App>(
  world: World<App>,
  { commands }: Bench<App>,
  steps: readonly JsonObject[],
  done: JsonObject[],
): Promise<void> {
  const any = world as World
  openApp(any, 'nothing')
  checkInvariants(world)
  for (const step of steps) {
    const [name = '', args = null] = Object.entries(step)[0] ?? []
    const command = commands.get(name)
    if (command === undefined) throw new TypeError(`this suite has no command ${name}`)
    done.push(step)
    if (!(await command.run(any, args, world.app))) {
      done.pop()
      continue
    }
    checkStore(any, false)
    checkInvariants(world)
  }
  // And finally: whatever it was, it is still there.
  restart(any, 'close', true)
  checkInvariants(world)
  endStore(any, 'close')
  readClosed(any)
  world.machine.nextProcess()
  openApp(any, 'close')
  checkInvariants(world)
}

function checkInvariants<App>({ definition, app }: World<App>): void {
  for (const [i, invariant] of (definition.invariants ?? []).entries()) {
    try {
      invariant(app)
    } catch (error) {
      const name = invariant.name === '' ? `invariants[${i}]` : invariant.name
      const actual = error instanceof Error ? error.message : error
      throw new BrokenLaw('invariant', `${name} does not hold`, 'no error', actual)
    }
  }
}
