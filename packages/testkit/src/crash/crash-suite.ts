import type { PathMark } from '@batpak/core/testing'
import { LawViolation, type JsonObject, type Program } from '../core/law.ts'
import { replayLine, replayOf } from '../core/replay.ts'
import { seedOf } from '../core/seed.ts'
import type { TestFunction } from '../open-lane/open-lane-suite.ts'
import { Images } from '../sim/images.ts'
import { PERSISTENCE_MODELS, type PersistenceModel } from '../sim/persistence.ts'
import type { CrashPoint } from './crash-point.ts'
import {
  crashAll,
  crashOnce,
  failureStep,
  type CrashBudget,
  type StoryFailure,
} from './crash-story.ts'
import { runScenario, withMarks, type Scenario, type Story } from './scenario.ts'
import { CRASH_APP_NAMES, type CrashApp } from './session.ts'
import { CrashTally, type KnownDefect } from './tally.ts'
import { refuseUnknownOptions } from '@batpak/platform'

export interface CrashOptions<App> extends CrashApp<App> {
  readonly scenario: Scenario<App>
  /** Default: all three. */
  readonly models?: readonly PersistenceModel[]
  readonly budget?: CrashBudget
  /** Paths of the engine that the scenario and its recoveries must reach; else the suite fails. */
  readonly marks?: readonly PathMark[]
  /** Defects that are counted in the report and do not fail the suite. */
  readonly known?: readonly KnownDefect[]
}

/** What a crash suite did; it fills while its tests run. */
export interface CrashReport {
  /** Disk images that a store was opened on, and how many of them a crash of a recovery has left. */
  readonly images: number
  readonly second: number
  /** Possible crashes that the budget left out. */
  readonly skipped: number
  /** How often each law was asked. */
  readonly laws: Readonly<Record<string, number>>
  /** Opens that refused what may be damage, by code. */
  readonly refused: Readonly<Record<string, number>>
  readonly marks: readonly string[]
  /** How often each known defect was met. */
  readonly known: Readonly<Record<string, number>>
}

const TIMEOUT_MS = 600_000

/**
 * Registers the crashes of a scenario: it runs once on a simulated machine, then every disk that a
 * crash can leave behind is opened, judged, written to, and crashed again.
 *
 * @param test the runner's test function
 * @param name of the suite, also the seed of its random choices
 * @returns what the suite did; it fills while the tests run
 * @throws TypeError for options that are no functions
 */
export function crashSuite<App>(
  test: TestFunction,
  name: string,
  options: CrashOptions<App>,
): CrashReport {
  refuseUnknownOptions('crashSuite', options, NAMES)
  if (typeof options.open !== 'function') {
    throw new TypeError('crashSuite: options.open must be a function')
  }
  const suite = new CrashSuite(name, options)
  const replay = replayOf(name)
  if (replay !== undefined) {
    test(`${name} crash: replays BATPAK_REPLAY`, () => suite.replay(replay), TIMEOUT_MS)
    return suite.report
  }
  for (const model of options.models ?? PERSISTENCE_MODELS) {
    test(`${name} crash: ${TITLES[model]}`, () => suite.run(model), TIMEOUT_MS)
  }
  if (options.marks !== undefined) {
    test(`${name} crash: reached every path it is about`, () => suite.checkMarks(), TIMEOUT_MS)
  }
  return suite.report
}

const TITLES: Readonly<Record<PersistenceModel, string>> = {
  process: 'killed at any byte, nothing that was returned is lost (process)',
  ordered: 'power lost on a journalling file system, nothing durable is lost (ordered)',
  posix: 'power lost where only fsync promises anything, nothing durable is lost (posix)',
}

class CrashSuite<App> {
  readonly #name: string
  readonly #options: CrashOptions<App>
  readonly #tally: CrashTally
  readonly #marks = new Set<PathMark>()
  #story: Promise<Story<App>> | undefined

  constructor(name: string, options: CrashOptions<App>) {
    this.#name = name
    this.#options = options
    this.#tally = new CrashTally(options.known)
  }

  get report(): CrashReport {
    const tally = this.#tally
    const marks = this.#marks
    return Object.create(tally, {
      marks: { enumerable: true, get: () => [...marks].sort() },
    }) as CrashReport
  }

  async run(model: PersistenceModel): Promise<void> {
    const story = await this.#scenario()
    const failure = await withMarks(this.#marks, () => crashAll(story, model, this.#recovery()))
    if (failure !== undefined) throw this.#violation(model, failure)
  }

  /** Runs the one crash that a failure has written down. */
  async replay({ steps }: Program): Promise<void> {
    const story = await this.#scenario()
    for (const step of steps) {
      const { model, crash } = step as unknown as { model: PersistenceModel; crash: CrashPoint }
      const images = new Images(story.session.recording, model)
      const failure = crashOnce(story, images, crash, this.#recovery())
      if (failure !== undefined) throw this.#violation(model, failure)
    }
  }

  checkMarks(): void {
    const missing = (this.#options.marks ?? []).filter((mark) => !this.#marks.has(mark))
    if (missing.length === 0) return
    throw new Error(`${this.#name}: the scenario no longer reaches ${missing.join(', ')}`)
  }

  /** The scenario, run once for all models. */
  async #scenario(): Promise<Story<App>> {
    this.#story ??= runScenario(this.#options, this.#options.scenario)
    const story = await this.#story
    for (const mark of story.marks) this.#marks.add(mark)
    story.session.recording.stop()
    const [breach] = story.session.ledger.breaches
    if (breach === undefined) return story
    const step = { scenario: 'without a crash' }
    throw new LawViolation(breach, this.#program(step), replayLine(this.#name, this.#name, step))
  }

  #recovery(): Parameters<typeof crashAll<App>>[2] {
    const { budget = {} } = this.#options
    const seed = seedOf(this.#name)
    return { app: this.#options, tally: this.#tally, budget, seed }
  }

  #violation(model: PersistenceModel, failure: StoryFailure): LawViolation {
    const step = failureStep(model, failure)
    const repro = replayLine(this.#name, `${this.#name} crash`, step)
    const story = failure.story === undefined ? {} : { second: failure.story }
    const program = this.#program({ ...step, crash: failure.crash, ...story })
    return new LawViolation(failure.breach, program, repro)
  }

  /** With the scenario's own steps, where they are data. */
  #program(step: JsonObject): Program {
    const { scenario } = this.#options
    const steps = typeof scenario === 'function' ? [] : scenario.steps
    return { suite: this.#name, version: 1, steps: [...steps, step] }
  }
}

const NAMES = [
  ...CRASH_APP_NAMES,
  'scenario',
  'models',
  'budget',
  'marks',
  'known',
] satisfies (keyof CrashOptions<unknown>)[]
