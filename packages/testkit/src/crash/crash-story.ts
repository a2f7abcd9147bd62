/** All crashes of one story under one model. */
import { seededChoices } from '../core/choices.ts'
import type { JsonObject } from '../core/law.ts'
import type { DiskHistory } from '../sim/history.ts'
import { Images, applied } from '../sim/images.ts'
import type { PersistenceModel } from '../sim/persistence.ts'
import { describePoint, fatesOf, isMidCall, pointToJson, type CrashPoint } from './crash-point.ts'
import { crashPoints } from './enumerate.ts'
import { recover, type Failure, type RecoverOptions } from './recover.ts'
import type { Story } from './scenario.ts'
import { worldAt, type World } from './world.ts'

export interface CrashBudget {
  /** The most images of one model; default 2000. */
  readonly images?: number
  /** 2: the recovery is crashed too; default 2. */
  readonly depth?: 1 | 2
  /** How many crashes of each recovery are tried; default 6. */
  readonly again?: number
}

export interface StoryFailure extends Failure {
  readonly point: CrashPoint
  readonly crash: string
}

export interface CrashAllOptions<App> extends Omit<RecoverOptions<App>, 'again'> {
  readonly budget: CrashBudget
}

/** The first crash after which a law is broken, the simplest kinds of crash first. */
export function crashAll<App>(
  story: Story<App>,
  model: PersistenceModel,
  options: CrashAllOptions<App>,
): StoryFailure | undefined {
  const images = new Images(story.session.recording, model)
  const { budget, seed, tally } = options
  const choices = seededChoices(seed)
  // From the first operation of the open on; before it there is nothing to lose.
  const found = crashPoints(images, { from: 0, budget: budget.images ?? 2000, choices })
  tally.skipped += found.skipped
  const seen = new Set<string>()
  for (const [i, point] of found.points.entries()) {
    const failure = crashOnce(story, images, point, { ...options, seed: seed + i }, seen)
    if (failure !== undefined) return failure
  }
  return undefined
}

/** One crash, unless the same disk with the same knowledge was in `seen`. */
export function crashOnce<App>(
  story: Story<App>,
  images: Images,
  point: CrashPoint,
  options: CrashAllOptions<App>,
  seen: Set<string> = new Set(),
): StoryFailure | undefined {
  const { ledger } = story.session
  const disk = images.image(point.cut, fatesOf(images, point))
  const cut = isMidCall(images, point) ? point.cut - 1 : point.cut
  const key = `${disk.digest()} ${knowledgeAt(ledger, cut)}`
  if (seen.has(key)) return undefined
  seen.add(key)
  const asCalled = images.image(point.cut, new Map())
  const { model } = images
  const killed =
    model === 'process' // after the next open the power is lost as well
      ? {
          history: historyOf(images, point),
          worldUnder: (under: PersistenceModel): World => worldAt(ledger, cut, under),
        }
      : undefined
  const world = worldAt(ledger, cut, model)
  const wreck = { disk, asCalled, world, model, generation: 2, ...(killed && { killed }) }
  const { depth = 2, again = 6 } = options.budget
  const failure = recover(wreck, { ...options, again: depth === 2 ? again : 0 })
  if (failure === undefined || !options.tally.isNews(failure.breach, model)) return undefined
  return { ...failure, point, crash: describePoint(images, point) }
}

/** The operations that a killed process has completed. */
export function historyOf(images: Images, point: CrashPoint): DiskHistory {
  const fates = fatesOf(images, point)
  const { base, ops } = images.history
  const done = ops.slice(0, point.cut).map((op, i) => applied(op, fates.get(i), i))
  return { base, ops: done.filter((op) => op !== undefined) }
}

/** Changes whenever something is learned. */
function knowledgeAt(
  { attempts, known }: Story<unknown>['session']['ledger'],
  cut: number,
): number {
  const places = [
    ...attempts.flatMap(({ from, to, fence }) => [from, to, fence?.cancelledAt ?? Infinity]),
    ...[...known.values()].flatMap(({ at, durableAt }) => [at, durableAt]),
  ]
  return places.filter((place) => place <= cut).length
}

/** The steps that a failure message and a replay hold. */
export function failureStep(model: PersistenceModel, { point, second }: StoryFailure): JsonObject {
  return { model, crash: pointToJson(point), ...(second && { second: pointToJson(second) }) }
}
