/** How far the store says it has come. */
import type { HlcPoint } from '@batpak/core'
import { require } from './broken-law.ts'
import type { ModelMachine } from './machine.ts'
import type { World } from './world.ts'

/** @throws BrokenLaw */
export function checkFrontier(world: World): void {
  const { store, model, seen } = world
  const { acceptedHlc, writtenHlc, durableHlc, visibleHlc, appliedHlc, emittedHlc, ...rest } =
    store.frontier()
  const order = { acceptedHlc, writtenHlc, durableHlc, visibleHlc, appliedHlc, emittedHlc }
  const ordered =
    notBefore(acceptedHlc, writtenHlc) &&
    notBefore(writtenHlc, durableHlc) &&
    notBefore(acceptedHlc, visibleHlc) &&
    notBefore(visibleHlc, appliedHlc) &&
    notBefore(emittedHlc, visibleHlc)
  require(ordered, 'L-FRONT', 'the frontiers are out of order', 'accepted first', order)
  const allocated = model.events.length - 1
  front('accepted', allocated, acceptedHlc.sequence)
  front('written', allocated, writtenHlc.sequence)
  const newest = model.events.findLast(({ state }) => state === 'visible')
  front('visible', newest?.sequence ?? -1, visibleHlc.sequence)
  if (newest?.told?.wallMs !== undefined) {
    front('visible wall', newest.told.wallMs, visibleHlc.wallMs)
  }
  const { accepted, durable, visible } = seen
  const rising =
    acceptedHlc.sequence >= accepted &&
    durableHlc.sequence >= durable &&
    visibleHlc.sequence >= visible
  require(rising, 'L-FRONT', 'a frontier fell', seen, order)
  const minus = visibleHlc.sequence - durableHlc.sequence
  front('visibleMinusDurableSeq', minus, rest.visibleMinusDurableSeq)
  const pending = durableHlc.sequence < acceptedHlc.sequence
  const age = rest.oldestPendingWriteAgeMs
  const fits = pending === (age !== undefined)
  require(fits, 'L-FRONT', 'the age of pending writes', pending ? 'an age' : 'none', age ?? 'none')
  checkCadence(world, durableHlc.sequence, acceptedHlc.sequence)
  world.seen = {
    accepted: acceptedHlc.sequence,
    durable: durableHlc.sequence,
    visible: visibleHlc.sequence,
  }
}

/** All six stand at the event of the open (W-109). */
export function checkOpenedFrontier({ store, model }: World): void {
  const view = store.frontier()
  const opening = model.events.at(-1)!
  const points = [
    view.acceptedHlc,
    view.writtenHlc,
    view.durableHlc,
    view.visibleHlc,
    view.appliedHlc,
    view.emittedHlc,
  ]
  const there = points.every(({ sequence }) => sequence === opening.sequence)
  require(there, 'L-FRONT', 'after an open all frontiers stand at its event', opening.sequence, points)
}

/** What a sync has covered is on disk, and the cadence has made its syncs (W-107, W-108). */
function checkCadence(world: World, durable: number, written: number): void {
  const { model, machine, unsyncedCommands } = world
  if (durable === written) {
    world.unsyncedCommands = 0
    const dirty = unsyncedSegments(machine)
    require(dirty.length === 0, 'L-DUR', 'durable according to the frontier', 'synced', dirty)
    return
  }
  // A rotation has synced everything but the last command.
  if (durable > world.seen.durable) world.unsyncedCommands = 1
  const { syncEveryNEvents } = model.limits
  const what = `${unsyncedCommands} commands without a sync, the cadence is ${syncEveryNEvents}`
  require(world.unsyncedCommands < syncEveryNEvents, 'L-DUR', what, 'a sync', 'none')
}

/** Segments with bytes that no sync has covered. */
export function unsyncedSegments(machine: ModelMachine): readonly string[] {
  return machine.unsynced()?.filter((path) => path.endsWith('.fbat')) ?? []
}

/** Everything written so far must be durable. @throws BrokenLaw */
export function requireDurable({ store }: World, call: string): void {
  const { durableHlc, writtenHlc } = store.frontier()
  const covered = durableHlc.sequence === writtenHlc.sequence
  require(covered, 'L-DUR', `${call} has returned`, writtenHlc.sequence, durableHlc.sequence)
}

function front(name: string, expected: number, actual: number): void {
  require(expected === actual, 'L-FRONT', `the ${name} frontier`, expected, actual)
}

function notBefore(later: HlcPoint, earlier: HlcPoint): boolean {
  return (
    later.wallMs > earlier.wallMs ||
    (later.wallMs === earlier.wallMs && later.sequence >= earlier.sequence)
  )
}
