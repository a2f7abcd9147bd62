import { dirname } from 'node:path'
import {
  requireBytes,
  requireDurableOptions,
  requireMembers,
  requirePath,
} from './argument-checks.ts'
import type { Fd, PlatformBackend, PlatformFs } from './backend.ts'
import { isFileAt, writeExactly } from './files.ts'
import { systemError } from './system-error.ts'
import type { TempFile } from './temp-file.ts'
import { createTempFile, discardFile, ignoreFailure } from './temp-file.ts'

/** What the helpers need of a backend: the simulator's will do. */
export type FileBackend = Pick<PlatformBackend, 'fs' | 'random'>

export interface DurableOptions {
  /** Admitted parent-directory synchronisation; under `RenameOnly` the rename is the last step. */
  readonly parentDirSync: 'UnixFsync' | 'RenameOnly'
}

export interface CreateOptions extends DurableOptions {
  /** Permission bits before the umask; 0o666 by default. */
  readonly perm?: number
  /** True: the file stays open and its descriptor is returned. */
  readonly keepOpen?: boolean
}

/** The bytes of a file; in pieces where they are too many for one array. */
export type FileContent = Uint8Array | Iterable<Uint8Array>

/**
 * Replaces the content of `path` atomically: after a crash at any point it holds the old or the new
 * bytes, never a mixture. The file ends up with mode 0600.
 *
 * Returns when the new content, and under `UnixFsync` its name, are on stable storage. When it
 * throws before the rename, the old content stands and no temporary file remains; a failed
 * directory sync after it leaves the new content with unknown durability.
 *
 * @throws TypeError for arguments of the wrong type, `EINVAL` when `path` is a symbolic link, and
 *   every failure of the file system as it is
 */
export function replaceFileDurably(
  backend: FileBackend,
  path: string,
  bytes: FileContent,
  options: DurableOptions,
): void {
  checkArguments('replaceFileDurably', backend, path, bytes, options)
  const { fs } = backend
  refuseSymlink(fs, path)
  renameOver(fs, createFilledTemp(backend, dirname(path), bytes, 0o600, true), path)
  syncParent(fs, path, options)
}

/**
 * Replaces the content of `path` atomically, but not durably: whoever reads it finds the old or the new
 * bytes; after a loss of power it may hold either, or anything else. For what can be made again. The
 * file ends up with mode 0600.
 *
 * @throws as `replaceFileDurably`; no temporary file remains then
 */
export function replaceFile(backend: FileBackend, path: string, bytes: FileContent): void {
  checkFile('replaceFile', backend, path, bytes)
  const { fs } = backend
  refuseSymlink(fs, path)
  renameOver(fs, createFilledTemp(backend, dirname(path), bytes, 0o600, false), path)
}

/**
 * Creates `path` with its first content so that nobody ever sees it without: temporary file, one
 * write, fsync, rename, directory fsync.
 *
 * With `keepOpen` the result is the open descriptor (read and write), which the caller closes. When
 * it throws, neither `path` nor a temporary file remains. Creation is not atomic against others who
 * create the same name: call it under the store lock.
 *
 * @throws TypeError for arguments of the wrong type, `EEXIST` when `path` exists in any form, and
 *   every failure of the file system as it is
 */
export function createFileDurably(
  backend: FileBackend,
  path: string,
  bytes: Uint8Array,
  options: CreateOptions & { readonly keepOpen: true },
): Fd
export function createFileDurably(
  backend: FileBackend,
  path: string,
  bytes: Uint8Array,
  options: CreateOptions,
): void
export function createFileDurably(
  backend: FileBackend,
  path: string,
  bytes: Uint8Array,
  options: CreateOptions,
): Fd | undefined {
  checkArguments('createFileDurably', backend, path, bytes, options)
  const { fs } = backend
  const temp = createFilledTemp(backend, dirname(path), bytes, options.perm ?? 0o666, true)
  undoOnFailure(
    () => {
      if (fs.lstat(path) !== undefined) throw systemError('EEXIST', 'rename', undefined, path)
      fs.rename(temp.path, path)
      syncParent(fs, path, options)
    },
    // A rename may take effect and fail all the same: the file itself tells which name it has.
    () => discardFile(fs, { path: isFileAt(fs, temp.fd, path) ? path : temp.path, fd: temp.fd }),
  )
  if (options.keepOpen === true) return temp.fd
  fs.close(temp.fd)
  return undefined
}

/** Removes `path`; under `UnixFsync` its absence is on stable storage when this returns. */
export function unlinkDurably(fs: PlatformFs, path: string, options: DurableOptions): void {
  requireMembers('unlinkDurably', 'fs', fs, { unlink: 'function', fsyncDir: 'function' })
  requirePath('unlinkDurably', 'path', path)
  requireDurableOptions('unlinkDurably', options)
  fs.unlink(path)
  syncParent(fs, path, options)
}

function checkArguments(
  what: string,
  backend: unknown,
  path: unknown,
  bytes: unknown,
  options: unknown,
): void {
  checkFile(what, backend, path, bytes)
  requireDurableOptions(what, options)
}

function checkFile(what: string, backend: unknown, path: unknown, bytes: unknown): void {
  requireMembers(what, 'backend', backend, { fs: 'object', random: 'function' })
  requirePath(what, 'path', path)
  if (typeof bytes === 'string' || !isIterable(bytes)) requireBytes(what, 'bytes', bytes)
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return (
    typeof (value as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] ===
    'function'
  )
}

function syncParent(fs: PlatformFs, path: string, options: DurableOptions): void {
  if (options.parentDirSync === 'UnixFsync') fs.fsyncDir(dirname(path))
}

function renameOver(fs: PlatformFs, temp: TempFile, path: string): void {
  undoOnFailure(
    () => {
      fs.close(temp.fd)
      fs.rename(temp.path, path)
    },
    () => fs.unlink(temp.path), // no second close: the number may be somebody else's by now
  )
}

function createFilledTemp(
  backend: FileBackend,
  directory: string,
  bytes: FileContent,
  perm: number,
  sync: boolean,
): TempFile {
  const { fs } = backend
  const temp = createTempFile(backend, directory, perm)
  undoOnFailure(
    () => {
      let position = 0
      for (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) {
        writeExactly(fs, temp.fd, piece, position)
        position += piece.length
      }
      if (sync) fs.fsync(temp.fd, 'all')
    },
    () => discardFile(fs, temp),
  )
  return temp
}

function refuseSymlink(fs: PlatformFs, path: string): void {
  let kind: string | undefined
  try {
    kind = fs.lstat(path)?.kind
  } catch {
    return // as batpak 0.8.0: whoever may not look will fail at the rename
  }
  if (kind === 'symlink') {
    throw systemError('EINVAL', 'rename', 'refusing to replace a symbolic link', path)
  }
}

/** Runs `undo` when `run` throws; what `undo` throws is dropped, so that the first error is seen. */
function undoOnFailure(run: () => void, undo: () => void): void {
  try {
    run()
  } catch (error) {
    ignoreFailure(undo)
    throw error
  }
}
