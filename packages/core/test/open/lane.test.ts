/** The open lane: which refusal comes first, and what each leaves on disk. */
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { defineEvent, type StoreOptions } from '../../src/index.ts'
import { Noted, at } from '../support/api-events.ts'
import { refusal, thrownBy } from '../support/api-errors.ts'
import { FaultPlatform } from '../support/api-faults.ts'
import { platformWithEvidence } from '../support/api-platforms.ts'
import { writeSegment } from '../support/api-segments.ts'
import { filesOf, freshDir, openReadOnly, openStore, openUnlocked } from '../support/api-store.ts'

const twins = ['test.One', 'test.Two'].map((name) => defineEvent({ name, category: 1, typeId: 1 }))

/** What is wrong with an open, in the order in which it must be told. */
const defects = {
  events: { events: twins, eventPayloadValidation: 'FailFast' },
  directory: {},
  numbers: { segmentMaxBytes: 0 },
  lock: {},
  profile: { platformProfilePath: 'does-not-exist.profile' },
} as const satisfies Record<string, Partial<StoreOptions>>

describe('of several defects the first in the order of the lane is told', () => {
  it('event kinds, directory, numbers, lock, profile', () => {
    const dataDir = freshDir()
    const owner = openStore({ dataDir })
    const { events, numbers, profile } = defects
    const file = join(freshDir(), 'file')
    writeFileSync(file, '')
    const codeOf = (options: StoreOptions): unknown =>
      (thrownBy(() => openStore(options)) as { code?: unknown }).code
    const all = { ...events, ...numbers, ...profile }
    expect(codeOf({ ...all, dataDir: file })).toBe('EventPayloadRegistry')
    expect(codeOf({ ...numbers, ...profile, dataDir: file })).toBe('Io')
    expect(codeOf({ ...numbers, ...profile, dataDir })).toBe('Configuration')
    expect(codeOf({ ...profile, dataDir })).toBe('StoreLocked')
    owner.close()
    expect(codeOf({ ...profile, dataDir })).toBe('PlatformProfileInvalid')
    openStore({ dataDir })
  })

  it('profile before damage in the directory', () => {
    const dataDir = freshDir()
    writeFileSync(join(dataDir, '000001.fbat'), 'no segment at all')
    refusal('PlatformProfileInvalid', () => openStore({ dataDir, ...defects.profile }))
    refusal('CorruptSegment', () => openStore({ dataDir }))
  })
})

describe('the directory', () => {
  it('is made with its parents by a mutable open', () => {
    const dataDir = join(freshDir(), 'a', 'b', 'c')
    expect(openStore({ dataDir }).diagnostics().dataDir).toBe(dataDir)
  })

  it('DEV-14 is not made by a read-only or unlocked open: Io with ENOENT, and nothing is created', () => {
    const parent = freshDir()
    const dataDir = join(parent, 'missing', 'store')
    for (const open of [openReadOnly, openUnlocked]) {
      const error = refusal('Io', () => open({ dataDir }))
      expect((error.cause as { code?: string }).code).toBe('ENOENT')
      expect(error.path).toBe(dataDir)
    }
    expect(readdirSync(parent)).toEqual([])
  })

  it.each([
    ['a file', 'EEXIST', (dir: string) => writeFileSync(join(dir, 'x'), ''), 'x'],
    ['below a file', 'ENOTDIR', (dir: string) => writeFileSync(join(dir, 'x'), ''), 'x/y'],
    ['a dangling symlink', 'ENOENT', (dir: string) => symlinkSync('nowhere', join(dir, 'x')), 'x'],
  ])('that is %s is Io with %s', (_, code, prepare, name) => {
    const parent = freshDir()
    prepare(parent)
    const before = readdirSync(parent)
    const error = refusal('Io', () => openStore({ dataDir: join(parent, name) }))
    expect([code, 'EEXIST']).toContain((error.cause as { code?: string }).code)
    expect(error.message).toContain('IO error')
    expect(readdirSync(parent)).toEqual(before)
  })

  it('with an empty name is Io with ENOENT', () => {
    const error = refusal('Io', () => openStore({ dataDir: '' }))
    expect((error.cause as { code?: string }).code).toBe('ENOENT')
  })
})

