/** One open, described: which host, what stands in the directory, what is configured. Plain JSON. */
import type { StoreErrorCode } from '@batpak/core'
import { evidenceOf, resolveHost, type ClaimedEvidence, type HostSpec } from '../host/host-spec.ts'
import type { HostName } from '../host/presets.ts'
import type { ProfileFixtureSpec } from '../fixtures/profile-fixture.ts'
import { refuseUnknownOptions } from '@batpak/platform'

/** The states of the open lane, in order. A refusal is named after the state it kept from. */
export const LANE_STATES = [
  'Configured',
  'Registry',
  'Dir',
  'Canonical',
  'Validated',
  'Locked',
  'Verified',
  'Restored',
  'Bootstrapped',
  'Writing',
  'Reported',
  'Lifecycle',
  'Synced',
  'Open',
] as const

export type LaneState = (typeof LANE_STATES)[number]

export function isBefore(a: LaneState, b: LaneState): boolean {
  return LANE_STATES.indexOf(a) < LANE_STATES.indexOf(b)
}

export type LaneMode = 'Mutable' | 'ReadOnly'

/**
 * What stands at the store directory's path.
 *
 * - `missing` (default), `empty`; `store`: closed in order, with events in two segments; `crashed`: one
 *   that died in a write.
 * - `linked`, `relative`: a store, reached through a symbolic link or a relative path.
 * - `file`, `dangling`: no directory.
 * - `lockLink`, `lockDirectory`: something else stands where the lock file belongs.
 * - `badHeader`, `badFrame`, `unreadable`: a damaged segment. `badHidden`: damaged hidden ranges.
 *   `badMarker`: a compaction marker that cannot be read. `closeRegression`: a CLOSE event that is
 *   older than the one before.
 */
export type DirSpec =
  | 'missing'
  | 'empty'
  | 'store'
  | 'crashed'
  | 'linked'
  | 'relative'
  | 'file'
  | 'dangling'
  | 'lockLink'
  | 'lockDirectory'
  | 'badHeader'
  | 'badFrame'
  | 'unreadable'
  | 'badHidden'
  | 'badMarker'
  | 'closeRegression'

export interface ProfileSpec extends Omit<ProfileFixtureSpec, 'base'> {
  /** Default `matching`: what the host itself would give. */
  readonly base?: 'matching' | Exclude<ProfileFixtureSpec['base'], object | undefined>
  /** Instead of the file: nothing, or a directory. */
  readonly file?: 'missing' | 'directory'
  /** How the path is written; default absolute. */
  readonly path?: 'relative' | 'dotted' | 'linked'
}

export interface LaneSpec {
  /** Default `linux`. */
  readonly host?: HostSpec | HostName
  /** Default `Mutable`. */
  readonly mode?: LaneMode
  /** Undefined: no profile is configured. */
  readonly profile?: ProfileSpec
  readonly dir?: DirSpec
  /** Another process has the store open. */
  readonly holder?: 'mutable' | 'readOnly'
  /** An option is out of its bounds. */
  readonly config?: 'outOfBounds'
  /** Two event types claim one kind, under `FailFast`. */
  readonly events?: 'collide'
  /** The report observer throws, which must not matter. */
  readonly observer?: 'throws'
  /** The store's option of this name; default `auto`. */
  readonly mmap?: 'required' | 'off'
  /** Real files in a temporary directory instead of simulated ones. */
  readonly disk?: 'real'
}

export type Expectation =
  | { readonly verdict: 'open' }
  | {
      readonly verdict: 'refused'
      readonly code: StoreErrorCode
      readonly at: LaneState
      /** Fields that the error must carry. */
      readonly fields?: Readonly<Record<string, unknown>>
    }

/** Directories in which a store can be opened when nothing else is wrong. */
export const OPENABLE: ReadonlySet<DirSpec> = new Set([
  'missing',
  'empty',
  'store',
  'crashed',
  'linked',
  'relative',
])

/** Directories that hold segments before the open. */
export const WITH_SEGMENTS: ReadonlySet<DirSpec> = new Set([
  'store',
  'crashed',
  'linked',
  'relative',
])

/** What the host reports to this open: with `mmap: 'off'` nobody finds out about maps (D21). */
export function evidenceFor(spec: Pick<LaneSpec, 'host' | 'mmap'>): Required<ClaimedEvidence> {
  const evidence = evidenceOf(resolveHost(spec.host ?? 'linux'))
  return spec.mmap === 'off'
    ? { ...evidence, mmapIndex: 'Unknown', sealedSegmentMmap: 'Unknown' }
    : evidence
}

const NAMES = [
  'host',
  'mode',
  'profile',
  'dir',
  'holder',
  'config',
  'events',
  'observer',
  'mmap',
  'disk',
] satisfies (keyof LaneSpec)[]

/** @throws TypeError for anything but a spec with known fields */
export function checkLaneSpec(what: string, spec: unknown): asserts spec is LaneSpec {
  refuseUnknownOptions(what, spec, NAMES)
}
