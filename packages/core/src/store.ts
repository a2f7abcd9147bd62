/** The kinds of store. Each method names its step file; nothing is done here. */
import {
  submitBatch,
  submitReactions,
  type BatchOptions,
  type ReactionIds,
} from './append/batch-submission.ts'
import { submitDenial, type DenialOptions } from './append/denial-submission.ts'
import type { Draft } from './append/draft.ts'
import type { AppendOptions } from './append/options.ts'
import type { AppendReceipt, DenialReceipt } from './append/receipt.ts'
import { submitBytes, submitValue } from './append/submission.ts'
import type { StoreOptions } from './config.ts'
import { subscribe, type SubscribeOptions, type Subscription } from './delivery/subscription.ts'
import { trackProjection } from './delivery/applied.ts'
import type { WorkerHandle } from './delivery/loop.ts'
import type { PullIterator } from './delivery/pull-iterator.ts'
import type { Reaction } from './delivery/reaction.ts'
import { react, type ReactorOptions } from './delivery/reactor.ts'
import { watch, type WatchOptions } from './delivery/watch.ts'
import { work, type WorkerHandler, type WorkerOptions } from './delivery/worker.ts'
import { runGroup } from './durability/group.ts'
import { waitFor } from './durability/wait-for.ts'
import type { Mark, WaitOptions } from './durability/waits.ts'
import type { Coordinate } from './event/coordinate.ts'
import type { EventType } from './event/event-type.ts'
import type { EventKind } from './event/kind.ts'
import type { Region } from './event/region.ts'
import { beginFence, type Fence } from './fence/fence.ts'
import { makeOutbox, type Outbox } from './fence/outbox.ts'
import type { Denial } from './gate/denial.ts'
import type { GateSet } from './gate/gate-set.ts'
import type { HlcPoint } from './frontier/hlc.ts'
import { closeStore } from './lifecycle/close.ts'
import { openStore, type Opened, type WriteSide } from './open/open.ts'
import type { ProjectedState } from './projection/project.ts'
import type { Projection } from './projection/projection.ts'
import type { Decider } from './projection/decider.ts'
import { execute, type ExecuteOptions } from './projection/execute.ts'
import { Reads } from './read/reads.ts'

// Assigned by the class itself: its constructor is nobody else's.
let readOnly: (opened: Opened) => ReadOnlyStore

/** What is behind each store that was opened for writing; for `@batpak/core/testing`. */
export const OPENED: WeakMap<Store, Opened> = new WeakMap()

/** A store opened for writing: the only owner of its directory. */
export class Store extends Reads {
  readonly #opened: Opened
  readonly #write: WriteSide

  private constructor(opened: Opened) {
    super(requireOpened(opened).engine)
    this.#opened = opened
    this.#write = opened.write!
    OPENED.set(this, opened)
  }

  /**
   * Opens a store for writing, creating the directory if needed: takes the lock, checks a configured
   * platform profile, restores the index, heals what a crash left behind, begins a new segment and
   * records the open durably.
   *
   * @throws StoreError `EventPayloadRegistry`, `Io`, `Configuration`, `PlatformAdmissionFailed`,
   *   `StoreLocked`, `PlatformProfileInvalid`, `PlatformProfileMismatch`, `CorruptSegment`,
   *   `CorruptFrame`, `CrcMismatch`, `Coordinate*`, `DataDirMalformed`, `HiddenRangesCorrupt`,
   *   `UnsafeInteger`, `InvariantViolation`, in the order of docs/errors.md; a refusal before the
   *   heals changes no existing file
   * @throws TypeError for unknown options and values of the wrong type
   */
  static open(options: StoreOptions): Store {
    return new Store(openStore(options, 'Mutable'))
  }

  /**
   * Opens an existing store for reading only, under the same exclusive lock; nothing but the lock
   * file is created, and nothing is repaired.
   *
   * @throws as `open`
   */
  static openReadOnly(options: StoreOptions): ReadOnlyStore {
    return readOnly(openStore(options, 'ReadOnly'))
  }

