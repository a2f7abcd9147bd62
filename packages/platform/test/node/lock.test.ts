import { spawn } from 'node:child_process'
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodePlatform } from '../../src/index.ts'
import type { NodeLockBackend } from '../../src/node/lock-backends.ts'
import { systemError } from '../../src/system-error.ts'
import {
  addonsExpected,
  flockBackends,
  hasFsExt,
  hasPython,
  lockBackends,
  unix,
} from '../support/available.ts'
import { startProgram } from '../support/child.ts'
import { platformWith } from '../support/host.ts'
import { tempDir } from '../support/temp-dir.ts'

it.runIf(addonsExpected)('fs-ext is tested, because it was built', () => {
  expect(hasFsExt).toBe(true)
})

describe.each(lockBackends)('the lock of %s', (name) => {
  it('refuses a second descriptor of the same process', () => {
    const { fs } = platformWith({ lock: name }).platform
    const path = join(tempDir(), '.batpak.lock')
    const [first, second] = [fs.open(path, 'lock-nofollow'), fs.open(path, 'lock-nofollow')]
    expect(fs.tryLock(first)).toBe(true)
    expect(fs.tryLock(second)).toBe(false)
    fs.close(first)
    fs.close(second)
    const third = fs.open(path, 'lock-nofollow')
    expect(fs.tryLock(third)).toBe(true)
    fs.close(third)
  })

  it('survives the closing of other descriptors of the same file', () => {
    const { fs } = platformWith({ lock: name }).platform
    const path = join(tempDir(), '.batpak.lock')
    const held = fs.open(path, 'lock-nofollow')
    expect(fs.tryLock(held)).toBe(true)
    closeSync(openSync(path, 'r+'))
    fs.close(fs.open(path, 'lock-nofollow'))
    const other = fs.open(path, 'lock-nofollow')
    expect(fs.tryLock(other)).toBe(false)
    fs.close(other)
    fs.close(held)
  })

  it('is not inherited by child processes', async () => {
    const { fs } = platformWith({ lock: name }).platform
    const path = join(tempDir(), '.batpak.lock')
    const fd = fs.open(path, 'lock-nofollow')
    expect(fs.tryLock(fd)).toBe(true)
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'])
    await once(child, 'spawn')
    fs.close(fd)
    const again = fs.open(path, 'lock-nofollow')
    expect(fs.tryLock(again)).toBe(true)
    fs.close(again)
    child.stdin.end()
    await once(child, 'exit')
  })

  it('says that it was tried', () => {
    const { platform } = platformWith({ lock: name })
    const fd = platform.fs.open(join(tempDir(), '.batpak.lock'), 'lock-nofollow')
    expect(platform.backends().lock).toEqual({ backend: 'none', probe: 'not probed' })
    platform.fs.tryLock(fd)
    expect(platform.backends().lock.backend.startsWith(name)).toBe(true)
    expect(platform.backends().lock.probe).toBe('ok')
    platform.fs.close(fd)
  })
})

