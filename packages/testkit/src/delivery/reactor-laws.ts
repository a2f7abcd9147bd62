/** The laws of delivery for an application's reactor. */
import { isStoreError, Store } from '@batpak/core'
import { refuseUnknownOptions } from '@batpak/platform'
import fc from 'fast-check'
import { LawViolation, breach, messageOf, type Breach, type JsonObject } from '../core/law.ts'
import { RunningReport, type Report } from '../core/report.ts'
import { runsOf, seedOf } from '../core/seed.ts'
import type { TestFunction } from '../open-lane/open-lane-suite.ts'
import { simPlatform, type SimPlatform } from '../sim/sim-platform.ts'
import type { GivenEvent } from './given-event.ts'
import {
  CHECKPOINT,
  live,
  type Accident,
  type Call,
  type Life,
  type ReactorSpec,
} from './reactor-life.ts'
import { checkCalls, checkReactions, writtenBy, type Written } from './reaction-checks.ts'

export interface ReactorLawOptions {
  /** What the reactor is given; it should hold kinds that it binds and others. */
  readonly events: fc.Arbitrary<readonly GivenEvent[]>
  /** Whether what a repeated batch writes changes nothing; then that is checked too. Default false. */
  readonly idempotent?: boolean
  /** Whether the process is killed and begins again; default true. */
  readonly restart?: boolean
  /** Programs per test; default 25, `BATPAK_RUNS` raises it. */
  readonly runs?: number
}

/**
 * Registers the laws of delivery (L-DELIVER) for a reactor: on simulated machines it is given random
 * events, undisturbed, with a handler that throws, and killed inside a handler.
 *
 * @param test the runner's test function
 * @param reactor its name is also the seed of the suite
 * @throws TypeError for anything but a reactor and options
 */
export function reactorLaws(
  test: TestFunction,
  reactor: ReactorSpec,
  options: ReactorLawOptions,
): Report {
  refuseUnknownOptions('reactorLaws', options, NAMES)
  const { name, reactions } = reactor
  if (typeof name !== 'string' || !Array.isArray(reactions)) {
    throw new TypeError('reactorLaws: the reactor must be { name, region?, reactions }')
  }
  const suite = new ReactorSuite(reactor, options)
  const title = `${name} L-DELIVER:`
  test(`${title} handles what it binds, in order, and writes what follows from it`, () =>
    suite.run('undisturbed'))
  test(`${title} repeats the batch of a handler that throws, and drops what it staged`, () =>
    suite.run('throws'))
  if (options.restart !== false) {
    test(`${title} loses nothing when its process dies`, () => suite.run('kill'))
  }
  return suite.report
}

type Way = 'undisturbed' | 'throws' | 'kill'

interface Programme {
  readonly events: readonly GivenEvent[]
  /** How many are written before the reactor begins. */
  readonly head: number
  /** Which call of a handler is struck. */
  readonly struck: number
}

class ReactorSuite {
  readonly report = new RunningReport()
  readonly #spec: ReactorSpec
  readonly #options: ReactorLawOptions

  constructor(spec: ReactorSpec, options: ReactorLawOptions) {
    this.#spec = spec
    this.#options = options
    if (options.idempotent !== true) {
      this.report.notChecked.push('that repeated batches change nothing: not said to be idempotent')
    }
  }

  async run(way: Way): Promise<void> {
    const { events, runs = 25 } = this.#options
    const programs = fc.record({ events, head: fc.nat(20), struck: fc.nat(12) })
    const property = fc.asyncProperty(programs, async (program) => {
      this.report.runs += 1
      const broken = await this.#check(way, program)
      if (broken !== undefined) throw this.#violation(way, program, broken)
    })
    const details = await fc.check(property, {
      numRuns: runsOf(runs),
      seed: seedOf(this.#spec.name),
    })
    if (details.failed) throw details.errorInstance ?? new Error(fc.defaultReportMessage(details))
  }

  async #check(way: Way, program: Programme): Promise<Breach | undefined> {
    const plain = await this.#undisturbed(program)
    if ('law' in plain || way === 'undisturbed') return 'law' in plain ? plain : undefined
    if (plain.calls.length === 0) return undefined
    for (const how of way === 'throws' ? (['throws'] as const) : KILLS) {
      const among = how === 'kill written' ? plain.flushes : plain.calls.length
      if (among === 0) continue
      const struck = await this.#struck(program, { call: program.struck % among, how })
      if ('law' in struck) return struck
      // Only what had been written already can be written twice.
      if (how === 'kill written' && this.#options.idempotent !== true) continue
      const differs = sameEffect(plain.written, struck.written)
      if (differs !== undefined) return differs
    }
    return undefined
  }

  /** Without a checkpoint, in one life. */
  async #undisturbed(program: Programme): Promise<Outcome | Breach> {
    const platform = simPlatform('linux', { seed: 1 })
    const life = await this.#live(platform, program, { durable: false, accident: undefined })
    if (life.end !== 'rest') return ended(life)
    const witnessed = life.calls.find(({ hasWitness }) => hasWitness)
    if (witnessed !== undefined) {
      return breach('L-DELIVER', 'a witness without a checkpoint', 'none', witnessed.sequence)
    }
    return this.#outcome(platform, life.calls, life.flushes)
  }

