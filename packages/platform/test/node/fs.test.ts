import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodePlatform } from '../../src/index.ts'
import { unix } from '../support/available.ts'
import { tempDir } from '../support/temp-dir.ts'

const { fs } = nodePlatform()
const bytes = (text: string): Uint8Array => Buffer.from(text)

describe('open', () => {
  it("'create-new' refuses an existing file and leaves it alone", () => {
    const path = join(tempDir(), 'f')
    writeFileSync(path, 'old')
    expect(() => fs.open(path, 'create-new')).toThrow(
      expect.objectContaining({ code: 'EEXIST', syscall: 'open', path }),
    )
    expect(readFileSync(path, 'utf8')).toBe('old')
  })

  it.runIf(unix)(
    "'create-new' applies the permission bits, before the umask, to what it creates",
    () => {
      const dir = tempDir()
      const umask = process.umask(0o022)
      try {
        fs.close(fs.open(join(dir, 'default'), 'create-new'))
        fs.close(fs.open(join(dir, 'private'), 'create-new', 0o600))
      } finally {
        process.umask(umask)
      }
      expect(statSync(join(dir, 'default')).mode & 0o777).toBe(0o644)
      expect(statSync(join(dir, 'private')).mode & 0o777).toBe(0o600)
    },
  )

  it("'read-write' neither creates nor truncates", () => {
    const path = join(tempDir(), 'f')
    expect(() => fs.open(path, 'read-write')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    writeFileSync(path, 'content')
    const fd = fs.open(path, 'read-write')
    fs.pwrite(fd, bytes('C'), 0)
    fs.close(fd)
    expect(readFileSync(path, 'utf8')).toBe('Content')
  })

  it.runIf(unix)("'read' refuses to write", () => {
    const path = join(tempDir(), 'f')
    writeFileSync(path, 'content')
    const fd = fs.open(path, 'read')
    expect(() => fs.pwrite(fd, bytes('C'), 0)).toThrow(expect.objectContaining({ code: 'EBADF' }))
    fs.close(fd)
  })

  it('refuses a mode that does not exist', () => {
    expect(() => fs.open('/nowhere', 'append' as 'read')).toThrow(TypeError)
  })
})

describe('positional reads and writes', () => {
  it('write and read at the given position, in any order', () => {
    const fd = fs.open(join(tempDir(), 'f'), 'create-new')
    expect(fs.pwrite(fd, bytes('world'), 6)).toBe(5)
    expect(fs.pwrite(fd, bytes('hello '), 0)).toBe(6)
    const out = new Uint8Array(11)
    expect(fs.pread(fd, out, 0)).toBe(11)
    expect(Buffer.from(out).toString()).toBe('hello world')
    fs.close(fd)
  })

  it('use only the first `length` bytes of the buffer', () => {
    const fd = fs.open(join(tempDir(), 'f'), 'create-new')
    expect(fs.pwrite(fd, bytes('abcdef'), 0, 3)).toBe(3)
    expect(fs.fstat(fd).size).toBe(3)
    const out = Buffer.from('......')
    expect(fs.pread(fd, out, 1, 2)).toBe(2)
    expect(out.toString()).toBe('bc....')
    fs.close(fd)
  })

  it('read 0 bytes at and after the end of the file', () => {
    const fd = fs.open(join(tempDir(), 'f'), 'create-new')
    fs.pwrite(fd, bytes('abc'), 0)
    expect(fs.pread(fd, new Uint8Array(4), 3)).toBe(0)
    expect(fs.pread(fd, new Uint8Array(4), 1000)).toBe(0)
    expect(fs.pread(fd, new Uint8Array(4), 1)).toBe(2)
    fs.close(fd)
  })

  it.each([Number.NaN, -1, 0.5, 2 ** 53, Infinity])(
    'refuse the position %s, which Node would take as "where the file is now"',
    (position) => {
      const fd = fs.open(join(tempDir(), 'f'), 'create-new')
      expect(() => fs.pwrite(fd, bytes('abc'), position)).toThrow(RangeError)
      expect(() => fs.pread(fd, new Uint8Array(3), position)).toThrow(RangeError)
      expect(fs.fstat(fd).size).toBe(0)
      fs.close(fd)
    },
  )

  it.runIf(unix)('of more than 2^31 bytes are short instead of wrong', () => {
    const path = join(tempDir(), 'f')
    writeFileSync(path, 'content')
    const fd = fs.open(path, 'read')
    // 2^32 as int32 is 0: unclamped, Node reports end of file here. The memory is never touched.
    const huge = new Uint8Array(2 ** 32)
    expect(fs.pread(fd, huge, 0)).toBe(7)
    fs.close(fd)
  })
})

describe('stat and lstat', () => {
  it('give undefined for a missing file', () => {
    expect(fs.stat(join(tempDir(), 'none'))).toBeUndefined()
    expect(fs.lstat(join(tempDir(), 'none'))).toBeUndefined()
  })

  it.runIf(unix)('throw ENOTDIR below a file, on every Node', () => {
    const path = join(tempDir(), 'f')
    writeFileSync(path, '')
    const below = join(path, 'child')
    expect(() => fs.stat(below)).toThrow(expect.objectContaining({ code: 'ENOTDIR' }))
    expect(() => fs.lstat(below)).toThrow(expect.objectContaining({ code: 'ENOTDIR' }))
  })

  it.runIf(unix)('tell files, directories, links and others apart', () => {
    const dir = tempDir()
    writeFileSync(join(dir, 'f'), 'abc')
    symlinkSync('f', join(dir, 'link'))
    expect(fs.stat(join(dir, 'f'))).toMatchObject({ kind: 'file', size: 3 })
    expect(fs.stat(dir)?.kind).toBe('directory')
    expect(fs.lstat(join(dir, 'link'))?.kind).toBe('symlink')
    expect(fs.stat(join(dir, 'link'))?.kind).toBe('file')
    expect(fs.stat('/dev/null')?.kind).toBe('other')
  })

  it('identify a file by device and inode', () => {
    const dir = tempDir()
    writeFileSync(join(dir, 'a'), '')
    writeFileSync(join(dir, 'b'), '')
    const fd = fs.open(join(dir, 'a'), 'read')
    const [a, b, open] = [fs.stat(join(dir, 'a')), fs.lstat(join(dir, 'b')), fs.fstat(fd)]
    expect(open).toEqual(a)
    expect(typeof open.ino).toBe('bigint')
    expect(b?.ino).not.toBe(open.ino)
    fs.close(fd)
  })
})

describe('directories and names', () => {
  it('mkdirp creates parents and accepts what exists', () => {
    const path = join(tempDir(), 'a', 'b')
    fs.mkdirp(path)
    fs.mkdirp(path)
    expect(statSync(path).isDirectory()).toBe(true)
  })

  it('readdir lists names without the dots', () => {
    const dir = tempDir()
    writeFileSync(join(dir, 'f'), '')
    mkdirSync(join(dir, 'd'))
    expect(fs.readdir(dir).toSorted()).toEqual(['d', 'f'])
  })

  it.runIf(unix)('realpath resolves links to the canonical path', () => {
    const dir = tempDir()
    mkdirSync(join(dir, 'd'))
    symlinkSync('d', join(dir, 'link'))
    expect(fs.realpath(join(dir, 'link', '..', 'link'))).toBe(join(dir, 'd'))
    expect(() => fs.realpath(join(dir, 'none'))).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    )
  })

  it('rename replaces, unlink and rmdir remove', () => {
    const dir = tempDir()
    writeFileSync(join(dir, 'a'), 'a')
    writeFileSync(join(dir, 'b'), 'b')
    fs.rename(join(dir, 'a'), join(dir, 'b'))
    expect(readFileSync(join(dir, 'b'), 'utf8')).toBe('a')
    fs.unlink(join(dir, 'b'))
    fs.mkdirp(join(dir, 'd'))
    fs.rmdir(join(dir, 'd'))
    expect(fs.readdir(dir)).toEqual([])
  })
})

