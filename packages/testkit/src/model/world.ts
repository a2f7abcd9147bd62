/** One run: the machine, the application on it, its store, and the model beside them. */
import type { EventId, Fence, Outbox, PendingReceipt, Receipt, Store } from '@batpak/core'
import type { PlatformBackend } from '@batpak/platform'
import type { ModelEvent, Wanted } from './model-event.ts'
import { Model, type ModelOptions, type Route } from './model.ts'
import type { ModelMachine } from './machine.ts'
import type { BatchProposal, Proposal } from './wanted.ts'
import { KEYS, UNKNOWN_ID, at } from './vocabulary.ts'

/** What an application is opened with, beside the options of its store. */
export interface ModelEnv {
  readonly platform: PlatformBackend
  readonly dir: string
}

/** The application passes it on to its store, with `platform: env.platform`. */
export type ModelConfig = ModelOptions & { readonly dataDir: string }

export interface ModelApp<App> {
  /** Opens the application's store; it must do so before it returns. */
  open(env: ModelEnv, config: ModelConfig): App
  /** The store of an opened application; default: the application is the store. */
  store?(app: App): Store
  /** Closes the application and its store; default: closes the store. */
  close?(app: App): void
  /** Throws when something is wrong; asked after every step and every open. */
  readonly invariants?: readonly ((app: App) => void)[]
}

/** A receipt and the event that it is about. */
export interface KeptReceipt {
  readonly receipt: Receipt
  readonly event: ModelEvent
}

export interface KeptPending {
  readonly pending: PendingReceipt<unknown>
  readonly events: readonly ModelEvent[]
  readonly replayed: boolean
}

/** A call with keys that can be made again. */
export type KeyedCall = { readonly single: Proposal } | { readonly batch: BatchProposal }

export interface StagedOutbox {
  readonly outbox: Outbox<unknown>
  staged: Wanted[]
}

export class World<App = unknown> {
  readonly definition: ModelApp<App>
  readonly machine: ModelMachine
  readonly options: ModelOptions
  readonly model: Model
  /** Says what was really done, for the report. */
  readonly count: (what: string) => void
  readonly receipts: KeptReceipt[] = []
  app!: App
  store!: Store
  /** The last one, finished or not. */
  fence: Fence | undefined
  /** What the open fence has promised. */
  pendings: KeptPending[] = []
  /** Whether the last close has recorded itself: under an open fence it does not (W-159). */
  saidClose = false
  storeOutbox: StagedOutbox | undefined
  fenceOutbox: StagedOutbox | undefined
  readonly keyedCalls: KeyedCall[] = []
  /** Commands that no sync has covered, as far as it can be known. */
  unsyncedCommands = 0
  /** The last frontier that was seen, as sequences. */
  seen = { accepted: -1, durable: -1, visible: -1 }
  #nonce = 0

  constructor(
    definition: ModelApp<App>,
    machine: ModelMachine,
    options: ModelOptions,
    count: (what: string) => void,
  ) {
    this.definition = definition
    this.machine = machine
    this.options = options
    this.count = count
    this.model = new Model(options)
  }

  nextNonce(): number {
    this.#nonce += 1
    return this.#nonce
  }

  /** Through the open fence, or past all fences; `stray` goes where it must be refused. */
  route(stray: boolean): Route {
    const active = this.model.fenceStart !== undefined
    if (active) return stray ? 'store' : 'fence'
    return stray && this.fence !== undefined ? 'finished fence' : 'store'
  }

  /** An id that is known, that a key stands for, or that nobody has. */
  pickId(index: number): EventId {
    const known = this.model.visible.flatMap(({ told }) => told?.eventId ?? [])
    return at([...known, ...KEYS, UNKNOWN_ID], index) as EventId
  }

  pickVisible(index: number): ModelEvent | undefined {
    const { visible } = this.model
    return visible.length === 0 ? undefined : at(visible, index)
  }

  config(): ModelConfig {
    return { ...this.options, dataDir: this.machine.dir }
  }

  env(platform: PlatformBackend = this.machine.platform): ModelEnv {
    return { platform, dir: this.machine.dir }
  }
}
