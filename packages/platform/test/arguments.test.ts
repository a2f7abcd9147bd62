// Arguments of the wrong type are told by name, before anything is done.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { NodePlatformOptions } from '../src/index.ts'
import {
  createFileDurably,
  doctor,
  nodePlatform,
  pathIdentityBytes,
  probe,
  replaceFileDurably,
  unlinkDurably,
} from '../src/index.ts'
import { tempDir } from './support/temp-dir.ts'

it.each([
  [{ foo: 1 }, "unknown option 'foo'. Known options: mmap, lock"],
  [{ projectionCache: 1 }, "unknown option 'projectionCache'. Known options: mmap, lock"],
  [{ map: 1 }, "did you mean 'mmap'"],
  [{ MMAP_BACKEND: 1 }, "did you mean 'mmap'"],
  [{ lo: 1 }, "unknown option 'lo'. Known"],
])('suggests only what may have been meant: %j', (options, message) => {
  expect(() => nodePlatform(options as NodePlatformOptions)).toThrow(message)
})

const path = '/x'
const bytes = Uint8Array.of(1)
const durable = { parentDirSync: 'UnixFsync' }

it.each([
  [
    'probe without a directory',
    () => probe(undefined as never),
    /^probe: dataDir must be a string/,
  ],
  ['probe of a number', () => probe(3 as never), /dataDir must be a string, got number/],
  ['probe with no backend', () => probe('.', {} as never), /backend\.probe must be a function/],
  ['probe with null', () => probe('.', null as never), /backend must be an object, got null/],
  [
    'doctor of a number',
    () => doctor(3 as never),
    /^doctor: options must be an object, got number/,
  ],
  ['doctor of a list', () => doctor([] as never), /options must be an object, got an array/],
  [
    'doctor of a wrong directory',
    () => doctor({ dataDir: 3 } as never),
    /options\.dataDir must be/,
  ],
  ['identity of nothing', () => pathIdentityBytes(undefined as never), /path must be a string/],
])('%s is a TypeError that names the argument', (_what, call, message) => {
  expect(call).toThrow(TypeError)
  expect(call).toThrow(message)
})

it.each([
  ['backend', [{}, path, bytes, durable], /backend\.fs must be an object/],
  ['random', [{ fs: {} }, path, bytes, durable], /backend\.random must be a function/],
  ['path', [undefined, 3, bytes, durable], /path must be a string, got number/],
  ['bytes', [undefined, path, 'str', durable], /bytes must be a Uint8Array, got string/],
  ['options', [undefined, path, bytes, undefined], /options must be an object, got undefined/],
  ['no sync', [undefined, path, bytes, {}], /options\.parentDirSync must be .* got undefined/],
  [
    'a sync that is none',
    [undefined, path, bytes, { parentDirSync: 'Rejected' }],
    /got 'Rejected'/,
  ],
] as const)('a durable write with a wrong %s writes nothing', (_what, args, message) => {
  const dir = tempDir()
  const [backend = nodePlatform(), name, ...rest] = args
  const place = name === path ? `${dir}/file` : name
  for (const write of [replaceFileDurably, createFileDurably]) {
    const call = (): unknown =>
      (write as (...all: readonly unknown[]) => unknown)(backend, place, ...rest)
    expect(call).toThrow(TypeError)
    expect(call).toThrow(message)
  }
  expect(readdirSync(dir)).toEqual([])
})

it('a durable removal with wrong arguments removes nothing', () => {
  const file = `${tempDir()}/file`
  writeFileSync(file, '')
  const { fs } = nodePlatform()
  expect(() => unlinkDurably(fs, file, {} as never)).toThrow(/options\.parentDirSync must be/)
  expect(() => unlinkDurably({} as never, file, durable as never)).toThrow(/fs\.unlink must be/)
  expect(readFileSync(file, 'utf8')).toBe('')
})
