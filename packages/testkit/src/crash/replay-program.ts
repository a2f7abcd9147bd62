/** Runs a saved program: steps of a store, faults, crashes and damage, each reopening judged. */
import { Store, type StoreOptions } from '@batpak/core'
import {
  LawViolation,
  breach,
  messageOf,
  type Breach,
  type JsonObject,
  type Program,
} from '../core/law.ts'
import type { FaultPlan } from '../sim/fault-plan.ts'
import type { DiskHistory } from '../sim/history.ts'
import { Images } from '../sim/images.ts'
import { isDataOp, type PersistenceModel } from '../sim/persistence.ts'
import { SimDisk } from '../sim/sim-disk.ts'
import { fatesOf, isMidCall, nameOf, type CrashPoint, type Variant } from './crash-point.ts'
import { historyOf } from './crash-story.ts'
import { StepRunner, type StoreStep } from './program.ts'
import { openAndJudge, recover, type Wreck } from './recover.ts'
import { Session, type CrashApp } from './session.ts'
import { CrashTally } from './tally.ts'
import { NOTHING, worldAt, worldOf, type World } from './world.ts'

/** What happens to the process and its machine. */
export type MachineStep =
  /** Calls fail from now on; none any more when the list is empty. */
  | { readonly do: 'fault'; readonly plans: readonly FaultPlan[] }
  | { readonly do: 'kill' }
  | {
      readonly do: 'crash'
      readonly model: PersistenceModel
      /**
       * At the last write of a segment: in its middle, or it `only` has reached the disk of all that
       * is pending. Default: now, and nothing that is pending has.
       */
      readonly lastWrite?: 'only' | { readonly keep: number; readonly rest?: 'zero' | 'junk' }
    }
  /** Somebody changes a file of the store; hex. */
  | {
      readonly do: 'damage'
      readonly file: string
      readonly cut?: number
      readonly append?: string
    }
  | { readonly do: 'open'; readonly fails?: string }

export interface ProgramResult {
  /** How often each law was asked. */
  readonly laws: Readonly<Record<string, number>>
  readonly images: number
}

/**
 * Runs a program from an empty directory. A last reopening, further writes and one more are added.
 *
 * @param app opens the store; default: batpak's own, with the options of `program.config`
 * @throws LawViolation for the first broken law
 * @throws TypeError for a step that does not exist or does not fail as it says
 */
export function replayProgram(program: Program, app?: CrashApp<unknown>): ProgramResult {
  const run = new ProgramRun(program, app ?? plainStore(program.config ?? {}))
  for (const step of program.steps) run.step(step)
  run.finish()
  return run.tally
}

function plainStore(config: JsonObject): CrashApp<Store> {
  const options = config as unknown as Partial<StoreOptions>
  const { syncEveryNEvents } = options
  return {
    open: ({ dir, platform }) => Store.open({ ...options, dataDir: dir, platform }),
    ...(syncEveryNEvents !== undefined && { syncEveryNEvents }),
  }
}

class ProgramRun {
  readonly tally: CrashTally = new CrashTally()
  readonly #program: Program
  readonly #app: CrashApp<unknown>
  #disk: SimDisk
  #asCalled: SimDisk
  #world: World = NOTHING
  #model: PersistenceModel = 'process'
  #session: Session<unknown> | undefined
  #runner: StepRunner | undefined
  #generation = 0
  #faulty = false
  /** What a killed process has left in the page cache. */
  #before: DiskHistory | undefined

  constructor(program: Program, app: CrashApp<unknown>) {
    this.#program = program
    this.#app = app
    const directory = app.directory === 'missing' ? '/data' : '/data/store'
    this.#disk = new SimDisk({ tree: { [directory]: { directory: 0o755 } } })
    this.#asCalled = this.#disk
  }

