import { closeSync, constants, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { nodePlatform } from '../../src/index.ts'
import type { MmapBackend, PlatformFs } from '../../src/index.ts'
import { addonsExpected, hasMmapIo, mmapBackends, unix } from '../support/available.ts'
import { platformWith } from '../support/host.ts'
import { tempDir } from '../support/temp-dir.ts'

const canDetach = 'transfer' in ArrayBuffer.prototype

function fileOf(content: string | Uint8Array): string {
  const path = join(tempDir(), 'f')
  writeFileSync(path, content)
  return path
}

function withFile<T>(fs: PlatformFs, path: string, use: (fd: number) => T): T {
  const fd = fs.open(path, 'read')
  try {
    return use(fd)
  } finally {
    fs.close(fd)
  }
}

it.runIf(addonsExpected)('mmap-io is tested, because it was built', () => {
  expect(hasMmapIo).toBe(true)
})

describe.each(mmapBackends)('maps of %s', (name) => {
  const { platform } = platformWith({ mmap: name })
  const { fs } = platform

  it('show the bytes of the file, also after the descriptor is closed', () => {
    const content = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 7) % 251)
    const view = withFile(fs, fileOf(content), (fd) => fs.map(fd, content.length))
    expect(Buffer.compare(view, content)).toBe(0)
    expect(view).toHaveLength(10_000)
    fs.unmap(view)
  })

  it('are plain arrays, whose slices are copies and outlive the map', () => {
    const view = withFile(fs, fileOf('hello'), (fd) => fs.map(fd, 5))
    const copy = view.slice(1, 3)
    expect(Object.getPrototypeOf(view)).toBe(Uint8Array.prototype)
    expect(copy.buffer).not.toBe(view.buffer)
    fs.unmap(view)
    expect(copy).toEqual(Uint8Array.of(0x65, 0x6c))
  })

  it('may be shorter than the file', () => {
    const view = withFile(fs, fileOf('hello world'), (fd) => fs.map(fd, 5))
    expect(Buffer.from(view).toString()).toBe('hello')
    fs.unmap(view)
  })

  it.skipIf(!canDetach)('are detached by unmap, with every view of the same memory', () => {
    const view = withFile(fs, fileOf('hello'), (fd) => fs.map(fd, 5))
    const part = view.subarray(1, 3)
    fs.unmap(view)
    expect([view.length, part.length]).toEqual([0, 0])
  })

  it.skipIf(!canDetach || process.platform !== 'linux')('are gone after unmap', async () => {
    const path = fileOf('hello')
    const mapped = (): number => readFileSync('/proc/self/maps', 'utf8').split(path).length - 1
    const views = Array.from({ length: 20 }, () => withFile(fs, path, (fd) => fs.map(fd, 5)))
    expect(mapped()).toBe(20)
    for (const view of views) fs.unmap(view)
    await setImmediate()
    await setImmediate()
    expect(mapped()).toBe(0)
  })

  it('may be unmapped twice', () => {
    const view = withFile(fs, fileOf('hello'), (fd) => fs.map(fd, 5))
    fs.unmap(view)
    fs.unmap(view)
  })

  it.runIf(unix)('report the system error of a file that cannot be mapped', () => {
    const path = fileOf('hello')
    const writeOnly = openSync(path, constants.O_WRONLY)
    expect(() => fs.map(writeOnly, 5)).toThrow(
      expect.objectContaining({ code: 'EACCES', errno: -13, syscall: 'mmap' }),
    )
    closeSync(writeOnly)
    const directory = openSync(tempDir(), constants.O_RDONLY)
    expect(() => fs.map(directory, 1)).toThrow(expect.objectContaining({ code: 'ENODEV' }))
    closeSync(directory)
  })

  it('serve the probe, which says so', () => {
    expect(platform.probe(tempDir()).storePath).toMatchObject({
      mmapIndex: 'FileBacked',
      sealedSegmentMmap: 'FileBacked',
    })
    expect(platform.backends().mmap.backend.startsWith(name)).toBe(true)
    expect(platform.backends().mmap.probe).toBe('ok')
  })
})

describe('what no backend is asked for', () => {
  const asked: number[] = []
  const spy: MmapBackend = {
    name: 'spy',
    map(_fd, size) {
      asked.push(size)
      return new Uint8Array(size)
    },
  }
  const { fs } = nodePlatform({ mmap: spy })

  it.each([Number.NaN, -1, 0.5, 2 ** 53, '5' as unknown as number])('a size of %s', (size) => {
    withFile(fs, fileOf('hello'), (fd) => {
      expect(() => fs.map(fd, size)).toThrow(RangeError)
    })
    expect(asked).toEqual([])
  })

  it('an empty map', () => {
    withFile(fs, fileOf('hello'), (fd) => {
      expect(() => fs.map(fd, 0)).toThrow(expect.objectContaining({ code: 'EINVAL' }))
    })
    expect(asked).toEqual([])
  })

  it('a map beyond the end of the file, where a read would kill the process', () => {
    withFile(fs, fileOf('hello'), (fd) => {
      expect(() => fs.map(fd, 6)).toThrow(expect.objectContaining({ code: 'EINVAL' }))
      expect(asked).toEqual([])
      fs.unmap(fs.map(fd, 5))
      expect(asked).toEqual([5])
    })
  })
})

