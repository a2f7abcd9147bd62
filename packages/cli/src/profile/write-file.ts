/** Writes a result file so that a crash leaves the old one or the new one. */
import { dirname } from 'node:path'
import { createFileDurably, type PlatformBackend } from '@batpak/platform'
import { EXIT } from '../exit-codes.ts'
import { CliError } from '../failure.ts'

/**
 * Creates the parent directories, then the file with the permissions of any new file (unlike a
 * file of a store, others may have to read it).
 *
 * @throws CliError when it exists and `force` is not set, or when it is a symbolic link
 */
export function writeResultFile(
  platform: PlatformBackend,
  path: string,
  bytes: Uint8Array,
  options: { readonly force: boolean; readonly parentDirSync: 'UnixFsync' | 'RenameOnly' },
): void {
  const { fs } = platform
  const { force, parentDirSync } = options
  fs.mkdirp(dirname(path))
  const there = fs.lstat(path)
  if (there === undefined) return createFileDurably(platform, path, bytes, { parentDirSync })
  if (there.kind !== 'file') throw refused(path, 'is not a regular file', 'name another file')
  if (!force) throw refused(path, 'exists already', 'add --force to replace it')
  const next = `${path}.new`
  if (fs.lstat(next) !== undefined) fs.unlink(next)
  createFileDurably(platform, next, bytes, { parentDirSync })
  fs.rename(next, path)
  if (parentDirSync === 'UnixFsync') fs.fsyncDir(dirname(path))
}

function refused(path: string, why: string, hint: string): CliError {
  return new CliError({ exit: EXIT.failed, code: 'EEXIST', message: `${path} ${why}`, hint })
}
