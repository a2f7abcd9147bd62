import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodePlatform, probe } from '../src/index.ts'
import type { MmapBackend, PlatformFs } from '../src/index.ts'
import type { ProbeSubject } from '../src/collect-evidence.ts'
import { collectEvidence } from '../src/collect-evidence.ts'
import { unix } from './support/available.ts'
import { startScript } from './support/child.ts'
import { tempDir } from './support/temp-dir.ts'

/** Serves the probe by reading, so that the evidence does not depend on addons. */
const copying: MmapBackend = {
  name: 'copying',
  map(fd, size) {
    const copy = new Uint8Array(size)
    nodePlatform().fs.pread(fd, copy, 0)
    return copy
  },
}
const platform = nodePlatform({ mmap: copying })

/** The same machine with some operations replaced. */
function subject(changes: Partial<PlatformFs>, mmap?: ProbeSubject['mmap']): ProbeSubject {
  const { fs, clock, random } = platform
  return {
    fs: { ...fs, ...changes },
    clock,
    random,
    mmap: mmap ?? { available: () => true, probe: () => 'FileBacked' },
  }
}

describe('the evidence about a directory', () => {
  it('S1: says what a healthy directory gives, and leaves nothing behind', () => {
    const dir = tempDir()
    expect(probe(dir, platform)).toEqual({
      host: {
        processClockEpochMarkerNs: platform.clock.processBootNs,
        monotonicClock: 'ProcessLocalInstantAnchor',
      },
      storePath: {
        pathStatus: 'ObservedDirectory',
        parentDirSync: unix ? 'UnixFsync' : 'RenameOnly',
        lockLeafSymlinkProtection: unix ? 'AtomicNoFollow' : 'BestEffortCheckThenOpen',
        mmapIndex: 'FileBacked',
        sealedSegmentMmap: 'FileBacked',
        activeSegmentRead: unix ? 'UnixReadAt' : 'LockedSeekRead',
      },
    })
    expect(platform.fs.readdir(dir)).toEqual([])
  })

  it('takes the shared platform when none is given', () => {
    const marker = nodePlatform().clock.processBootNs
    expect(probe(tempDir()).host.processClockEpochMarkerNs).toBe(marker)
  })

  it('of a missing one is UnknownMissing, and nothing is created', () => {
    const missing = join(tempDir(), 'none')
    expect(probe(missing, platform).storePath).toMatchObject({
      pathStatus: 'UnknownMissing',
      mmapIndex: 'Unknown',
      sealedSegmentMmap: 'Unknown',
      parentDirSync: unix ? 'UnixFsync' : 'RenameOnly',
    })
    expect(platform.fs.stat(missing)).toBeUndefined()
  })

  it.runIf(unix)('of a dangling link is that of a missing one', () => {
    const link = join(tempDir(), 'link')
    symlinkSync('nowhere', link)
    expect(probe(link, platform).storePath).toMatchObject({
      pathStatus: 'UnknownMissing',
      mmapIndex: 'Unknown',
    })
  })

  it.runIf(unix)('of a link to a directory is that of the directory', () => {
    const dir = tempDir()
    mkdirSync(join(dir, 'd'))
    symlinkSync('d', join(dir, 'link'))
    expect(probe(join(dir, 'link'), platform).storePath).toMatchObject({
      pathStatus: 'ObservedDirectory',
      mmapIndex: 'FileBacked',
    })
  })

  it('of a file is ObservedUnsupportedNotDirectory', () => {
    const path = join(tempDir(), 'f')
    writeFileSync(path, '')
    expect(probe(path, platform).storePath).toMatchObject({
      pathStatus: 'ObservedUnsupportedNotDirectory',
      mmapIndex: 'ObservedUnsupported',
      sealedSegmentMmap: 'ObservedUnsupported',
    })
  })

  it.runIf(process.platform === 'linux')('names another failure as batpak 0.8.0 does', () => {
    const path = join(tempDir(), 'f')
    writeFileSync(path, '')
    const reasonOf = (dataDir: string): unknown => probe(dataDir, platform).storePath.pathStatus
    expect(reasonOf(join(path, 'below'))).toEqual({
      ProbeFailed: { reason: 'Not a directory (os error 20)' },
    })
    expect(reasonOf(`/${'x'.repeat(300)}`)).toEqual({
      ProbeFailed: { reason: 'File name too long (os error 36)' },
    })
    const dir = tempDir()
    symlinkSync('loop', join(dir, 'loop'))
    expect(reasonOf(join(dir, 'loop'))).toEqual({
      ProbeFailed: { reason: 'Too many levels of symbolic links (os error 40)' },
    })
    expect(probe(join(path, 'below'), platform).storePath.mmapIndex).toBe('ProbeFailed')
  })

  it('is given for any argument at all', () => {
    expect(probe('a\0b', platform).storePath).toMatchObject({
      pathStatus: { ProbeFailed: { reason: expect.stringContaining('null bytes') } },
      mmapIndex: 'ProbeFailed',
    })
  })

  it.runIf(unix)('of a directory that the user may not write is ProbeFailed for maps', async () => {
    const dir = tempDir()
    platform.fs.mkdirp(join(dir, 'read-only'))
    chmodSync(dir, 0o755)
    chmodSync(join(dir, 'read-only'), 0o555)
    const child = startScript('probe-unprivileged.mjs', [join(dir, 'read-only')])
    expect(JSON.parse(await child.line())).toMatchObject({
      pathStatus: 'ObservedDirectory',
      mmapIndex: 'ProbeFailed',
      sealedSegmentMmap: 'ProbeFailed',
    })
    await child.end()
    expect(platform.fs.readdir(join(dir, 'read-only'))).toEqual([])
  })

  it.runIf(unix)('of a directory below one that the user may not enter is EACCES', async () => {
    const dir = tempDir()
    platform.fs.mkdirp(join(dir, 'closed', 'data'))
    chmodSync(join(dir, 'closed'), 0o000)
    const child = startScript('probe-unprivileged.mjs', [join(dir, 'closed', 'data')])
    expect(JSON.parse(await child.line())).toMatchObject({
      pathStatus: { ProbeFailed: { reason: 'Permission denied (os error 13)' } },
      mmapIndex: 'ProbeFailed',
    })
    await child.end()
    chmodSync(join(dir, 'closed'), 0o755)
  })

  it('follows a directory that vanishes meanwhile', () => {
    const dir = join(tempDir(), 'vanishing')
    mkdirSync(dir)
    const vanishing = subject({
      open(path, mode, perm) {
        rmSync(dir, { recursive: true })
        return platform.fs.open(path, mode, perm)
      },
    })
    expect(collectEvidence(vanishing, dir).storePath).toMatchObject({
      mmapIndex: 'ProbeFailed',
      pathStatus: 'UnknownMissing',
    })
  })

  it('is not changed by a temporary file that cannot be written, which is removed', () => {
    const dir = tempDir()
    const full = subject({
      pwrite() {
        throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
      },
    })
    expect(collectEvidence(full, dir).storePath).toMatchObject({
      pathStatus: 'ObservedDirectory',
      mmapIndex: 'ProbeFailed',
    })
    expect(platform.fs.readdir(dir)).toEqual([])
  })

  it('survives a map backend that throws, and a file that cannot be removed', () => {
    const dir = tempDir()
    const throwing = {
      available: () => true,
      probe() {
        throw new Error('unexpected')
      },
    }
    expect(collectEvidence(subject({}, throwing), dir).storePath.mmapIndex).toBe('ProbeFailed')
    expect(platform.fs.readdir(dir)).toEqual([])
    const sticky = subject({
      unlink() {
        throw new Error('busy')
      },
    })
    expect(collectEvidence(sticky, dir).storePath.mmapIndex).toBe('FileBacked')
  })

  it("D21: under mmap 'off' is Unknown, and no file is created", () => {
    const untouched = subject({
      open() {
        throw new Error('a file was opened')
      },
    })
    const dir = tempDir()
    expect(collectEvidence(untouched, dir, { mmap: 'off' }).storePath).toMatchObject({
      pathStatus: 'ObservedDirectory',
      mmapIndex: 'Unknown',
      sealedSegmentMmap: 'Unknown',
    })
    expect(platform.probe(dir, { mmap: 'off' }).storePath.mmapIndex).toBe('Unknown')
  })

  it('without any map backend is ObservedUnsupported, and no file is created', () => {
    const none = { available: () => false, probe: () => 'FileBacked' as const }
    const opened: string[] = []
    const untouched = subject({ open: (path) => opened.push(path) }, none)
    expect(collectEvidence(untouched, tempDir()).storePath.mmapIndex).toBe('ObservedUnsupported')
    expect(opened).toEqual([])
  })

  it('calls a clock that runs backwards, or throws, ProbeFailed', () => {
    const dir = tempDir()
    let now = 10n
    const backwards = { ...platform.clock, nowMonoNs: () => (now -= 1n) }
    const broken = {
      ...platform.clock,
      nowMonoNs(): bigint {
        throw new Error('no time')
      },
    }
    for (const clock of [backwards, broken]) {
      const evidence = collectEvidence({ ...subject({}), clock }, dir)
      expect(evidence.host.monotonicClock).toBe('ProbeFailed')
    }
  })
})
