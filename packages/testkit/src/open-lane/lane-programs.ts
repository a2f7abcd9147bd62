/** Which opens a suite tries: everything by itself, every two faults together, pairs at random. */
import fc from 'fast-check'
import type { Json } from '../core/law.ts'
import {
  defineHost,
  evidenceOf,
  resolveHost,
  type ClaimedEvidence,
  type HostSpec,
} from '../host/host-spec.ts'
import type { HostName } from '../host/presets.ts'
import { KNOWN_FIELDS, profileFixture } from '../fixtures/profile-fixture.ts'
import { EVIDENCE_VALUES } from './evidence-values.ts'
import {
  OPENABLE,
  type DirSpec,
  type LaneMode,
  type LaneSpec,
  type ProfileSpec,
} from './lane-spec.ts'

export const DIRS: readonly DirSpec[] = [
  'missing',
  'empty',
  'store',
  'crashed',
  'linked',
  'relative',
  'file',
  'dangling',
  'lockLink',
  'lockDirectory',
  'badHeader',
  'badFrame',
  'unreadable',
  'badHidden',
  'badMarker',
  'closeRegression',
]

/** One host, everything that may stand in the directory, with and without a matching profile. */
export function* directoryPrograms(
  host: HostSpec,
  modes: readonly LaneMode[],
): Generator<LaneSpec> {
  for (const mode of modes) {
    for (const dir of DIRS) {
      yield { host, mode, dir }
      yield { host, mode, dir, profile: {} }
    }
    for (const mmap of ['required', 'off'] as const) {
      yield { host, mode, dir: 'store', mmap }
      yield { host, mode, dir: 'store', mmap, profile: {} }
    }
  }
}

/** A single fault of each kind, as it changes the specification of an open. */
function faults(host: HostSpec): readonly LaneSpec[] {
  const failing = (call: 'pwrite' | 'fsync' | 'rename', code: string): LaneSpec => ({
    host: defineHost({ base: host, behaviour: { faults: [{ call, code, file: '*.fbat' }] } }),
  })
  const claiming = (evidence: ClaimedEvidence): LaneSpec => ({
    host: defineHost({ base: host, evidence }),
  })
  const locks = ['open', 'tryLock'] as const
  return [
    { events: 'collide' },
    { config: 'outOfBounds' },
    { observer: 'throws' },
    ...DIRS.filter((dir) => dir !== 'missing').map((dir) => ({ dir })),
    { holder: 'mutable' },
    { holder: 'readOnly' },
    ...EVIDENCE_VALUES.lockLeafSymlinkProtection.map((value) =>
      claiming({ lockLeafSymlinkProtection: value }),
    ),
    ...EVIDENCE_VALUES.parentDirSync.map((value) => claiming({ parentDirSync: value })),
    ...locks.flatMap((call) =>
      ['ENOTSUP', 'ENOLCK', 'EIO'].map((code) => ({
        host: defineHost({
          base: host,
          behaviour: { faults: [{ call, code, file: '.batpak.lock' }] },
        }),
      })),
    ),
    { profile: { base: 'profile_mismatch' } },
    { profile: { text: 'garbage' } },
    { profile: { file: 'missing' } },
    { profile: { file: 'directory' } },
    { profile: { fingerprint: 1 } },
    { profile: { path: 'relative', base: 'profile_mismatch' } },
    { profile: { path: 'dotted', fingerprint: 1 } },
    { profile: { path: 'linked', text: 'truncate' } },
    failing('pwrite', 'ENOSPC'),
    failing('fsync', 'EIO'),
    failing('rename', 'EACCES'),
  ]
}

/** Every fault alone and every two faults together: the earlier one must be what is reported. */
export function* faultPrograms(
  host: HostSpec,
  modes: readonly LaneMode[],
  registry: boolean,
): Generator<LaneSpec> {
  const all = faults(host).filter((fault) => registry || fault.events === undefined)
  for (const mode of modes) {
    for (const [i, first] of all.entries()) {
      yield { host, mode, ...first }
      for (const second of all.slice(i + 1)) {
        // The same field cannot be faulty in two ways.
        if (Object.keys(first).some((key) => key in second)) continue
        const both = { host, mode, ...first, ...second }
        if (isPossible(both)) yield both
      }
    }
  }
}

/** Nobody can hold a lock where there is no directory, or no file to lock. */
function isPossible({ dir, holder, host }: LaneSpec): boolean {
  if (holder === undefined) return true
  const { layout } = resolveHost(host ?? 'linux')
  if (layout.storeDir !== undefined || layout.lockLeaf !== undefined) return false
  return !['file', 'dangling', 'lockLink', 'lockDirectory'].includes(dir ?? 'missing')
}

/** Two owners: every mode against every mode, wherever a store can be opened. */
export function* holderPrograms(host: HostSpec, modes: readonly LaneMode[]): Generator<LaneSpec> {
  for (const mode of modes) {
    for (const dir of OPENABLE) {
      for (const holder of ['mutable', 'readOnly'] as const) {
        const spec: LaneSpec = { host, mode, dir, holder }
        if (isPossible(spec)) yield spec
      }
    }
  }
}