describe('synchronisation', () => {
  it('fsync, fdatasync and their asynchronous forms accept an open file', async () => {
    const fd = fs.open(join(tempDir(), 'f'), 'create-new')
    fs.pwrite(fd, bytes('abc'), 0)
    fs.fsync(fd, 'all')
    fs.fsync(fd, 'data')
    await fs.fsyncAsync(fd, 'all')
    await fs.fsyncAsync(fd, 'data')
    fs.close(fd)
  })

  it('a failed synchronisation is an error and not swallowed', async () => {
    const closed = 1_000_000
    for (const what of ['all', 'data'] as const) {
      expect(() => fs.fsync(closed, what)).toThrow(expect.objectContaining({ code: 'EBADF' }))
      await expect(fs.fsyncAsync(closed, what)).rejects.toMatchObject({ code: 'EBADF' })
    }
  })

  it.runIf(unix)('fsyncDir syncs a directory and refuses anything else', () => {
    const dir = tempDir()
    writeFileSync(join(dir, 'f'), '')
    fs.fsyncDir(dir)
    expect(() => fs.fsyncDir(join(dir, 'f'))).toThrow(expect.objectContaining({ code: 'ENOTDIR' }))
  })

  it('ftruncate cuts and extends', () => {
    const path = join(tempDir(), 'f')
    const fd = fs.open(path, 'create-new')
    fs.pwrite(fd, bytes('abcdef'), 0)
    fs.ftruncate(fd, 2)
    expect(readFileSync(path, 'utf8')).toBe('ab')
    fs.ftruncate(fd, 4)
    expect(readFileSync(path)).toEqual(Buffer.from([97, 98, 0, 0]))
    fs.close(fd)
  })
})

it.runIf(unix)('does not change the mode of a file that exists', () => {
  const dir = tempDir()
  writeFileSync(join(dir, 'f'), '')
  chmodSync(join(dir, 'f'), 0o640)
  fs.close(fs.open(join(dir, 'f'), 'read-write', 0o600))
  expect(lstatSync(join(dir, 'f')).mode & 0o777).toBe(0o640)
})
