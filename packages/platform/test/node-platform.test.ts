import { expect, it } from 'vitest'
import type { LockBackend, MmapBackend, NodePlatformOptions } from '../src/index.ts'
import { doctor, nodePlatform } from '../src/index.ts'
import { platformWith } from './support/host.ts'
import { tempDir } from './support/temp-dir.ts'

it('is one object per process, unless something is injected', () => {
  expect(nodePlatform()).toBe(nodePlatform())
  expect(nodePlatform({})).toBe(nodePlatform())
  expect(nodePlatform({ mmap: undefined })).toBe(nodePlatform())
  const lock: LockBackend = { name: 'own', tryLock: () => false }
  expect(nodePlatform({ lock })).not.toBe(nodePlatform())
})

it('loads nothing before the first lock or map', () => {
  const { platform, lockChain, mmapChain } = platformWith({})
  expect(platform.backends()).toEqual({
    mmap: { backend: 'none', probe: 'not probed' },
    lock: { backend: 'none', probe: 'not probed' },
  })
  expect([lockChain.reasons(), mmapChain.reasons()]).toEqual(['', ''])
})

it('asks injected backends first', () => {
  const lock: LockBackend = { name: 'own-lock', tryLock: () => false }
  const mmap: MmapBackend = { name: 'own-map@2', map: () => Uint8Array.of(0xb7) }
  const platform = nodePlatform({ lock, mmap })
  const dir = tempDir()
  const fd = platform.fs.open(`${dir}/.batpak.lock`, 'lock-nofollow')
  expect(platform.fs.tryLock(fd)).toBe(false)
  platform.fs.close(fd)
  platform.probe(dir)
  expect(platform.backends()).toEqual({
    mmap: { backend: 'own-map@2', probe: 'ok' },
    lock: { backend: 'own-lock', probe: 'ok' },
  })
})

it.each([
  [{ mmpa: {} }, /unknown option 'mmpa', did you mean 'mmap'/],
  [{ locks: {} }, /did you mean 'lock'/],
  [{ lock: {} }, /options\.lock\.name/],
  [{ lock: { name: 'x' } }, /options\.lock\.tryLock/],
  [{ mmap: { name: '', map() {} } }, /options\.mmap\.name/],
  [{ mmap: { name: 'x', map: 1 } }, /options\.mmap\.map/],
  [{ mmap: null }, /options\.mmap\.name/],
  ['auto', /options must be an object/],
  [null, /options must be an object/],
])('refuses the options %j', (options, message) => {
  const call = (): unknown => nodePlatform(options as NodePlatformOptions)
  expect(call).toThrow(TypeError)
  expect(call).toThrow(message)
})

it('doctor refuses unknown options as well', () => {
  expect(() => doctor({ datadir: '/x' } as object)).toThrow(/did you mean 'dataDir'/)
})

it('fills buffers with bytes that differ', () => {
  const [a, b] = [new Uint8Array(16), new Uint8Array(16)]
  nodePlatform().random(a)
  nodePlatform().random(b)
  expect(a).not.toEqual(b)
  expect(a.some((byte) => byte !== 0)).toBe(true)
})
