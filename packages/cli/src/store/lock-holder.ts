/**
 * Who holds the lock of a store, without touching the lock: the kernel's table of locks, on Linux.
 * To take the lock, even for a moment, would refuse a writer that starts just then.
 */
import { join } from 'node:path'
import { readWholeFile, type FileStat, type PlatformFs } from '@batpak/platform'

export type LockState =
  | { readonly state: 'no-lock-file' }
  | { readonly state: 'free' }
  | { readonly state: 'held'; readonly holders: readonly LockHolder[] }
  | { readonly state: 'unknown'; readonly reason: string }

export interface LockHolder {
  /** Absent when the process that took the lock has ended and handed it on. */
  readonly pid?: number
  readonly command?: string
}

export function lockState(fs: PlatformFs, dir: string): LockState {
  const path = join(dir, '.batpak.lock')
  let file: FileStat | undefined
  let locks: string
  try {
    file = fs.lstat(path)
    if (file === undefined) return { state: 'no-lock-file' }
    locks = textOf(fs, '/proc/locks')
  } catch (error) {
    const { code } = error as { readonly code?: string }
    const missing = file !== undefined && code === 'ENOENT'
    return { state: 'unknown', reason: missing ? 'this system has no /proc/locks' : String(error) }
  }
  const pids = pidsOf(locks, file)
  if (pids.length === 0) return { state: 'free' }
  return { state: 'held', holders: pids.flatMap((pid) => holdersOf(fs, pid, file)) }
}

/**
 * The processes that took a flock on the file. Lines are `1: FLOCK  ADVISORY  WRITE 123 08:01:99 0 EOF`;
 * those of waiting processes have an arrow behind the number.
 */
function pidsOf(locks: string, { dev, ino }: FileStat): number[] {
  const found: { readonly pid: number; readonly exact: boolean }[] = []
  for (const line of locks.split('\n')) {
    const parts = /^\d+: FLOCK\s+\S+\s+\S+\s+(-?\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /.exec(line)
    if (parts === null || BigInt(parts[4]!) !== ino) continue
    const exact = deviceOf(parts[2]!, parts[3]!) === dev
    found.push({ pid: Number(parts[1]), exact })
  }
  // Some file systems show another device in a stat than the kernel has: then the inode must do.
  const certain = found.filter(({ exact }) => exact)
  return (certain.length > 0 ? certain : found).map(({ pid }) => pid)
}

/** A device number as the C library composes it. */
function deviceOf(majorHex: string, minorHex: string): bigint {
  const major = BigInt(`0x${majorHex}`)
  const minor = BigInt(`0x${minorHex}`)
  const low = ((major & 0xfffn) << 8n) | (minor & 0xffn)
  return low | ((minor & ~0xffn) << 12n) | ((major & ~0xfffn) << 32n)
}

/** The process itself, or, when it was only a helper that has ended, those that have the file open. */
function holdersOf(fs: PlatformFs, pid: number, file: FileStat): readonly LockHolder[] {
  const command = commandOf(fs, pid)
  if (command !== undefined) return [{ pid, command }]
  const heirs = processesWith(fs, file)
  return heirs.length === 0 ? [{}] : heirs
}

function processesWith(fs: PlatformFs, { dev, ino }: FileStat): readonly LockHolder[] {
  const isOpenIn = (pid: string): boolean => {
    try {
      return fs.readdir(`/proc/${pid}/fd`).some((fd) => {
        const stat = fs.stat(`/proc/${pid}/fd/${fd}`)
        return stat !== undefined && stat.dev === dev && stat.ino === ino
      })
    } catch {
      return false // another user's process, or one that has just ended
    }
  }
  const pids = fs.readdir('/proc').filter((name) => /^\d+$/.test(name) && isOpenIn(name))
  return pids.map((pid) => {
    const command = commandOf(fs, Number(pid))
    return { pid: Number(pid), ...(command === undefined ? {} : { command }) }
  })
}

function commandOf(fs: PlatformFs, pid: number): string | undefined {
  try {
    return textOf(fs, `/proc/${pid}/comm`).trim()
  } catch {
    return undefined // the process has ended
  }
}

function textOf(fs: PlatformFs, path: string): string {
  return new TextDecoder().decode(readWholeFile(fs, path))
}