describe('unmap', () => {
  it('refuses memory that map did not make, and leaves it alone', () => {
    const own = Uint8Array.of(1, 2, 3)
    expect(() => nodePlatform().fs.unmap(own)).toThrow(TypeError)
    expect(own).toEqual(Uint8Array.of(1, 2, 3))
  })

  it('leaves the release to the backend where it has one', () => {
    const made = Buffer.from('hello')
    const released: Uint8Array[] = []
    const backend: MmapBackend = {
      name: 'own-release',
      map: () => made,
      unmap: (view) => void released.push(view),
    }
    const { fs } = nodePlatform({ mmap: backend })
    const view = withFile(fs, fileOf('hello'), (fd) => fs.map(fd, 5))
    fs.unmap(view)
    fs.unmap(view)
    expect(released).toHaveLength(1)
    expect(released[0]).toBe(made)
    expect(view).toHaveLength(5)
  })
})

describe('the choice of a map backend', () => {
  const reading = (name: string, maxBytes?: number): MmapBackend => ({
    name,
    ...(maxBytes === undefined ? {} : { maxBytes }),
    map: (fd, size) => {
      const out = new Uint8Array(size)
      nodePlatform().fs.pread(fd, out, 0)
      return out
    },
  })

  it.skipIf(!hasMmapIo)('mmap-io gets no size that its int32 would turn into another', () => {
    const { fs } = platformWith({ mmap: 'mmap-io' }).platform
    const path = join(tempDir(), 'sparse')
    const fd = fs.open(path, 'create-new')
    fs.ftruncate(fd, 5 * 2 ** 30)
    for (const size of [2 ** 31, 5 * 2 ** 30]) {
      expect(() => fs.map(fd, size)).toThrow(expect.objectContaining({ code: 'EFBIG' }))
    }
    const largest = fs.map(fd, 2 ** 31 - 1)
    expect(largest).toHaveLength(2 ** 31 - 1)
    fs.unmap(largest)
    fs.close(fd)
  })

  it.skipIf(!hasMmapIo)('a file too large for one backend goes to the next', () => {
    const { fs } = platformWith({}, { mmap: reading('small', 4) }).platform
    withFile(fs, fileOf('hello'), (fd) => {
      expect(Buffer.from(fs.map(fd, 5)).toString()).toBe('hello')
    })
  })

  it('with none, map throws ENOTSUP with every reason and the evidence is ObservedUnsupported', () => {
    const { platform } = platformWith({ mmap: 'off' })
    withFile(platform.fs, fileOf('hello'), (fd) => {
      expect(() => platform.fs.map(fd, 5)).toThrow(
        expect.objectContaining({
          code: 'ENOTSUP',
          message: expect.stringMatching(/mmap-io: BATPAK_MMAP=off; @riaskov.*; koffi.*; node:ffi/),
        }),
      )
    })
    const dir = tempDir()
    expect(platform.probe(dir).storePath.mmapIndex).toBe('ObservedUnsupported')
    expect(platform.backends().mmap.backend).toBe('none')
    expect(platform.backends().mmap.probe).toContain('BATPAK_MMAP=off')
  })

  it('a backend that shows other bytes than the file has is not believed', () => {
    const blank: MmapBackend = { name: 'blank', map: (_fd, size) => new Uint8Array(size) }
    const { platform } = platformWith({ mmap: 'blank' }, { mmap: blank })
    expect(platform.probe(tempDir()).storePath.mmapIndex).toBe('ProbeFailed')
    expect(platform.backends().mmap).toEqual({
      backend: 'none',
      probe: expect.stringContaining('blank: a map showed other bytes'),
    })
    withFile(platform.fs, fileOf('hello'), (fd) => {
      expect(() => platform.fs.map(fd, 5)).toThrow(expect.objectContaining({ code: 'ENOTSUP' }))
    })
  })

  it.skipIf(!hasMmapIo)('the next backend serves where one is not believed or breaks', () => {
    const blank: MmapBackend = { name: 'blank', map: (_fd, size) => new Uint8Array(size) }
    const breaks: MmapBackend = {
      name: 'breaks',
      map() {
        throw new Error('internal confusion')
      },
    }
    for (const mmap of [blank, breaks]) {
      const { platform } = platformWith({}, { mmap })
      expect(platform.probe(tempDir()).storePath.mmapIndex).toBe('FileBacked')
      expect(platform.backends().mmap.backend).toMatch(/^mmap-io@/)
    }
  })

  it.runIf(process.platform === 'linux').each([
    ['mmap failed, 1', 'ObservedUnsupported'],
    ['mmap failed, 13', 'ObservedUnsupported'],
    ['mmap failed, 38', 'ObservedUnsupported'],
    ['mmap failed, 95', 'ObservedUnsupported'],
    ['mmap failed, 12', 'ProbeFailed'],
    ['mmap failed, 19', 'ProbeFailed'],
    ['mmap failed, 22', 'ProbeFailed'],
  ])('Q2: the error "%s" is evidence %s on Linux', (message, evidence) => {
    const failing: MmapBackend = {
      name: 'failing',
      map() {
        throw new Error(message)
      },
    }
    const { platform } = platformWith({}, { mmap: failing })
    expect(platform.probe(tempDir()).storePath.mmapIndex).toBe(evidence)
    expect(platform.backends().mmap.backend).toBe('failing')
    expect(platform.backends().mmap.probe).toMatch(new RegExp(`^${evidence}: E`))
  })
})
