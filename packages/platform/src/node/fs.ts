import * as fs from 'node:fs'
import type { FileStat, OpenMode, PlatformFs } from '../backend.ts'
import { errorCode } from '../system-error.ts'
import type { NodeLock } from './lock.ts'
import type { NodeMmap } from './mmap.ts'

/** `PlatformFs` on `node:fs`; an `Fd` is the descriptor of the operating system. */
export function nodeFs(lock: NodeLock, mmap: NodeMmap): PlatformFs {
  return {
    mkdirp(path) {
      fs.mkdirSync(path, { recursive: true })
    },
    realpath: (path) => fs.realpathSync.native(path),
    stat: (path) => unlessMissing(() => fs.statSync(path, { bigint: true })),
    lstat: (path) => unlessMissing(() => fs.lstatSync(path, { bigint: true })),
    fstat: (fd) => fileStat(fs.fstatSync(fd, { bigint: true })),
    readdir: (path) => fs.readdirSync(path),
    open: (path, mode, perm = 0o666) =>
      mode === 'lock-nofollow' ? lock.open(path, perm) : fs.openSync(path, flagsOf(mode), perm),
    close(fd) {
      lock.forget(fd)
      fs.closeSync(fd)
    },
    pread(fd, out, position, length = out.length) {
      assertPosition(position)
      return fs.readSync(fd, out, 0, length > maxTransfer ? maxTransfer : length, position)
    },
    pwrite(fd, data, position, length = data.length) {
      assertPosition(position)
      return fs.writeSync(fd, data, 0, length > maxTransfer ? maxTransfer : length, position)
    },
    ftruncate(fd, size) {
      fs.ftruncateSync(fd, size)
    },
    fsync(fd, what) {
      if (what === 'all') fs.fsyncSync(fd)
      else fs.fdatasyncSync(fd)
    },
    fsyncAsync: (fd, what) =>
      new Promise((resolve, reject) => {
        const done = (error: Error | null): void => {
          if (error === null) resolve()
          else reject(error)
        }
        if (what === 'all') fs.fsync(fd, done)
        else fs.fdatasync(fd, done)
      }),
    fsyncDir(path) {
      const fd = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_DIRECTORY ?? 0))
      try {
        fs.fsyncSync(fd)
      } finally {
        fs.closeSync(fd)
      }
    },
    rename(from, to) {
      fs.renameSync(from, to)
    },
    unlink(path) {
      fs.unlinkSync(path)
    },
    rmdir(path) {
      fs.rmdirSync(path)
    },
    tryLock: (fd) => lock.tryLock(fd),
    map: (fd, size) => mmap.map(fd, size),
    unmap(view) {
      mmap.unmap(view)
    },
  }
}

// Node takes the length of a transfer as int32: 2^32 would read 0 bytes and look like end of file.
const maxTransfer = 0x7fff_f000

// Node takes a position that is no offset (NaN, 0.5, -1) as "at the current position".
function assertPosition(position: number): void {
  if (!Number.isSafeInteger(position) || position < 0) {
    throw new RangeError(`position must be a byte offset from 0 to 2^53-1, got ${position}`)
  }
}

function flagsOf(mode: Exclude<OpenMode, 'lock-nofollow'>): number {
  const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL } = fs.constants
  switch (mode) {
    case 'read':
      // A pipe with the name of a file would block until somebody writes to it.
      return O_RDONLY | (fs.constants.O_NONBLOCK ?? 0)
    case 'read-write':
      return O_RDWR
    case 'create-new':
      return O_RDWR | O_CREAT | O_EXCL
    default:
      throw new TypeError(`open: unknown mode ${String(mode satisfies never)}`)
  }
}

// Not `throwIfNoEntry: false`: Node 22 and 24 then return undefined for ENOTDIR as well.
function unlessMissing(stat: () => fs.BigIntStats): FileStat | undefined {
  try {
    return fileStat(stat())
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function fileStat(stats: fs.BigIntStats): FileStat {
  return { kind: kindOf(stats), size: Number(stats.size), dev: stats.dev, ino: stats.ino }
}

function kindOf(stats: fs.BigIntStats): FileStat['kind'] {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  return stats.isSymbolicLink() ? 'symlink' : 'other'
}
