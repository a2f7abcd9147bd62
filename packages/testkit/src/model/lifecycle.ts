/** A store's beginning, its three ends, and that it is the same store afterwards. */
import { Kind, Store, type ReadOnlyStore, type StoreOptions } from '@batpak/core'
import { abandon } from '@batpak/core/testing'
import { adoptWrites } from './adopt.ts'
import { BrokenLaw, require } from './broken-law.ts'
import { checkOpenedFrontier } from './frontier-law.ts'
import { codeOf } from '../core/outcome.ts'
import { syncOutcomeOf } from './outcome.ts'
import { checkStore, same } from './store-laws.ts'
import type { World } from './world.ts'

/**
 * `close`, `dispose` and `abandon` cancel an open fence; after `kill` what it held is visible (W-92).
 */
export type Ending = 'close' | 'dispose' | 'abandon' | 'kill'

/** Opens the application for the first time, or again. @throws BrokenLaw */
export function openApp(world: World, before: Ending | 'nothing'): void {
  const { definition, model } = world
  const outcome = syncOutcomeOf(() => definition.open(world.env(), world.config()))
  if (outcome.kind === 'denied') {
    throw new BrokenLaw(
      'L-OPEN',
      `an open after ${before} failed`,
      'a store',
      codeOf(outcome.error),
    )
  }
  world.app = outcome.value
  const store: unknown = definition.store?.(world.app) ?? world.app
  if (!(store instanceof Store)) {
    throw new TypeError('storeSuite: open must give a store, or `store` find it in what it gives')
  }
  world.store = store
  checkConfig(world)
  const adopted = adoptWrites(world).map(({ kind }) => kind)
  const expected = world.saidClose ? [CLOSED, OPENED] : [OPENED]
  const lifecycle = adopted.filter((kind) => kind === CLOSED || kind === OPENED)
  same('L-DUR', 'the events of closing and opening', expected.join(), lifecycle.join())
  const alone = model.events.length === expected.length || adopted.at(-1) === OPENED
  world.unsyncedCommands = 0
  world.seen = { accepted: -1, durable: -1, visible: -1 }
  if (alone) checkOpenedFrontier(world)
  world.count(before === 'nothing' ? 'open' : `reopen after ${before}`)
  checkStore(world, true)
}

const { SYSTEM_CLOSE_COMPLETED: CLOSED, SYSTEM_OPEN_COMPLETED: OPENED } = Kind

function checkConfig({ store, options }: World): void {
  const { segmentMaxBytes: wanted } = options
  if (wanted === undefined) return
  const { segmentMaxBytes } = store.diagnostics()
  if (segmentMaxBytes === wanted) return
  throw new TypeError(
    `storeSuite: open must pass \`config\` on to the store: segmentMaxBytes is ${segmentMaxBytes}, not ${wanted}; or give the suite the options that your application sets as \`config: fc.constant({ … })\``,
  )
}

/** Ends the process that has the store open. @throws BrokenLaw */
export function endStore(world: World, asked: Ending): Ending {
  const { model, machine, store, fence } = world
  const ending = asked === 'kill' && !machine.canKill ? 'abandon' : asked
  const orderly = ending !== 'kill'
  if (ending === 'kill') machine.kill()
  else if (ending === 'abandon') abandon(store)
  else if (ending === 'dispose') store[Symbol.dispose]()
  else closeApp(world)
  if (ending !== 'kill') checkClosed(world)
  const open = model.fenceStart !== undefined
  world.saidClose = (ending === 'close' || ending === 'dispose') && !open
  if (open) model.endFence(orderly ? 'cancelled' : 'visible')
  for (const { pending } of world.pendings) {
    if (!orderly) continue
    same('L-HIDE', 'a fenced write after the close of its store', 'cancelled', pending.state)
  }
  if (ending !== 'kill' && fence !== undefined) {
    same('L-HIDE', 'a fence of a closed store is active', false, fence.active)
  }
  world.pendings = []
  world.fence = undefined
  world.storeOutbox = undefined
  world.fenceOutbox = undefined
  return ending
}

function closeApp({ definition, app, store }: World): void {
  const outcome = syncOutcomeOf(() => {
    if (definition.close === undefined) store.close()
    else definition.close(app)
  })
  require(outcome.kind === 'ok', 'L-CONT', 'close failed', 'success', outcome)
}

/** Closing again does nothing, everything else is refused (D14). */
function checkClosed({ store }: World): void {
  same('L-CLOSED', 'closed', true, store.closed)
  store.close()
  const calls: Readonly<Record<string, () => unknown>> = {
    sync: () => store.sync(),
    stats: () => store.stats(),
    entries: () => store.entries(),
    beginFence: () => store.beginFence(),
    appendBatch: () => store.appendBatch([]),
    outbox: () => store.outbox(),
    group: () => store.group(() => undefined),
  }
  for (const [name, call] of Object.entries(calls)) {
    const outcome = syncOutcomeOf(call)
    const answer = outcome.kind === 'ok' ? 'success' : outcome.code
    same('L-CLOSED', `${name} of a closed store`, 'StoreClosed', answer)
  }
}

/** Ends the store and opens it again. */
export function restart(world: World, asked: Ending, cutFooters: boolean): void {
  const { machine } = world
  const ending = endStore(world, asked)
  machine.nextProcess()
  if (cutFooters) machine.cutFooters()
  openApp(world, ending)
}

const openReadOnly = (options: StoreOptions): ReadOnlyStore => Store.openReadOnly(options)
const openUnlocked = (options: StoreOptions): ReadOnlyStore => Store.openUnlocked(options)

/** Opens the closed directory for reading only: the same events, and nothing is written. */
export function readClosed(world: World): void {
  const { machine, model } = world
  machine.nextProcess()
  const { platform } = machine
  const before = machine.fingerprint()
  const options = { ...world.options, dataDir: machine.dir, platform }
  const expected = model.visible.map(({ told }) => told!.eventId)
  for (const open of [openReadOnly, openUnlocked]) {
    const store = open(options)
    // Behind them stands the event of the close, which the model learns from the next open.
    const read = [...store.events()].map(({ eventId }) => eventId).slice(0, -1)
    store.close()
    same('L-PATH', 'what a read-only open sees', expected.join(), read.join())
  }
  same('L-AVAIL', 'a read-only open changes nothing', before, machine.fingerprint())
}
