/** One simulated process with an open store, and everything it does to the disk. */
import type { Store } from '@batpak/core'
import { Ledger } from '../core/ledger.ts'
import { witness, type WitnessOptions } from '../core/witness.ts'
import { resolveHost } from '../host/host-spec.ts'
import type { FaultPlan, PlannedFaults } from '../sim/fault-plan.ts'
import { Recording, type DiskHistory } from '../sim/history.ts'
import { simClock } from '../sim/sim-clock.ts'
import { SimDisk } from '../sim/sim-disk.ts'
import { SimPlatform } from '../sim/sim-platform.ts'

/** What an application's open is given. */
export interface CrashEnv {
  /** Where its store stands. */
  readonly dir: string
  /** To be passed on as the store's `platform`. */
  readonly platform: SimPlatform
}

/** How the kit gets at the store of an application. */
export interface CrashApp<App> {
  open(env: CrashEnv): App
  /** Default: what `open` returns is the store. */
  store?(app: App): Store
  /** The store's `syncEveryNEvents`, where it is 1: then every receipt is taken for durable. */
  readonly syncEveryNEvents?: number
  /** `missing`: the first open creates the directory; by default it is there, durably. */
  readonly directory?: 'missing'
}

export const CRASH_APP_NAMES: readonly (keyof CrashApp<unknown>)[] = [
  'open',
  'store',
  'syncEveryNEvents',
  'directory',
]

export interface SessionStart {
  readonly disk: SimDisk
  /** 1 for the first process on a disk: each has ids and an hour of its own. */
  readonly generation: number
  /** What led to the disk, where not all of it need be on stable storage. */
  readonly before?: DiskHistory
  /** Strikes from the first call of the open on. */
  readonly fault?: FaultPlan
}

const START_US = 1_750_000_000_000_000
const HOUR_US = 3_600_000_000

export class Session<App> {
  readonly platform: SimPlatform
  readonly recording: Recording
  readonly ledger: Ledger
  readonly faults: PlannedFaults | undefined
  /** Length of the history when the store was open. */
  openedAt: number = Infinity
  #opened: { readonly app: App; readonly store: Store } | undefined

  constructor({ disk, generation, before, fault }: SessionStart) {
    const clock = simClock({ startUs: START_US + generation * HOUR_US })
    this.platform = new SimPlatform(disk, resolveHost('linux'), clock, generation * 7919)
    this.recording = new Recording(disk, before)
    this.ledger = new Ledger(() => this.recording.ops.length)
    this.faults = fault && this.platform.fs.plan(fault)[0]
  }

  /** @throws what the application's open throws */
  open(app: CrashApp<App>, options: WitnessOptions = {}): void {
    const { platform } = this
    const opened = app.open({ dir: platform.dir, platform })
    const store = app.store?.(opened) ?? (opened as Store)
    if (typeof store?.entries !== 'function') {
      throw new TypeError('open must return a store, or the option `store` must find it')
    }
    this.#opened = { app: opened, store }
    this.openedAt = this.recording.ops.length
    const { syncEveryNEvents } = app
    witness(store, this.ledger, { ...(syncEveryNEvents && { syncEveryNEvents }), ...options })
  }

  get app(): App {
    return this.#require().app
  }

  get store(): Store {
    return this.#require().store
  }

  /** As `kill -9`. What it did is recorded up to here. */
  end(): void {
    this.platform.kill()
    this.recording.stop()
  }

  #require(): { readonly app: App; readonly store: Store } {
    if (this.#opened === undefined) throw new TypeError('the store of this session is not open')
    return this.#opened
  }
}
