/** The directory lock: one owner, by a file that is never deleted and never followed. */
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ReadOnlyStore, Store, StoreOptions } from '../../src/index.ts'
import { refusal } from '../support/api-errors.ts'
import { FaultPlatform } from '../support/api-faults.ts'
import { unix } from '../support/api-platforms.ts'
import { freshDir, openReadOnly, openStore, openUnlocked } from '../support/api-store.ts'

const LOCK = '.batpak.lock'

type Open = (options: StoreOptions) => Store | ReadOnlyStore
const owners: readonly (readonly [mode: 'Mutable' | 'ReadOnly', open: Open])[] = [
  ['Mutable', openStore],
  ['ReadOnly', openReadOnly],
]

describe('in one process', () => {
  for (const [held, first] of owners) {
    for (const [wanted, second] of owners) {
      it(`a ${held} store keeps a ${wanted} one out, until it is closed`, () => {
        const dataDir = freshDir()
        const owner = first({ dataDir })
        const error = refusal('StoreLocked', () => second({ dataDir }))
        expect([error.path, error.mode]).toEqual([dataDir, wanted])
        expect(error.message).toContain(dataDir)
        expect(error.message).toContain('locked')
        expect(error.message).toContain(wanted === 'Mutable' ? 'mutable' : 'read-only')
        expect(error.message).toContain(join(dataDir, LOCK))
        owner.close()
        second({ dataDir }).close()
      })
    }
  }

  it('is found under any name of the directory (M39)', () => {
    const dataDir = freshDir()
    const link = join(freshDir(), 'link')
    symlinkSync(dataDir, link)
    openStore({ dataDir })
    expect(refusal('StoreLocked', () => openStore({ dataDir: link })).path).toBe(dataDir)
    expect(refusal('StoreLocked', () => openReadOnly({ dataDir: `${link}/./` })).path).toBe(dataDir)
  })

  it('is not needed by an unlocked reader, and not taken by it', () => {
    const dataDir = freshDir()
    const owner = openStore({ dataDir })
    const reader = openUnlocked({ dataDir })
    expect(reader.stats().eventCount).toBe(1)
    owner.close()
    openStore({ dataDir }).close()
    reader.close()
  })

  it('a refused contender does not disturb the owner', () => {
    const dataDir = freshDir()
    const owner = openStore({ dataDir })
    for (let i = 0; i < 3; i += 1) refusal('StoreLocked', () => openStore({ dataDir }))
    owner.sync()
    refusal('StoreLocked', () => openReadOnly({ dataDir }))
  })
})

describe('the lock file', () => {
  it('is empty, has the permissions of the umask, and stays after close (M41)', () => {
    const dataDir = freshDir()
    openStore({ dataDir }).close()
    const stat = lstatSync(join(dataDir, LOCK))
    expect(stat.isFile()).toBe(true)
    expect(stat.size).toBe(0)
    if (unix) expect(stat.mode & 0o777).toBe(0o666 & ~process.umask())
  })

  it('is made by a read-only open as well, and is all that it makes', () => {
    const dataDir = freshDir()
    openReadOnly({ dataDir }).close()
    expect(readdirSync(dataDir)).toEqual([LOCK])
  })

  it('keeps its content', () => {
    const dataDir = freshDir()
    writeFileSync(join(dataDir, LOCK), 'kept')
    openStore({ dataDir }).close()
    openReadOnly({ dataDir }).close()
    expect(readFileSync(join(dataDir, LOCK), 'utf8')).toBe('kept')
  })

  it('is not followed when it is a symlink: Io, and the target is untouched', () => {
    const dataDir = freshDir()
    const target = join(freshDir(), 'target')
    writeFileSync(target, 'target')
    symlinkSync(target, join(dataDir, LOCK))
    for (const open of [openStore, openReadOnly]) {
      const error = refusal('Io', () => open({ dataDir }))
      expect((error.cause as { code?: string }).code).toBe('ELOOP')
      expect(error.path).toBe(join(dataDir, LOCK))
      expect(error.message).toContain('open the lock file')
    }
    expect(readFileSync(target, 'utf8')).toBe('target')
    expect(readdirSync(dataDir)).toEqual([LOCK])
  })

  it('that is a directory is Io', () => {
    const dataDir = freshDir()
    mkdirSync(join(dataDir, LOCK))
    const error = refusal('Io', () => openStore({ dataDir }))
    expect((error.cause as { code?: string }).code).toBe('EISDIR')
    expect(readdirSync(dataDir)).toEqual([LOCK])
  })
})

