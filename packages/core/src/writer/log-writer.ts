/**
 * The writer: the active segment, its rotation, the sync cadence, and the poison that a failed sync
 * or a write that could not be undone leaves behind (D5).
 */
import type { DurableOptions, Fd } from '@batpak/platform'
import { join } from 'node:path'
import { StoreError, asStoreError, io } from '../errors.ts'
import type { Engine } from '../engine.ts'
import { compareHlc } from '../frontier/hlc.ts'
import { ActiveSegment, RollbackFailed, type WriteStage } from '../segment/active-segment.ts'
import { SEGMENT_ID_MAX, segmentFileName } from '../segment/name.ts'
import { inject, mark } from '../testing/hooks.ts'
import { encodeFooter } from '../segment/sidx.ts'

export class LogWriter {
  readonly #engine: Engine
  readonly #parentDirSync: 'UnixFsync' | 'RenameOnly'
  #segment: ActiveSegment
  #unsynced = 0
  #syncs = 0
  #poison: unknown
  #poisoned = false
  #released = false

  constructor(engine: Engine, firstSegmentId: number, parentDirSync: 'UnixFsync' | 'RenameOnly') {
    this.#engine = engine
    this.#parentDirSync = parentDirSync
    this.#segment = this.#create(firstSegmentId, engine.clock.nowWallNs())
  }

  get segment(): ActiveSegment {
    return this.#segment
  }

  get poisoned(): boolean {
    return this.#poisoned
  }

