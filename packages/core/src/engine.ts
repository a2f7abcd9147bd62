/** What every part of an open store shares. */
import { channel } from 'node:diagnostics_channel'
import type { PlatformBackend } from '@batpak/platform'
import { NO_EXTENSIONS_MAP, copyExtensions, type Extensions } from './append/receipt.ts'
import type { Config } from './config.ts'
import type { Group } from './durability/group.ts'
import { Waits } from './durability/waits.ts'
import { Applied } from './delivery/applied.ts'
import { CommitFeed } from './delivery/commit-feed.ts'
import { StoreError } from './errors.ts'
import type { StoreMode } from './errors/fields.ts'
import type { OpenFence } from './fence/open-fence.ts'
import { Frontier } from './frontier/frontier.ts'
import { StoreClock } from './frontier/store-clock.ts'
import { EventIndex } from './index-store/event-index.ts'
import { Signer } from './receipt/signer.ts'
import type { OpenReport } from './restore/report.ts'
import { extensionsOfFrame, readRow, type RowSource } from './read/materialize.ts'
import { SegmentReader, type SealedReads } from './segment/reader.ts'
import type { LogWriter } from './writer/log-writer.ts'

export type EngineMode = StoreMode | 'Unlocked'

const ID: Uint32Array = new Uint32Array(4)

export class Engine implements RowSource {
  readonly config: Config
  readonly mode: EngineMode
  readonly platform: PlatformBackend
  readonly clock: StoreClock
  /** Canonical. */
  readonly dataDir: string
  readonly frontier: Frontier
  readonly waits: Waits
  readonly reader: SegmentReader
  readonly commits: CommitFeed = new CommitFeed()
  readonly applied: Applied
  index: EventIndex = new EventIndex()
  openReport: OpenReport | undefined
  /** Absent on a store that only reads. */
  writer: LogWriter | undefined
  closed = false
  /** True from the beginning of its close. */
  closing = false
  /** The visibility fence that is not finished. */
  fence: OpenFence | undefined
  /** What `group` runs at the moment. */
  group: Group | undefined
  /** Present when signing keys are configured. */
  readonly signer: Signer | undefined
  /** Rows below came from disk; their extensions are read from the frame when asked for. */
  restoredRows = 0
  readonly #extensions = new Map<number, Extensions>()
  readonly #enders = new Set<() => void>()
  readonly #unblockers = new Set<() => void>()

  constructor(config: Config, mode: EngineMode, dataDir: string, sealedReads: SealedReads) {
    this.config = { ...config, signingKeys: [] } // whoever looks at a store must not see its seeds
    this.mode = mode
    this.platform = config.platform
    this.clock = new StoreClock(config.clock)
    this.dataDir = dataDir
    this.frontier = new Frontier(this.clock)
    this.waits = new Waits(this.frontier, this.clock)
    this.applied = new Applied(this)
    this.signer = config.signingKeys.length === 0 ? undefined : new Signer(config.signingKeys)
    this.reader = new SegmentReader(this.platform.fs, dataDir, sealedReads, config.fdBudget)
  }

  /** @throws StoreError `StoreClosed` */
  assertOpen(operation: string): void {
    if (this.closed) throw new StoreError('StoreClosed', { operation })
  }

  /**
   * Refuses a write that does not belong to the fence in force.
   *
   * @param fence the one that the write was made under, if any
   * @throws StoreError `VisibilityFenceActive`, `VisibilityFenceNotActive`; what `OpenFence.cancel`
   *   throws when a fence could not be cancelled before and still cannot
   */
  assertFence(fence: OpenFence | undefined): void {
    const { fence: current } = this
    if (fence !== undefined && !(fence === current && fence.active)) {
      throw new StoreError('VisibilityFenceNotActive', {})
    }
    if (fence !== undefined || current === undefined) return
    if (current.active) throw new StoreError('VisibilityFenceActive', {})
    current.cancel()
  }

  /** Shows everything up to `sequence` to readers. */
  publish(wallMs: number, sequence: number): void {
    const from = this.index.visible
    this.index.visible = sequence + 1
    this.commits.published(from, sequence + 1)
    this.frontier.markVisible(wallMs, sequence)
  }

  /** Calls `end`, which must not throw, when the store closes, unless the returned function is called. */
  onClose(end: () => void): () => void {
    this.#enders.add(end)
    return () => {
      this.#enders.delete(end)
    }
  }

  /** How many wait for the close; for tests of what is left behind. */
  get enderCount(): number {
    return this.#enders.size
  }

  /** Whether somebody's fence refuses all other writes at the moment. */
  get blocked(): boolean {
    return this.fence?.active === true
  }

  /** Calls `unblocked`, which must not throw, when what blocks ends, unless the returned function is called. */
  onUnblocked(unblocked: () => void): () => void {
    this.#unblockers.add(unblocked)
    return () => {
      this.#unblockers.delete(unblocked)
    }
  }

  /** To be called by what has blocked the store's writes, at its end. */
  unblock(): void {
    for (const unblocked of this.#unblockers) unblocked()
  }

  /** Closed from here on: whoever waits for this store is told. */
  end(): void {
    this.closed = true
    this.waits.fail(new StoreError('StoreClosed', { operation: 'waitFor' }))
    for (const end of this.#enders) end()
    this.#enders.clear()
  }

  /** The row of an event that is visible, or pending under the fence in force (W-68); else -1. */
  knownRow(id: Uint32Array): number {
    const { index, fence } = this
    const row = index.rowOf(id)
    if (row < 0 || index.isHidden(row)) return -1
    const sequence = index.columns.sequence(row)
    return sequence < index.visible || (fence !== undefined && sequence >= fence.start) ? row : -1
  }

  /**
   * Takes over what was read anew from the directory. Rows of the index before are found by `rowNow`.
   */
  replaceIndex(index: EventIndex): void {
    this.index = index
    this.restoredRows = index.columns.count
    this.#extensions.clear()
  }

  /** Where a row of `index`, which may have been replaced since, is now; -1 when it is no more. */
  rowNow(index: EventIndex, row: number): number {
    if (index === this.index) return row
    index.columns.copyEventId(row, ID)
    return this.index.rowOf(ID)
  }

  rememberExtensions(row: number, extensions: Extensions): void {
    if (extensions.size > 0) this.#extensions.set(row, copyExtensions(extensions))
  }

  extensionsOf(ofRow: number, index: EventIndex = this.index): Extensions {
    const row = this.rowNow(index, ofRow)
    // Dropped since by a compaction that a refresh has found.
    if (row < 0) return NO_EXTENSIONS_MAP
    const known = this.#extensions.get(row)
    if (known !== undefined) return copyExtensions(known)
    if (row >= this.restoredRows) return NO_EXTENSIONS_MAP
    this.assertOpen('reading receipt extensions')
    readRow(this.index, row, this.reader)
    const extensions = extensionsOfFrame(this.reader)
    this.rememberExtensions(row, extensions)
    return extensions
  }

  /** Tells what went wrong without failing to whoever listens; nothing is printed. */
  report(
    target: 'open' | 'close' | 'event_registry' | 'fence' | 'project' | 'worker',
    message: string,
    error?: unknown,
  ): void {
    const listeners = channel(`batpak:${target}`)
    if (listeners.hasSubscribers) listeners.publish({ dataDir: this.dataDir, message, error })
  }
}
