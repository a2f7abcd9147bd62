import type { Fd, PlatformFs } from './backend.ts'
import { systemError } from './system-error.ts'

/**
 * Reads until `length` bytes (default: all of `out`) stand at the start of `out`, or the file ends.
 * Returns how many were read.
 */
export function readUpTo(
  fs: PlatformFs,
  fd: Fd,
  out: Uint8Array,
  position: number,
  length: number = out.length,
): number {
  let done = fs.pread(fd, out, position, length)
  if (done === length || done === 0) return done
  for (;;) {
    const rest = out.subarray(done, length)
    const read = fs.pread(fd, rest, position + done)
    done += read
    if (read === 0 || done === length) return done
  }
}

/**
 * Reads exactly `length` bytes (default: all of `out`) to the start of `out`.
 * @throws `EOF` when the file ends before
 */
export function readExactly(
  fs: PlatformFs,
  fd: Fd,
  out: Uint8Array,
  position: number,
  length: number = out.length,
): void {
  const read = readUpTo(fs, fd, out, position, length)
  if (read === length) return
  throw systemError('EOF', 'read', `the file ended after ${read} of ${length} bytes at ${position}`)
}

/** Writes `length` bytes (default: all) from the start of `data` at `position`, however many writes it takes. */
export function writeExactly(
  fs: PlatformFs,
  fd: Fd,
  data: Uint8Array,
  position: number,
  length: number = data.length,
): void {
  let done = fs.pwrite(fd, data, position, length)
  while (done < length) {
    const written = fs.pwrite(fd, data.subarray(done, length), position + done)
    if (written === 0) {
      throw systemError('EIO', 'write', `no progress after ${done} of ${length} bytes`)
    }
    done += written
  }
}

/** The content of a file in memory of its own; a file that grows meanwhile is read to its new end. */
export function readWholeFile(fs: PlatformFs, path: string): Uint8Array {
  const fd = fs.open(path, 'read')
  try {
    // One byte more than the size: a full buffer then means that there may be more.
    let buffer = new Uint8Array(fs.fstat(fd).size + 1)
    let done = 0
    for (;;) {
      done += readUpTo(fs, fd, buffer.subarray(done), done)
      if (done < buffer.length) return buffer.subarray(0, done)
      const larger = new Uint8Array(buffer.length * 2)
      larger.set(buffer)
      buffer = larger
    }
  } finally {
    fs.close(fd)
  }
}

/** True when the file that `fd` has open is the one that `path` names now; a symbolic link is not it. */
export function isFileAt(fs: PlatformFs, fd: Fd, path: string): boolean {
  const held = fs.fstat(fd)
  const there = fs.lstat(path)
  return there !== undefined && there.dev === held.dev && there.ino === held.ino
}
