/** What the lane needs of a machine, simulated or real. */
import type { PlatformBackend } from '@batpak/platform'
import type { ClaimedEvidence, HostSpec } from '../host/host-spec.ts'
import type { DiskSnapshot } from '../sim/snapshot.ts'
import type { DirSpec, ProfileSpec } from './lane-spec.ts'

export interface Machine {
  /** What the open under test gets. */
  readonly platform: PlatformBackend
  /** As it is configured. */
  readonly dir: string
  /** What errors and diagnostics must call it. */
  readonly canonicalDir: string
  /** As it is configured; undefined without a profile. */
  readonly profilePath: string | undefined
  /** A healthy process on the same disk. */
  neighbour(): PlatformBackend
  /** The whole simulated disk, or the temporary directory. */
  snapshot(): DiskSnapshot
  /** Paths that no sync has covered; undefined where it cannot be known. */
  unsynced(): readonly string[] | undefined
  dispose(): void
}

export interface MachineSpec {
  readonly host: HostSpec
  readonly dir: DirSpec
  readonly profile: ProfileSpec | undefined
  /** What a matching profile says. */
  readonly evidence: Required<ClaimedEvidence>
}
