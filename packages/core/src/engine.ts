/** What every part of an open store shares. */
import { channel } from 'node:diagnostics_channel'
import type { PlatformBackend } from '@batpak/platform'
import { NO_EXTENSIONS_MAP, copyExtensions, type Extensions } from './append/receipt.ts'
import type { Config } from './config.ts'
import { StoreError } from './errors.ts'
import type { StoreMode } from './errors/fields.ts'
import { Frontier } from './frontier/frontier.ts'
import { StoreClock } from './frontier/store-clock.ts'
import { EventIndex } from './index-store/event-index.ts'
import type { OpenReport } from './restore/report.ts'
import { extensionsOfFrame, readRow, type RowSource } from './read/materialize.ts'
import { SegmentReader, type SealedReads } from './segment/reader.ts'

export type EngineMode = StoreMode | 'Unlocked'

export class Engine implements RowSource {
  readonly config: Config
  readonly mode: EngineMode
  readonly platform: PlatformBackend
  readonly clock: StoreClock
  /** Canonical. */
  readonly dataDir: string
  readonly frontier: Frontier
  readonly reader: SegmentReader
  index: EventIndex = new EventIndex()
  openReport: OpenReport | undefined
  closed = false
  /** Rows below came from disk; their extensions are read from the frame when asked for. */
  restoredRows = 0
  readonly #extensions = new Map<number, Extensions>()

  constructor(config: Config, mode: EngineMode, dataDir: string, sealedReads: SealedReads) {
    this.config = config
    this.mode = mode
    this.platform = config.platform
    this.clock = new StoreClock(config.clock)
    this.dataDir = dataDir
    this.frontier = new Frontier(this.clock)
    this.reader = new SegmentReader(this.platform.fs, dataDir, sealedReads, config.fdBudget)
  }

  /** @throws StoreError `StoreClosed` */
  assertOpen(operation: string): void {
    if (this.closed) throw new StoreError('StoreClosed', { operation })
  }

  rememberExtensions(row: number, extensions: Extensions): void {
    if (extensions.size > 0) this.#extensions.set(row, copyExtensions(extensions))
  }

  extensionsOf(row: number): Extensions {
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
  report(target: 'open' | 'close' | 'event_registry', message: string, error?: unknown): void {
    const listeners = channel(`batpak:${target}`)
    if (listeners.hasSubscribers) listeners.publish({ dataDir: this.dataDir, message, error })
  }
}