describe('Q17 a lock file that is replaced while it is being locked', () => {
  /** A platform on which somebody replaces the lock file after each of the first `times` locks. */
  function replacing(dataDir: string, times: number): FaultPlatform {
    const platform = new FaultPlatform()
    let left = times
    platform.override('tryLock', (tryLock) => (fd) => {
      const locked = tryLock(fd)
      if (left > 0) {
        left -= 1
        renameSync(join(dataDir, LOCK), join(dataDir, `old-${left}`))
        writeFileSync(join(dataDir, LOCK), 'another')
      }
      return locked
    })
    return platform
  }

  it('is not believed: the file at the name is locked instead', () => {
    const dataDir = freshDir()
    const platform = replacing(dataDir, 1)
    const store = openStore({ dataDir, platform })
    expect(platform.filesOf('open').filter((name) => name === LOCK)).toHaveLength(2)
    refusal('StoreLocked', () => openStore({ dataDir }))
    store.close()
    expect(readFileSync(join(dataDir, LOCK), 'utf8')).toBe('another')
  })

  it('again and again is refused, and every descriptor is closed', () => {
    const dataDir = freshDir()
    const platform = replacing(dataDir, 9)
    const error = refusal('PlatformAdmissionFailed', () => openStore({ dataDir, platform }))
    expect([error.capability, error.reason]).toEqual([
      'store lock',
      expect.stringContaining('replaced'),
    ])
    const opened = platform.filesOf('open').filter((name) => name === LOCK)
    const closed = platform.filesOf('close').filter((name) => name === LOCK)
    expect(closed).toEqual(opened)
    openStore({ dataDir })
  })

  it('or is removed, is made again', () => {
    const dataDir = freshDir()
    const platform = new FaultPlatform()
    let removed = false
    platform.override('tryLock', (tryLock) => (fd) => {
      const locked = tryLock(fd)
      if (!removed) rmSync(join(dataDir, LOCK))
      removed = true
      return locked
    })
    openStore({ dataDir, platform })
    refusal('StoreLocked', () => openStore({ dataDir }))
  })
})

describe('a host that cannot lock', () => {
  it.each(['ENOTSUP', 'EOPNOTSUPP', 'ENOLCK', 'ENOSYS'])(
    'D11 with %s is not admitted: there is no store without a lock',
    (code) => {
      const dataDir = freshDir()
      for (const name of ['open', 'tryLock'] as const) {
        const platform = new FaultPlatform()
        platform.refuse = (call) => (call.name === name && call.file === LOCK ? code : undefined)
        for (const open of [openStore, openReadOnly]) {
          const error = refusal('PlatformAdmissionFailed', () => open({ dataDir, platform }))
          expect(error.capability).toBe('store lock')
          expect(error.message).toContain('admission failed')
          expect((error.cause as { code?: string }).code).toBe(code)
        }
      }
      expect(readdirSync(dataDir)).toEqual([LOCK])
      openStore({ dataDir })
    },
  )

  it.each(['open', 'tryLock', 'fstat', 'lstat'] as const)(
    'because %s fails for another reason is Io, and nothing stays open',
    (name) => {
      const dataDir = freshDir()
      const platform = new FaultPlatform()
      platform.refuse = (call) => (call.name === name && call.file === LOCK ? 'EIO' : undefined)
      const error = refusal('Io', () => openStore({ dataDir, platform }))
      expect(error.path).toBe(join(dataDir, LOCK))
      expect((error.cause as { code?: string }).code).toBe('EIO')
      const calls = (call: 'open' | 'close'): number =>
        platform.filesOf(call).filter((file) => file === LOCK).length
      if (name !== 'open') expect(calls('close')).toBe(calls('open'))
      openStore({ dataDir })
    },
  )
})