  /** Durable, with an accident; whoever was killed begins again. */
  async #struck(program: Programme, accident: Accident): Promise<Outcome | Breach> {
    const platform = simPlatform('linux', { seed: 1 })
    const first = await this.#live(platform, program, { durable: true, accident })
    let calls = first.calls
    if (first.end === 'killed') {
      const ahead = this.#checkpointAhead(
        platform.process(),
        accident?.how === 'kill' ? calls.slice(0, -1) : calls, // it died in the last one
      )
      if (ahead !== undefined) return ahead
      const second = await this.#live(
        platform.process(),
        { events: program.events.slice(first.given), head: 0 },
        { durable: true, accident: undefined, life: 1 },
      )
      if (second.end !== 'rest') return ended(second)
      calls = [...calls, ...second.calls]
    } else if (first.end !== 'rest') return ended(first)
    const bare = calls.find(({ hasWitness }) => !hasWitness)
    if (bare !== undefined) {
      return breach('L-DELIVER', 'no witness with a checkpoint', 'one', bare.sequence)
    }
    return this.#outcome(platform.process(), calls, first.flushes)
  }

  async #live(
    platform: SimPlatform,
    { events, head }: Pick<Programme, 'events' | 'head'>,
    how: {
      readonly durable: boolean
      readonly accident: Accident
      readonly life?: number
    },
  ): Promise<Life> {
    const spec = this.#spec
    const [before, during] = [events.slice(0, head), events.slice(head)]
    const life = await live({ platform, spec, before, during, life: 0, ...how })
    for (const _ of life.calls) this.report.count('handled')
    this.report.count(life.end === 'rest' ? 'rest' : life.end === 'killed' ? 'killed' : 'ended')
    return life
  }

  #outcome(platform: SimPlatform, calls: readonly Call[], flushes: number): Outcome | Breach {
    const store = Store.openReadOnly({ dataDir: platform.dir, platform })
    try {
      const { region = {}, reactions } = this.#spec
      const wrong = checkCalls(store, region, reactions, calls) ?? checkReactions(store, calls)
      return wrong ?? { calls, flushes, written: writtenBy(store, calls) }
    } finally {
      store.close()
    }
  }

  /** The checkpoint that a killed process has left must not be ahead of what it handled. */
  #checkpointAhead(platform: SimPlatform, calls: readonly Call[]): Breach | undefined {
    const { region = {}, reactions } = this.#spec
    const store = Store.openReadOnly({ dataDir: platform.dir, platform })
    try {
      const position = store.cursor(region, { checkpoint: CHECKPOINT }).position ?? -1
      const kinds = new Set(reactions.map(({ kind }) => kind))
      const handled = new Set(calls.map(({ sequence }) => sequence))
      for (const { sequence, kind } of store.entries(region)) {
        const isBound = kinds.has(kind) || kinds.has('any')
        if (sequence > position || !isBound || handled.has(sequence)) continue
        return breach(
          'L-DELIVER',
          'the checkpoint is ahead of what was handled',
          sequence,
          position,
        )
      }
      return undefined
    } catch (error) {
      if (!isStoreError(error)) throw error
      return breach('L-DELIVER', 'a kill leaves a checkpoint', 'that goes on', messageOf(error))
    } finally {
      store.close()
    }
  }

  #violation(way: Way, { events, head, struck }: Programme, broken: Breach): LawViolation {
    const steps: JsonObject[] = events.map(({ at, type, value }, i) => ({
      given: type.name,
      entity: at.entity,
      value: JSON.stringify(value),
      when: i < head ? 'before' : 'during',
    }))
    const { name } = this.#spec
    const line = `BATPAK_SEED=${seedOf(name)}, test ${JSON.stringify(name)}`
    const accident = { way, ...(way === 'undisturbed' ? {} : { struck }) }
    return new LawViolation(broken, { suite: name, version: 1, steps: [...steps, accident] }, line)
  }
}

interface Outcome {
  readonly calls: readonly Call[]
  readonly flushes: number
  readonly written: readonly Written[]
}

function ended({ end }: Life): Breach {
  const error = typeof end === 'object' ? messageOf(end.error) : end
  return breach('L-DELIVER', 'the reactor did not come to rest', 'everything handled', error)
}

function sameEffect(expected: readonly Written[], actual: readonly Written[]): Breach | undefined {
  const [was, is] = [expected, actual].map((written) => [...written].sort())
  if (was!.join('\n') === is!.join('\n')) return undefined
  return breach('L-DELIVER', 'a repeated batch has another effect', was, is)
}

const KILLS = ['kill', 'kill written'] as const
const NAMES = ['events', 'idempotent', 'restart', 'runs'] satisfies (keyof ReactorLawOptions)[]
