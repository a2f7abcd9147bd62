/** Opens what a crash has left, asks the laws, goes on working, and crashes again. */
import {
  Store,
  draft,
  defineEvent,
  idempotencyKey,
  isStoreError,
  type Coordinate,
  type Heal,
} from '@batpak/core'
import { verifyDirectory } from '@batpak/core/inspect'
import { seededChoices } from '../core/choices.ts'
import { breach, type Breach } from '../core/law.ts'
import { codeOf } from '../core/outcome.ts'
import { isLifecycle, labelOf, type Row } from '../core/told.ts'
import { Images } from '../sim/images.ts'
import type { DiskHistory } from '../sim/history.ts'
import type { PersistenceModel } from '../sim/persistence.ts'
import type { SimDisk } from '../sim/sim-disk.ts'
import type { SimPlatform } from '../sim/sim-platform.ts'
import { describePoint, fatesOf, isMidCall, type CrashPoint } from './crash-point.ts'
import { crashPoints } from './enumerate.ts'
import { checkHeals, checkUnchanged, damageIn, filesOf } from './heal-check.ts'
import { judge } from './judge.ts'
import { Session, type CrashApp } from './session.ts'
import type { CrashTally } from './tally.ts'
import { worldAt, worldOf, type World } from './world.ts'

/** One image, and what must hold of it. */
export interface Wreck {
  readonly disk: SimDisk
  /** The disk as it would be had everything happened that was called. */
  readonly asCalled: SimDisk
  readonly world: World
  readonly model: PersistenceModel
  readonly generation: number
  /** After `kill -9`: what is in the page cache, which a loss of power may still take. */
  readonly killed?: Killed
}

export interface Killed {
  readonly history: DiskHistory
  /** What must be there if the power is lost before the next open returns. */
  readonly worldUnder: (model: PersistenceModel) => World
}

export interface RecoverOptions<App> {
  readonly app: CrashApp<App>
  readonly tally: CrashTally
  /** How many crashes of the recovered process are tried. */
  readonly again: number
  readonly seed: number
}

export interface Failure {
  readonly breach: Breach
  /** The crash of the recovery that showed it, if it was not the first. */
  readonly second?: CrashPoint
  readonly story?: string
}

/** The first law that the recovery of a wreck breaks. */
export function recover<App>(wreck: Wreck, options: RecoverOptions<App>): Failure | undefined {
  const { disk, world, generation, killed, model } = wreck
  options.tally.images += 1
  const before = killed?.history
  const session = new Session<App>({ disk, generation, ...(before && { before }) })
  const first = openAndJudge(session, wreck, options)
  if ('breach' in first) return first
  if ('refused' in first) return undefined
  const now = worldOf(first.rows, world)
  const segment = Math.max(...first.rows.map(({ place }) => place.segmentId))
  const failed = goOn(session, first.rows)
  if (failed !== undefined) return { breach: failed }
  const { recording, ledger, openedAt } = session
  session.end()
  const left = worldAt(ledger, recording.ops.length, 'process', now)
  const clean = reopen(disk, left, options, generation)
  if (clean !== undefined) return { breach: clean }
  const second = (under: PersistenceModel, opening: World): Second => ({
    images: new Images(recording, under),
    from: (before?.ops.length ?? 0) + 1,
    worldAt: (cut) => (cut < openedAt ? opening : worldAt(ledger, cut, under, now)),
    isHealed: (cut, segmentId) => cut >= openedAt && segmentId < segment,
  })
  const failure = crashAgain(second(model, withoutLifecycle(now)), options, generation)
  if (failure !== undefined || killed === undefined) return failure
  for (const under of ['ordered', 'posix'] as const) {
    const lost = crashAgain(second(under, killed.worldUnder(under)), options, generation)
    if (lost !== undefined) return lost
  }
  return undefined
}

/** While an open has not returned, its OPEN event may be there or not. */
function withoutLifecycle(world: World): World {
  const told = new Map([...world.known].filter(([, event]) => !isLifecycle(event)))
  return { ...world, required: told, known: told }
}

type Opened =
  | { readonly rows: readonly Row[]; readonly healed: readonly Heal[] }
  | { readonly refused: string }
  | Failure

/** Opens a wreck and asks every law; a refusal of what may be damage is no failure. */
export function openAndJudge<App>(
  session: Session<App>,
  { disk, asCalled, world }: Wreck,
  { app, tally }: RecoverOptions<App>,
): Opened {
  const { dir } = session.platform
  const before = filesOf(disk, dir)
  tally.count('L-OPEN')
  try {
    session.open(app)
  } catch (error) {
    session.end()
    const refused = checkRefusal(error, damageIn(before, filesOf(asCalled, dir)), world)
    const changed = refused ?? checkUnchanged(before, filesOf(disk, dir))
    if (changed !== undefined) return { breach: changed }
    tally.refuse(codeOf(error))
    return { refused: codeOf(error) }
  }
  const { healed } = session.store.diagnostics().openReport
  const heals = checkHeals(before, filesOf(disk, dir), healed)
  if (heals !== undefined) return { breach: heals }
  const judged = judge(session.store, world, tally.count)
  return 'law' in judged ? { breach: judged } : { ...judged, healed }
}

const DAMAGE: ReadonlySet<string> = new Set(['CrcMismatch', 'CorruptFrame', 'CorruptSegment'])