  /**
   * Opens a store for reading beside whoever owns it: takes no lock, creates and changes no file,
   * never maps. It sees the complete frames and batches of this moment, those of an open fence
   * included.
   *
   * @throws as `open`, but never `StoreLocked`
   */
  static openUnlocked(options: StoreOptions): ReadOnlyStore {
    return readOnly(openStore(options, 'Unlocked'))
  }

  /**
   * Appends one event: when this returns, it is written and every reader of this store sees it. It
   * is on stable storage after the next sync: with `until: 'durable'` or `syncEveryNEvents: 1` before
   * this returns.
   *
   * @param at entity (the stream) and scope, 1 to 1024 bytes of UTF-8 each
   * @param value what `type` encodes; it is stored as given
   * @throws StoreError `StoreClosed`, `WriterCrashed`, `Coordinate*`, `InvalidUnicode`,
   *   `ReservedCoordinate`, `ReservedKind`, `IdempotencyRequired`, `ValidationFailed`,
   *   `Serialization`, `Configuration` (too large), `IdempotencyConflict`, `SequenceMismatch`,
   *   `InvalidClock`, `EntityClockOverflow`, `UnsafeInteger`, `VisibilityFenceActive`, `Io`: nothing was
   *   written; `SyncFailed`: the event is committed and visible, its durability unknown; `WaitTimeout`:
   *   committed, but `until: 'applied'` was not reached
   * @throws TypeError, RangeError for arguments of the wrong type or out of range
   */
  append<T, In = T>(
    at: Coordinate,
    type: EventType<T, In>,
    value: NoInfer<In>,
    options?: AppendOptions,
  ): AppendReceipt {
    return submitValue(this.engine, this.#write, at, type, value, options) as AppendReceipt
  }

  /**
   * Appends payload bytes that are MessagePack already; they are stored as they are and not checked.
   *
   * @throws as `append`
   */
  appendBytes(
    at: Coordinate,
    kind: EventKind,
    payload: Uint8Array,
    options?: AppendOptions,
  ): AppendReceipt {
    return submitBytes(this.engine, this.#write, at, kind, payload, options) as AppendReceipt
  }

  /**
   * Appends several events as one: readers, crashes and reopens see none of them or all. They are
   * durable and visible when this returns, whatever the cadence. No drafts: nothing happens.
   *
   * @returns the receipts in the order of the drafts, with consecutive sequences
   * @throws StoreError `StoreClosed`, `WriterCrashed`, `VisibilityFenceActive`, `InvalidCoordinate`,
   *   `ReservedCoordinate`, `BatchItemTooLarge`, `BatchFailed` (its cause says why),
   *   `IdempotencyPartialBatch`, `IdempotencyConflict`, `EntityClockOverflow`, `Io` (rotation):
   *   nothing was written; `BatchSyncFailed`: nothing is visible, a reopen tells whether it survives;
   *   `WaitTimeout`: committed, but `until: 'applied'` was not reached
   * @throws TypeError for anything but drafts
   */
  appendBatch(drafts: readonly Draft[], options?: BatchOptions): readonly AppendReceipt[] {
    return submitBatch(this.engine, this.#write, drafts, options)
  }

  /**
   * As `appendBatch`, of events that react to another: all get the correlation id, and those without
   * `causedBy` the causation id.
   *
   * @throws as `appendBatch`
   */
  appendReactions(ids: ReactionIds, drafts: readonly Draft[]): readonly AppendReceipt[] {
    return submitReactions(this.engine, this.#write, ids, drafts)
  }

  /**
   * Records that gates denied a write: appends a denial event to the entity's stream.
   *
   * @param proposedKind the kind of the event that was refused
   * @throws as `append`; RangeError for a denial whose gate has a name that cannot be stored
   */
  appendDenial(
    at: Coordinate,
    proposedKind: EventKind,
    gates: Pick<GateSet<never>, 'trace'>,
    denial: Denial,
    options?: DenialOptions,
  ): DenialReceipt {
    return submitDenial(this.engine, this.#write, at, proposedKind, gates, denial, options)
  }

  /**
   * Folds the entity, lets the decider decide, and appends what it decided: an array as one batch, a
   * single draft as one append. It is one synchronous step: nothing comes between but what `decide`
   * itself appends to the entity, which is refused.
   *
   * @returns the receipts in the order of the events; none when `decide` returned `[]`
   * @throws what `decide` throws; StoreError `SequenceMismatch`, what `project` throws, and as
   *   `append` or `appendBatch`: nothing of the decision is written, with the exceptions named there
   * @throws TypeError for what `defineDecider` did not make, and for decisions that are no drafts
   */
  execute<C, S>(
    decider: Decider<C, S>,
    at: Coordinate,
    command: NoInfer<C>,
    options?: ExecuteOptions,
  ): readonly AppendReceipt[] {
    return execute(this.engine, this.#write, decider, at, command, options)
  }

  /** Collects events for one batch. @throws StoreError `StoreClosed` */
  outbox(): Outbox<readonly AppendReceipt[]> {
    this.engine.assertOpen('outbox')
    return makeOutbox((drafts) => this.appendBatch(drafts))
  }

  /**
   * Begins a visibility fence, the store's only one: until it is published or cancelled every write
   * must go through it.
   *
   * @throws StoreError `StoreClosed`, `WriterCrashed`, `VisibilityFenceActive`
   */
  beginFence(): Fence {
    return beginFence(this.#opened)
  }

  /**
   * Runs `work`, a synchronous function, without syncs of the cadence, and syncs once at the end, also
   * when it throws. It is no batch: a crash in between may keep a part. Groups inside join the outer.
   *
   * @returns what `work` returns
   * @throws what `work` throws; StoreError `SyncFailed` with the receipts that the sync should have
   *   covered
   */
  group<T>(work: () => T): T {
    this.engine.assertOpen('group')
    this.#write.writer.assertUsable()
    return runGroup(this.engine, this.#write.writer, work)
  }

  /**
   * Makes every event appended so far durable.
   * @throws StoreError `StoreClosed`, `WriterCrashed`, `Io`; after `Io` the writer refuses further writes
   */
  sync(): void {
    this.engine.assertOpen('sync')
    this.#write.writer.assertUsable()
    this.#write.writer.sync()
  }

  /**
   * As `sync`, off the main thread: resolves with the point that was written at the call, once it is
   * durable. Events appended meanwhile are not covered. Calls that overlap share a sync.
   *
   * @throws StoreError (as rejections) `StoreClosed`, `WriterCrashed`, `Io`; after a failed sync the
   *   writer refuses further writes
   */
  async syncAsync(): Promise<HlcPoint> {
    this.engine.assertOpen('syncAsync')
    this.#write.writer.assertUsable()
    return this.#write.syncs.sync()
  }

  /**
   * Waits until a frontier has come up to a point, a sequence or the event of a receipt. It only
   * waits: something else must sync.
   *
   * @throws StoreError (as rejections) `StoreClosed`, `WaitTimeout`, `WriterCrashed`; the reason of
   *   the signal
   * @throws TypeError, RangeError (as rejections) without `timeoutMs` (0 to 2^31-1) or a signal
   */
  async waitFor(
    mark: Mark,
    target: HlcPoint | number | { readonly sequence: number },
    options: WaitOptions,
  ): Promise<void> {
    return waitFor(this.engine, this.#write.writer, mark, target, options)
  }

  /**
   * Tells of the events of a region that are committed from now on, in commit order; of a fence when it
   * is published. The clock of the region does not matter. Nobody waits for it: a subscriber that has
   * more than `capacity` events to read is dropped. What must not be missed is read with a cursor.
   *
   * @throws StoreError `StoreClosed`
   * @throws TypeError, RangeError for arguments of the wrong type or out of range
   */
  subscribe(region: Region, options?: SubscribeOptions): Subscription {
    return subscribe(this.engine, region, options)
  }

  /**
   * Follows the state of a projection of exactly one entity: an element for every change, or for several
   * at once, each folded from exactly the events that its generation counts. It ends when the store
   * closes, its signal aborts or its loop is left, and with the error of a projection that throws.
   *
   * @throws StoreError `StoreClosed`; with a checkpoint what `cursor` throws. From the iterator:
   *   `SubscriptionPruned` behind the newest state, in mode `latest`, for whoever fell too far behind;
   *   `CheckpointWriteFailed`; what `project` throws
   * @throws TypeError for arguments of the wrong type
   */
  watch<S>(
    projection: Projection<S>,
    entity: string,
    options?: WatchOptions,
  ): PullIterator<ProjectedState<S>> {
    return watch(this.engine, projection, entity, options)
  }

  /**
   * Hands every event of a region to `handler`, in batches, one after the other, and waits for more.
   * The first batch comes in a later turn. Idle, it runs nothing and keeps no process alive.
   *
   * A handler that throws gets its batch again, as `restart` allows. With a checkpoint a batch that was
   * handled is saved before the next one; a crash repeats the last one at most.
   *
   * @returns its handle; `done` rejects with StoreError `RestartBudgetExhausted`, `CheckpointWriteFailed`,
   *   `CursorCheckpointCorrupt`, `CursorCheckpointRegionMismatch`, `Io`, or a TypeError for what no
   *   handler may return
   * @throws StoreError `StoreClosed`, `CheckpointId`, `InvalidUnicode`, `Configuration` as `cursor`
   * @throws TypeError, RangeError for arguments of the wrong type or out of range
   */
  work(region: Region, handler: WorkerHandler, options?: WorkerOptions): WorkerHandle {
    return work(this.engine, this, region, handler, options)
  }

  /**
   * Appends events in reaction to others. Of a batch first every event is dispatched to its reaction,
   * then what each of them staged is written as one batch, caused by it and with its correlation; then
   * the position is committed. It is at least once: reactions must bear repetition. While a fence of
   * the application is open, what is staged waits. It reacts to its own events, if they are in the
   * region.
   *
   * @param reactions made by `reaction` of `@batpak/core/delivery`; other kinds are passed over
   * @returns its handle; `done` rejects as that of `work`, and with StoreError `DecodeFailure`, with
   *   what reading or appending throws, with what a reaction gave to `fail`
   * @throws as `work`
   */
  react(region: Region, reactions: readonly Reaction[], options?: ReactorOptions): WorkerHandle {
    return react(this.engine, this, region, reactions, options)
  }

  /**
   * Makes a projection of an entity count for the frontier `applied` until it is disposed of: that
   * stands below the first event that concerns the projection and that no fold of it, by whoever, has
   * seen since the store was opened.
   *
   * @throws StoreError `StoreClosed`
   * @throws TypeError for anything but a projection and the name of an entity
   */
  trackProjection<S>(projection: Projection<S>, entity: string): Disposable {
    return trackProjection(this.engine, projection as Projection<unknown>, entity)
  }

  /**
   * Records the close, writes the segment's footer, syncs, and releases the lock. An open fence is
   * cancelled; the close is not recorded then. A second call does nothing.
   *
   * @throws StoreError `Io` when the sync fails, `WriterCrashed` when a sync or write had failed
   *   before; the store is closed and the lock released all the same
   */
  close(): void {
    closeStore(this.#opened)
  }

  /** As `close`, but what it would throw goes to the diagnostics channel `batpak:close` (D14). */
  [Symbol.dispose](): void {
    disposeStore(this.#opened)
  }
}

/** A store that is only read. */
export class ReadOnlyStore extends Reads {
  readonly #opened: Opened

  private constructor(opened: Opened) {
    super(requireOpened(opened).engine)
    this.#opened = opened
  }

  static {
    readOnly = (opened): ReadOnlyStore => new ReadOnlyStore(opened)
  }

  /** Releases every file and the lock. A second call does nothing. */
  close(): void {
    closeStore(this.#opened)
  }

  /** As `close`, but never throws. */
  [Symbol.dispose](): void {
    disposeStore(this.#opened)
  }
}

function requireOpened(opened: Opened): Opened {
  if (typeof opened?.engine === 'object') return opened
  throw new TypeError('a store is opened with Store.open, Store.openReadOnly or Store.openUnlocked')
}

function disposeStore(opened: Opened): void {
  try {
    closeStore(opened)
  } catch (error) {
    opened.engine.report('close', 'the store was disposed of, but closing it failed', error)
  }
}
