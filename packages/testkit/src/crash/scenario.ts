/** A scenario, run once: the history that all its crashes are made of. */
import { isStoreError } from '@batpak/core'
import { installHooks, type PathMark } from '@batpak/core/testing'
import type { Program } from '../core/law.ts'
import type { FaultPlan } from '../sim/fault-plan.ts'
import { SimDisk } from '../sim/sim-disk.ts'
import { runSteps } from './program.ts'
import { Session, type CrashApp } from './session.ts'

/** What the store is used for before it crashes: a function, or steps as data. */
export type Scenario<App> = ((app: App) => void | Promise<void>) | Pick<Program, 'steps'>

export interface Story<App> {
  readonly session: Session<App>
  /** Paths of the engine that it has reached. */
  readonly marks: ReadonlySet<PathMark>
  /** What the scenario threw; under a fault that is no surprise. */
  readonly thrown?: unknown
  readonly opened: boolean
}

/**
 * Runs a scenario on an empty disk. The session is left as it is, so that it can be looked at.
 *
 * @throws what the scenario throws, unless a fault was planned and it is a store error
 */
export async function runScenario<App>(
  app: CrashApp<App>,
  scenario: Scenario<App>,
  fault?: FaultPlan,
): Promise<Story<App>> {
  const disk = new SimDisk()
  disk.mkdir(app.directory === 'missing' ? '/data' : '/data/store')
  const session = new Session<App>({ disk, generation: 1, ...(fault && { fault }) })
  const marks = new Set<PathMark>()
  let opened = false
  try {
    await withMarks(marks, async () => {
      session.open(app)
      opened = true
      if (typeof scenario === 'function') await scenario(session.app)
      else runSteps(session.store, scenario.steps, fault !== undefined)
    })
    return { session, marks, opened }
  } catch (thrown) {
    if (fault === undefined || !isExpected(thrown)) throw thrown
    return { session, marks, opened, thrown }
  }
}

/** An application may turn a store's error into one of its own; a defect it must not hide. */
function isExpected(error: unknown): boolean {
  return isStoreError(error) || !(error instanceof TypeError || error instanceof RangeError)
}

/** Collects the marks of every store that is used meanwhile. */
export async function withMarks<T>(marks: Set<PathMark>, work: () => T | Promise<T>): Promise<T> {
  const hooks = installHooks({ mark: (name) => void marks.add(name) })
  try {
    return await work()
  } finally {
    hooks[Symbol.dispose]()
  }
}
