/** The one segment that is written: positional writes at a tracked end, undone when they fail. */
import { join } from 'node:path'
import {
  createFileDurably,
  writeExactly,
  type Fd,
  type PlatformBackend,
  type PlatformFs,
} from '@batpak/platform'
import { invariant } from '../invariant.ts'
import { mark } from '../testing/hooks.ts'
import { encodeSegmentHeader } from './header.ts'
import { segmentFileName } from './name.ts'

/**
 * A write failed and could not be undone: what lies behind the end is unknown.
 * Internal: the writer is poisoned with its cause.
 */
export class RollbackFailed extends Error {}

/** Calls `reached` when the first `upTo` bytes of a write are in the file. */
export interface WriteStage {
  readonly upTo: number
  readonly reached: () => void
}

export class ActiveSegment {
  readonly id: number
  readonly path: string
  readonly fd: Fd
  /** The index row that the segment's first event has. */
  readonly firstRow: number
  readonly #fs: PlatformFs
  #end: number
  /** True once a footer stands behind the frames: nothing may be appended any more. */
  sealed = false

  private constructor(
    fs: PlatformFs,
    id: number,
    path: string,
    fd: Fd,
    end: number,
    firstRow: number,
  ) {
    this.#fs = fs
    this.id = id
    this.path = path
    this.fd = fd
    this.#end = end
    this.firstRow = firstRow
  }

  /**
   * Creates segment `id` with its header, durably, name included (D7): a crash leaves either no
   * segment or one with a whole header.
   */
  static create(
    platform: PlatformBackend,
    dir: string,
    id: number,
    firstRow: number,
    createdNs: bigint,
    parentDirSync: 'UnixFsync' | 'RenameOnly',
  ): ActiveSegment {
    const path = join(dir, segmentFileName(id))
    const header = encodeSegmentHeader(id, createdNs)
    const fd = createFileDurably(platform, path, header, { parentDirSync, keepOpen: true })
    return new ActiveSegment(platform.fs, id, path, fd, header.length, firstRow)
  }

  /** Bytes of header and frames: where the next frame goes. */
  get end(): number {
    return this.#end
  }

  /**
   * Appends the first `length` bytes of `data`; when that fails nothing of them remains.
   *
   * @param stages stops in between, for fault injection; what one throws is a failed write
   * @throws the system's error, or `RollbackFailed` with that error as cause
   */
  append(data: Uint8Array, length: number, stages: readonly WriteStage[] = []): void {
    invariant(!this.sealed, 'nothing is appended behind a footer')
    const offset = this.#end
    try {
      let from = 0
      for (const { upTo, reached } of stages) {
        writeExactly(this.#fs, this.fd, data.subarray(from), offset + from, upTo - from)
        from = upTo
        reached()
      }
      if (from < length) {
        const rest = from === 0 ? data : data.subarray(from)
        writeExactly(this.#fs, this.fd, rest, offset + from, length - from)
      }
    } catch (cause) {
      this.#rollback(cause)
    }
    this.#end = offset + length
  }

  /** Appends the footer without counting it as frames. @throws as `append` */
  seal(footer: Uint8Array): void {
    const framesEnd = this.#end
    this.append(footer, footer.length)
    this.#end = framesEnd
    this.sealed = true
  }

  #rollback(cause: unknown): never {
    try {
      this.#fs.ftruncate(this.fd, this.#end)
      // Or a crash could bring the fragment back, between events that were acknowledged (Q27).
      this.#fs.fsync(this.fd, 'all')
    } catch (second) {
      throw new RollbackFailed(`a failed write could not be undone: ${String(second)}`, { cause })
    }
    mark('write.undone')
    throw cause
  }
}