/** Values that a field of a profile may be given: every known one, and some that none has. */
function profileValues(): Readonly<Record<string, readonly Json[]>> {
  const odd: readonly Json[] = ['unixfsync', '', null, 7, true, [], {}]
  const failed = { ProbeFailed: { reason: 'x', extra: 1 } }
  return {
    schema_version: [0, 1, 2, 65_535, 65_536, -1, 1.5, '1', null],
    fingerprint_crc32: [0, 4_294_967_295, 4_294_967_296, -1, 0.5, '198181094', null],
    host: odd,
    store_path: odd,
    admission: odd,
    'host.monotonic_clock': [...EVIDENCE_VALUES.monotonicClock, ...odd],
    'store_path.path_status': [
      ...(EVIDENCE_VALUES.pathStatus as readonly Json[]),
      ...odd,
      'ProbeFailed',
      { ProbeFailed: {} },
      { ProbeFailed: { reason: 7 } },
      { ProbeFailed: { reason: 'a' }, ObservedDirectory: null },
      failed,
    ],
    'store_path.parent_dir_sync': [...EVIDENCE_VALUES.parentDirSync, ...odd],
    'store_path.lock_leaf_symlink_protection': [
      ...EVIDENCE_VALUES.lockLeafSymlinkProtection,
      ...odd,
    ],
    'store_path.mmap_index': [...EVIDENCE_VALUES.mmapIndex, ...odd],
    'store_path.sealed_segment_mmap': [...EVIDENCE_VALUES.sealedSegmentMmap, ...odd],
    'store_path.active_segment_read': [...EVIDENCE_VALUES.activeSegmentRead, ...odd],
    'admission.store_lock': ['AtomicNoFollow', 'BestEffortCheckThenOpen', 'Rejected', ...odd],
    'admission.parent_dir_sync': ['UnixFsync', 'RenameOnly', 'Rejected', ...odd],
    'admission.mmap_index': ['FileBacked', 'Rejected', 'Unknown', ...odd],
    'admission.sealed_segment_mmap': ['FileBacked', 'Rejected', 'Unknown', ...odd],
    future: [1, 'x', null, { nested: [[[[]]]] }],
    'store_path.future': [1, 'x', null, {}],
  }
}

/** Each field × each value, fingerprint kept and recomputed; missing fields; other orders. */
export function* profileFieldPrograms(host: HostSpec): Generator<LaneSpec> {
  for (const [path, values] of Object.entries(profileValues())) {
    for (const value of values) {
      for (const fingerprint of ['keep', 'recompute'] as const) {
        yield { host, profile: { set: { [path]: value }, fingerprint } }
      }
    }
  }
  for (const path of allFields()) yield { host, profile: { remove: [path] } }
  for (const pretty of [true, false]) {
    for (const text of ['reorder', 'duplicate', 'truncate', 'garbage', 'empty'] as const) {
      yield { host, profile: { text, pretty } }
    }
    yield { host, profile: { pretty } }
  }
}

function allFields(): string[] {
  const groups = Object.entries(KNOWN_FIELDS).flatMap(([group, names]) => [
    group,
    ...names.map((name) => `${group}.${name}`),
  ])
  return [...groups, 'fingerprint_crc32']
}

/** The file cut off behind each of its bytes. */
export function* truncationPrograms(host: HostSpec): Generator<LaneSpec> {
  for (const pretty of [false, true]) {
    const { length } = profileFixture({ base: evidenceOf(host), pretty }).bytes
    for (let at = 0; at <= length; at += 1) {
      yield { host, profile: { text: { truncate: at }, pretty } }
    }
  }
}

/** The path of the profile as it was written, in every way of writing it. */
export function* profilePathPrograms(host: HostSpec): Generator<LaneSpec> {
  const profiles: readonly ProfileSpec[] = [
    {},
    { base: 'profile_mismatch' },
    { text: 'garbage' },
    { file: 'missing' },
    { file: 'directory' },
  ]
  for (const path of [undefined, 'relative', 'dotted', 'linked'] as const) {
    for (const profile of profiles) yield { host, profile: { ...profile, ...(path && { path }) } }
  }
}

/** A host, evidence laid over it, a profile and a directory, at random. */
export function lanePairs(
  hosts: readonly (HostSpec | HostName)[],
  modes: readonly LaneMode[],
): fc.Arbitrary<LaneSpec> {
  const claims = fc.record(
    Object.fromEntries(
      Object.entries(EVIDENCE_VALUES).map(([field, values]) => [
        field,
        fc.constantFrom(...(values as readonly unknown[])),
      ]),
    ),
    { requiredKeys: [] },
  ) as fc.Arbitrary<ClaimedEvidence>
  const host = fc
    .tuple(fc.constantFrom(...hosts), claims)
    .map(([base, evidence]) => defineHost({ base, evidence }))
  const profile: fc.Arbitrary<ProfileSpec> = fc.record(
    {
      base: fc.constantFrom('matching', 'linux_basic', 'mmap_unavailable', 'profile_mismatch'),
      set: fc
        .constantFrom(...Object.entries(profileValues()))
        .chain(([path, values]) => fc.constantFrom(...values).map((value) => ({ [path]: value }))),
      fingerprint: fc.constantFrom('keep', 'recompute'),
      path: fc.constantFrom('relative', 'dotted', 'linked'),
    },
    { requiredKeys: [] },
  )
  return fc
    .record(
      {
        host,
        mode: fc.constantFrom(...modes),
        dir: fc.constantFrom(...DIRS),
        profile,
        holder: fc.constantFrom('mutable', 'readOnly'),
        observer: fc.constant('throws' as const),
        mmap: fc.constantFrom('required', 'off'),
      },
      { requiredKeys: ['host', 'mode'] },
    )
    .filter(isPossible)
}
