/** A file that is bytes in memory, for what reads segments through a window. */
import type { PlatformFs } from '@batpak/platform'
import { FileWindow } from '../../src/segment/window.ts'

/** @param transfer the most bytes that one read gives, to try short reads */
export function windowOf(bytes: Uint8Array, transfer = Infinity): FileWindow {
  const pread: PlatformFs['pread'] = (_fd, out, position, length = out.length) => {
    const end = Math.min(position + Math.min(length, transfer), bytes.length)
    const part = bytes.subarray(Math.min(position, bytes.length), end)
    out.set(part)
    return part.length
  }
  return new FileWindow({ pread } as PlatformFs, 0, bytes.length)
}