describe.skipIf(lockBackends.length === 0)('the lock file', () => {
  const { fs } = nodePlatform()

  it('is created with mode 0666 before the umask and keeps its content', () => {
    const path = join(tempDir(), '.batpak.lock')
    writeFileSync(path, 'kept')
    const fd = fs.open(path, 'lock-nofollow')
    fs.tryLock(fd)
    fs.close(fd)
    expect(readFileSync(path, 'utf8')).toBe('kept')
    const fresh = join(tempDir(), '.batpak.lock')
    fs.close(fs.open(fresh, 'lock-nofollow'))
    expect(fs.stat(fresh)).toMatchObject({ kind: 'file', size: 0 })
  })

  it.runIf(unix)('may not be a symbolic link, and what a link names stays untouched', () => {
    const dir = tempDir()
    writeFileSync(join(dir, 'target'), 'target')
    symlinkSync('target', join(dir, 'to-file'))
    symlinkSync('missing', join(dir, 'dangling'))
    for (const name of ['to-file', 'dangling']) {
      expect(() => fs.open(join(dir, name), 'lock-nofollow')).toThrow(
        expect.objectContaining({ code: 'ELOOP' }),
      )
    }
    expect(readFileSync(join(dir, 'target'), 'utf8')).toBe('target')
    expect(existsSync(join(dir, 'missing'))).toBe(false)
  })

  it.runIf(unix)('may stand in a directory that is reached through a link', () => {
    const dir = tempDir()
    mkdirSync(join(dir, 'real'))
    symlinkSync('real', join(dir, 'link'))
    const fd = fs.open(join(dir, 'link', '.batpak.lock'), 'lock-nofollow')
    expect(fs.tryLock(fd)).toBe(true)
    fs.close(fd)
    expect(existsSync(join(dir, 'real', '.batpak.lock'))).toBe(true)
  })

  it.runIf(unix)('may not be a directory', () => {
    const path = join(tempDir(), '.batpak.lock')
    mkdirSync(path)
    expect(() => fs.open(path, 'lock-nofollow')).toThrow(
      expect.objectContaining({ code: 'EISDIR' }),
    )
  })

  it('is the only kind of file that can be locked', () => {
    const path = join(tempDir(), 'f')
    writeFileSync(path, '')
    const fd = fs.open(path, 'read-write')
    expect(() => fs.tryLock(fd)).toThrow(TypeError)
    fs.close(fd)
    // A number that is used again is a new descriptor: the old lock file must not be remembered.
    const lock = fs.open(join(tempDir(), '.batpak.lock'), 'lock-nofollow')
    fs.close(lock)
    const reused = fs.open(path, 'read-write')
    expect(reused).toBe(lock)
    expect(() => fs.tryLock(reused)).toThrow(TypeError)
    fs.close(reused)
  })

  it.runIf(unix)(
    'that was removed while it was opened is locked without proof (Q17 is for the owner)',
    () => {
      const { platform } = platformWith({}, { lock: { name: 'yes', tryLock: () => true } })
      const path = join(tempDir(), '.batpak.lock')
      const fd = platform.fs.open(path, 'lock-nofollow')
      rmSync(path)
      expect(platform.fs.tryLock(fd)).toBe(true)
      expect(platform.backends().lock.probe).toMatch(/not probed: .*replaced/)
      writeFileSync(path, '')
      expect(platform.fs.tryLock(fd)).toBe(true)
      expect(platform.backends().lock.probe).toMatch(/not probed: .*replaced/)
      platform.fs.close(fd)
    },
  )
})

