/** One owner per directory: the lock file, taken as batpak 0.8.0 takes it. */
import { join } from 'node:path'
import { isFileAt, type Fd, type PlatformFs } from '@batpak/platform'
import type { PlatformAdmission, PlatformEvidence } from '@batpak/profile-schema/evidence'
import { StoreError, asStoreError } from '../errors.ts'
import type { StoreMode } from '../errors/fields.ts'
import { LOCK_FILE } from '../segment/name.ts'

/** The held lock; closing its descriptor releases it, the file stays. */
export class DirLock {
  readonly #fs: PlatformFs
  #fd: Fd | undefined

  private constructor(fs: PlatformFs, fd: Fd) {
    this.#fs = fs
    this.#fd = fd
  }

  /**
   * Takes the exclusive lock of `dataDir` without waiting.
   *
   * @throws StoreError `PlatformAdmissionFailed` when the host cannot lock, `StoreLocked` when another
   *   owner holds it, `Io` for anything else, a symlinked lock file included
   */
  static acquire(
    fs: PlatformFs,
    dataDir: string,
    mode: StoreMode,
    evidence: PlatformEvidence,
    admission: PlatformAdmission,
  ): DirLock {
    if (admission.storeLock === 'Rejected') {
      throw new StoreError('PlatformAdmissionFailed', {
        capability: 'store lock symlink-leaf protection',
        reason: `the evidence is ${evidence.storePath.lockLeafSymlinkProtection}`,
      })
    }
    const path = join(dataDir, LOCK_FILE)
    // Whoever removes a held lock file makes a second one possible: only the one at the path counts (Q17).
    const lock = take(fs, path) ?? take(fs, path)
    if (lock === 'held') throw new StoreError('StoreLocked', { path: dataDir, mode })
    if (lock === undefined) {
      const reason = 'the lock file is replaced again and again'
      throw new StoreError('PlatformAdmissionFailed', { capability: 'store lock', reason })
    }
    return new DirLock(fs, lock)
  }

  release(): void {
    if (this.#fd === undefined) return
    const fd = this.#fd
    this.#fd = undefined
    this.#fs.close(fd)
  }
}

/** A locked descriptor, `'held'` when another owner has the lock, undefined when the file was replaced. */
function take(fs: PlatformFs, path: string): Fd | 'held' | undefined {
  const fd = locking('open the lock file', path, () => fs.open(path, 'lock-nofollow', 0o666))
  let outcome: Fd | 'held' | undefined
  try {
    if (!locking('lock the store directory', path, () => fs.tryLock(fd))) outcome = 'held'
    else if (locking('look at the lock file', path, () => isFileAt(fs, fd, path))) outcome = fd
    return outcome
  } finally {
    if (outcome !== fd) fs.close(fd)
  }
}

/** Runs a step of locking; a host that cannot lock is not admitted, whichever step finds out. */
function locking<T>(operation: string, path: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    const { code, message } = cause as { code?: string; message?: string }
    if (!CANNOT_LOCK.has(code ?? '')) throw asStoreError(cause, operation, path)
    const reason = `no lock that excludes other owners can be taken here: ${message ?? code}`
    throw new StoreError('PlatformAdmissionFailed', { capability: 'store lock', reason }, { cause })
  }
}

const CANNOT_LOCK: ReadonlySet<string> = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOLCK', 'ENOSYS'])
