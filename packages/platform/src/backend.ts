/**
 * The seam between batpak and the machine: everything that `@batpak/core` may do to files, clocks
 * and randomness. `nodePlatform()` implements it with Node; the testkit implements it in memory.
 */
import type { PlatformEvidence } from '@batpak/profile-schema/evidence'

/** An open file. Only the backend that issued it knows what the number means. */
export type Fd = number

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other'
  /** Bytes. */
  readonly size: number
  /** Device and inode: two stats with equal pairs describe the same file. */
  readonly dev: bigint
  readonly ino: bigint
}

/**
 * - `read`: existing file, read-only, symlinks followed.
 * - `read-write`: existing file, read and write, never truncated.
 * - `create-new`: must not exist (`EEXIST`), read and write.
 * - `lock-nofollow`: created if missing, read and write, never truncated, a symlink in the last
 *   component is refused (`ELOOP`). Where no lock backend loads at all, `ENOTSUP` before anything is
 *   created. Use the descriptor for `tryLock`, `fstat` and `close` alone: where the lock is part of
 *   opening (Windows), it may stand for a file that somebody else keeps us from opening.
 */
export type OpenMode = 'read' | 'read-write' | 'create-new' | 'lock-nofollow'

/**
 * Synchronous file operations. Every failure is thrown as the system error it is, with Node's
 * `code`, `syscall` and `path`; the only "not found" that is a value is `undefined` from `stat` and
 * `lstat` (for `ENOENT` alone).
 */
export interface PlatformFs {
  mkdirp(path: string): void
  /** Canonical absolute path, as realpath(3). */
  realpath(path: string): string
  stat(path: string): FileStat | undefined
  lstat(path: string): FileStat | undefined
  fstat(fd: Fd): FileStat
  /** Names in the directory, without `.` and `..`, in no particular order. */
  readdir(path: string): string[]
  /** `perm` applies to created files only, before the umask; 0o666 by default. */
  open(path: string, mode: OpenMode, perm?: number): Fd
  close(fd: Fd): void
  /** Reads up to `length` bytes (default: all of `out`) at `position` into the start of `out`; may be short; 0 at end of file. */
  pread(fd: Fd, out: Uint8Array, position: number, length?: number): number
  /** Writes up to `length` bytes (default: all) of the start of `data` at `position`; may be short. */
  pwrite(fd: Fd, data: Uint8Array, position: number, length?: number): number
  ftruncate(fd: Fd, size: number): void
  /** Returns when the file's bytes are on stable storage: `all` = fsync, `data` = fdatasync. */
  fsync(fd: Fd, what: 'all' | 'data'): void
  /** As `fsync`, off the main thread. */
  fsyncAsync(fd: Fd, what: 'all' | 'data'): Promise<void>
  /** Makes the directory's entries durable. Call it only where `parentDirSync` is `UnixFsync`. */
  fsyncDir(path: string): void
  /** Atomically replaces `to`. */
  rename(from: string, to: string): void
  unlink(path: string): void
  rmdir(path: string): void
  /**
   * Takes the exclusive whole-file lock that batpak 0.8.0 takes (flock on Unix), without waiting.
   * `fd` must come from `open(…, 'lock-nofollow')`. False: somebody else holds it. The lock lives
   * until `fd` is closed or the process ends. A backend is believed only when a second descriptor on
   * the same file was refused.
   * @throws `ENOTSUP` when no backend can lock here; the message says why, backend by backend
   */
  tryLock(fd: Fd): boolean
  /**
   * Maps the first `size` bytes of a file that nobody truncates while it is mapped, read-only.
   * Writing to the view kills the process: it must never reach a caller. It is a plain Uint8Array,
   * so that `slice` copies. The descriptor may be closed while the map lives.
   * @throws `ENOTSUP` when nothing maps here, `EINVAL` when `size` is 0 or beyond the file, `EFBIG`
   * when it is beyond what the backends map, or what the system said
   */
  map(fd: Fd, size: number): Uint8Array
  /**
   * Releases a view of `map`; every further access to it is a bug (on Node 22 and later the view has
   * length 0 from then on; on Node 20 the memory is released when the last reference is gone). A
   * second call for the same view does nothing.
   */
  unmap(view: Uint8Array): void
}

/** Time as the store sees it. */
export interface Clock {
  /** Microseconds since the Unix epoch; may be negative. */
  nowUs(): number
  /** Nanoseconds since the Unix epoch. */
  nowWallNs(): bigint
  /** Process-local monotonic nanoseconds. */
  nowMonoNs(): bigint
  /** Marker of this process's monotonic epoch: readings of `nowMonoNs` compare only under equal markers. */
  readonly processBootNs: bigint
}

/** Which implementation serves a need, and what its probe said. */
export interface BackendStatus {
  /** For example `mmap-io@1.1.7`, `flock(1)` or `none`. */
  readonly backend: string
  /** `ok`, `not probed`, or why it is not used. */
  readonly probe: string
}

export interface PlatformBackends {
  readonly mmap: BackendStatus
  readonly lock: BackendStatus
}

/** Everything batpak needs of a machine. */
export interface PlatformBackend {
  readonly fs: PlatformFs
  readonly clock: Clock
  /** Fills `out` with cryptographically random bytes. */
  readonly random: (out: Uint8Array) => void
  /**
   * Collects evidence about `dataDir`. It writes, maps and removes one private one-byte file there
   * unless `mmap` is `off` (the map evidence is then `Unknown`) or nothing here could map it
   * (`ObservedUnsupported`); it never throws and never decides.
   */
  probe(dataDir: string, options?: { readonly mmap?: 'off' }): PlatformEvidence
  /** Which lock and mmap implementations are in use so far. */
  backends(): PlatformBackends
}
