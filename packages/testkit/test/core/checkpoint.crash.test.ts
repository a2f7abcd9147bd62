/**
 * A durable cursor, crashed at every operation of its commits.
 * Harness pattern: Fault-Injection Harness.
 * PROVES: whatever a crash leaves, the cursor goes on: its checkpoint decodes, stands at a commit that was returned or under way, never behind one that was returned, never ahead of what was handled, and every event up to it is in the log as it was handled.
 * CATCHES: a checkpoint saved before its events are durable; one replaced without a sync of its bytes or name; a directory without a durable name; a position moved before the batch was handled.
 * SEEDED: every kind of crash at every operation within a budget, then random mixtures from the suite's name.
 */
import { expect, it } from 'vitest'
import { Store, defineEvent, isStoreError, type EventId, type Region } from '@batpak/core'
import { seededChoices } from '../../src/core/choices.ts'
import { seedOf } from '../../src/core/seed.ts'
import { fatesOf, isMidCall, type CrashPoint } from '../../src/crash/crash-point.ts'
import { crashPoints } from '../../src/crash/enumerate.ts'
import { runScenario, type Story } from '../../src/crash/scenario.ts'
import { Session, type CrashApp } from '../../src/crash/session.ts'
import { Images } from '../../src/sim/images.ts'
import { PERSISTENCE_MODELS, type PersistenceModel } from '../../src/sim/persistence.ts'

const Ticked = defineEvent<{ n: number }>({ name: 'Ticked', category: 0xf, typeId: 1 })
const TICKS: Region = { kind: Ticked }
const NAME = 'ticks'
const REFUSED = 'the store does not open'
const full = process.env['BATPAK_CRASH'] === 'full'
const images = full ? 4000 : 600

const app: CrashApp<Store> = {
  open: ({ dir, platform }) => Store.open({ dataDir: dir, platform, segmentMaxBytes: 2500 }),
}

/** What the process knew: event ids it handled, and commits, with the length of the history. */
interface Told {
  readonly handled: { readonly sequence: number; readonly id: EventId; readonly at: number }[]
  readonly commits: { readonly position: number; readonly from: number; readonly to: number }[]
}

/** Appends without syncs of its own; a cursor handles and commits in between. */
async function story(): Promise<[Story<Store>, Told]> {
  const told: Told = { handled: [], commits: [] }
  const made: { story?: Story<Store> } = {}
  const ops = (): number => made.story!.session.recording.ops.length
  made.story = await runScenario(app, () => undefined)
  const { store } = made.story.session
  const cursor = store.cursor(TICKS, { checkpoint: NAME })
  for (let n = 0; n < 12; n += 1) {
    store.append({ entity: `e${n % 3}`, scope: 's' }, Ticked, { n })
    if (n % 2 === 1) continue
    for (const entry of cursor.pollBatch(2)) {
      told.handled.push({ sequence: entry.sequence, id: entry.eventId, at: ops() })
    }
    if (n % 4 === 2) {
      const from = ops()
      cursor.commit()
      told.commits.push({ position: cursor.position!, from, to: ops() })
    }
  }
  made.story.session.recording.stop()
  return [made.story, told]
}

/** What is wrong with the image of one crash, or undefined; REFUSED when the log itself is. */
function judge(history: Images, point: CrashPoint, { handled, commits }: Told): string | undefined {
  const cut = isMidCall(history, point) ? point.cut - 1 : point.cut
  const disk = history.image(point.cut, fatesOf(history, point))
  const session = new Session<Store>({ disk, generation: 2 })
  try {
    session.open(app)
  } catch (error) {
    if (isStoreError(error)) return REFUSED // the crash suite judges the log
    throw error
  }
  const { store } = session
  const returned = commits.filter(({ to }) => to <= cut).at(-1)
  const begun = commits.filter(({ from }) => from <= point.cut).map(({ position }) => position)
  const knew = handled.filter(({ at }) => at <= point.cut)
  let cursor
  try {
    cursor = store.cursor(TICKS, { checkpoint: NAME })
  } catch (error) {
    return `the cursor does not go on: ${String(error)}`
  }
  const { position } = cursor
  if (position !== undefined && !begun.includes(position)) return `position ${position} of nobody`
  if ((position ?? -1) < (returned?.position ?? -1)) return `behind the commit at ${position}`
  if ((position ?? -1) > (knew.at(-1)?.sequence ?? -1)) return `ahead of what was handled`
  const upTo = [...store.entries(TICKS)].filter(({ sequence }) => sequence <= (position ?? -1))
  const wanted = knew.filter(({ sequence }) => sequence <= (position ?? -1)).map(({ id }) => id)
  if (upTo.map(({ eventId }) => eventId).join() !== wanted.join()) return 'other events before it'
  const next = store.append({ entity: 'e', scope: 's' }, Ticked, { n: 99 })
  const rest = [...cursor].map(({ sequence }) => sequence)
  if (rest.at(-1) !== next.sequence) return 'the next event is not delivered'
  cursor.commit()
  session.end()
  return undefined
}

it.each(PERSISTENCE_MODELS)(
  'L-DELIVER a checkpoint survives every crash (%s)',
  async (model) => {
    const [{ session }, told] = await story()
    expect(told.commits).toHaveLength(3)
    const history = new Images(session.recording, model)
    const choices = seededChoices(seedOf(`checkpoint ${model}`))
    const { points } = crashPoints(history, { from: session.openedAt, budget: images, choices })
    const counts = { judged: 0, refused: 0 }
    for (const point of points) {
      const wrong = judge(history, point, told)
      if (wrong === REFUSED) counts.refused += 1
      else counts.judged += 1
      expect(wrong === REFUSED ? undefined : wrong, JSON.stringify(point)).toBeUndefined()
    }
    expect(counts.judged).toBeGreaterThan(MINIMUM[model])
  },
  120_000,
)

/** So many crashes must have been judged, or the test proves too little. */
const MINIMUM: Readonly<Record<PersistenceModel, number>> = {
  process: 80,
  ordered: 150,
  posix: 150,
}
