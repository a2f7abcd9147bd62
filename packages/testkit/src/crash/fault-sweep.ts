import { isStoreError } from '@batpak/core'
import type { PathMark } from '@batpak/core/testing'
import { seededChoices } from '../core/choices.ts'
import { LawViolation, breach, type Breach, type JsonObject, type Program } from '../core/law.ts'
import { codeOf } from '../core/outcome.ts'
import { replayLine, replayOf } from '../core/replay.ts'
import { seedOf } from '../core/seed.ts'
import type { TestFunction } from '../open-lane/open-lane-suite.ts'
import { LATE, type FaultCall, type FaultError, type FaultPlan } from '../sim/fault-plan.ts'
import { Images } from '../sim/images.ts'
import { PERSISTENCE_MODELS } from '../sim/persistence.ts'
import type { CrashReport } from './crash-suite.ts'
import { crashOnce } from './crash-story.ts'
import { crashPoints } from './enumerate.ts'
import { judge } from './judge.ts'
import { writeOn } from './recover.ts'
import { runScenario, withMarks, type Scenario, type Story } from './scenario.ts'
import { CRASH_APP_NAMES, type CrashApp } from './session.ts'
import { CrashTally, type KnownDefect } from './tally.ts'
import { worldAt } from './world.ts'
import { refuseUnknownOptions } from '@batpak/platform'

export interface FaultSweepOptions<App> extends CrashApp<App> {
  readonly scenario: Scenario<App>
  /** Default: every call that can fail on a sound file system. */
  readonly calls?: readonly FaultCall[]
  /** Default: `EIO`, `ENOSPC`, a late `EIO`, and for transfers a part of the bytes with either behind it. */
  readonly errors?: readonly FaultError[]
  /** `sticky`: from the chosen call on every one fails, until the scenario is over. */
  readonly mode?: 'once' | 'sticky'
  /** Crashes that are tried after each fault, for each model; default 6. */
  readonly crashes?: number
  readonly marks?: readonly PathMark[]
  /** Defects that are counted in the report and do not fail the suite. */
  readonly known?: readonly KnownDefect[]
}

export interface FaultReport extends CrashReport {
  /** Runs in which the fault struck. */
  readonly faults: number
  /** What the calls of the scenario said, by code. */
  readonly outcomes: Readonly<Record<string, number>>
}

const CALLS: readonly FaultCall[] = [
  'pwrite',
  'fsync',
  'fsyncDir',
  'rename',
  'unlink',
  'create',
  'pread',
  'map',
  'ftruncate',
]
const ERRORS: readonly FaultError[] = [
  'EIO',
  'ENOSPC',
  { late: 'EIO' },
  { short: 'half' },
  { short: 'half', next: 'ENOSPC' },
  { short: 1, next: 'EIO' },
]
/** Faults that keep a store from being read. */
const READS: ReadonlySet<string> = new Set(['pread', 'map', 'open'])
const TIMEOUT_MS = 600_000

/**
 * Registers a sweep of faults: the scenario runs again and again on a simulated machine, and each
 * time one call more goes well before one fails, until none of them is left. After each the laws are
 * asked of the open store, then of what crashes leave behind.
 *
 * @param test the runner's test function
 * @param name of the suite, also the seed of its random choices
 * @returns what the suite did; it fills while the tests run
 */
export function faultSweep<App>(
  test: TestFunction,
  name: string,
  options: FaultSweepOptions<App>,
): FaultReport {
  refuseUnknownOptions('faultSweep', options, NAMES)
  if (typeof options.open !== 'function') {
    throw new TypeError('faultSweep: options.open must be a function')
  }
  const sweep = new FaultSweep(name, options)
  const replay = replayOf(name)
  if (replay !== undefined) {
    test(`${name} faults: replays BATPAK_REPLAY`, () => sweep.replay(replay), TIMEOUT_MS)
    return sweep.report
  }
  const mode = options.mode ?? 'once'
  for (const call of options.calls ?? CALLS) {
    const title = mode === 'once' ? `any ${call} fails` : `every ${call} fails from any on`
    test(`${name} faults: ${title}`, () => sweep.run(call), TIMEOUT_MS)
  }
  if (options.marks !== undefined) {
    test(`${name} faults: reached every path it is about`, () => sweep.checkMarks(), TIMEOUT_MS)
  }
  return sweep.report
}

class FaultSweep<App> {
  readonly #name: string
  readonly #options: FaultSweepOptions<App>
  readonly #tally: CrashTally
  readonly #marks = new Set<PathMark>()
  readonly #outcomes: Record<string, number> = {}
  #faults = 0

  constructor(name: string, options: FaultSweepOptions<App>) {
    this.#name = name
    this.#options = options
    this.#tally = new CrashTally(options.known)
  }

