/** Opens what a crash has left, asks the laws, goes on working, and crashes again. */
import {
  Store,
  draft,
  defineEvent,
  idempotencyKey,
  isStoreError,
  type Coordinate,
} from '@batpak/core'
import { seededChoices } from '../core/choices.ts'
import { breach, type Breach } from '../core/law.ts'
import { codeOf } from '../core/outcome.ts'
import { isLifecycle, type Row } from '../core/told.ts'
import { Images } from '../sim/images.ts'
import type { DiskHistory } from '../sim/history.ts'
import type { PersistenceModel } from '../sim/persistence.ts'
import type { SimDisk } from '../sim/sim-disk.ts'
import { describePoint, fatesOf, isMidCall, type CrashPoint } from './crash-point.ts'
import { crashPoints } from './enumerate.ts'
import { checkHeals, checkUnchanged, filesOf, isDamaged } from './heal-check.ts'
import { judgeRows, readBack } from './judge.ts'
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
  /** After `kill -9`: how the disk came about; it need not be on stable storage. */
  readonly before?: DiskHistory
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
  readonly then?: CrashPoint
  readonly story?: string
}

/** The first law that the recovery of a wreck breaks. */
export function recover<App>(wreck: Wreck, options: RecoverOptions<App>): Failure | undefined {
  const { tally, app } = options
  const { disk, world, generation } = wreck
  tally.images += 1
  const session = new Session<App>({
    disk,
    generation,
    ...(wreck.before && { before: wreck.before }),
  })
  const first = openAndJudge(session, wreck, options)
  if ('breach' in first) return first
  if ('refused' in first) return undefined
  const { rows } = first
  const now = worldOf(rows, world)
  const failed = goOn(session, rows)
  if (failed !== undefined) return { breach: failed }
  const { recording, ledger, openedAt } = session
  session.end()
  const clean = reopen(
    disk,
    worldAt(ledger, recording.ops.length, 'process', now),
    options,
    generation,
  )
  if (clean !== undefined) return { breach: clean }
  if (options.again === 0) return undefined
  const opening = withoutLifecycle(now)
  return crashAgain(wreck, options, {
    recording,
    worldOf: (cut) => (cut < openedAt ? opening : worldAt(ledger, cut, wreck.model, now)),
  })
}

/** While an open has not returned, its OPEN event may be there or not. */
function withoutLifecycle(world: World): World {
  const told = new Map([...world.known].filter(([, event]) => !isLifecycle(event)))
  return { ...world, required: told, known: told }
}

type Opened = { readonly rows: readonly Row[] } | { readonly refused: string } | Failure

function openAndJudge<App>(
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
    const refused = checkRefusal(error, isDamaged(before, filesOf(asCalled, dir)))
    const changed = refused ?? checkUnchanged(before, filesOf(disk, dir))
    if (changed !== undefined) return { breach: changed }
    tally.refuse(codeOf(error))
    return { refused: codeOf(error) }
  }
  const { healed } = session.store.diagnostics().openReport
  const heals = checkHeals(before, filesOf(disk, dir), healed)
  if (heals !== undefined) return { breach: heals }
  const read = readBack(session.store, world, tally.count)
  if ('law' in read) return { breach: read }
  const found = judgeRows(read.rows, world, tally.count)
  return found === undefined ? read : { breach: found }
}

const DAMAGE: ReadonlySet<string> = new Set(['CrcMismatch', 'CorruptFrame', 'CorruptSegment'])

/** F10: what may be damage is refused, never cut off. */
function checkRefusal(error: unknown, damaged: boolean): Breach | undefined {
  const allowed = damaged ? 'an open store, or a refusal of damage' : 'an open store'
  if (damaged && isStoreError(error) && DAMAGE.has(error.code)) return undefined
  return breach('L-OPEN', `the open failed: ${String(error)}`, allowed, codeOf(error))
}

const Went = defineEvent<{ n: number }>({ name: 'testkit.WentOn', category: 0xe, typeId: 0xffe })
const OWN: Coordinate = { entity: 'testkit', scope: 'testkit' }

/** Writes of every kind behind what was recovered. */
function goOn<App>(session: Session<App>, rows: readonly Row[]): Breach | undefined {
  const { store, ledger } = session
  const at = rows.findLast((row) => !isLifecycle(row)) ?? OWN
  const key = (n: number): object => ({
    idempotencyKey: idempotencyKey(`testkit ${session.platform.clock.processBootNs}`, String(n)),
  })
  try {
    store.append(at, Went, { n: 1 }, key(1))
    store.appendBatch([draft(at, Went, { n: 2 }, key(2)), draft(OWN, Went, { n: 3 }, key(3))])
    store.append(at, Went, { n: 4 }, key(4))
    store.sync()
  } catch (error) {
    return breach(
      'L-CONT',
      `a recovered store does not write: ${String(error)}`,
      'ok',
      codeOf(error),
    )
  }
  return ledger.breaches[0]
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
    const segments = healed.filter(({ reason }) => reason !== 'HiddenRangesBeyondLog')
    if (segments.length > 0 || healed.length > 0) {
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
    const read = readBack(reader as unknown as Store, world, tally.count)
    return 'law' in read ? read : judgeRows(read.rows, world, tally.count)
  } finally {
    reader.close()
  }
}

interface Second {
  readonly recording: DiskHistory
  readonly worldOf: (cut: number) => World
}

function crashAgain<App>(
  { model, generation, before }: Wreck,
  options: RecoverOptions<App>,
  second: Second,
): Failure | undefined {
  const images = new Images(second.recording, model)
  const choices = seededChoices(options.seed)
  const from = (before?.ops.length ?? 0) + 1
  const { points } = crashPoints(images, { from, budget: options.again, choices })
  for (const point of points) {
    const found = recoverSecond(images, point, second, { ...options, again: 0 }, generation)
    if (found !== undefined) {
      return { breach: found, then: point, story: describePoint(images, point) }
    }
  }
  return undefined
}

/** A crash of the recovery, or of what came after it. */
export function recoverSecond<App>(
  images: Images,
  point: CrashPoint,
  { worldOf: world }: Second,
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
  return 'breach' in opened ? opened.breach : undefined
}
