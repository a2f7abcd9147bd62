import fc from 'fast-check'
import { LawViolation, type Breach, type JsonObject } from '../core/law.ts'
import { replayLine, replayOf } from '../core/replay.ts'
import { RunningReport, type Report } from '../core/report.ts'
import { runsOf, seedOf } from '../core/seed.ts'
import { resolveHost, type ClaimedEvidence, type HostSpec } from '../host/host-spec.ts'
import { PRESETS, type HostName } from '../host/presets.ts'
import { checkLane } from './check-lane.ts'
import { verdictPrograms, wrongAdmission } from './evidence-product.ts'
import { evidenceProduct } from './evidence-values.ts'
import {
  directoryPrograms,
  faultPrograms,
  holderPrograms,
  lanePairs,
  profileFieldPrograms,
  profilePathPrograms,
  truncationPrograms,
} from './lane-programs.ts'
import type { LaneMode, LaneSpec } from './lane-spec.ts'
import { portableSpec } from './portable-spec.ts'
import { realHosts, realPrograms } from './real-machine.ts'
import { runOpenLane, type LaneApp, type LaneObservation } from './run-open-lane.ts'
import { refuseUnknownOptions } from '@batpak/platform'

/** The `test` function of any runner: vitest, jest, `node:test` (which takes no time limit this way). */
export type TestFunction = (
  name: string,
  run: () => void | Promise<void>,
  timeoutMs?: number,
) => unknown

// Runners count from the start of a test, and a busy machine is no broken law.
const TIMEOUT_MS = 120_000

export interface OpenLaneOptions<App> extends LaneApp<App> {
  /** Simulated machines; default all presets. */
  readonly hosts?: readonly (HostSpec | HostName)[]
  /** The application passes `config.events` on, so that collisions are checked too; default false. */
  readonly registry?: boolean
  /** Also open on the real disk, in temporary directories; default true. */
  readonly real?: boolean
  /** Random programs; default 500. `BATPAK_RUNS` can only raise it. */
  readonly runs?: number
}

/**
 * Registers the open lane of an application: its store opens where it may, and refuses where it must,
 * at the right step, leaving nothing behind.
 *
 * `open` must pass on what the lane configures: `(env, config) => openMyStore({ ...config, platform:
 * env.platform })`. A failure is a `LawViolation` with a line that repeats it.
 *
 * @param test the runner's test function
 * @param name of the suite, also the seed of its random choices
 * @returns what the suite did; it fills while the tests run
 * @throws TypeError for an unknown host, or none
 */
export function openLaneSuite<App>(
  test: TestFunction,
  name: string,
  options: OpenLaneOptions<App>,
): Report {
  refuseUnknownOptions('openLaneSuite', options, NAMES)
  const suite = new OpenLane(name, options)
  const replay = replayOf(name)
  if (replay === undefined) suite.register(test)
  else
    test(`${name} open lane: replays BATPAK_REPLAY`, () => suite.replay(replay.steps), TIMEOUT_MS)
  return suite.report
}

class OpenLane {
  readonly report: RunningReport = new RunningReport()
  readonly #name: string
  readonly #options: OpenLaneOptions<unknown>
  readonly #hosts: readonly HostSpec[]
  readonly #modes: readonly LaneMode[]