  get report(): FaultReport {
    const marks = this.#marks
    return Object.create(this.#tally, {
      marks: { enumerable: true, get: () => [...marks].sort() },
      faults: { enumerable: true, get: () => this.#faults },
      outcomes: { enumerable: true, value: this.#outcomes },
    }) as FaultReport
  }

  async run(call: FaultCall): Promise<void> {
    const { errors = ERRORS, mode = 'once' } = this.#options
    for (const error of errors) {
      if (!isPossible(call, error)) continue
      for (let nth = 1; await this.#struck({ call, nth, error, mode }); nth += 1);
    }
  }

  async replay({ steps }: Program): Promise<void> {
    for (const step of steps) await this.#struck(step['fault'] as unknown as FaultPlan)
  }

  checkMarks(): void {
    const missing = (this.#options.marks ?? []).filter((mark) => !this.#marks.has(mark))
    if (missing.length === 0) return
    throw new Error(`${this.#name}: the faults no longer reach ${missing.join(', ')}`)
  }

  /** False when the scenario was over before the fault could strike. */
  async #struck(plan: FaultPlan): Promise<boolean> {
    return withMarks(this.#marks, async () => {
      const story = await runScenario(this.#options, this.#options.scenario, plan)
      for (const mark of story.marks) this.#marks.add(mark)
      const { session } = story
      if (session.faults!.hits === 0) {
        session.end()
        return false
      }
      this.#faults += 1
      for (const { code } of session.ledger.attempts) {
        if (code !== undefined) this.#outcomes[code] = (this.#outcomes[code] ?? 0) + 1
      }
      const failed = this.#live(story, plan) ?? session.ledger.breaches[0]
      session.end()
      if (failed !== undefined && this.#tally.isNews(failed, 'process')) {
        throw this.#violation(failed, { fault: planJson(plan) })
      }
      this.#crash(story, plan)
      return true
    })
  }

  /** The store that has seen the fault: it reads, and either writes on or refuses to. */
  #live({ session, opened, thrown }: Story<App>, plan: FaultPlan): Breach | undefined {
    const { platform, ledger } = session
    if (!opened) {
      platform.fs.plan()
      this.#tally.count('L-OPEN')
      if (isStoreError(thrown)) return undefined
      return breach('L-OPEN', 'a failed open threw no store error', 'a StoreError', codeOf(thrown))
    }
    if (READS.has(plan.call)) platform.fs.plan()
    if (session.store.closed) return undefined
    this.#tally.count('L-AVAIL')
    const now = worldAt(ledger, ledger.position, 'process')
    const judged = judge(session.store, now, this.#tally.count)
    if ('law' in judged) return judged
    platform.fs.plan()
    this.#tally.count('L-FSYNC')
    try {
      writeOn(session, judged.rows)
    } catch (error) {
      const code = codeOf(error)
      if (STOPPED.has(code)) return undefined
      const what = `after the fault the store does not write: ${String(error)}`
      return breach('L-CONT', what, ['ok', ...STOPPED], code)
    }
    return undefined
  }

  #crash(story: Story<App>, plan: FaultPlan): void {
    const { recording, ledger } = story.session
    // From the moment on at which somebody has heard of the fault.
    const failed = ledger.attempts.find(({ code }) => code !== undefined)
    const from = Math.min(failed?.to ?? Infinity, recording.ops.length)
    const seed = seedOf(this.#name)
    const recovery = { app: this.#options, tally: this.#tally, budget: { depth: 1 }, seed } as const
    for (const model of PERSISTENCE_MODELS) {
      const images = new Images(recording, model)
      const { points } = crashPoints(images, {
        from,
        budget: this.#options.crashes ?? 6,
        choices: seededChoices(seed + plan.nth),
      })
      for (const point of points) {
        const failure = crashOnce(story, images, point, recovery)
        if (failure === undefined) continue
        throw this.#violation(failure.breach, { fault: planJson(plan), crash: failure.crash })
      }
    }
  }

  #violation(found: Breach, step: JsonObject): LawViolation {
    const { scenario } = this.#options
    const steps = typeof scenario === 'function' ? [] : scenario.steps
    const program: Program = { suite: this.#name, version: 1, steps: [...steps, step] }
    const { fault } = step
    return new LawViolation(
      found,
      program,
      replayLine(this.#name, `${this.#name} faults`, { fault: fault! }),
    )
  }
}

function isPossible(call: FaultCall, error: FaultError): boolean {
  if (typeof error === 'string') return true
  return 'late' in error ? LATE.has(call) : call === 'pwrite' || call === 'pread'
}

/** What a store may say that does not write on. */
const STOPPED: ReadonlySet<string> = new Set(['WriterCrashed', 'VisibilityFenceActive'])

function planJson(plan: FaultPlan): JsonObject {
  return { ...plan } as unknown as JsonObject
}

const NAMES = [
  ...CRASH_APP_NAMES,
  'scenario',
  'calls',
  'errors',
  'mode',
  'crashes',
  'marks',
  'known',
] satisfies (keyof FaultSweepOptions<unknown>)[]
