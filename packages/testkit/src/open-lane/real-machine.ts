/** The lane on the real disk: temporary directories, real files, the real lock. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { nodePlatform, systemError, type MmapBackend, type PlatformFs } from '@batpak/platform'
import type { MmapEvidence } from '@batpak/profile-schema/evidence'
import { profileFixture } from '../fixtures/profile-fixture.ts'
import { defineHost, faultOf, type FaultRule, type HostSpec } from '../host/host-spec.ts'
import type { SnapshotEntry } from '../sim/snapshot.ts'
import { fixtureSpec } from './judge-profile.ts'
import type { DirSpec, LaneMode, LaneSpec } from './lane-spec.ts'
import type { Machine, MachineSpec } from './machine.ts'
import { storeImage } from './store-images.ts'

/**
 * This machine, as hosts that differ in what mapping does. The maps are made by the kit, by reading:
 * the probe, its temporary file and the lock are the real ones, whatever is installed here.
 */
export function realHosts(): readonly HostSpec[] {
  const { lockFault, maps } = lookAround()
  const windows = process.platform === 'win32'
  const real = (name: string, found: MmapEvidence, map: readonly FaultRule[]): HostSpec =>
    defineHost({
      base: windows ? 'windowsLike' : 'linux',
      name,
      evidence: { mmapIndex: found, sealedSegmentMmap: found },
      behaviour: { faults: [...lockFault, ...map] },
    })
  // BATPAK_MMAP can take every backend away, that of the kit included.
  if (maps !== 'FileBacked') return [real('without maps', maps, [])]
  return [
    real('maps work', 'FileBacked', []),
    real('maps are refused', 'ObservedUnsupported', [{ call: 'map', code: 'EPERM' }]),
    real('maps fail', 'ProbeFailed', [{ call: 'map', code: 'ENODEV' }]),
  ]
}

interface Surroundings {
  /** A machine without a lock backend must be refused: the model is told so. */
  readonly lockFault: readonly FaultRule[]
  readonly maps: MmapEvidence
}

function lookAround(): Surroundings {
  const folder = mkdtempSync(join(tmpdir(), 'batpak-lane-'))
  const platform = nodePlatform({ mmap: readingMmap(undefined) })
  try {
    const maps = platform.probe(folder).storePath.mmapIndex
    return { maps, lockFault: lockFaultIn(platform.fs, join(folder, '.batpak.lock')) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function lockFaultIn(fs: PlatformFs, path: string): readonly FaultRule[] {
  let call: 'open' | 'tryLock' = 'open'
  try {
    const fd = fs.open(path, 'lock-nofollow')
    try {
      call = 'tryLock'
      fs.tryLock(fd)
      return []
    } finally {
      fs.close(fd)
    }
  } catch (error) {
    const code = (error as { code?: string }).code ?? 'EIO'
    return [{ call, code, file: '.batpak.lock' }]
  }
}

/** What the real disk is asked for: one of each kind. */
export function* realPrograms(host: HostSpec, modes: readonly LaneMode[]): Generator<LaneSpec> {
  const disk = 'real' as const
  const canLock = host.behaviour.faults?.every(({ call }) => call === 'map') ?? true
  const dirs: readonly DirSpec[] = ['missing', 'store', 'crashed', 'linked', 'file', 'badFrame']
  for (const mode of modes) {
    for (const dir of dirs) yield { host, disk, mode, dir }
    for (const dir of ['missing', 'store'] as const) {
      if (mode === 'ReadOnly' && dir === 'missing') continue
      yield { host, disk, mode, dir, profile: {} }
      yield { host, disk, mode, dir, profile: { base: 'profile_mismatch', path: 'relative' } }
      yield { host, disk, mode, dir, profile: { text: 'truncate' } }
      if (!canLock) continue
      yield { host, disk, mode, dir, holder: 'mutable', profile: { text: 'garbage' } }
      yield { host, disk, mode, dir, holder: 'readOnly' }
    }
  }
}

/** Makes a temporary directory for one open. */
export function realMachine(spec: MachineSpec): Machine {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'batpak-lane-')))
  const data = join(root, 'data')
  const store = join(data, 'store')
  mkdirSync(data)
  const mapFault = faultOf(spec.host, { call: 'map' })?.code
  return {
    platform: nodePlatform({ mmap: readingMmap(mapFault) }),
    dir: plantStore(store, spec),
    canonicalDir: store,
    profilePath: plantProfile(join(root, 'profiles'), spec),
    neighbour: () => nodePlatform({ mmap: readingMmap(undefined) }),
    snapshot: () => new Map(entriesBelow(root)),
    unsynced: () => undefined,
    dispose: () => rmSync(root, { recursive: true, force: true }),
  }
}

function readingMmap(code: string | undefined): MmapBackend {
  return {
    name: 'a copy by the testkit',
    map(fd, size) {
      if (code !== undefined) throw systemError(code, 'mmap')
      const view = new Uint8Array(size)
      for (let at = 0; at < size;) at += readSync(fd, view, at, size - at, at)
      return view
    },
    unmap() {},
  }
}

function plantStore(store: string, { dir }: MachineSpec): string {
  const image = storeImage(dir)
  if (image !== undefined || dir === 'empty') mkdirSync(store)
  for (const [name, bytes] of Object.entries(image ?? {})) writeFileSync(join(store, name), bytes)
  if (image !== undefined) writeFileSync(join(store, '.batpak.lock'), '')
  if (dir === 'file') writeFileSync(store, 'not a directory')
  if (dir === 'unreadable') chmodSync(join(store, '000001.fbat'), 0)
  if (dir !== 'linked') return store
  const link = join(store, '..', 'link')
  symlinkSync(store, link, 'junction')
  return link
}

function plantProfile(folder: string, { evidence, profile }: MachineSpec): string | undefined {
  mkdirSync(folder)
  if (profile === undefined) return undefined
  const path = join(folder, 'host.profile')
  const { bytes } = profileFixture(fixtureSpec(profile, evidence))
  if (profile.file !== 'missing') writeFileSync(path, bytes)
  return profile.path === 'relative' ? relative(process.cwd(), path) : path
}

function* entriesBelow(folder: string): Generator<[string, SnapshotEntry]> {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name)
    const stat = lstatSync(path)
    const mode = stat.mode & 0o777
    if (stat.isDirectory()) {
      yield [path, { kind: 'directory', mode }]
      yield* entriesBelow(path)
    } else if (stat.isSymbolicLink()) {
      yield [path, { kind: 'symlink', mode, target: readlinkSync(path) }]
    } else yield [path, { kind: 'file', mode, bytes: readFileSync(path) }]
  }
}
