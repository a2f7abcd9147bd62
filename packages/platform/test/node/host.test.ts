import { expect, it } from 'vitest'
import { thisHost, versionedName } from '../../src/node/host.ts'
import { hostLoading } from '../support/host.ts'

function failureOf(load: () => unknown): unknown {
  try {
    load()
  } catch (error) {
    return error
  }
  throw new Error('it loaded')
}

it('loads built-in modules and what is installed, and says what is not', () => {
  const { load, runtime } = thisHost()
  expect(runtime).toBe('node')
  expect(load('node:os')).toHaveProperty('tmpdir')
  expect(failureOf(() => load('no-such-package'))).toMatchObject({ code: 'MODULE_NOT_FOUND' })
})

it('does not try a failed package a second time', () => {
  const first = failureOf(() => thisHost().load('no-such-addon'))
  expect(failureOf(() => thisHost().load('no-such-addon'))).toBe(first)
})

it('names a package with its version, where it tells', () => {
  const host = hostLoading({ 'a/package.json': { version: '1.2.3' }, 'b/package.json': {} })
  expect(versionedName(host, 'a')).toBe('a@1.2.3')
  expect(versionedName(host, 'b')).toBe('b')
  expect(versionedName(host, 'hidden')).toBe('hidden')
})

it('says of a built-in module that this Node lacks that it does not exist', () => {
  const error = failureOf(() => thisHost().load('node:no-such-module'))
  expect(error).toMatchObject({ message: 'No such built-in module: node:no-such-module' })
})
