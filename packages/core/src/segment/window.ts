/** A sliding view of one file: long scans read large pieces, frames never straddle two of them. */
import { readUpTo, type Fd, type PlatformFs } from '@batpak/platform'
import { plainView } from '../encoding/bytes.ts'

const WINDOW_BYTES = 1 << 20

export class FileWindow {
  readonly size: number
  readonly #fs: PlatformFs
  readonly #fd: Fd
  /** The bytes; only what the last `load` asked for may be read. Never a Buffer: see `bytes.ts`. */
  buf: Uint8Array = new Uint8Array(0)
  /** The same bytes with Node's readers. */
  buffer: Buffer = Buffer.alloc(0)
  #start = 0
  #end = 0

  /** @param size how much of the file is looked at; bytes beyond it do not exist here */
  constructor(fs: PlatformFs, fd: Fd, size: number) {
    this.#fs = fs
    this.#fd = fd
    this.size = size
  }

  /** A second view of the same file, for who reads in two places in turn. */
  another(): FileWindow {
    return new FileWindow(this.#fs, this.#fd, this.size)
  }

  /**
   * Makes `length` bytes at `offset` available in `buf` and returns where they begin.
   * Everything behind them up to `available(offset)` may be read too.
   */
  load(offset: number, length: number): number {
    if (offset < this.#start || offset + length > this.#end) this.#fill(offset, length)
    return offset - this.#start
  }

  /** How many bytes from `offset` on are in `buf` already. */
  available(offset: number): number {
    return offset < this.#start ? 0 : Math.max(0, this.#end - offset)
  }

  #fill(offset: number, length: number): void {
    const wanted = Math.min(Math.max(length, WINDOW_BYTES), this.size - offset)
    if (this.buf.length < wanted) {
      this.buffer = Buffer.allocUnsafeSlow(Math.max(wanted, Math.min(WINDOW_BYTES, this.size)))
      this.buf = plainView(this.buffer)
    }
    const read = readUpTo(this.#fs, this.#fd, this.buf, offset, wanted)
    this.#start = offset
    this.#end = offset + read
    // A file that shrank under the scan reads as zeros behind its end: the checksum refuses them.
    if (read < length) {
      this.buf.fill(0, read, length)
      this.#end = offset + length
    }
  }
}