/** F10: what may be damage is refused, never cut off. */
function checkRefusal(
  error: unknown,
  damage: ReadonlyMap<number, number>,
  { required }: World,
): Breach | undefined {
  const hit = [...required.values()].find(
    ({ place }) => place.offset + place.length > (damage.get(place.segmentId) ?? Infinity),
  )
  if (hit !== undefined) {
    const what = `event ${labelOf(hit)} was durable and its bytes are gone`
    return breach('L-DUR', what, 'an open store', codeOf(error))
  }
  const allowed = damage.size > 0 ? 'an open store, or a refusal of damage' : 'an open store'
  if (damage.size > 0 && isStoreError(error) && DAMAGE.has(error.code)) return undefined
  return breach('L-OPEN', `the open failed: ${String(error)}`, allowed, codeOf(error))
}

const Went = defineEvent<{ n: number }>({ name: 'testkit.WentOn', category: 0xe, typeId: 0xffe })
const OWN: Coordinate = { entity: 'testkit', scope: 'testkit' }

/** Writes of every kind behind what was recovered. */
function goOn<App>(session: Session<App>, rows: readonly Row[]): Breach | undefined {
  try {
    writeOn(session, rows)
  } catch (error) {
    const what = `a recovered store does not write: ${String(error)}`
    return breach('L-CONT', what, 'ok', codeOf(error))
  }
  return session.ledger.breaches[0]
}

/** @throws what the store throws */
export function writeOn<App>({ store, platform }: Session<App>, rows: readonly Row[]): void {
  const at = rows.findLast((row) => !isLifecycle(row)) ?? OWN
  const namespace = `testkit ${platform.clock.processBootNs}`
  const key = (n: number): object => ({ idempotencyKey: idempotencyKey(namespace, String(n)) })
  store.append(at, Went, { n: 1 }, key(1))
  store.appendBatch([draft(at, Went, { n: 2 }, key(2)), draft(OWN, Went, { n: 3 }, key(3))])
  store.append(at, Went, { n: 4 }, key(4))
  store.sync()
}

/** What a crash may leave for good; after a cancelled fence chains begin anew among its frames. */
const HARMLESS: ReadonlySet<string> = new Set(['LeftoverFile', 'ChainRestart', 'ChainGap'])

/** Frames, batches, footers, hashes and chains, by another reader than the one that opens stores. */
function checkDirectory({ fs, dir }: SimPlatform): Breach | undefined {
  for (const step of verifyDirectory(fs, dir, { level: 'full' })) {
    if (step.type === 'progress') continue
    if (step.type === 'finding' && HARMLESS.has(step.finding.code)) continue
    return breach('L-REOPEN', 'a recovered and closed directory is not in order', 'nothing', step)
  }
  return undefined
}

/** The next open finds nothing to heal and everything as it was; a close leaves it so. */
function reopen<App>(
  disk: SimDisk,
  world: World,
  { app, tally }: RecoverOptions<App>,
  generation: number,
): Breach | undefined {
  tally.count('L-REOPEN')
  tally.count('L-CONT')
  const session = new Session<App>({ disk, generation: generation + 1 })
  try {
    session.open(app)
    const { healed } = session.store.diagnostics().openReport
    if (healed.length > 0) {
      return breach('L-REOPEN', 'the second open heals again', 'nothing to heal', healed)
    }
    session.store.close()
  } catch (error) {
    return breach('L-REOPEN', `the second open failed: ${String(error)}`, 'ok', codeOf(error))
  } finally {
    session.end()
  }
  const { platform } = new Session({ disk, generation: generation + 2 })
  const reader = Store.openReadOnly({ dataDir: platform.dir, platform })
  try {
    const judged = judge(reader, world, tally.count)
    return 'law' in judged ? judged : checkDirectory(platform)
  } finally {
    reader.close()
  }
}

/** What the recovered process did, as the next crash finds it. */
interface Second {
  readonly images: Images
  readonly from: number
  readonly worldAt: (cut: number) => World
  /** Whether nothing may be left to heal in a segment. */
  readonly isHealed: (cut: number, segmentId: number) => boolean
}

function crashAgain<App>(
  second: Second,
  options: RecoverOptions<App>,
  generation: number,
): Failure | undefined {
  const { images, from } = second
  const choices = seededChoices(options.seed)
  const { points } = crashPoints(images, { from, budget: options.again, choices })
  for (const point of points) {
    const found = recoverSecond(second, point, options, generation)
    if (found !== undefined && options.tally.isNews(found, images.model)) {
      return { breach: found, second: point, story: describePoint(images, point) }
    }
  }
  return undefined
}

/** A crash of the recovery, or of what came after it. */
function recoverSecond<App>(
  { images, worldAt: world, isHealed }: Second,
  point: CrashPoint,
  options: RecoverOptions<App>,
  generation: number,
): Breach | undefined {
  const { cut } = point
  const disk = images.image(cut, fatesOf(images, point))
  options.tally.images += 1
  options.tally.second += 1
  const wreck: Wreck = {
    disk,
    asCalled: images.image(cut, new Map()),
    world: world(isMidCall(images, point) ? cut - 1 : cut),
    model: images.model,
    generation: generation + 3,
  }
  const session = new Session<App>({ disk, generation: wreck.generation })
  const opened = openAndJudge(session, wreck, options)
  if (!('refused' in opened)) session.end()
  if (!('healed' in opened)) return 'breach' in opened ? opened.breach : undefined
  const again = opened.healed.find(({ segmentId }) => isHealed(cut, segmentId))
  if (again === undefined) return undefined
  return breach('L-REOPEN', 'an open heals what the one before had healed', 'nothing', again)
}
