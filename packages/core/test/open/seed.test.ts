/** The acceptance cases of the platform surface: evidence describes, profiles refuse, refusals leave no store. */
import { readFileSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fingerprint, serializeProfile } from '@batpak/profile-schema'
import type { PlatformProfile } from '@batpak/profile-schema'
import type { ReadOnlyStore, Store, StoreOptions } from '../../src/index.ts'
import { refusal } from '../support/api-errors.ts'
import {
  loadProfileSchemaNatively,
  mappingPlatform,
  profileFixture,
  unix,
} from '../support/api-platforms.ts'
import { freshDir, openReadOnly, openStore, segmentNames } from '../support/api-store.ts'

loadProfileSchemaNatively()

const matching = profileFixture(unix ? 'linux_basic.profile' : 'non_unix_best_effort_lock.profile')
const mismatching = profileFixture(unix ? 'profile_mismatch.profile' : 'linux_basic.profile')

type Open = (options: StoreOptions) => Store | ReadOnlyStore

function written(content: string | Uint8Array): string {
  const path = join(freshDir(), 'host.profile')
  writeFileSync(path, content)
  return path
}

function refusedProfile(
  code: 'PlatformProfileInvalid' | 'PlatformProfileMismatch',
  platformProfilePath: string,
): { readonly reason: string; readonly kind?: string } {
  const dataDir = freshDir()
  let observed = 0
  const options = {
    dataDir,
    platform: mappingPlatform(dataDir),
    platformProfilePath,
    openReportObserver: (): void => void (observed += 1),
  }
  for (const open of [openStore, openReadOnly] as const) {
    const error = refusal(code, () => (open as Open)(options))
    expect(error.path).toBe(platformProfilePath)
    expect(error.message).toContain(platformProfilePath)
    expect(segmentNames(dataDir)).toEqual([])
    expect(readdirSync(dataDir)).toEqual(['.batpak.lock'])
  }
  expect(observed).toBe(0)
  const error = refusal(code, () => openStore(options))
  openStore({ ...options, platformProfilePath: undefined })
  return error
}

describe('a fresh store', () => {
  it('S1 says what it is and what its host guarantees', () => {
    const dataDir = freshDir()
    const options = { segmentMaxBytes: 4096, syncEveryNEvents: 1 }
    const store = openStore({ dataDir, platform: mappingPlatform(dataDir), ...options })
    const { platformEvidence, ...rest } = store.diagnostics()
    expect(rest).toMatchObject({
      dataDir: realpathSync(dataDir),
      segmentMaxBytes: 4096,
      eventCount: 1,
    })
    const { host, storePath, admission } = platformEvidence
    expect(host.processClockEpochMarkerNs).toBeGreaterThan(0n)
    expect(host.monotonicClock).toBe('ProcessLocalInstantAnchor')
    expect(storePath).toEqual({
      pathStatus: 'ObservedDirectory',
      parentDirSync: unix ? 'UnixFsync' : 'RenameOnly',
      lockLeafSymlinkProtection: unix ? 'AtomicNoFollow' : 'BestEffortCheckThenOpen',
      mmapIndex: 'FileBacked',
      sealedSegmentMmap: 'FileBacked',
      activeSegmentRead: unix ? 'UnixReadAt' : 'LockedSeekRead',
    })
    expect(admission).toEqual({
      storeLock: unix ? 'AtomicNoFollow' : 'BestEffortCheckThenOpen',
      parentDirSync: unix ? 'UnixFsync' : 'RenameOnly',
      mmapIndex: 'FileBacked',
      sealedSegmentMmap: 'FileBacked',
    })
    store.close()
  })
})

describe('a profile that is refused leaves no segment, no event, no observer call and a free lock', () => {
  it('S2 when it is not JSON', () => {
    expect(refusedProfile('PlatformProfileInvalid', written('{not json')).kind).toBe('DecodeJson')
  })

  it('S3 when it does not exist', () => {
    const missing = join(freshDir(), 'missing.profile')
    expect(refusedProfile('PlatformProfileInvalid', missing).kind).toBe('Io')
  })

  it('S4 when it is impossible: mapped files in a directory that does not exist', () => {
    const profile = JSON.parse(readFileSync(profileFixture('linux_basic.profile'), 'utf8')) as {
      -readonly [K in keyof PlatformProfile]: PlatformProfile[K]
    }
    profile.store_path = { ...profile.store_path, path_status: 'UnknownMissing' }
    profile.fingerprint_crc32 = fingerprint(profile)
    const closed = serializeProfile(profile)
    expect(refusedProfile('PlatformProfileInvalid', written(closed)).kind).toBe(
      'InconsistentMmapPath',
    )
    // The text of the original case: all closing braces trimmed, the fingerprint and one brace put back.
    const { fingerprint_crc32: crc, ...body } = profile
    const cut = `${JSON.stringify(body).replace(/\}+$/, '')},"fingerprint_crc32":${crc}}`
    expect(refusedProfile('PlatformProfileInvalid', written(cut)).kind).toBe('DecodeJson')
  })

  it('S5 when it describes another host, by a relative path that is named verbatim', () => {
    const path = relative(process.cwd(), profileFixture('mmap_unavailable.profile'))
    expect(path.startsWith('/')).toBe(false)
    const { reason } = refusedProfile('PlatformProfileMismatch', path)
    expect(reason).toContain('FileBacked')
    expect(reason).toContain('ObservedUnsupported')
  })

  it('S7 when it does not match', () => {
    const { reason } = refusedProfile('PlatformProfileMismatch', mismatching)
    expect(reason).toContain('UnknownMissing')
  })
})

describe('a profile', () => {
  it('S6 that was configured and cleared again does not matter', () => {
    const dataDir = freshDir()
    const options = { dataDir, platformProfilePath: join(dataDir, 'missing') }
    refusal('PlatformProfileInvalid', () => openStore(options))
    openStore({ ...options, platformProfilePath: undefined }).close()
  })

  it('S7 that matches opens and closes', () => {
    const dataDir = freshDir()
    const platform = mappingPlatform(dataDir)
    const options = { dataDir, platform, platformProfilePath: matching }
    openStore(options).close()
    openReadOnly(options).close()
    openStore(options).close()
    expect(segmentNames(dataDir)).toHaveLength(2)
  })

  it('D11 that says FileBacked refuses a host where nothing maps, whatever the option mmap says', () => {
    const dataDir = freshDir()
    for (const mmap of ['auto', 'required', 'off'] as const) {
      const platform = mappingPlatform(dataDir)
      const options = { dataDir, platform, platformProfilePath: matching, mmap }
      if (mmap === 'off') refusal('PlatformProfileMismatch', () => openStore(options))
      else openStore(options).close()
    }
  })
})