describe('a refused open leaves', () => {
  it('Q9 the empty directory, without a lock file, for bad numbers', () => {
    const dataDir = join(freshDir(), 'new')
    refusal('Configuration', () => openStore({ dataDir, fdBudget: 0 }))
    expect(readdirSync(dataDir)).toEqual([])
  })

  it('an empty lock file for a bad profile, and the lock is free', () => {
    const dataDir = freshDir()
    refusal('PlatformProfileInvalid', () => openStore({ dataDir, ...defects.profile }))
    expect(filesOf(dataDir)).toEqual({ '.batpak.lock': '' })
    openStore({ dataDir })
  })

  it('no lock file when the host cannot protect it, and nothing else', () => {
    for (const lockLeafSymlinkProtection of [
      'Unknown',
      'ObservedUnsupported',
      'ProbeFailed',
    ] as const) {
      const dataDir = freshDir()
      const platform = platformWithEvidence({ lockLeafSymlinkProtection })
      const error = refusal('PlatformAdmissionFailed', () => openStore({ dataDir, platform }))
      expect(error.capability).toContain('store lock')
      expect(error.reason).toContain(lockLeafSymlinkProtection)
      expect(error.message).toContain('admission failed')
      expect(readdirSync(dataDir)).toEqual([])
    }
  })

  it.each(['Unknown', 'ProbeFailed'] as const)(
    'only the lock file when parentDirSync is %s, before a heal changes anything',
    (parentDirSync) => {
      const dataDir = freshDir()
      writeSegment(dataDir, 1, [{ entity: 'a' }])
      writeFileSync(join(dataDir, '000001.fbat'), Buffer.from([0, 0, 1]), { flag: 'a' })
      const before = filesOf(dataDir)
      const platform = platformWithEvidence({ parentDirSync })
      let observed = 0
      const options = {
        dataDir,
        platform,
        openReportObserver: (): void => void (observed += 1),
      }
      const error = refusal('PlatformAdmissionFailed', () => openStore(options))
      expect(error.capability).toBe('parent directory sync')
      expect(error.reason).toContain(parentDirSync)
      expect(filesOf(dataDir)).toEqual({ ...before, '.batpak.lock': '' })
      expect(observed).toBe(0)
      // A read-only open changes nothing, so it needs no durable names.
      const reader = openReadOnly({ dataDir, platform })
      expect(reader.count({ entity: 'a' })).toBe(1)
      reader.close()
      expect(openStore({ dataDir }).diagnostics().openReport.healed).toHaveLength(1)
    },
  )

  it.each<readonly [what: string, code: string, damage: (dataDir: string) => void]>([
    [
      'a corrupt segment',
      'CorruptSegment',
      (dir) => writeFileSync(join(dir, '000007.fbat'), 'xxxxxxxxxxxx'),
    ],
    [
      'corrupt hidden ranges',
      'HiddenRangesCorrupt',
      (dir) => writeFileSync(join(dir, 'visibility_ranges.fbv'), 'nonsense nonsense'),
    ],
    [
      'a segment id without a successor',
      'DataDirMalformed',
      (dir) => writeFileSync(join(dir, '18446744073709551615.fbat'), ''),
    ],
    [
      'a forbidden coordinate',
      'CoordinateNulByte',
      (dir) => writeSegment(dir, 2, [{ entity: '\0' }]),
    ],
  ])('every file as it was for %s, whatever else would be healed', (_, code, damage) => {
    const dataDir = freshDir()
    writeSegment(dataDir, 1, [{ entity: 'a' }])
    writeFileSync(join(dataDir, '000001.fbat'), Buffer.from([0, 0, 1]), { flag: 'a' })
    damage(dataDir)
    const before = filesOf(dataDir)
    for (const open of [openStore, openReadOnly]) {
      const error = thrownBy(() => open({ dataDir }))
      expect(error).toMatchObject({ code })
      expect(filesOf(dataDir)).toEqual({ ...before, '.batpak.lock': '' })
    }
  })

  it('a directory without a new segment when that cannot be created', () => {
    for (const name of ['open', 'pwrite', 'fsync', 'rename', 'fsyncDir'] as const) {
      const platform = new FaultPlatform()
      const dataDir = freshDir()
      platform.refuse = (call) => (call.name === name ? 'EIO' : undefined)
      const error = refusal('Io', () => openStore({ dataDir, platform, mmap: 'off' }))
      expect((error.cause as { code?: string }).code).toBe('EIO')
      expect(readdirSync(dataDir), name).toEqual(name === 'open' ? [] : ['.batpak.lock'])
      platform.refuse = undefined
      openStore({ dataDir, platform })
    }
  })

  it('a segment with a footer and no event when the open event cannot be written', () => {
    const platform = new FaultPlatform()
    const dataDir = freshDir()
    let observed = 0
    platform.refuse = (call) => {
      // The first write to the segment under its own name is the open event.
      if (call.name !== 'pwrite' || call.file !== '000001.fbat') return undefined
      platform.refuse = undefined
      return 'ENOSPC'
    }
    const openReportObserver = (): void => void (observed += 1)
    const error = refusal('Io', () => openStore({ dataDir, platform, openReportObserver }))
    expect((error.cause as { code?: string }).code).toBe('ENOSPC')
    // Q15: the observer was told before.
    expect(observed).toBe(1)
    expect(readdirSync(dataDir).sort()).toEqual(['.batpak.lock', '000001.fbat'])
    const size = statSync(join(dataDir, '000001.fbat')).size
    const reopened = openStore({ dataDir })
    expect(reopened.stats()).toEqual({ eventCount: 1, globalSequence: 1 })
    expect(reopened.diagnostics().openReport.healed).toEqual([])
    expect(statSync(join(dataDir, '000001.fbat')).size).toBe(size)
  })

  it('the open event on disk when only its sync failed', () => {
    const platform = new FaultPlatform()
    const dataDir = freshDir()
    platform.refuse = (call) =>
      call.name === 'fsync' && call.file === '000001.fbat' ? 'EIO' : undefined
    const error = refusal('Io', () => openStore({ dataDir, platform }))
    expect((error.cause as { code?: string }).code).toBe('EIO')
    const reopened = openStore({ dataDir })
    expect(reopened.stats().eventCount).toBe(2)
  })

  it('M03 the lock free, whichever step refused', () => {
    const dataDir = freshDir()
    const platform = new FaultPlatform()
    const fail: Partial<StoreOptions>[] = [
      { segmentMaxBytes: 0 },
      { platformProfilePath: 'missing' },
      { platform: platformWithEvidence({ parentDirSync: 'Unknown' }) },
      { platform },
    ]
    platform.refuse = (call) => (call.name === 'rename' ? 'EIO' : undefined)
    for (const options of fail) {
      thrownBy(() => openStore({ dataDir, ...options }))
      openStore({ dataDir }).close()
    }
  })
})

describe('stray names in the directory', () => {
  it('are left alone, and a malformed segment name is passed over', () => {
    const dataDir = freshDir()
    const stray = ['.tmpAb12Cd', 'abc.fbat', '.fbat', 'notes.txt', '000001.fbat.healed-57']
    for (const name of stray) writeFileSync(join(dataDir, name), 'stray')
    mkdirSync(join(dataDir, 'cursors'))
    const store = openStore({ dataDir })
    store.append(at('a'), Noted, { n: 1 })
    store.close()
    for (const name of stray) expect(existsSync(join(dataDir, name)), name).toBe(true)
    expect(openStore({ dataDir }).count({ entity: 'a' })).toBe(1)
  })
})
