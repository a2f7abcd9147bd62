/** Executes one open and writes down everything that can be seen of it. It judges nothing. */
import {
  Store,
  defineEvent,
  isStoreError,
  type AnyEventType,
  type Diagnostics,
  type OpenReport,
  type StoreError,
  type StoreOptions,
} from '@batpak/core'
import type { PlatformBackend } from '@batpak/platform'
import { resolveHost } from '../host/host-spec.ts'
import { diffSnapshots, type DiskDiff } from '../sim/snapshot.ts'
import { evidenceFor, OPENABLE, type LaneMode, type LaneSpec } from './lane-spec.ts'
import type { Machine } from './machine.ts'
import { realMachine } from './real-machine.ts'
import { recordedPlatform, type RecordedCall, type Recording } from './recorded-platform.ts'
import { simulatedMachine } from './simulated-machine.ts'
import { checkLaneSpec } from './lane-spec.ts'

/** What an open under test is given beside its options. */
export interface LaneEnv {
  readonly platform: PlatformBackend
  readonly dir: string
  readonly mode: LaneMode
}

/** Store options that the lane sets; the application passes them on, with `platform: env.platform`. */
export type LaneConfig = Pick<StoreOptions, 'dataDir'> &
  Partial<
    Pick<
      StoreOptions,
      | 'platformProfilePath'
      | 'openReportObserver'
      | 'fdBudget'
      | 'mmap'
      | 'events'
      | 'eventPayloadValidation'
    >
  >

/** What the lane needs of an opened store. */
export interface LaneStore {
  diagnostics(): Diagnostics
  stats(): { readonly eventCount: number }
  events(): Iterable<unknown>
  close(): void
}

export interface LaneApp<App> {
  /** Opens the application's store; it must do so before it returns. */
  open(env: LaneEnv, config: LaneConfig): App
  /** The same for reading only; default `open`, which then sees `env.mode`. */
  openReadOnly?(env: LaneEnv, config: LaneConfig): App
  /** The store of an opened application; default: the application is the store. */
  store?(app: App): LaneStore
}

/** What was seen while the store was open. */
export interface OpenedObservation {
  readonly diagnostics: Diagnostics
  readonly eventCount: number
  readonly diff: DiskDiff
  readonly unsynced: readonly string[] | undefined
  /** How a second owner fared meanwhile, by mode: an error code, or `open`. */
  readonly secondOwner: Readonly<Record<LaneMode, string>>
  /** How many events could be read, or the error of the first that could not. */
  readonly read: unknown
  /** How many maps these reads made. */
  readonly maps: number
  readonly closeError?: unknown
}

export interface LaneObservation {
  readonly verdict: 'open' | 'refused'
  /** The code of the store error, or what else was thrown. */
  readonly code?: string
  readonly error?: unknown
  readonly reports: readonly OpenReport[]
  /** What the open changed on disk, until it was refused or closed again. */
  readonly diff: DiskDiff
  readonly calls: readonly RecordedCall[]
  /** Of descriptors that were still open at the end. */
  readonly openDescriptors: readonly string[]
  /** How another process fared with the same directory afterwards: an error code, or `open`. */
  readonly afterwards: string
  readonly opened?: OpenedObservation
  /** As configured, and as it must be called. */
  readonly paths: Pick<Machine, 'dir' | 'canonicalDir' | 'profilePath'>
}

const CORE: LaneApp<LaneStore> = {
  open: (env, config) => Store.open({ ...config, platform: env.platform }),
  openReadOnly: (env, config) => Store.openReadOnly({ ...config, platform: env.platform }),
}

/**
 * Runs one open and closes what it opened.
 *
 * @param app default: core's own `Store.open` and `Store.openReadOnly`
 * @throws TypeError when the application is none that the lane can use
 */
export function runOpenLane<App = LaneStore>(spec: LaneSpec, app?: LaneApp<App>): LaneObservation {
  checkLaneSpec('runOpenLane', spec)
  const { dir = 'missing', profile } = spec
  const make = spec.disk === 'real' ? realMachine : simulatedMachine
  const host = resolveHost(spec.host ?? 'linux')
  const machine = make({ host, dir, profile, evidence: evidenceFor(spec) })
  try {
    return observe(spec, app ?? CORE, machine)
  } finally {
    machine.dispose()
  }
}

function observe(spec: LaneSpec, app: LaneApp<unknown>, machine: Machine): LaneObservation {
  const holder = spec.holder === undefined ? undefined : hold(spec, machine)
  const recording = recordedPlatform(machine.platform)
  const before = machine.snapshot()
  const reports: OpenReport[] = []
  let outcome: Pick<LaneObservation, 'verdict' | 'code' | 'error' | 'opened'>
  try {
    const opened = openApp(spec, app, machine, recording, reports)
    outcome = { verdict: 'open', opened: useAndClose(opened, machine, recording, before) }
  } catch (error) {
    const found = storeErrorIn(error)
    outcome = { verdict: 'refused', code: found?.code ?? nameOf(error), error: found ?? error }
  }
  const diff = diffSnapshots(before, machine.snapshot())
  const calls = [...recording.calls]
  const openDescriptors = recording.openDescriptors()
  holder?.release()
  const { canonicalDir, profilePath } = machine
  return {
    ...outcome,
    reports,
    diff,
    calls,
    openDescriptors,
    afterwards: tryOpen(machine, machine.dir, 'Mutable'),
    paths: { dir: machine.dir, canonicalDir, profilePath },
  }
}

