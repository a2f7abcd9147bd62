import { readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { FileBackend, PlatformFs } from '../src/index.ts'
import {
  createFileDurably,
  nodePlatform,
  replaceFileDurably,
  systemError,
  unlinkDurably,
} from '../src/index.ts'
import { unix } from './support/available.ts'
import { tempDir } from './support/temp-dir.ts'

const platform = nodePlatform()
const { fs } = platform
const bytes = (text: string): Uint8Array => Buffer.from(text)
const synced = { parentDirSync: unix ? 'UnixFsync' : 'RenameOnly' } as const

/** The real files, with a log of the calls, and a failure at the n-th (counted from 0). */
function recording(failAt = Infinity, alsoCleanup = false): FileBackend & { log: string[] } {
  const log: string[] = []
  const recorded = new Proxy(fs, {
    get(target, name: keyof PlatformFs) {
      return (...args: unknown[]) => {
        const at = log.push(name) - 1
        if (at === failAt) throw systemError('EIO', name, 'injected')
        if (at > failAt && alsoCleanup) throw systemError('EBADF', name, 'cleanup failed too')
        return (target[name] as (...all: unknown[]) => unknown)(...args)
      }
    },
  })
  return { fs: recorded, random: platform.random, log }
}

const openFiles = (): number => readdirSync('/proc/self/fd').length

describe('replaceFileDurably', () => {
  it.runIf(unix)(
    'writes a private temporary file, syncs it, renames it and syncs the directory',
    () => {
      const dir = tempDir()
      const path = join(dir, 'index')
      writeFileSync(path, 'old', { mode: 0o644 })
      const backend = recording()
      replaceFileDurably(backend, path, bytes('new'), synced)
      expect(readFileSync(path, 'utf8')).toBe('new')
      expect(statSync(path).mode & 0o777).toBe(0o600)
      expect(readdirSync(dir)).toEqual(['index'])
      expect(backend.log).toEqual([
        'lstat',
        'open',
        'pwrite',
        'fsync',
        'close',
        'rename',
        'fsyncDir',
      ])
    },
  )

  it('creates a file that is missing, and syncs no directory under RenameOnly', () => {
    const path = join(tempDir(), 'index')
    const backend = recording()
    replaceFileDurably(backend, path, bytes('new'), { parentDirSync: 'RenameOnly' })
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(backend.log).not.toContain('fsyncDir')
  })

  it.runIf(unix)('refuses to replace a symbolic link, and leaves it and its target alone', () => {
    const dir = tempDir()
    writeFileSync(join(dir, 'target'), 'target')
    symlinkSync('target', join(dir, 'link'))
    expect(() => replaceFileDurably(platform, join(dir, 'link'), bytes('new'), synced)).toThrow(
      expect.objectContaining({ code: 'EINVAL', path: join(dir, 'link') }),
    )
    expect(readFileSync(join(dir, 'target'), 'utf8')).toBe('target')
    expect(readdirSync(dir).toSorted()).toEqual(['link', 'target'])
  })

  it.runIf(process.platform === 'linux').each([false, true])(
    'a failure at any step leaves the old or the new bytes and no open file (cleanup fails: %s)',
    (alsoCleanup) => {
      const steps = 7
      for (let failAt = 1; failAt < steps; failAt++) {
        const dir = tempDir()
        const path = join(dir, 'index')
        writeFileSync(path, 'old')
        const before = openFiles()
        const backend = recording(failAt, alsoCleanup)
        expect(() => replaceFileDurably(backend, path, bytes('new'), synced)).toThrow(
          expect.objectContaining({ code: 'EIO' }),
        )
        const renamed = backend.log.indexOf('rename')
        const replaced = renamed >= 0 && renamed < failAt
        expect(readFileSync(path, 'utf8')).toBe(replaced ? 'new' : 'old')
        if (alsoCleanup) continue
        expect(readdirSync(dir)).toEqual(['index'])
        // Step 4 is the close itself: whether a failed close(2) closed is not for us to repeat.
        expect(openFiles() - before).toBe(failAt === 4 ? 1 : 0)
      }
    },
  )

  it('tries another name when the temporary name is taken', () => {
    const dir = tempDir()
    let call = 0
    const random = (out: Uint8Array): void => void out.fill(call++ < 3 ? 0 : 1)
    writeFileSync(join(dir, '.tmpAAAAAA'), 'a leftover')
    replaceFileDurably({ fs, random }, join(dir, 'f'), bytes('new'), synced)
    expect(call).toBe(4)
    expect(readFileSync(join(dir, '.tmpAAAAAA'), 'utf8')).toBe('a leftover')
    expect(readFileSync(join(dir, 'f'), 'utf8')).toBe('new')
  })

  it('gives up when every temporary name is taken', () => {
    const dir = tempDir()
    writeFileSync(join(dir, '.tmpAAAAAA'), 'a leftover')
    const random = (out: Uint8Array): void => void out.fill(0)
    expect(() => replaceFileDurably({ fs, random }, join(dir, 'f'), bytes('x'), synced)).toThrow(
      expect.objectContaining({ code: 'EEXIST' }),
    )
  })

  it('names temporary files .tmp and six alphanumerics from the randomness of the backend', () => {
    const names: string[] = []
    const watching: PlatformFs = {
      ...fs,
      open(path, mode, perm) {
        names.push(basename(path))
        return fs.open(path, mode, perm)
      },
    }
    const dir = tempDir()
    for (const name of ['a', 'b', 'c']) {
      const backend = { fs: watching, random: platform.random }
      replaceFileDurably(backend, join(dir, name), bytes('x'), synced)
    }
    for (const name of names) expect(name).toMatch(/^\.tmp[A-Za-z0-9]{6}$/)
    expect(new Set(names).size).toBe(3)
  })
})

describe('createFileDurably (D7)', () => {
  it.runIf(unix)(
    'has content, name and directory on disk before it returns, written in one piece',
    () => {
      const path = join(tempDir(), '000001.fbat')
      const backend = recording()
      expect(createFileDurably(backend, path, bytes('header'), synced)).toBeUndefined()
      expect(readFileSync(path, 'utf8')).toBe('header')
      expect(backend.log).toEqual([
        'open',
        'pwrite',
        'fsync',
        'lstat',
        'rename',
        'fsyncDir',
        'close',
      ])
    },
  )

  it('keeps the file open for reading and writing on demand', () => {
    const path = join(tempDir(), '000001.fbat')
    const fd = createFileDurably(platform, path, bytes('header'), { ...synced, keepOpen: true })
    fs.pwrite(fd, bytes('!'), 6)
    expect(fs.fstat(fd).ino).toBe(fs.stat(path)?.ino)
    fs.close(fd)
    expect(readFileSync(path, 'utf8')).toBe('header!')
  })

  it.runIf(unix)('applies the permission bits before the umask', () => {
    const dir = tempDir()
    const umask = process.umask(0o022)
    try {
      createFileDurably(platform, join(dir, 'default'), bytes('x'), synced)
      createFileDurably(platform, join(dir, 'private'), bytes('x'), { ...synced, perm: 0o600 })
    } finally {
      process.umask(umask)
    }
    expect(statSync(join(dir, 'default')).mode & 0o777).toBe(0o644)
    expect(statSync(join(dir, 'private')).mode & 0o777).toBe(0o600)
  })

  it.runIf(unix)('refuses a name that exists as a file, a directory or a dangling link', () => {
    const dir = tempDir()
    writeFileSync(join(dir, 'file'), 'old')
    fs.mkdirp(join(dir, 'directory'))
    symlinkSync('nowhere', join(dir, 'link'))
    for (const name of ['file', 'directory', 'link']) {
      expect(() => createFileDurably(platform, join(dir, name), bytes('new'), synced)).toThrow(
        expect.objectContaining({ code: 'EEXIST', path: join(dir, name) }),
      )
    }
    expect(readFileSync(join(dir, 'file'), 'utf8')).toBe('old')
    expect(readdirSync(dir).toSorted()).toEqual(['directory', 'file', 'link'])
  })

  it.runIf(process.platform === 'linux').each([false, true])(
    'a failure at any step leaves no name and no open file (cleanup fails: %s)',
    (alsoCleanup) => {
      for (let failAt = 0; failAt < 6; failAt++) {
        const dir = tempDir()
        const before = openFiles()
        const backend = recording(failAt, alsoCleanup)
        const create = (): unknown =>
          createFileDurably(backend, join(dir, 'f'), bytes('x'), { ...synced, keepOpen: true })
        expect(create).toThrow(expect.objectContaining({ code: 'EIO' }))
        if (alsoCleanup) continue
        expect(readdirSync(dir)).toEqual([])
        expect(openFiles()).toBe(before)
      }
    },
  )
})

describe('unlinkDurably', () => {
  it.runIf(unix)('removes the name and syncs its directory', () => {
    const path = join(tempDir(), 'f')
    writeFileSync(path, '')
    const backend = recording()
    unlinkDurably(backend.fs, path, synced)
    expect(backend.log).toEqual(['unlink', 'fsyncDir'])
    expect(fs.stat(path)).toBeUndefined()
    expect(() => unlinkDurably(fs, path, synced)).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    )
  })
})