  constructor(name: string, options: OpenLaneOptions<unknown>) {
    if (typeof options?.open !== 'function') {
      throw new TypeError('openLaneSuite: options.open must be a function')
    }
    this.#name = name
    this.#options = options
    this.#hosts = (options.hosts ?? PRESET_NAMES).map((host) => resolveHost(host))
    if (this.#hosts.length === 0) throw new TypeError('openLaneSuite: hosts must not be empty')
    this.#modes = options.openReadOnly === undefined ? ['Mutable'] : ['Mutable', 'ReadOnly']
    this.report.notChecked.push(...notChecked(options, this.#hosts))
  }

  register(test: TestFunction): void {
    const about = (what: string, run: () => void): unknown =>
      test(`${this.#name} open lane: ${what}`, run, TIMEOUT_MS)
    const [first] = this.#hosts as readonly [HostSpec]
    const modes = this.#modes
    for (const host of this.#hosts) {
      about(`host ${host.name} opens or refuses as the lane says`, () => {
        this.#runAll(directoryPrograms(host, modes))
      })
    }
    about('of two faults the earlier step is reported, and L-CLOSED holds', () => {
      this.#runAll(faultPrograms(first, modes, this.#options.registry === true))
    })
    about('L-LOCK: one owner at a time, mutable or read-only', () => {
      this.#runAll(holderPrograms(first, modes))
    })
    about('profile errors name the path as it was configured', () => {
      for (const host of this.#hosts) this.#runAll(profilePathPrograms(host))
    })
    about('a profile with any field changed is judged by its first broken rule', () => {
      this.#runAll(profileFieldPrograms(first))
    })
    about('a profile cut off at any byte is refused', () => {
      this.#runAll(truncationPrograms(first))
    })
    about('what diagnostics admit follows from the evidence, in all 15 360 cases', () => {
      this.#checkAdmission(evidenceProduct())
    })
    about('evidence changes no verdict but by what it admits', () => {
      this.#runAll(verdictPrograms(first, modes, runsOf(0)))
    })
    about('random pairs of host and profile', () => this.#runPairs())
    if (this.#options.real === false) return
    for (const host of realHosts()) {
      about(`the disk of this machine: ${host.name}`, () => this.#runAll(realPrograms(host, modes)))
    }
  }

  /** Runs what a failure has written down. */
  replay(steps: readonly JsonObject[]): void {
    for (const step of steps) {
      const { diagnostics } = step as { diagnostics?: Required<ClaimedEvidence> }
      if (diagnostics === undefined) this.#runAll([step])
      else this.#checkAdmission([diagnostics])
    }
  }

  #runAll(programs: Iterable<LaneSpec>): void {
    let count = 0
    for (const spec of programs) {
      const breach = this.#breachOf(spec)
      if (breach !== undefined) throw this.#violation(portableSpec(spec), breach)
      count += 1
    }
    if (count === 0) throw new TypeError(`suite ${this.#name} checked nothing here`)
  }

  #runPairs(): void {
    const numRuns = runsOf(this.#options.runs ?? 500)
    let count = 0
    const property = fc.property(lanePairs(this.#hosts, this.#modes), (spec) => {
      count += 1
      const breach =
        this.#breachOf(spec) ?? (count % 20 === 0 ? this.#repeatBreach(spec) : undefined)
      if (breach !== undefined) throw this.#violation(portableSpec(spec), breach)
    })
    const details = fc.check(property, { numRuns, seed: seedOf(this.#name) })
    if (!details.failed && count > 0) return
    throw details.errorInstance ?? new TypeError(`suite ${this.#name} made no random program`)
  }

  #checkAdmission(product: Iterable<Required<ClaimedEvidence>>): void {
    const wrong = wrongAdmission(product, this.#options, this.report)
    if (wrong === undefined) return
    const [diagnostics, breach] = wrong
    throw this.#violation({ diagnostics }, breach)
  }

  #breachOf(spec: LaneSpec): Breach | undefined {
    return checkLane(spec, this.#observe(spec))
  }

  /** The same program runs twice: same host and seed must give the same calls and the same bytes. */
  #repeatBreach(spec: LaneSpec): Breach | undefined {
    const [one, two] = [this.#observe(spec), this.#observe(spec)].map(({ diff, calls }) =>
      JSON.stringify([diff, calls], (_, value: unknown) =>
        typeof value === 'bigint' ? `${value}n` : value,
      ),
    )
    if (one === two) return undefined
    return {
      law: 'repeatability',
      what: 'the same program ran differently',
      expected: one,
      actual: two,
    }
  }

  #observe(spec: LaneSpec): LaneObservation {
    this.report.runs += 1
    this.report.count(spec.mode === 'ReadOnly' ? 'openReadOnly' : 'open')
    return runOpenLane(spec, this.#options)
  }

  #violation(step: JsonObject, breach: Breach): LawViolation {
    const program = { suite: this.#name, version: 1, steps: [step] } as const
    return new LawViolation(
      breach,
      program,
      replayLine(this.#name, `${this.#name} open lane`, step),
    )
  }
}

const PRESET_NAMES = Object.keys(PRESETS) as HostName[]

function* notChecked(
  options: OpenLaneOptions<unknown>,
  hosts: readonly HostSpec[],
): Generator<string> {
  if (options.openReadOnly === undefined) yield 'read-only opens: openReadOnly is not given'
  if (options.registry !== true) yield 'collisions of event kinds: registry is not set'
  if (options.real === false) yield 'the real disk: real is false'
  for (const preset of PRESET_NAMES) {
    if (!hosts.some(({ name }) => name === preset)) yield `host ${preset}: not among hosts`
  }
}

const NAMES = [
  'open',
  'openReadOnly',
  'store',
  'hosts',
  'registry',
  'real',
  'runs',
] satisfies (keyof OpenLaneOptions<unknown>)[]
