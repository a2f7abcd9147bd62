/** The open lane as a pure model: what an open must end in, from the published order of its steps. */
import type { StoreErrorCode } from '@batpak/core'
import { faultOf, resolveHost, type ClaimedEvidence, type HostSpec } from '../host/host-spec.ts'
import { admissionByTable } from './evidence-values.ts'
import { judgeProfile } from './judge-profile.ts'
import {
  evidenceFor,
  WITH_SEGMENTS,
  type DirSpec,
  type Expectation,
  type LaneMode,
  type LaneSpec,
  type LaneState,
} from './lane-spec.ts'
import { checkLaneSpec } from './lane-spec.ts'

/** Says how an open of this kind must end; a pure function of the specification. */
export function expectOpen(spec: LaneSpec): Expectation {
  checkLaneSpec('expectOpen', spec)
  const host = resolveHost(spec.host ?? 'linux')
  const facts: Facts = {
    spec,
    host,
    evidence: evidenceFor(spec),
    mode: spec.mode ?? 'Mutable',
    dir: host.layout.storeDir === 'file' ? 'file' : (spec.dir ?? 'missing'),
  }
  for (const [at, refusal] of STEPS) {
    const refused = refusal(facts)
    if (refused === undefined) continue
    const [code, fields] = typeof refused === 'string' ? [refused, undefined] : refused
    return { verdict: 'refused', code, at, ...(fields && { fields }) }
  }
  return { verdict: 'open' }
}

interface Facts {
  readonly spec: LaneSpec
  readonly host: HostSpec
  readonly evidence: Required<ClaimedEvidence>
  readonly mode: LaneMode
  readonly dir: DirSpec
}

type Refusal = StoreErrorCode | readonly [StoreErrorCode, Readonly<Record<string, unknown>>]

/** The steps that can refuse, in their order; the first refusal is the result. */
const STEPS: readonly (readonly [LaneState, (facts: Facts) => Refusal | undefined])[] = [
  ['Registry', ({ spec }) => (spec.events === 'collide' ? 'EventPayloadRegistry' : undefined)],
  ['Dir', refusedDirectory],
  ['Validated', ({ spec }) => (spec.config === 'outOfBounds' ? 'Configuration' : undefined)],
  ['Locked', refusedLock],
  ['Verified', refusedProfile],
  ['Restored', refusedRestore],
  [
    'Bootstrapped',
    ({ dir }) => (dir === 'closeRegression' ? invariant('CloseHlcRegression') : undefined),
  ],
  ['Writing', refusedWriting],
  ['Lifecycle', onlyMutable(({ host }) => ioOf(host, { call: 'pwrite', file: SEGMENT }))],
  ['Synced', onlyMutable(({ host }) => ioOf(host, { call: 'fsync', file: SEGMENT }))],
]

const SEGMENT = '000001.fbat'

function refusedDirectory({ spec, host, mode, dir }: Facts): Refusal | undefined {
  if (mode === 'ReadOnly') {
    // Nothing is created for a reader: the directory must be there (DEV-14). A file is found out later.
    const made =
      spec.holder !== undefined || host.layout.storeDir !== undefined || hasLockLeaf(host)
    const there = dir === 'missing' ? made : dir !== 'dangling'
    return there ? ioOf(host, { call: 'realpath' }) : 'Io'
  }
  if (dir === 'file' || dir === 'dangling') return 'Io'
  return ioOf(host, { call: 'mkdirp' }) ?? ioOf(host, { call: 'realpath' })
}

function refusedLock({ spec, host, evidence, mode, dir }: Facts): Refusal | undefined {
  if (admissionByTable(evidence).storeLock === 'Rejected') {
    return admission('store lock symlink-leaf protection')
  }
  const opening = faultOf(host, { call: 'open', mode: 'lock-nofollow', file: '.batpak.lock' })
  if (opening !== undefined) return lockRefusal(opening.code)
  if (dir === 'file' || dir === 'lockLink' || dir === 'lockDirectory') return 'Io'
  if (hasLockLeaf(host)) return 'Io'
  // A lock file that cannot be created; one that is there can still be opened.
  const there = spec.holder !== undefined || WITH_SEGMENTS.has(dir) || DAMAGED.has(dir)
  if (host.layout.storeDir === 'readOnly' && !there) return 'Io'
  const locking = faultOf(host, { call: 'tryLock', file: '.batpak.lock' })
  if (locking !== undefined) return lockRefusal(locking.code)
  return spec.holder === undefined ? undefined : ['StoreLocked', { mode }]
}

function refusedProfile({ spec, host, evidence }: Facts): Refusal | undefined {
  if (spec.profile === undefined) return undefined
  const unreadable = faultOf(host, { call: 'open', mode: 'read', file: 'host.profile' })
  const verdict = unreadable === undefined ? judgeProfile(spec.profile, evidence) : 'Io'
  if (verdict === 'match') return undefined
  if (verdict === 'mismatch') return 'PlatformProfileMismatch'
  return ['PlatformProfileInvalid', { kind: verdict }]
}

const DAMAGE: Partial<Readonly<Record<DirSpec, StoreErrorCode>>> = {
  badHeader: 'CorruptSegment',
  badFrame: 'CrcMismatch',
  unreadable: 'Io',
  badHidden: 'HiddenRangesCorrupt',
  badMarker: 'DataDirMalformed',
}
const DAMAGED: ReadonlySet<DirSpec> = new Set([
  ...(Object.keys(DAMAGE) as DirSpec[]),
  'closeRegression',
])

function refusedRestore({ host, dir }: Facts): Refusal | undefined {
  return ioOf(host, { call: 'readdir' }) ?? DAMAGE[dir]
}

function refusedWriting(facts: Facts): Refusal | undefined {
  const { host, evidence, mode } = facts
  if (mode === 'ReadOnly') return undefined
  const sync = admissionByTable(evidence).parentDirSync
  if (sync === 'Rejected') return admission('parent directory sync')
  if (host.layout.storeDir === 'readOnly') return 'Io'
  const windows = host.behaviour.paths === 'windows'
  if (sync === 'UnixFsync' && windows) return 'Io' // the evidence claims what the host cannot do
  const temporary = '.tmpABCDEF'
  return (
    ioOf(host, { call: 'open', mode: 'create-new', file: temporary }) ??
    ioOf(host, { call: 'pwrite', file: temporary, grows: true }) ??
    ioOf(host, { call: 'fsync', file: temporary }) ??
    ioOf(host, { call: 'rename', file: SEGMENT }) ??
    (sync === 'UnixFsync' ? ioOf(host, { call: 'fsyncDir' }) : undefined)
  )
}

function onlyMutable(refusal: (facts: Facts) => Refusal | undefined): typeof refusal {
  return (facts) => (facts.mode === 'Mutable' ? refusal(facts) : undefined)
}

function ioOf(host: HostSpec, use: Parameters<typeof faultOf>[1]): Refusal | undefined {
  return faultOf(host, use) === undefined ? undefined : 'Io'
}

function lockRefusal(code: string): Refusal {
  const unsupported = ['ENOTSUP', 'EOPNOTSUPP', 'ENOLCK', 'ENOSYS'].includes(code)
  return unsupported ? admission('store lock') : 'Io'
}

function admission(capability: string): Refusal {
  return ['PlatformAdmissionFailed', { capability }]
}

function invariant(kind: string): Refusal {
  return ['InvariantViolation', { violation: { kind } }]
}

function hasLockLeaf(host: HostSpec): boolean {
  return host.layout.lockLeaf !== undefined
}
