/** A directory that holds a store, and its lock for the time of a command. */
import { join } from 'node:path'
import { listStoreFiles, type StoreFileInfo } from '@batpak/core/inspect'
import { nodePlatform, type PlatformFs } from '@batpak/platform'
import { requireDirectory, requiredDirectory } from './directory.ts'
import { EXIT } from '../exit-codes.ts'
import { CliError } from '../failure.ts'
import type { Session } from '../output/session.ts'

export interface StoreDirectory {
  readonly dir: string
  readonly fs: PlatformFs
  readonly files: readonly StoreFileInfo[]
}

/** @throws CliError exit 10 when there is no directory, or nothing of a store in it */
export function storeDirectory(session: Session, given: string | undefined): StoreDirectory {
  const dir = requiredDirectory(session, given)
  const { fs } = nodePlatform()
  requireDirectory(fs, dir)
  const files = listStoreFiles(fs, dir)
  if (files.some(({ kind }) => kind !== 'other' && kind !== 'temporary')) return { dir, fs, files }
  throw new CliError({
    exit: EXIT.noStore,
    code: 'NoStore',
    message: `${dir} holds no store: neither segments nor a lock file`,
    hint: 'check the path; a store is created by opening it',
  })
}

/**
 * Runs `work` under the store's lock where that changes nothing on disk: the lock file is never
 * created. Where there is none, where it cannot be opened or locked, or under `--unlocked`, `work`
 * runs without it, and a note says so.
 *
 * @throws CliError exit 11 when another owner holds the lock
 */
export async function underLock<T>(
  session: Session,
  { dir, fs, files }: StoreDirectory,
  unlocked: boolean,
  work: () => Promise<T>,
): Promise<T> {
  const fd = unlocked ? undefined : takeLock(session, fs, dir, files)
  if (unlocked) session.note('reading without the lock (--unlocked)')
  try {
    return await work()
  } finally {
    if (fd !== undefined) fs.close(fd)
  }
}

function takeLock(
  session: Session,
  fs: PlatformFs,
  dir: string,
  files: readonly StoreFileInfo[],
): number | undefined {
  const without = (why: string): undefined => {
    session.note(`reading without the lock: ${why}`)
    return undefined
  }
  if (!files.some(({ kind }) => kind === 'lock')) return without('there is no lock file')
  let fd: number | undefined
  try {
    fd = fs.open(join(dir, '.batpak.lock'), 'lock-nofollow')
    if (fs.tryLock(fd)) return fd
  } catch (error) {
    if (fd !== undefined) fs.close(fd)
    const { code, message } = error as { readonly code?: string; readonly message: string }
    if (!TOLERATED.has(code ?? '')) throw error
    return without(message)
  }
  fs.close(fd)
  throw new CliError({
    exit: EXIT.locked,
    code: 'StoreLocked',
    message: `the store ${dir} is locked by another owner`,
    hint: 'add --unlocked to read beside it; `batpak inspect` names the owner',
  })
}

/** No permission, read-only media, or no means to lock: an owner is then no reason to wait for. */
const TOLERATED: ReadonlySet<string> = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOLCK',
  'ENOSYS',
])
