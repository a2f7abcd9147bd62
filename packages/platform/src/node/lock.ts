import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import type { BackendStatus, Fd } from '../backend.ts'
import { errorCode, errorMessage, systemError } from '../system-error.ts'
import type { BackendChain, Loaded } from './backend-chain.ts'
import type { NodeLockBackend } from './lock-backends.ts'

/**
 * Opens lock files and takes the store lock with the first backend that is seen to exclude.
 *
 * A backend is believed only after a second descriptor on the same file was refused: on some
 * filesystems flock succeeds and excludes nobody.
 */
export class NodeLock {
  readonly #chain: BackendChain<NodeLockBackend>
  readonly #files = new Map<Fd, LockFile>()
  #status: BackendStatus = { backend: 'none', probe: 'not probed' }

  constructor(chain: BackendChain<NodeLockBackend>) {
    this.#chain = chain
  }

  /**
   * Opens the lock file, and refuses a symlink in the last component with `ELOOP`.
   * @throws `ENOTSUP` before anything is created when no backend loads
   */
  open(path: string, perm: number): Fd {
    const first = this.#chain.loaded().next().value
    if (first === undefined) {
      this.#status = { backend: 'none', probe: this.#chain.reasons() }
      throw this.#unsupported(path, this.#chain.reasons())
    }
    const openFlags = first.backend.openFlags ?? 0
    const flags = constants.O_RDWR | constants.O_CREAT | openFlags
    let fd: Fd
    let held = false
    try {
      fd = openNoFollow(path, flags, perm)
    } catch (error) {
      // The lock is part of opening: ours (`open-flag`), or on Windows an owner that does not share.
      if (!heldCodes.has(errorCode(error) ?? '')) throw error
      if (openFlags === 0 && process.platform !== 'win32') throw error
      fd = openSync(devNull, 'r+') // stands for a lock file that cannot be opened now
      held = true
    }
    this.#files.set(fd, { path, held, openFlags })
    return fd
  }

  /** See `PlatformFs.tryLock`. */
  tryLock(fd: Fd): boolean {
    const file = this.#files.get(fd)
    if (file === undefined) {
      throw new TypeError(`tryLock: descriptor ${fd} was not opened with 'lock-nofollow'`)
    }
    if (file.held) return false
    const notes: string[] = []
    for (const candidate of this.#chain.loaded()) {
      const { backend, label } = candidate
      if ((backend.openFlags ?? 0) !== 0 && backend.openFlags !== file.openFlags) {
        notes.push(`${label}: would have to open the file itself`)
        continue
      }
      const first = attempt(backend, fd)
      if (first === 'held') return this.#decide(candidate, 'ok', false)
      if (first !== 'locked') {
        notes.push(`${label}: ${first}`)
        continue
      }
      // A backend that is not believed keeps what it took until the caller closes `fd`.
      const { believed, probe } = verify(backend, fd, file)
      if (believed) return this.#decide(candidate, probe, true)
      notes.push(`${label}: ${probe}`)
    }
    const reasons = [this.#chain.reasons(), ...notes].filter((text) => text !== '').join('; ')
    this.#status = { backend: 'none', probe: reasons }
    throw this.#unsupported(file.path, reasons)
  }

  /** Must be called before a descriptor is closed. */
  forget(fd: Fd): void {
    this.#files.delete(fd)
  }

  status(): BackendStatus {
    return this.#status
  }

  #decide(candidate: Loaded<NodeLockBackend>, probe: string, result: boolean): boolean {
    this.#status = { backend: candidate.label, probe }
    return result
  }

  #unsupported(path: string, reasons: string): Error {
    const { setting } = this.#chain
    const advice =
      setting === undefined
        ? 'install fs-ext or koffi beside @batpak/platform, or the program flock'
        : `unset ${setting.slice(0, setting.indexOf('='))}, which forbids the others`
    return systemError('ENOTSUP', 'flock', `nothing can lock here (${reasons}); ${advice}`, path)
  }
}

interface LockFile {
  readonly path: string
  /** True when somebody else's lock already kept us from opening the file. */
  readonly held: boolean
  readonly openFlags: number
}

const heldCodes = new Set(['EAGAIN', 'EWOULDBLOCK', 'EBUSY'])
const unsupportedCodes = new Set(['ENOLCK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/** `locked`, `held`, or why this backend cannot lock this file. */
function attempt(backend: NodeLockBackend, fd: Fd): string {
  try {
    return backend.tryLock(fd) ? 'locked' : 'held'
  } catch (error) {
    const code = errorCode(error) ?? ''
    if (heldCodes.has(code)) return 'held'
    if (unsupportedCodes.has(code)) return errorMessage(error)
    throw error
  }
}

const excludes = { believed: true, probe: 'ok' }
// Whether the lock still means anything is for its owner to find out by comparing inodes (Q17).
const replaced = { believed: true, probe: 'not probed: the lock file was replaced meanwhile' }

// The second descriptor may be closed without harm: flock belongs to the open file description, so
// closing it cannot drop the first lock. (With POSIX record locks it would.)
function verify(
  backend: NodeLockBackend,
  fd: Fd,
  file: LockFile,
): { readonly believed: boolean; readonly probe: string } {
  let second: Fd
  try {
    second = openNoFollow(file.path, constants.O_RDWR | file.openFlags)
  } catch (error) {
    const code = errorCode(error) ?? ''
    if (heldCodes.has(code)) return excludes
    if (code === 'ENOENT' || code === 'ELOOP') return replaced
    throw error
  }
  try {
    if (!sameFile(fd, second)) return replaced
    const again = attempt(backend, second)
    if (again === 'held') return excludes
    const probe = again === 'locked' ? 'a second descriptor got the same lock' : again
    return { believed: false, probe }
  } finally {
    closeSync(second)
  }
}

function sameFile(a: Fd, b: Fd): boolean {
  const [one, two] = [fstatSync(a, { bigint: true }), fstatSync(b, { bigint: true })]
  return one.ino === two.ino && one.dev === two.dev
}

function openNoFollow(path: string, flags: number, perm?: number): Fd {
  const noFollow = (constants as { readonly O_NOFOLLOW?: number }).O_NOFOLLOW
  if (noFollow !== undefined) return openSync(path, flags | noFollow, perm)
  // Windows: check, then open. The gap between the two is what `BestEffortCheckThenOpen` says.
  const leaf = lstatSync(path, { throwIfNoEntry: false })
  if (leaf?.isSymbolicLink() === true) {
    throw systemError('ELOOP', 'open', 'the lock file must not be a symbolic link', path)
  }
  return openSync(path, flags, perm)
}