describe('the choice of a lock backend', () => {
  it('D11: with none, opening fails with every reason, before the lock file is created', () => {
    const { fs } = platformWith({ lock: 'off' }).platform
    const path = join(tempDir(), '.batpak.lock')
    expect(() => fs.open(path, 'lock-nofollow')).toThrow(
      expect.objectContaining({
        code: 'ENOTSUP',
        path,
        message: expect.stringMatching(
          /fs-ext: BATPAK_LOCK=off; fs-ext-extra-prebuilt: .*koffi: .*open-flag: .*flock\(1\): .*node:ffi: /,
        ),
      }),
    )
    expect(existsSync(path)).toBe(false)
  })

  it.skipIf(flockBackends.length === 0)(
    'a backend that locks twice is not believed, and the next one is asked',
    () => {
      const liar = { name: 'liar', tryLock: () => true }
      const { platform } = platformWith({}, { lock: liar })
      const fd = platform.fs.open(join(tempDir(), '.batpak.lock'), 'lock-nofollow')
      expect(platform.fs.tryLock(fd)).toBe(true)
      expect(platform.backends().lock).toMatchObject({ probe: 'ok' })
      expect(platform.backends().lock.backend).not.toBe('liar')
      platform.fs.close(fd)
    },
  )

  it('a backend that locks twice is refused when there is no other', () => {
    const liar = { name: 'liar', tryLock: () => true }
    const { platform } = platformWith({ lock: 'liar' }, { lock: liar })
    const fd = platform.fs.open(join(tempDir(), '.batpak.lock'), 'lock-nofollow')
    expect(() => platform.fs.tryLock(fd)).toThrow(
      expect.objectContaining({
        code: 'ENOTSUP',
        message: expect.stringContaining('liar: a second descriptor got the same lock'),
      }),
    )
    expect(platform.backends().lock.backend).toBe('none')
    platform.fs.close(fd)
  })

  it.skipIf(flockBackends.length === 0).each(['ENOLCK', 'ENOTSUP', 'EOPNOTSUPP'])(
    '%s passes on to the next backend',
    (code) => {
      const fails = (): boolean => {
        throw systemError(code, 'flock')
      }
      const { platform } = platformWith({}, { lock: { name: 'broken', tryLock: fails } })
      const fd = platform.fs.open(join(tempDir(), '.batpak.lock'), 'lock-nofollow')
      expect(platform.fs.tryLock(fd)).toBe(true)
      expect(platform.backends().lock.backend).not.toBe('broken')
      platform.fs.close(fd)
    },
  )

  it.each([
    ['EAGAIN', false],
    ['EWOULDBLOCK', false],
  ])('%s means that somebody else holds it', (code, result) => {
    const fails = (): boolean => {
      throw systemError(code, 'flock')
    }
    const { fs } = platformWith({}, { lock: { name: 'busy', tryLock: fails } }).platform
    const fd = fs.open(join(tempDir(), '.batpak.lock'), 'lock-nofollow')
    expect(fs.tryLock(fd)).toBe(result)
    fs.close(fd)
  })

  it('any other failure is thrown as it is', () => {
    const failure = systemError('EIO', 'flock')
    const fails = (): boolean => {
      throw failure
    }
    const { fs } = platformWith({}, { lock: { name: 'sick', tryLock: fails } }).platform
    const fd = fs.open(join(tempDir(), '.batpak.lock'), 'lock-nofollow')
    expect(() => fs.tryLock(fd)).toThrow(failure)
    fs.close(fd)
  })
})

// Only macOS and Windows lock while they open. On Linux a file lease makes open(2) fail in the same
// way, with EWOULDBLOCK, so that this path runs here too.
describe.skipIf(process.platform !== 'linux' || !hasPython)(
  'a lock that is part of opening',
  () => {
    const opening: NodeLockBackend = {
      name: 'opening',
      openFlags: constants.O_NONBLOCK,
      tryLock: () => true,
    }

    it('that somebody else holds is reported by tryLock, not by open', async () => {
      const path = join(tempDir(), '.batpak.lock')
      writeFileSync(path, 'kept')
      const holder = startProgram('python3', ['-c', leaseHolder, path])
      expect(await holder.line()).toBe('leased')
      const { fs } = platformWith({ lock: 'opening' }, { lock: opening }).platform
      const fd = fs.open(path, 'lock-nofollow')
      expect(fs.tryLock(fd)).toBe(false)
      fs.close(fd)
      await holder.end()
      expect(readFileSync(path, 'utf8')).toBe('kept')
    })

    it('is not believed where a second descriptor can be opened', () => {
      const { fs } = platformWith({ lock: 'opening' }, { lock: opening }).platform
      const fd = fs.open(join(tempDir(), '.batpak.lock'), 'lock-nofollow')
      expect(() => fs.tryLock(fd)).toThrow(expect.objectContaining({ code: 'ENOTSUP' }))
      fs.close(fd)
    })
  },
)

const leaseHolder = `
import fcntl, os, signal, sys
signal.signal(signal.SIGIO, signal.SIG_IGN)
fd = os.open(sys.argv[1], os.O_RDWR)
fcntl.fcntl(fd, 1024, fcntl.F_WRLCK)
print('leased', flush=True)
sys.stdin.read()
`
