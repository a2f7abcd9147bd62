import { spawnSync } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { errnoName, errorMessage, systemError } from '../system-error.ts'
import type { Candidate } from './backend-chain.ts'
import type { Host } from './host.ts'
import { versionedName } from './host.ts'
import type { Libc } from './libc.ts'
import { koffiLibc, nodeFfiLibc } from './libc.ts'

/**
 * An implementation of the exclusive, non-blocking whole-file lock. It must be flock(2) (LockFileEx
 * on Windows): POSIX record locks and lock directories do not exclude batpak 0.8.0.
 */
export interface LockBackend {
  /** For diagnostics, with a version if it has one. */
  readonly name: string
  /**
   * Takes the lock for the open file description behind `fd`, without waiting; the lock ends when
   * `fd` is closed. False, or a thrown `EAGAIN`, means that somebody else holds it; a thrown `ENOLCK`
   * or `ENOTSUP`, that this backend cannot lock this file.
   */
  tryLock(fd: number): boolean
}

/** A lock backend of our own; `openFlags` are for those that lock while they open. */
export interface NodeLockBackend extends LockBackend {
  readonly openFlags?: number
}

/** In the order in which they are tried: cheapest real flock first, experimental last. */
export const lockCandidates: readonly Candidate<NodeLockBackend>[] = [
  { name: 'fs-ext', load: (host) => fsExt(host, 'fs-ext') },
  { name: 'fs-ext-extra-prebuilt', load: (host) => fsExt(host, 'fs-ext-extra-prebuilt') },
  { name: 'koffi', load: (host) => libcFlock(koffiLibc(host)) },
  { name: 'open-flag', load: openFlag },
  { name: 'flock(1)', load: flockHelper },
  { name: 'node:ffi', load: (host) => libcFlock(nodeFfiLibc(host)), lastResort: true },
]

interface LoadedLock {
  readonly backend: NodeLockBackend
  readonly label: string
}

function loaded(name: string, tryLock: (fd: number) => boolean): LoadedLock {
  return { backend: { name, tryLock }, label: name }
}

function fsExt(host: Host, name: string): LoadedLock {
  // NAN addons: Deno cannot load them, and under Bun a missing symbol ends the process.
  if (host.runtime !== 'node') throw new Error(`not used under ${host.runtime}`)
  const addon = host.load(name) as { flockSync?: (fd: number, flags: string) => void }
  const { flockSync } = addon
  if (typeof flockSync !== 'function') throw new Error('has no function flockSync')
  // Never the asynchronous form: it would park a thread of the pool until the lock is free.
  return loaded(versionedName(host, name), (fd) => {
    flockSync(fd, 'exnb')
    return true
  })
}

function libcFlock(libc: Libc): LoadedLock {
  const exclusiveNonBlocking = 2 | 4 // LOCK_EX | LOCK_NB
  return loaded(libc.label, (fd) => {
    const errno = libc.flock(fd, exclusiveNonBlocking)
    if (errno !== 0) throw systemError(errnoName(errno), 'flock')
    return true
  })
}

// macOS takes the flock atomically in open(2); Windows opens without sharing, so that every other
// open fails. Either way the descriptor is the lock, and there is nothing left to do afterwards.
function openFlag(host: Host): LoadedLock {
  const flags = { darwin: 0x20 /* O_EXLOCK */, win32: 0x1000_0000 /* UV_FS_O_EXLOCK */ }
  const flag = host.platform === 'darwin' || host.platform === 'win32' ? flags[host.platform] : 0
  if (flag === 0) throw new Error(`open(2) has no lock flag on ${host.platform}`)
  const nonBlocking = host.platform === 'darwin' ? constants.O_NONBLOCK : 0
  const name = 'open-flag'
  return {
    backend: { name, openFlags: flag | nonBlocking, tryLock: () => true },
    label: name,
  }
}

// The helper locks our open file description through an inherited descriptor and exits: the lock
// stays with ours.
function flockHelper(host: Host): LoadedLock {
  if (host.platform === 'win32') throw new Error('Windows has no flock(1)')
  const program = findOnPath('flock', host.env['PATH'] ?? '')
  if (program === undefined) throw new Error('flock is not on PATH')
  return loaded('flock(1)', (fd) => {
    const run = spawnSync(program, ['-x', '-n', '3'], {
      stdio: ['ignore', 'ignore', 'pipe', fd],
      encoding: 'utf8',
      timeout: 10_000,
    })
    const complaint = run.error === undefined ? run.stderr.trim() : errorMessage(run.error)
    if (run.status === 0) return true
    // Silence and status 1 mean "held"; busybox also exits with 1 on real failures, but says why.
    if (run.status === 1 && complaint === '') return false
    const ending = run.signal ?? `status ${run.status}`
    throw systemError('ENOTSUP', 'flock', `flock(1) ended with ${ending}: ${complaint}`)
  })
}

function findOnPath(program: string, path: string): string | undefined {
  for (const directory of path.split(delimiter)) {
    if (directory === '') continue
    const file = join(directory, program)
    try {
      accessSync(file, constants.X_OK)
      if (statSync(file).isFile()) return file
    } catch {
      // not here: the next directory
    }
  }
  return undefined
}
