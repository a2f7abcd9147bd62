/** What a system call may do, apart from where it does it: the rules that Linux has for them. */
import type { FileStat, OpenMode } from '@batpak/platform'
import type { Inode } from './inode.ts'

export const UMASK: number = 0o022

/** Without separators at its end: what may be created is never a directory. */
export function withoutEnd(path: string): string {
  return path.replace(/(?<=[^\\/])[\\/]+$/, '')
}

export function endsOpen(path: string): boolean {
  return withoutEnd(path) !== path
}

export function needed(mode: OpenMode): number {
  return mode === 'read' ? 0o400 : 0o600
}

export function statOf(node: Inode): FileStat {
  return { kind: node.kind, size: fileSize(node), dev: 1n, ino: BigInt(node.ino) }
}

export function fileSize(node: Inode | undefined): number {
  if (node?.kind === 'symlink') return Buffer.byteLength(node.target)
  return node?.kind === 'file' ? node.size : 0
}

export function checkTransfer(position: number, length: number, available: number): void {
  if (!Number.isSafeInteger(position) || position < 0) {
    throw new RangeError(`position must be a byte offset from 0 to 2^53-1, got ${position}`)
  }
  if (Number.isInteger(length) && length >= 0 && length <= available) return
  throw new RangeError(`length must be an integer from 0 to ${available}, got ${length}`)
}

/** Why `source` cannot take the place of `target`, or of a path that ends in a separator. */
export function replaceRefusal(
  source: Inode,
  target: Inode | undefined,
  endsOpen: boolean,
): string | undefined {
  if (source.kind !== 'directory' && endsOpen) return 'ENOTDIR'
  if (target === undefined) return undefined
  if (source.kind !== 'directory') return target.kind === 'directory' ? 'EISDIR' : undefined
  if (target.kind !== 'directory') return 'ENOTDIR'
  return target !== source && target.entries.size > 0 ? 'ENOTEMPTY' : undefined
}

export function isInside(inner: readonly string[], outer: readonly string[]): boolean {
  return inner.length > outer.length && outer.every((name, i) => inner[i] === name)
}
