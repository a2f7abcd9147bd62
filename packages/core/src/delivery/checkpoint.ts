/** A durable cursor's place on disk: read once, then replaced as a whole (R-83 … R-86). */
import { dirname, join } from 'node:path'
import { readWholeFile, replaceFileDurably } from '@batpak/platform'
import { MalformedError, Reader } from '../encoding/reader.ts'
import type { Engine } from '../engine.ts'
import { StoreError, asStoreError, io } from '../errors.ts'
import { regionIdentity, type Region } from '../event/region.ts'
import { CURSOR_DIRECTORY } from '../segment/name.ts'
import { checkCheckpointId } from './checkpoint-id.ts'
import { decodeCheckpoint, encodeCheckpoint, type CheckpointBody } from './checkpoint-file.ts'

/** The ids that are in use, store by store: two who write one file would undo each other's work. */
const CLAIMED = new WeakMap<Engine, Set<string>>()

export class Checkpoint {
  readonly id: string
  readonly #engine: Engine
  readonly #path: string
  readonly #identity: string
  #claimed: boolean

  /**
   * Claims the id, on a store that can write; nothing is read yet.
   *
   * @throws TypeError, RangeError, StoreError `CheckpointId`, `InvalidUnicode` for an id or a region
   *   that cannot be saved; StoreError `Configuration` while another one holds the id
   */
  constructor(engine: Engine, id: unknown, region: Region) {
    this.id = checkCheckpointId(id)
    this.#identity = regionIdentity(region)
    this.#engine = engine
    this.#path = join(engine.dataDir, CURSOR_DIRECTORY, `${this.id}.ckpt`)
    this.#claimed = engine.writer !== undefined
    if (this.#claimed) claim(engine, this.id)
  }

  /**
   * The sequence of the last event that was handled, or undefined to begin at the beginning.
   *
   * @throws StoreError `CursorCheckpointCorrupt`: the file does not decode, or names an event that this
   *   store never had, as after the store alone was restored from an older copy;
   *   `CursorCheckpointRegionMismatch`, `Io`
   */
  load(): number | undefined {
    const path = this.#path
    const body = this.#read()
    if (body === undefined) return undefined
    const { position, regionIdentity: stored } = body
    if (stored !== this.#identity) {
      throw new StoreError('CursorCheckpointRegionMismatch', {
        path,
        expected: this.#identity,
        ...(stored === undefined ? {} : { stored }),
      })
    }
    const { allocated } = this.#engine.index
    // Beside its owner a reader's rows may be older than the file.
    if (position !== undefined && position >= allocated && this.#engine.mode !== 'Unlocked') {
      const reason = `it stands at sequence ${position}, but the log ends before ${allocated}`
      throw new StoreError('CursorCheckpointCorrupt', { path, reason })
    }
    return position
  }

  /**
   * Saves `position`, durably. The log is made durable up to it first: a checkpoint must not name an
   * event that a crash can take away, or its successor of the same number would be passed over.
   *
   * @throws StoreError `Configuration` on a store that only reads; `CheckpointWriteFailed` with the
   *   cause: the old checkpoint stands, or, after a failed directory sync, either of both
   */
  save(position: number): void {
    const { writer, frontier, platform, mode } = this.#engine
    if (writer === undefined) {
      const reason = `checkpoint ${this.id} cannot be saved: the store is open as ${mode}`
      throw new StoreError('Configuration', { reason })
    }
    try {
      if (frontier.durable.sequence < position) {
        writer.assertUsable()
        writer.sync()
      }
      this.#createDirectory()
      const bytes = encodeCheckpoint(position, this.#identity)
      replaceFileDurably(platform, this.#path, bytes, writer.durable)
    } catch (error) {
      const cause = asStoreError(error, 'save a cursor checkpoint', this.#path)
      throw new StoreError('CheckpointWriteFailed', { id: this.id }, { cause })
    }
  }

  /** Gives the id free; a second call does nothing. */
  release(): void {
    if (this.#claimed) CLAIMED.get(this.#engine)?.delete(this.id)
    this.#claimed = false
  }

  #read(): CheckpointBody | undefined {
    const path = this.#path
    const { fs } = this.#engine.platform
    const bytes = io('read a cursor checkpoint', path, () => {
      try {
        return readWholeFile(fs, path)
      } catch (error) {
        if ((error as { code?: string }).code === 'ENOENT') return undefined
        throw error
      }
    })
    if (bytes === undefined) return undefined
    try {
      return decodeCheckpoint(new Reader(bytes))
    } catch (error) {
      if (!(error instanceof MalformedError) && !(error instanceof StoreError)) throw error
      throw new StoreError('CursorCheckpointCorrupt', { path, reason: error.message })
    }
  }

  #createDirectory(): void {
    const { fs } = this.#engine.platform
    const directory = dirname(this.#path)
    if (fs.stat(directory) !== undefined) return
    fs.mkdirp(directory)
    if (this.#engine.writer!.durable.parentDirSync === 'UnixFsync') {
      fs.fsyncDir(this.#engine.dataDir)
    }
  }
}

function claim(engine: Engine, id: string): void {
  let ids = CLAIMED.get(engine)
  if (ids === undefined) CLAIMED.set(engine, (ids = new Set<string>()))
  if (ids.has(id)) {
    const reason = `checkpoint ${id} is in use by a cursor, worker or watcher of this store; dispose of it first`
    throw new StoreError('Configuration', { reason })
  }
  ids.add(id)
}
