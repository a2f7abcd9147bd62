import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { pathIdentityBytes } from '../src/index.ts'
import { withoutVerbatimPrefix } from '../src/path-identity.ts'
import { unix } from './support/available.ts'
import { tempDir } from './support/temp-dir.ts'

it.runIf(unix)('a directory has one identity, whichever path leads to it', () => {
  const dir = tempDir()
  mkdirSync(join(dir, 'real'))
  symlinkSync('real', join(dir, 'link'))
  expect(Buffer.from(pathIdentityBytes(join(dir, 'link'))).toString()).toBe(join(dir, 'real'))
  expect(pathIdentityBytes(join(dir, 'real'))).toEqual(pathIdentityBytes(join(dir, 'link')))
})

it.runIf(process.platform === 'linux')('keeps the raw bytes of a name that is no UTF-8', () => {
  const name = Buffer.from([0x66, 0xff, 0xfe])
  const dir = tempDir()
  mkdirSync(Buffer.concat([Buffer.from(`${dir}/`), name]))
  symlinkSync(name, join(dir, 'link'))
  expect(Buffer.from(pathIdentityBytes(join(dir, 'link'))).subarray(-3)).toEqual(name)
})

it('falls back to the path as given where there is nothing', () => {
  expect(Buffer.from(pathIdentityBytes('/none/ä')).toString()).toBe('/none/ä')
})

it('drops the verbatim prefixes of Windows', () => {
  expect(withoutVerbatimPrefix('\\\\?\\C:\\data')).toBe('C:\\data')
  expect(withoutVerbatimPrefix('\\\\?\\UNC\\srv\\share')).toBe('\\\\srv\\share')
  expect(withoutVerbatimPrefix('\\\\srv\\share')).toBe('\\\\srv\\share')
})
