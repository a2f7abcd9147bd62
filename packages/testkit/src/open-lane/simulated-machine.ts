import { profileFixture } from '../fixtures/profile-fixture.ts'
import type { SimDisk } from '../sim/sim-disk.ts'
import { simPlatform } from '../sim/sim-platform.ts'
import { joinPath } from '../sim/sim-paths.ts'
import { fixtureSpec } from './judge-profile.ts'
import type { DirSpec } from './lane-spec.ts'
import type { Machine, MachineSpec } from './machine.ts'
import { storeImage } from './store-images.ts'

/** A machine in memory. Its store directory is `/data/store`, its profile `/profiles/host.profile`. */
export function simulatedMachine(spec: MachineSpec): Machine {
  const { host } = spec
  const platform = simPlatform(host)
  const { disk } = platform
  const at = (...names: string[]): string => joinPath(disk.style, names)
  const plain = disk.style === 'windows' ? '\\' : '/'
  const dir = plantStore(disk, at, spec)
  plantProfile(disk, at('profiles'), spec)
  const profilePath = (): string => {
    if (spec.profile?.path === 'relative') return ['profiles', 'host.profile'].join(plain)
    if (spec.profile?.path === 'dotted') return at('profiles', '..', 'profiles', 'host.profile')
    return at('profiles', spec.profile?.path === 'linked' ? 'link.profile' : 'host.profile')
  }
  const healthy = disk.style === 'windows' ? 'windowsLike' : 'linux'
  return {
    platform,
    dir,
    canonicalDir: platform.dir,
    profilePath: spec.profile === undefined ? undefined : profilePath(),
    neighbour: () => platform.process(healthy),
    snapshot: () => disk.snapshot(),
    unsynced: () => disk.unsynced(),
    dispose: () => {},
  }
}

type At = (...names: string[]) => string

/** Puts in place what `dir` and the host's layout say; returns the path to configure. */
function plantStore(disk: SimDisk, at: At, { dir, host }: MachineSpec): string {
  const store = at('data', 'store')
  if (host.layout.storeDir === 'file') return store
  const image = storeImage(dir)
  if (image !== undefined || dir === 'empty') disk.mkdir(store)
  for (const [name, bytes] of Object.entries(image ?? {})) {
    disk.writeFile(at('data', 'store', name), bytes)
  }
  // Whoever wrote these files had the lock, and left its file behind.
  if (image !== undefined && !disk.exists(at('data', 'store', '.batpak.lock'))) {
    disk.writeFile(at('data', 'store', '.batpak.lock'), '')
  }
  plantObstacle(disk, at, dir)
  const isDirectory = dir !== 'file' && dir !== 'dangling'
  if (host.layout.storeDir === 'readOnly' && isDirectory) disk.mkdir(store, 0o555)
  if (dir === 'linked') {
    disk.symlink(at('data', 'link'), store)
    return at('data', 'link')
  }
  return dir === 'relative' ? `data${disk.style === 'windows' ? '\\' : '/'}store` : store
}

function plantObstacle(disk: SimDisk, at: At, dir: DirSpec): void {
  if (dir === 'file') disk.writeFile(at('data', 'store'), 'not a directory')
  if (dir === 'dangling') disk.symlink(at('data', 'store'), at('data', 'nowhere'))
  if (dir === 'lockLink') {
    disk.writeFile(at('data', 'elsewhere'), 'a file of somebody else')
    disk.symlink(at('data', 'store', '.batpak.lock'), at('data', 'elsewhere'))
  }
  if (dir === 'lockDirectory') disk.mkdir(at('data', 'store', '.batpak.lock'))
  if (dir === 'unreadable') disk.chmod(at('data', 'store', '000001.fbat'), 0)
}

function plantProfile(disk: SimDisk, folder: string, { profile, evidence }: MachineSpec): void {
  disk.mkdir(folder)
  const separator = disk.style === 'windows' ? '\\' : '/'
  const path = `${folder}${separator}host.profile`
  if (profile === undefined || profile.file === 'missing') return
  if (profile.file === 'directory') disk.mkdir(path)
  else disk.writeFile(path, profileFixture(fixtureSpec(profile, evidence)).bytes)
  if (profile.path === 'linked') disk.symlink(`${folder}${separator}link.profile`, path)
}
