import type { PathMark } from '@batpak/core/testing'
import fc from 'fast-check'
import { LawViolation, type Json, type JsonObject, type Program } from '../core/law.ts'
import { replayLine, replayOf } from '../core/replay.ts'
import { RunningReport, type Report } from '../core/report.ts'
import { runsOf, seedOf } from '../core/seed.ts'
import type { TestFunction } from '../open-lane/open-lane-suite.ts'
import { builtInCommands } from './commands/built-in.ts'
import type { Command } from './command.ts'
import { BrokenLaw } from './broken-law.ts'
import { APP_CONFIG, STORE_CONFIG, programs } from './generate.ts'
import { BUILT_IN_GATES, type GateChecks } from './gate-checks.ts'
import { realModelMachine, simulatedModelMachine, whyNoLock, type ModelMachine } from './machine.ts'
import { minimize, type Failure } from './minimize.ts'
import type { ModelOptions } from './model.ts'
import { runProgram, type ModelProgram, type RunResult } from './run-program.ts'
import type { ModelApp } from './world.ts'
import { refuseUnknownOptions } from '@batpak/platform'

export interface StoreSuiteOptions<App, C = Json> extends ModelApp<App> {
  /** The application's own, beside the built-in ones; made by `appCommand`. */
  readonly commands?: readonly Command<App>[]
  /** Gates to ask, and what each must say; default: three of the kit's own. */
  readonly gates?: GateChecks<C>
  /** Options of the store; what is fixed by the application belongs here as a constant. */
  readonly config?: fc.Arbitrary<ModelOptions>
  /** Random programs; default 100. `BATPAK_RUNS` can only raise it. */
  readonly runs?: number
  /** How many of them also run on the real disk, in temporary directories; default 3. */
  readonly realRuns?: number
  /** Paths of the engine that the programs must reach, else the suite fails; default none. */
  readonly marks?: readonly PathMark[]
}

export interface StoreReport extends Report {
  /** Paths of the engine that were reached. */
  readonly marks: readonly string[]
}

// Runners count from the start of a test, and a busy machine is no broken law.
const TIMEOUT_MS = 600_000
/** Every so many runs are done twice. */
const REPEATED = 20

/**
 * Registers the store model of an application: random programs of store commands and its own, on
 * simulated machines, compared with a model in memory after every step and after every open.
 *
 * `open` must pass on what is configured: `(env, config) => openMyStore({ ...config, platform:
 * env.platform })`. A failure is a `LawViolation` with the smallest program that was found and a line
 * that repeats it.
 *
 * @param test the runner's test function
 * @param name of the suite, also the seed of its random choices
 * @returns what the suite did; it fills while the tests run
 * @throws TypeError for options that are none, and for two commands of one name
 */
export function storeSuite<App, C = Json>(
  test: TestFunction,
  name: string,
  options: StoreSuiteOptions<App, C>,
): StoreReport {
  refuseUnknownOptions('storeSuite', options, NAMES)
  const suite = new StoreModelSuite(name, options as unknown as StoreSuiteOptions<App>)
  const about = (what: string, run: () => Promise<void> | void): unknown =>
    test(`${name} store: ${what}`, run, TIMEOUT_MS)
  const replay = replayOf(`${name} store`)
  if (replay !== undefined) {
    about('replays BATPAK_REPLAY', () => suite.replay(replay))
    return suite.report
  }
  about('random programs keep every law', () => suite.runSimulated())
  const realRuns = options.realRuns ?? 3
  if (realRuns > 0) about('on the disk of this machine', () => suite.runReal(realRuns))
  if (options.marks !== undefined) {
    about('the programs reach every path that they are about', () => suite.checkMarks())
  }
  return suite.report
}

class StoreModelSuite<App> {
  readonly #name: string
  readonly #options: StoreSuiteOptions<App>
  readonly #commands: readonly Command<App>[]
  readonly #byName: ReadonlyMap<string, Command<App>>
  readonly #report = new RunningReport()
  readonly #marks = new Set<PathMark>()

