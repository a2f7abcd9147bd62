import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { expect, it } from 'vitest'
import { systemError } from '../src/index.ts'
import { errnoName, osErrorText } from '../src/system-error.ts'
import { hasPython } from './support/available.ts'

it('has the shape of the errors of node:fs', () => {
  const made = systemError('ENOENT', 'open', 'no such file or directory', '/none')
  const { message, code, errno, syscall, path } = made
  const shape = { message, code, errno, syscall, path }
  expect(made).toBeInstanceOf(Error)
  expect(() => readFileSync('/none')).toThrow(expect.objectContaining(shape))
  expect(Object.keys(made).toSorted()).toEqual(['code', 'errno', 'path', 'syscall'])
})

it('has no path and no number where there is none', () => {
  expect({ ...systemError('EOF', 'read', 'too short') }).toEqual({ code: 'EOF', syscall: 'read' })
})

it.runIf(process.platform === 'linux')('names a number, and the usual name of two', () => {
  expect([errnoName(11), errnoName(95), errnoName(13)]).toEqual(['EAGAIN', 'ENOTSUP', 'EACCES'])
  expect(errnoName(4095)).toBe('E4095')
})

// The reference prints the C library's text: libuv's, which Node prints, differs.
it.skipIf(process.platform !== 'linux' || !hasPython)('knows the texts of glibc', () => {
  const program = 'import os, json; print(json.dumps([os.strerror(n) for n in range(134)]))'
  const texts = JSON.parse(
    spawnSync('python3', ['-c', program], { encoding: 'utf8' }).stdout,
  ) as string[]
  let known = 0
  for (const [code, errno] of Object.entries(constants.errno)) {
    const text = osErrorText(Object.assign(new Error('x'), { code, errno: -errno }))
    if (text.startsWith('Unknown error')) continue
    expect(text).toBe(`${texts[errno]} (os error ${errno})`)
    known++
  }
  expect(known).toBeGreaterThan(45)
})

it('falls back to the number, and to the message of what is no system error', () => {
  const odd = Object.assign(new Error('x'), { code: 'E4000', errno: -4000 })
  expect(osErrorText(odd)).toBe('Unknown error 4000 (os error 4000)')
  expect(osErrorText(new Error('plain'))).toBe('plain')
  expect(osErrorText('thrown text')).toBe('thrown text')
})