function openApp(
  spec: LaneSpec,
  app: LaneApp<unknown>,
  machine: Machine,
  { platform }: Recording,
  reports: OpenReport[],
): LaneStore {
  const { mode = 'Mutable' } = spec
  const config: LaneConfig = {
    dataDir: machine.dir,
    openReportObserver: (report) => {
      reports.push(report)
      if (spec.observer === 'throws') throw new TypeError('an observer that throws')
    },
    ...(machine.profilePath !== undefined && { platformProfilePath: machine.profilePath }),
    ...(spec.config === 'outOfBounds' && { fdBudget: 0 }),
    ...(spec.mmap !== undefined && { mmap: spec.mmap }),
    ...(spec.events === 'collide' && { events: COLLIDING, eventPayloadValidation: 'FailFast' }),
  }
  const env: LaneEnv = { platform, dir: machine.dir, mode }
  const opened =
    mode === 'ReadOnly' && app.openReadOnly !== undefined
      ? app.openReadOnly(env, config)
      : app.open(env, config)
  return laneStore(app, opened)
}

const COLLIDING: readonly AnyEventType[] = ['lane.One', 'lane.Two'].map((name) =>
  defineEvent<string>({ name, category: 0xf, typeId: 0x7b }),
)

export function laneStore(app: LaneApp<unknown>, opened: unknown): LaneStore {
  if (typeof (opened as { then?: unknown } | null)?.then === 'function') {
    throw new TypeError(
      'open must return the opened application, not a promise: pass the function that calls Store.open',
    )
  }
  const store = (app.store === undefined ? opened : app.store(opened)) as LaneStore | undefined
  const usable = ['diagnostics', 'stats', 'events', 'close'] as const
  if (usable.every((name) => typeof store?.[name] === 'function')) return store as LaneStore
  throw new TypeError('the opened application is no store: pass `store: (app) => app.store`')
}

function useAndClose(
  store: LaneStore,
  machine: Machine,
  recording: Recording,
  before: ReturnType<Machine['snapshot']>,
): OpenedObservation {
  const unsynced = machine.unsynced() // before anybody probes, which makes and removes a name
  const seen = {
    unsynced,
    diagnostics: store.diagnostics(),
    eventCount: store.stats().eventCount,
    diff: diffSnapshots(before, machine.snapshot()),
    secondOwner: {
      Mutable: tryOpen(machine, machine.dir, 'Mutable'),
      ReadOnly: tryOpen(machine, machine.dir, 'ReadOnly'),
    },
    ...readAll(store, recording),
  }
  try {
    store.close()
    return seen
  } catch (closeError) {
    return { ...seen, closeError }
  }
}

function readAll(store: LaneStore, { calls }: Recording): Pick<OpenedObservation, 'read' | 'maps'> {
  const before = calls.length
  let read: unknown
  try {
    read = [...store.events()].length
  } catch (error) {
    read = error
  }
  return { read, maps: calls.slice(before).filter(({ call }) => call === 'map').length }
}

/** Opens and closes with core, from another process. */
function tryOpen(machine: Machine, dataDir: string, mode: LaneMode): string {
  const options = { dataDir, platform: machine.neighbour() }
  try {
    const store = mode === 'Mutable' ? Store.open(options) : Store.openReadOnly(options)
    store.close()
    return 'open'
  } catch (error) {
    return isStoreError(error) ? error.code : nameOf(error)
  }
}

interface Holder {
  release(): void
}

/** Another process that owns the directory: with a store where one can be opened, else the bare lock. */
function hold(spec: LaneSpec, machine: Machine): Holder {
  const platform = machine.neighbour()
  const { dir = 'missing', holder } = spec
  platform.fs.mkdirp(machine.dir)
  if (OPENABLE.has(dir)) {
    const options = { dataDir: machine.dir, platform }
    const store = holder === 'mutable' ? Store.open(options) : Store.openReadOnly(options)
    return { release: () => store.close() }
  }
  const fd = platform.fs.open(`${machine.dir}/.batpak.lock`, 'lock-nofollow')
  if (!platform.fs.tryLock(fd)) throw new TypeError('the holder of the lane did not get the lock')
  return { release: () => platform.fs.close(fd) }
}

/** The store error behind what an application throws. */
function storeErrorIn(error: unknown): StoreError | undefined {
  for (let inner = error, depth = 0; depth < 8; depth += 1) {
    if (isStoreError(inner)) return inner
    if (!(inner instanceof Error)) return undefined
    inner = inner.cause
  }
  return undefined
}

function nameOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