  step(step: JsonObject): void {
    const machine = step as unknown as MachineStep
    switch (machine.do) {
      case 'fault':
        this.#open().platform.fs.plan(...machine.plans)
        this.#faulty = machine.plans.length > 0
        return
      case 'kill':
        this.#crash('process', (images) => ({
          cut: images.history.ops.length,
          variant: { kind: 'prefix' },
        }))
        return
      case 'crash':
        this.#crash(machine.model, (images) => pointOf(images, machine.lastWrite))
        return
      case 'damage':
        this.#damage(machine)
        return
      case 'open':
        this.#open(machine.fails)
        return
      default:
        this.#store(step as unknown as StoreStep)
    }
  }

  finish(): void {
    if (this.#session !== undefined) this.step({ do: 'kill' })
    const { app, tally } = { app: this.#app, tally: this.tally }
    const failure = recover(this.#wreck(), { app, tally, again: 0, seed: 1 })
    if (failure !== undefined) this.#fail(failure.breach)
  }

  #store(step: StoreStep & { readonly may?: boolean }): void {
    const session = this.#open()
    this.#runner ??= new StepRunner(session.store)
    let thrown: unknown
    try {
      this.#runner.run(step, step.may === true)
    } catch (error) {
      thrown = error
    }
    const [found] = session.ledger.breaches
    if (found !== undefined) this.#fail(found)
    if (thrown === undefined) return
    if (step.do !== 'read') throw thrown
    const law = this.#faulty ? 'L-AVAIL' : 'L-READ'
    this.#fail(breach(law, 'a store that is open cannot be read', 'its events', messageOf(thrown)))
  }

  #open(fails?: string): Session<unknown> {
    if (this.#session !== undefined) return this.#session
    this.#generation += 10
    const before = this.#before
    const start = { disk: this.#disk, generation: this.#generation, ...(before && { before }) }
    const session = new Session(start)
    const options = { app: this.#app, tally: this.tally, again: 0, seed: 1 }
    const opened = openAndJudge(session, this.#wreck(), options)
    if ('breach' in opened) return this.#fail(opened.breach)
    const refused = 'refused' in opened ? opened.refused : undefined
    if (refused !== fails) {
      return this.#fail(
        breach('L-OPEN', 'the open went otherwise', fails ?? 'open', refused ?? 'open'),
      )
    }
    if ('rows' in opened) {
      this.#session = session
      this.#world = worldOf(opened.rows, this.#world)
    }
    return session
  }

  #crash(model: PersistenceModel, choose: (images: Images) => CrashPoint): void {
    const session = this.#open()
    session.end()
    const images = new Images(session.recording, model)
    const point = choose(images)
    const cut = isMidCall(images, point) ? point.cut - 1 : point.cut
    this.#world = worldAt(session.ledger, cut, model, this.#world)
    this.#disk = images.image(point.cut, fatesOf(images, point))
    this.#asCalled = images.image(point.cut, new Map())
    this.#before = model === 'process' ? historyOf(images, point) : undefined
    this.#model = model
    this.#session = undefined
    this.#runner = undefined
  }

  #damage({ file, cut = 0, append = '' }: MachineStep & { readonly do: 'damage' }): void {
    if (this.#session !== undefined) this.step({ do: 'kill' })
    this.#disk = this.#disk.fork()
    this.#before = undefined
    const path = `/data/store/${file}`
    const old = this.#disk.exists(path) ? this.#disk.readFile(path) : new Uint8Array(0)
    const kept = old.subarray(0, old.length - cut)
    this.#disk.writeFile(path, Buffer.concat([kept, Buffer.from(append, 'hex')]))
  }

  #wreck(): Wreck {
    const [disk, asCalled, world, model] = [this.#disk, this.#asCalled, this.#world, this.#model]
    return { disk, asCalled, world, model, generation: this.#generation + 1 }
  }

  #fail(found: Breach): never {
    throw new LawViolation(found, this.#program, `replayProgram of ${this.#program.suite}`)
  }
}

/** @throws TypeError when no segment was written */
function pointOf(
  images: Images,
  lastWrite: (MachineStep & { do: 'crash' })['lastWrite'],
): CrashPoint {
  const { ops } = images.history
  if (lastWrite === undefined) return { cut: ops.length, variant: { kind: 'none' } }
  const isFrame = (i: number): boolean => {
    const op = ops[i]!
    return isDataOp(op) && op.op === 'write' && nameOf(images, op.ino).endsWith('.fbat')
  }
  const op = [...ops.keys()].findLast(isFrame)
  if (op === undefined) throw new TypeError('crash: no segment was written')
  const variant: Variant =
    lastWrite === 'only' ? { kind: 'keep', op } : { kind: 'cut', op, ...lastWrite }
  return { cut: op + 1, variant }
}
