// Who holds a lock, from texts as the Linux kernel writes them.
import type { FileStat, PlatformFs } from '@batpak/platform'
import { systemError } from '@batpak/platform'
import { expect, it } from 'vitest'
import { lockState } from '../src/store/lock-holder.ts'

const lockFile: FileStat = { kind: 'file', size: 0, dev: 0xfe00n, ino: 524_801n }

interface World {
  readonly lock?: FileStat | undefined
  readonly files?: Readonly<Record<string, string>>
  /** Open files of processes: `/proc/7/fd/3` and what it is. */
  readonly fds?: Readonly<Record<string, FileStat>>
}

/** The few calls that looking needs; anything else is a bug. */
function fsOf({ lock, files = {}, fds = {} }: World): PlatformFs {
  const names = Object.keys(files)
  const text = (fd: number): Buffer => Buffer.from(files[names[fd]!]!)
  return {
    lstat: () => lock,
    stat: (path: string) => fds[path],
    readdir: (path: string) => {
      const inside = Object.keys(fds).filter((name) => name.startsWith(`${path}/`))
      return [...new Set(inside.map((name) => name.slice(path.length + 1).split('/')[0]!))]
    },
    open: (path: string) => {
      const fd = names.indexOf(path)
      if (fd < 0) throw systemError('ENOENT', 'open', undefined, path)
      return fd
    },
    fstat: () => ({ ...lockFile, size: 0 }), // as the kernel says of its own texts
    pread: (fd: number, out: Uint8Array, position: number) =>
      text(fd)
        .subarray(position, position + out.length)
        .copy(out),
    close: () => undefined,
  } as Partial<PlatformFs> as PlatformFs
}

const other =
  '1: POSIX  ADVISORY  WRITE 11 fe:00:524801 0 EOF\n2: FLOCK  ADVISORY  WRITE 12 fe:00:99 0 EOF\n'

it('no lock file, no lock', () => {
  expect(lockState(fsOf({}), 'dir')).toEqual({ state: 'no-lock-file' })
})

it('a table without a flock on this file means free', () => {
  expect(lockState(fsOf({ lock: lockFile, files: { '/proc/locks': other } }), 'dir')).toEqual({
    state: 'free',
  })
  expect(lockState(fsOf({ lock: lockFile, files: { '/proc/locks': '' } }), 'dir')).toEqual({
    state: 'free',
  })
})

it('a flock on the file names its process; who waits for it is no holder', () => {
  const files = {
    '/proc/locks': `${other}3: FLOCK  ADVISORY  WRITE 1234 fe:00:524801 0 EOF\n3: -> FLOCK  ADVISORY  WRITE 77 fe:00:524801 0 EOF\n`,
    '/proc/1234/comm': 'node\n',
  }
  expect(lockState(fsOf({ lock: lockFile, files }), 'dir')).toEqual({
    state: 'held',
    holders: [{ pid: 1234, command: 'node' }],
  })
})

it('of equal inodes on two devices only the right one counts', () => {
  const files = {
    '/proc/locks':
      '1: FLOCK  ADVISORY  WRITE 5 08:01:524801 0 EOF\n2: FLOCK  ADVISORY  WRITE 6 fe:00:524801 0 EOF\n',
    '/proc/5/comm': 'wrong\n',
    '/proc/6/comm': 'right\n',
  }
  expect(lockState(fsOf({ lock: lockFile, files }), 'dir')).toMatchObject({ holders: [{ pid: 6 }] })
})

it('where the kernel shows another device, the inode must do', () => {
  const files = {
    '/proc/locks': '1: FLOCK  ADVISORY  WRITE 5 00:2a:524801 0 EOF\n',
    '/proc/5/comm': 'node\n',
  }
  expect(lockState(fsOf({ lock: lockFile, files }), 'dir')).toMatchObject({ state: 'held' })
})

it('a helper that has ended left the lock to whoever has the file open', () => {
  const files = {
    '/proc/locks': '1: FLOCK  ADVISORY  WRITE 900 fe:00:524801 0 EOF\n',
    '/proc/7/comm': 'node\n',
  }
  const fds = {
    '/proc/7/fd/3': { ...lockFile, ino: 1n },
    '/proc/7/fd/19': lockFile,
    '/proc/8/fd/1': { ...lockFile, dev: 1n },
  }
  expect(lockState(fsOf({ lock: lockFile, files, fds }), 'dir')).toEqual({
    state: 'held',
    holders: [{ pid: 7, command: 'node' }],
  })
  // Another user's process shows no files: then it is known only that somebody has it.
  expect(lockState(fsOf({ lock: lockFile, files }), 'dir')).toEqual({
    state: 'held',
    holders: [{}],
  })
})

it('without such a table nothing is known', () => {
  expect(lockState(fsOf({ lock: lockFile }), 'dir')).toEqual({
    state: 'unknown',
    reason: 'this system has no /proc/locks',
  })
})