  constructor(name: string, options: StoreSuiteOptions<App>) {
    if (typeof options?.open !== 'function') {
      throw new TypeError('storeSuite: options.open must be a function')
    }
    this.#name = name
    this.#options = options
    this.#commands = [
      ...builtInCommands(options.gates ?? BUILT_IN_GATES),
      ...(options.commands ?? []),
    ]
    this.#byName = new Map(this.#commands.map((command) => [command.name, command]))
    const names = this.#commands.map((command) => command.name)
    const twice = names.find((one, i) => names.indexOf(one) !== i)
    if (twice !== undefined) throw new TypeError(`storeSuite: two commands are named ${twice}`)
    this.#report.notChecked.push(...NOT_BUILT)
    if (options.realRuns === 0) this.#report.notChecked.push('the real disk: realRuns is 0')
  }

  get report(): StoreReport {
    const marks = this.#marks
    return Object.create(this.#report, {
      marks: { enumerable: true, get: () => [...marks].sort() },
    }) as StoreReport
  }

  async runSimulated(): Promise<void> {
    const seed = seedOf(this.#name)
    await this.#runMany(runsOf(this.#options.runs ?? 100), seed, () => simulatedModelMachine(seed))
  }

  async runReal(runs: number): Promise<void> {
    const why = whyNoLock()
    if (why !== undefined) {
      this.#report.notChecked.push(`the real disk: ${why}`)
      return
    }
    await this.#runMany(runs, seedOf(this.#name) + 1, realModelMachine)
  }

  /** Runs what a failure has written down. */
  async replay({ steps }: Program): Promise<void> {
    const make = (): ModelMachine => simulatedModelMachine(seedOf(this.#name))
    for (const step of steps) {
      const program = step as unknown as ModelProgram
      const { broken } = await this.#run(program, make())
      if (broken !== undefined) throw this.#violation(program, broken)
    }
  }

  checkMarks(): void {
    const missing = (this.#options.marks ?? []).filter((mark) => !this.#marks.has(mark))
    if (missing.length === 0) return
    throw new Error(`${this.#name}: the programs no longer reach ${missing.join(', ')}`)
  }

  async #runMany(numRuns: number, seed: number, make: () => ModelMachine): Promise<void> {
    const hasOwn = (this.#options.commands ?? []).length > 0
    const config = this.#options.config ?? (hasOwn ? APP_CONFIG : STORE_CONFIG)
    let count = 0
    let failure: Failure | undefined
    const property = fc.asyncProperty(programs(this.#commands, config), async (program) => {
      count += 1
      const { broken, done, fingerprint } = await this.#run(program, make())
      if (broken !== undefined) failure = { program: { ...program, steps: done }, broken }
      else if (count % REPEATED === 0) {
        const differs = await this.#repeat(program, fingerprint, make())
        if (differs !== undefined) throw this.#violation(program, differs)
      }
      return failure === undefined
    })
    // What fast-check would shrink is the whole program at once; `minimize` knows its parts.
    const details = await fc.check(property, { numRuns, seed, endOnFailure: true })
    if (failure !== undefined) {
      const argsOf = (command: string): fc.Arbitrary<Json> => this.#byName.get(command)!.args
      const run = (program: ModelProgram): Promise<RunResult> => this.#run(program, make())
      const smallest = await minimize(failure, { argsOf, config }, run)
      throw this.#violation(smallest.program, smallest.broken)
    }
    if (details.failed) throw details.errorInstance
  }

  /** The same program again: it must leave the same bytes. */
  async #repeat(
    program: ModelProgram,
    expected: string,
    machine: ModelMachine,
  ): Promise<BrokenLaw | undefined> {
    const { fingerprint } = await this.#run(program, machine)
    if (fingerprint === expected) return undefined
    return new BrokenLaw('repeatability', 'the same program ran differently', expected, fingerprint)
  }

  #run(program: ModelProgram, machine: ModelMachine): Promise<RunResult> {
    this.#report.runs += 1
    const bench = {
      app: this.#options,
      commands: this.#byName,
      count: (what: string) => this.#report.count(what),
      mark: (name: PathMark) => void this.#marks.add(name),
    }
    return runProgram(bench, machine, program)
  }

  #violation(program: ModelProgram, { breach }: BrokenLaw): LawViolation {
    const suite = `${this.#name} store`
    const step = program as unknown as JsonObject
    const steps = [{ config: program.config } as unknown as JsonObject, ...program.steps]
    return new LawViolation(breach, { suite, version: 1, steps }, replayLine(suite, suite, step))
  }
}

/** What batpak does not have yet. */
const NOT_BUILT = ['cursors', 'snapshots', 'compaction', 'index files'].map(
  (what) => `${what}: not built yet`,
)

const NAMES = [
  'open',
  'store',
  'close',
  'invariants',
  'commands',
  'gates',
  'config',
  'runs',
  'realRuns',
  'marks',
] satisfies (keyof StoreSuiteOptions<unknown>)[]
