import fc from 'fast-check'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { PlatformFs } from '../src/index.ts'
import { nodePlatform, readExactly, readUpTo, readWholeFile, writeExactly } from '../src/index.ts'
import { tempDir } from './support/temp-dir.ts'

const { fs } = nodePlatform()

/** The same files, but no call transfers more than the next of `chunks` bytes. */
function short(chunks: readonly number[]): PlatformFs {
  let call = 0
  const limit = (length: number): number =>
    Math.min(length, chunks[call++ % chunks.length] ?? length)
  return {
    ...fs,
    pread: (fd, out, position, length = out.length) => fs.pread(fd, out, position, limit(length)),
    pwrite: (fd, data, position, length = data.length) =>
      fs.pwrite(fd, data, position, limit(length)),
  }
}

function newFile(content: string): number {
  const path = join(tempDir(), 'f')
  writeFileSync(path, content)
  return fs.open(path, 'read-write')
}

describe('reading and writing with short transfers', () => {
  it('gives the same bytes as one transfer, at any position and in any pieces', () => {
    const dir = tempDir()
    let file = 0
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 }),
        fc.nat(1000),
        fc.nat(20),
        (data, chunks, position, spare) => {
          const fd = fs.open(join(dir, String(file++)), 'create-new')
          const pieces = short(chunks)
          writeExactly(pieces, fd, data, position, data.length)
          expect(fs.fstat(fd).size).toBe(position + data.length)
          const out = new Uint8Array(data.length + spare)
          readExactly(pieces, fd, out, position, data.length)
          expect(Buffer.compare(out.subarray(0, data.length), data)).toBe(0)
          expect(readUpTo(pieces, fd, out, position)).toBe(data.length)
          fs.close(fd)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('writes only the first `length` bytes', () => {
    const fd = newFile('..........')
    writeExactly(short([2]), fd, Buffer.from('abcdefgh'), 1, 5)
    expect(Buffer.from(readAll(fd)).toString()).toBe('.abcde....')
    fs.close(fd)
  })

  it('stops at the end of the file', () => {
    const fd = newFile('abcdef')
    const out = new Uint8Array(10)
    expect(readUpTo(short([4]), fd, out, 1)).toBe(5)
    expect(readUpTo(fs, fd, out, 6)).toBe(0)
    expect(readUpTo(fs, fd, out, 60)).toBe(0)
    fs.close(fd)
  })

  it('reads exactly, or says how much there was', () => {
    const fd = newFile('abcdef')
    readExactly(fs, fd, new Uint8Array(4), 2)
    expect(() => readExactly(fs, fd, new Uint8Array(5), 2)).toThrow(
      expect.objectContaining({
        code: 'EOF',
        message: expect.stringContaining('after 4 of 5 bytes at 2'),
      }),
    )
    fs.close(fd)
  })

  it('does not write for ever when nothing is taken', () => {
    const stuck: PlatformFs = { ...fs, pwrite: (_fd, data) => (data.length > 3 ? 1 : 0) }
    expect(() => writeExactly(stuck, 0, Buffer.from('abcdef'), 0)).toThrow(
      expect.objectContaining({ code: 'EIO' }),
    )
  })
})

describe('readWholeFile', () => {
  it.each([0, 1, 4095, 4096, 100_000])('reads a file of %d bytes', (size) => {
    const path = join(tempDir(), 'f')
    const content = Uint8Array.from({ length: size }, (_, i) => i % 251)
    writeFileSync(path, content)
    expect(Buffer.compare(readWholeFile(short([1000]), path), content)).toBe(0)
  })

  it.runIf(process.platform === 'linux')('reads a file whose size says 0', () => {
    expect(Buffer.from(readWholeFile(fs, '/proc/version')).toString()).toContain('Linux')
  })

  it('reads what a file has grown to meanwhile', () => {
    const path = join(tempDir(), 'f')
    writeFileSync(path, 'x'.repeat(1000))
    const growing: PlatformFs = { ...fs, fstat: (fd) => ({ ...fs.fstat(fd), size: 10 }) }
    expect(readWholeFile(growing, path)).toHaveLength(1000)
  })

  it('closes the file when reading fails', () => {
    const closed: number[] = []
    const watching: PlatformFs = {
      ...fs,
      close(fd) {
        closed.push(fd)
        fs.close(fd)
      },
    }
    expect(() => readWholeFile(watching, tempDir())).toThrow(
      expect.objectContaining({ code: 'EISDIR' }),
    )
    expect(closed).toHaveLength(1)
    expect(() => readWholeFile(watching, join(tempDir(), 'none'))).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    )
  })
})

function readAll(fd: number): Uint8Array {
  const out = new Uint8Array(fs.fstat(fd).size)
  readExactly(fs, fd, out, 0)
  return out
}
