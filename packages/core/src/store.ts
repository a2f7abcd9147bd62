/** The kinds of store. Each method names its step file; nothing is done here. */
import type { AppendOptions } from './append/options.ts'
import type { AppendReceipt } from './append/receipt.ts'
import { submitBytes, submitValue } from './append/submission.ts'
import type { StoreOptions } from './config.ts'
import type { Coordinate } from './event/coordinate.ts'
import type { EventType } from './event/event-type.ts'
import type { EventKind } from './event/kind.ts'
import { closeStore } from './lifecycle/close.ts'
import { openStore, type Opened, type WriteSide } from './open/open.ts'
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
   *   `InvalidClock`, `EntityClockOverflow`, `Io`: nothing was written; `SyncFailed`: the event is
   *   committed and visible, its durability unknown
   * @throws TypeError, RangeError for arguments of the wrong type or out of range
   */
  append<T, In = T>(
    at: Coordinate,
    type: EventType<T, In>,
    value: NoInfer<In>,
    options?: AppendOptions,
  ): AppendReceipt {
    return submitValue(this.engine, this.#write, at, type, value, options)
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
    return submitBytes(this.engine, this.#write, at, kind, payload, options)
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
   * Records the close, writes the segment's footer, syncs, and releases the lock. A second call does
   * nothing.
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
