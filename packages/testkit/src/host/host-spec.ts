/** What a simulated machine says about itself, and what it does. Plain JSON, so that it replays. */
import type { OpenMode, PlatformFs } from '@batpak/platform'
import type {
  ClockEvidence,
  MmapEvidence,
  StorePathEvidence,
} from '@batpak/profile-schema/evidence'
import type { PathStyle } from '../sim/sim-paths.ts'
import { PRESETS, type HostName } from './presets.ts'
import { refuseUnknownOptions } from '@batpak/platform'

/** What the probe is made to say; fields that are left out are probed on the simulated machine. */
export type ClaimedEvidence = Partial<StorePathEvidence> & {
  readonly monotonicClock?: ClockEvidence
}

export type FsCall = keyof PlatformFs

/** A call that always fails, or fails for some files. Every given field must match. */
export interface FaultRule {
  readonly call: FsCall
  /** The system error, for example `EACCES`. */
  readonly code: string
  /** The last component of the path, `*` for any run of characters; for descriptors its present name. */
  readonly file?: string
  /** Of `open` alone. */
  readonly mode?: OpenMode
  /** Of `pwrite` alone: only what makes the file longer. */
  readonly grows?: true
  /** The directory is removed with all that is in it just before the call. */
  readonly vanish?: true
}

/** How the simulated machine differs from a healthy Linux. */
export interface HostBehaviour {
  /** `windows`: its paths, no directory sync, and files in use that cannot be replaced. */
  readonly paths?: PathStyle
  readonly faults?: readonly FaultRule[]
  /** The probe cannot make its private file, although others can be made. */
  readonly probeFile?: string
  /** The most bytes that one read or write transfers. */
  readonly maxTransfer?: number
}

/** What stands at the store directory's path before anybody opens it; default: nothing. */
export interface HostLayout {
  readonly storeDir?: 'file' | 'readOnly'
  readonly lockLeaf?: 'symlink'
}

export interface HostSpec {
  readonly name: string
  readonly evidence: ClaimedEvidence
  readonly behaviour: HostBehaviour
  readonly layout: HostLayout
}

/** A host as programs write it down: empty parts left out. */
export type ShortHost = Pick<HostSpec, 'name'> & Partial<HostSpec>

/** A host that differs from a preset. Its faults come before those of the base. */
export interface HostDefinition {
  /** Default `linux`. */
  readonly base?: HostName | HostSpec
  readonly name?: string
  readonly evidence?: ClaimedEvidence
  readonly behaviour?: HostBehaviour
  readonly layout?: HostLayout
}

/**
 * Makes a host of its own. Evidence may contradict behaviour: evidence describes, and a store must
 * behave the same whatever it says, apart from what it admits.
 *
 * @throws TypeError for a base that is no preset
 */
export function defineHost(definition: HostDefinition): HostSpec {
  refuseUnknownOptions('defineHost', definition, DEFINITION)
  refuseUnknownOptions('defineHost: behaviour', definition.behaviour ?? {}, BEHAVIOUR)
  refuseUnknownOptions('defineHost: layout', definition.layout ?? {}, LAYOUT)
  refuseUnknownOptions('defineHost: evidence', definition.evidence ?? {}, EVIDENCE)
  const base = resolveHost(definition.base ?? 'linux')
  const faults = [...(definition.behaviour?.faults ?? []), ...(base.behaviour.faults ?? [])]
  return {
    name: definition.name ?? `${base.name}*`,
    evidence: { ...base.evidence, ...definition.evidence },
    behaviour: { ...base.behaviour, ...definition.behaviour, ...(faults.length > 0 && { faults }) },
    layout: { ...base.layout, ...definition.layout },
  }
}

const DEFINITION = [
  'base',
  'name',
  'evidence',
  'behaviour',
  'layout',
] satisfies (keyof HostDefinition)[]
const BEHAVIOUR = ['paths', 'faults', 'probeFile', 'maxTransfer'] satisfies (keyof HostBehaviour)[]
const LAYOUT = ['storeDir', 'lockLeaf'] satisfies (keyof HostLayout)[]
const EVIDENCE = [
  'monotonicClock',
  'pathStatus',
  'parentDirSync',
  'lockLeafSymlinkProtection',
  'mmapIndex',
  'sealedSegmentMmap',
  'activeSegmentRead',
] satisfies (keyof ClaimedEvidence)[]

/** The host of a name; a host as it is, completed if it was shortened. @throws TypeError for an unknown name */
export function resolveHost(host: HostSpec | ShortHost | HostName): HostSpec {
  if (typeof host === 'object') {
    const complete = 'evidence' in host && 'behaviour' in host && 'layout' in host
    return complete ? (host as HostSpec) : { evidence: {}, behaviour: {}, layout: {}, ...host }
  }
  const preset = (PRESETS as Readonly<Record<string, HostSpec>>)[host]
  if (preset !== undefined) return preset
  const known = Object.keys(PRESETS).join(', ')
  throw new TypeError(`host must be a HostSpec or one of ${known}, got ${host}`)
}

/** What a probe of this host says about a directory in which a store opens. */
export function evidenceOf(host: HostSpec): Required<ClaimedEvidence> {
  const windows = host.behaviour.paths === 'windows'
  const mmap: MmapEvidence = 'FileBacked'
  return {
    monotonicClock: 'ProcessLocalInstantAnchor',
    pathStatus: 'ObservedDirectory',
    parentDirSync: windows ? 'RenameOnly' : 'UnixFsync',
    lockLeafSymlinkProtection: windows ? 'BestEffortCheckThenOpen' : 'AtomicNoFollow',
    mmapIndex: mmap,
    sealedSegmentMmap: mmap,
    activeSegmentRead: windows ? 'LockedSeekRead' : 'UnixReadAt',
    ...host.evidence,
  }
}

export interface FsUse {
  readonly call: FsCall
  /** The last component of the path. */
  readonly file?: string
  readonly mode?: OpenMode
  readonly grows?: boolean
}

/** The rule that a call of this host meets, if any. */
export function faultOf(host: HostSpec, use: FsUse): FaultRule | undefined {
  return host.behaviour.faults?.find(
    (rule) =>
      rule.call === use.call &&
      (rule.mode === undefined || rule.mode === use.mode) &&
      (rule.grows === undefined || use.grows === true) &&
      (rule.file === undefined || matches(rule.file, use.file ?? '')),
  )
}

/** Whether a file name fits a pattern with one `*` for any run of characters. */
export function matches(pattern: string, name: string): boolean {
  const [head = '', ...rest] = pattern.split('*')
  const tail = rest.at(-1)
  if (tail === undefined) return pattern === name
  return name.length >= head.length + tail.length && name.startsWith(head) && name.endsWith(tail)
}