  /** How new files of the directory become durable. */
  get durable(): DurableOptions {
    return { parentDirSync: this.#parentDirSync }
  }

  /** How many commands no sync has covered yet. */
  get unsynced(): number {
    return this.#unsynced
  }

  /** @throws StoreError `WriterCrashed` once a write or sync has failed for good */
  assertUsable(): void {
    if (this.#poisoned) throw new StoreError('WriterCrashed', {}, { cause: this.#poison })
  }

  /**
   * Seals the active segment if it has reached its size, and begins the next one. Called before a
   * write, so a segment may exceed its size by that write.
   *
   * @param nowUs the time of the write: no clock, which is the caller's code, is read any more
   * @throws StoreError `Io`, `Configuration`, nothing of the caller's event is written
   */
  rotateIfFull(nowUs: number): void {
    const segment = this.#segment
    if (!segment.sealed && segment.end < this.#engine.config.segmentMaxBytes) return
    if (segment.id >= SEGMENT_ID_MAX) {
      const reason = `segment ${segment.id} is full, and no segment can be numbered behind it`
      throw new StoreError('Configuration', { reason })
    }
    inject({ at: 'SegmentRotation', segmentId: segment.id })
    if (!segment.sealed) {
      this.#syncFrames('sync the full segment')
      this.#seal('seal the full segment')
      this.#fsync('sync the full segment')
    }
    const { dataDir, platform } = this.#engine
    const path = join(dataDir, segmentFileName(segment.id + 1))
    this.#segment = io('create the next segment', path, () => {
      return this.#create(segment.id + 1, BigInt(nowUs) * 1000n)
    })
    mark('segment.rotated')
    io('close the full segment', segment.path, () => platform.fs.close(segment.fd))
  }

  /**
   * Appends the first `length` bytes of `frames`.
   * @throws StoreError `Io`, nothing of them remains in the file
   */
  write(frames: Uint8Array, length: number, stages?: readonly WriteStage[]): void {
    try {
      this.#segment.append(frames, length, stages)
    } catch (error) {
      throw this.#failed(error, 'append to the segment')
    }
  }

  /**
   * Counts a finished command and syncs when the cadence is reached, unless a group does it later.
   * @throws StoreError `Io` when the sync fails; the writer is poisoned
   */
  finishCommand(): void {
    const due = this.isSyncDue
    this.#unsynced += 1
    if (due && this.#engine.group === undefined) this.sync()
  }

  /** True when the next finished command reaches the cadence. */
  get isSyncDue(): boolean {
    return this.#unsynced + 1 >= this.#engine.config.syncEveryNEvents
  }

  /** Refuses all further writes. @throws `error` */
  poison(error: unknown): never {
    throw this.#poisonWith(error)
  }

  /** Makes everything written so far durable. @throws StoreError `Io`; the writer is poisoned */
  sync(beforeSync?: () => void): void {
    this.#fsync('sync the segment', beforeSync)
  }

  /**
   * Syncs off the main thread what is written by now; later writes go on meanwhile and are not
   * covered. It has a descriptor of its own: the kernel tells a lost write once per descriptor, and a
   * sync that is made meanwhile must hear of it too.
   *
   * @throws StoreError `Io` (as a rejection); a failed sync poisons the writer
   */
  async syncInBackground(): Promise<void> {
    const { platform, config, frontier } = this.#engine
    const { path } = this.#segment
    const point = frontier.written
    const commands = this.#unsynced
    const syncs = this.#syncs
    frontier.syncBegan()
    const fd = io('sync the segment', path, () => platform.fs.open(path, 'read-write'))
    try {
      await platform.fs.fsyncAsync(fd, config.syncMode)
    } catch (error) {
      throw this.#poisonWith(asStoreError(error, 'sync the segment', path))
    } finally {
      this.#closeSynced(fd)
    }
    this.assertUsable()
    if (this.#syncs === syncs) this.#unsynced -= commands
    frontier.markDurable(point)
  }

  /** A sync has succeeded or failed by itself; a descriptor that does not close changes neither. */
  #closeSynced(fd: Fd): void {
    try {
      this.#engine.platform.fs.close(fd)
    } catch (error) {
      this.#engine.report('close', 'the descriptor of a background sync did not close', error)
    }
  }

  /**
   * Ends the segment: sync, footer, sync. A footer that cannot be written is not missed, the next open
   * reads the frames; a failed sync is thrown.
   */
  finish(): void {
    if (!this.#segment.sealed) {
      this.#syncFrames('sync the last segment')
      try {
        this.#seal('write the footer')
      } catch (error) {
        this.#engine.report('close', 'the segment has no footer', error)
        this.assertUsable()
      }
    }
    this.#fsync('sync the last segment')
  }

  /** Releases the descriptor, once; nothing is written. */
  release(): void {
    if (this.#released) return
    this.#released = true
    this.#engine.platform.fs.close(this.#segment.fd)
  }

  #create(id: number, createdNs: bigint): ActiveSegment {
    const { platform, dataDir, index, reader } = this.#engine
    const segment = ActiveSegment.create(
      platform,
      dataDir,
      id,
      index.columns.count,
      createdNs,
      this.#parentDirSync,
    )
    reader.setActive(id, segment.fd)
    return segment
  }

  /** A footer must not reach the disk before the frames that it names: it is believed without them. */
  #syncFrames(operation: string): void {
    const { durable, written } = this.#engine.frontier
    if (compareHlc(durable, written) < 0) this.#fsync(operation)
  }

  #seal(operation: string): void {
    const { index } = this.#engine
    const segment = this.#segment
    this.#guard(operation, () => {
      segment.seal(encodeFooter(index, segment.firstRow, index.columns.count, segment.end))
    })
  }

  #fsync(operation: string, beforeSync?: () => void): void {
    const { platform, config, frontier } = this.#engine
    try {
      beforeSync?.()
      platform.fs.fsync(this.#segment.fd, config.syncMode)
    } catch (error) {
      // The kernel may have dropped the dirty pages: a later success would prove nothing.
      throw this.#poisonWith(asStoreError(error, operation, this.#segment.path))
    }
    this.#unsynced = 0
    this.#syncs += 1
    this.#engine.group?.synced()
    frontier.markDurable(frontier.written)
  }

  #guard<T>(operation: string, work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw this.#failed(error, operation)
    }
  }

  /** The error to throw for a failed write; one that could not be undone poisons. */
  #failed(error: unknown, operation: string): unknown {
    if (!(error instanceof RollbackFailed))
      return asStoreError(error, operation, this.#segment.path)
    return this.#poisonWith(asStoreError(error.cause, operation, this.#segment.path))
  }

  #poisonWith(error: unknown): unknown {
    if (!this.#poisoned) {
      this.#poisoned = true
      this.#poison = error
      mark('writer.poisoned')
      this.#engine.waits.fail(new StoreError('WriterCrashed', {}, { cause: error }))
    }
    return error
  }
}
