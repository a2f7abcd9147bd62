/**
 * The acceptance cases of the platform surface (S1 to S7) on the platform of this machine: evidence
 * describes, diagnostics report it, and a profile that does not match refuses before anything opens.
 */
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Store, isStoreError, type OpenReport, type StoreOptions } from '@batpak/core'
import { nodePlatform } from '@batpak/platform'
import { profileFixture } from '@batpak/testkit'
import { describe, expect, it, onTestFinished } from 'vitest'

const windows = process.platform === 'win32'
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../../fixtures/platform/${name}.profile`, import.meta.url))
const MATCHING = fixture(windows ? 'non_unix_best_effort_lock' : 'linux_basic')
const MISMATCHING = fixture(windows ? 'linux_basic' : 'profile_mismatch')

/** `npm test` says 0 when it could not build every addon; only then may something be missing. */
const degraded = process.env['BATPAK_EXPECT_ADDONS'] === '0'

function tempDir(): string {
  const directory = mkdtempSync(join(tmpdir(), 'batpak-seed-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

function open(dataDir: string, options: Partial<StoreOptions> = {}): Store {
  return Store.open({ dataDir, segmentMaxBytes: 4096, syncEveryNEvents: 1, ...options })
}

/** Opens, expects a refusal, and shows what it says. */
function refusal(
  dataDir: string,
  platformProfilePath: string,
  rest: Partial<StoreOptions> = {},
): object {
  try {
    open(dataDir, { platformProfilePath, ...rest }).close()
  } catch (error) {
    if (!isStoreError(error)) throw error
    const { path, kind } = error as { path?: string; kind?: string }
    return { code: error.code, path, ...(kind !== undefined && { kind }) }
  }
  return { code: 'open' }
}

/** The reference looks for 000000.fbat, which never exists; what must not exist is any segment. */
function segments(directory: string): string[] {
  return readdirSync(directory).filter((name) => name.endsWith('.fbat'))
}

function withProfile(text: string): { readonly dataDir: string; readonly path: string } {
  const path = join(tempDir(), 'host.profile')
  writeFileSync(path, text)
  return { dataDir: tempDir(), path }
}

/** What maps on this machine: with the addons everything must, without them it depends. */
function expectedMap(): 'FileBacked' | 'ObservedUnsupported' {
  if (!degraded) return 'FileBacked'
  const directory = tempDir()
  const { mmapIndex } = nodePlatform().probe(directory).storePath
  const { backend } = nodePlatform().backends().mmap
  return backend === 'none' ? 'ObservedUnsupported' : (mmapIndex as 'FileBacked')
}

function lockable(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'batpak-seed-'))
  const { fs } = nodePlatform()
  try {
    const fd = fs.open(join(directory, '.batpak.lock'), 'lock-nofollow')
    const locked = fs.tryLock(fd)
    fs.close(fd)
    return locked
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOTSUP') return false
    throw error
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const canLock = lockable()

it('a machine with every addon can lock, and any other refuses to open at all (D11)', () => {
  expect(canLock || degraded).toBe(true)
  if (canLock) return
  expect(() => open(tempDir())).toThrow(
    expect.objectContaining({ code: 'PlatformAdmissionFailed', capability: 'store lock' }),
  )
})

describe.skipIf(!canLock)('on a machine that can lock', () => {
  it('S1: diagnostics report what this host gives and what it admits', () => {
    const dataDir = tempDir()
    const store = open(dataDir)
    const map = expectedMap()
    const admitted = map === 'FileBacked' ? 'FileBacked' : 'Rejected'
    const { platformEvidence, ...rest } = store.diagnostics()
    expect(rest).toMatchObject({
      dataDir: realpathSync(dataDir),
      segmentMaxBytes: 4096,
      eventCount: 1,
    })
    expect(platformEvidence.host.processClockEpochMarkerNs > 0n).toBe(true)
    expect(platformEvidence.host.monotonicClock).toBe('ProcessLocalInstantAnchor')
    expect(platformEvidence.storePath).toEqual({
      pathStatus: 'ObservedDirectory',
      parentDirSync: windows ? 'RenameOnly' : 'UnixFsync',
      lockLeafSymlinkProtection: windows ? 'BestEffortCheckThenOpen' : 'AtomicNoFollow',
      mmapIndex: map,
      sealedSegmentMmap: map,
      activeSegmentRead: windows ? 'LockedSeekRead' : 'UnixReadAt',
    })
    expect(platformEvidence.admission).toEqual({
      storeLock: windows ? 'BestEffortCheckThenOpen' : 'AtomicNoFollow',
      parentDirSync: windows ? 'RenameOnly' : 'UnixFsync',
      mmapIndex: admitted,
      sealedSegmentMmap: admitted,
    })
    expect(rest.backends.mmap.backend === 'none').toBe(map !== 'FileBacked')
    store.close()
    expect(readdirSync(dataDir).filter((name) => name.startsWith('.tmp'))).toEqual([])
  })

  it('S2: a profile that is no JSON refuses, and no segment exists', () => {
    const { dataDir, path } = withProfile('{not json')
    expect(refusal(dataDir, path)).toEqual({
      code: 'PlatformProfileInvalid',
      path,
      kind: 'DecodeJson',
    })
    expect(segments(dataDir)).toEqual([])
  })

  it('S3: a profile that does not exist is invalid, not mismatching', () => {
    const path = join(tempDir(), 'missing.profile')
    expect(refusal(tempDir(), path)).toEqual({ code: 'PlatformProfileInvalid', path, kind: 'Io' })
  })

  const impossible = {
    set: { 'store_path.path_status': 'UnknownMissing' },
    fingerprint: 'recompute',
  } as const

  it('S4 (a): the impossible profile as the reference writes it is never closed (Q5)', () => {
    const { text } = profileFixture({ ...impossible, text: 'truncate' })
    expect(text.endsWith('"FileBacked","fingerprint_crc32":4040084275}')).toBe(true)
    const { dataDir, path } = withProfile(text)
    expect(refusal(dataDir, path)).toEqual({
      code: 'PlatformProfileInvalid',
      path,
      kind: 'DecodeJson',
    })
    expect(segments(dataDir)).toEqual([])
  })

  it('S4 (b): closed as it should be, it breaks the rule between path and maps (Q5)', () => {
    const { text } = profileFixture(impossible)
    const { dataDir, path } = withProfile(text)
    expect(refusal(dataDir, path)).toEqual({
      code: 'PlatformProfileInvalid',
      path,
      kind: 'InconsistentMmapPath',
    })
    expect(segments(dataDir)).toEqual([])
  })

  it('S5: a mismatching profile refuses and is named by its relative path', () => {
    const path = relative(process.cwd(), fixture('mmap_unavailable'))
    const dataDir = tempDir()
    expect(path.startsWith('/')).toBe(false)
    if (!windows && expectedMap() === 'ObservedUnsupported') {
      expect(refusal(dataDir, path)).toEqual({ code: 'open' }) // there it is the matching one
      return
    }
    expect(refusal(dataDir, path)).toEqual({ code: 'PlatformProfileMismatch', path })
    expect(segments(dataDir)).toEqual([])
  })

  it('S6: a profile that is configured and cleared again is not required', () => {
    const missing = join(tempDir(), 'missing.profile')
    const options: StoreOptions = { dataDir: tempDir(), platformProfilePath: missing }
    const store = Store.open({ ...options, platformProfilePath: undefined })
    store.close()
    expect(store.closed).toBe(true)
  })

  it('S7: the matching fixture opens and closes', () => {
    const reports: OpenReport[] = []
    const dataDir = tempDir()
    const outcome = refusal(dataDir, MATCHING, { openReportObserver: (r) => reports.push(r) })
    if (expectedMap() === 'ObservedUnsupported') {
      // D11: a profile that says FileBacked refuses a host where nothing maps.
      expect(outcome).toEqual({ code: 'PlatformProfileMismatch', path: MATCHING })
      return
    }
    expect(outcome).toEqual({ code: 'open' })
    expect(reports).toHaveLength(1)
    expect(segments(dataDir)).toEqual(['000001.fbat'])
  })

  it('S7: a mismatching fixture refuses before a segment and before the observer', () => {
    const dataDir = tempDir()
    const reports: OpenReport[] = []
    const openReportObserver = (report: OpenReport): void => void reports.push(report)
    expect(refusal(dataDir, MISMATCHING, { openReportObserver })).toEqual({
      code: 'PlatformProfileMismatch',
      path: MISMATCHING,
    })
    expect(segments(dataDir)).toEqual([])
    expect(readdirSync(dataDir)).toEqual(['.batpak.lock'])
    expect(reports).toEqual([])
    open(dataDir).close()
  })
})

it('the fixtures are what the builder of the testkit makes', () => {
  for (const base of [
    'linux_basic',
    'non_unix_best_effort_lock',
    'mmap_unavailable',
    'profile_mismatch',
  ] as const) {
    const stored = readFileSync(fixture(base), 'utf8').trimEnd()
    expect(profileFixture({ base, pretty: true }).text).toBe(stored)
  }
})
