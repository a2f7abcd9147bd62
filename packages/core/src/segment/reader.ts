/**
 * Point reads of frames: from a memory map where sealed segments may be mapped, else by position.
 * Descriptors and maps together stay within the descriptor budget.
 */
import { LruCache, readUpTo, type Fd, type PlatformFs } from '@batpak/platform'
import { join } from 'node:path'
import { crc32 } from '../encoding/crc.ts'
import { MalformedError } from '../encoding/reader.ts'
import { StoreError, asStoreError } from '../errors.ts'
import { decodeFrame } from './frame-decode.ts'
import { FrameHead } from './frame-head.ts'
import { FRAME_PAYLOAD_MAX, FRAME_PREFIX_BYTES } from './frame-keys.ts'
import { segmentFileName } from './name.ts'

/**
 * How sealed segments are read: `mapped` through maps alone, `preferred` through maps where one can
 * be had, `positional` never through maps, `refused` not at all (a required map is not admitted).
 */
export type SealedReads = 'mapped' | 'preferred' | 'positional' | 'refused'

interface Sealed {
  readonly fd: Fd | undefined
  readonly view: Uint8Array | undefined
}

export class SegmentReader {
  /** The decoded frame of the last `read`, and the buffer its offsets point into. */
  readonly head: FrameHead = new FrameHead()
  buf: Uint8Array = new Uint8Array(0)

  readonly #fs: PlatformFs
  readonly #dir: string
  readonly #sealedReads: SealedReads
  readonly #sealed: LruCache<number, Sealed>
  #scratch: Uint8Array = new Uint8Array(4096)
  #activeId = -1
  #activeFd: Fd = -1
  #lastId = -1
  #last: Sealed | undefined

  constructor(fs: PlatformFs, dir: string, sealedReads: SealedReads, fdBudget: number) {
    this.#fs = fs
    this.#dir = dir
    this.#sealedReads = sealedReads
    this.#sealed = new LruCache<number, Sealed>(fdBudget, (sealed) => this.#release(sealed))
  }

  /** Reads of this segment use the writer's own descriptor. */
  setActive(segmentId: number, fd: Fd): void {
    this.#activeId = segmentId
    this.#activeFd = fd
  }

  /**
   * Reads and checks one frame into `head` and `buf`; both are overwritten by the next read.
   *
   * @throws StoreError `CrcMismatch`, `CorruptSegment`, `UnsafeInteger`, `Io`; `PlatformAdmissionFailed`
   *   for a sealed segment where maps are required and none is admitted
   */
  read(segmentId: number, offset: number, length: number): void {
    if (length < FRAME_PREFIX_BYTES || length > FRAME_PAYLOAD_MAX + FRAME_PREFIX_BYTES) {
      throw this.#corrupt(segmentId, `frame at offset ${offset} has an impossible length ${length}`)
    }
    const at = this.#load(segmentId, offset, length)
    const { buf } = this
    const payload = (buf[at]! << 24) | (buf[at + 1]! << 16) | (buf[at + 2]! << 8) | buf[at + 3]!
    const body = at + FRAME_PREFIX_BYTES
    if (payload < 0 || payload > length - FRAME_PREFIX_BYTES) {
      throw this.#corrupt(segmentId, `frame at offset ${offset} is longer than its index entry`)
    }
    const stored =
      ((buf[at + 4]! << 24) | (buf[at + 5]! << 16) | (buf[at + 6]! << 8) | buf[at + 7]!) >>> 0
    if (crc32(buf, body, body + payload) !== stored) {
      throw new StoreError('CrcMismatch', { segmentId, offset })
    }
    try {
      decodeFrame(buf, body, body + payload, this.head)
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      const detail = `frame at offset ${offset} is unreadable: ${error.message}`
      throw new StoreError('CorruptSegment', { segmentId, detail }, { cause: error })
    }
  }

  close(): void {
    this.#lastId = -1
    this.#last = undefined
    this.#sealed.clear()
  }

  /** Makes the bytes available and returns where they begin in `buf`. */
  #load(segmentId: number, offset: number, length: number): number {
    try {
      if (segmentId === this.#activeId)
        return this.#position(this.#activeFd, segmentId, offset, length)
      const { view, fd } = this.#obtain(segmentId)
      if (view === undefined) return this.#position(fd!, segmentId, offset, length)
      if (offset + length > view.length) throw this.#endOfFile(segmentId)
      this.buf = view
      return offset
    } catch (error) {
      throw asStoreError(error, `read segment ${segmentId}`)
    }
  }

  #position(fd: Fd, segmentId: number, offset: number, length: number): number {
    if (this.#scratch.length < length) this.#scratch = new Uint8Array(length * 2)
    const read = readUpTo(this.#fs, fd, this.#scratch, offset, length)
    if (read < length) throw this.#endOfFile(segmentId)
    this.buf = this.#scratch
    return 0
  }

  #obtain(segmentId: number): Sealed {
    if (segmentId === this.#lastId) return this.#last!
    const sealed = this.#sealed.obtain(segmentId, () => this.#open(segmentId))
    this.#lastId = segmentId
    this.#last = sealed
    return sealed
  }

  #open(segmentId: number): Sealed {
    if (this.#sealedReads === 'refused') {
      throw new StoreError('PlatformAdmissionFailed', {
        capability: 'sealed segment mmap',
        reason: 'the option mmap is "required" and the evidence does not say FileBacked',
      })
    }
    const fs = this.#fs
    const fd = fs.open(join(this.#dir, segmentFileName(segmentId)), 'read')
    if (this.#sealedReads === 'positional') return { fd, view: undefined }
    let view: Uint8Array
    try {
      view = fs.map(fd, fs.fstat(fd).size)
    } catch (error) {
      // A file larger than the backend maps, or no map left: reading by position always works.
      if (this.#sealedReads === 'preferred') return { fd, view: undefined }
      fs.close(fd)
      throw error
    }
    fs.close(fd)
    return { fd: undefined, view }
  }

  #release(sealed: Sealed): void {
    if (this.#last === sealed) this.#lastId = -1
    if (sealed.view !== undefined) {
      if (this.buf === sealed.view) this.buf = this.#scratch
      this.#fs.unmap(sealed.view)
    }
    if (sealed.fd !== undefined) this.#fs.close(sealed.fd)
  }

  #endOfFile(segmentId: number): StoreError {
    return this.#corrupt(segmentId, 'unexpected EOF during read')
  }

  #corrupt(segmentId: number, detail: string): StoreError {
    return new StoreError('CorruptSegment', { segmentId, detail })
  }
}
