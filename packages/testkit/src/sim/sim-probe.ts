/** What a simulated machine finds out about a directory, in the steps of `@batpak/platform`. */
import { systemError, writeExactly, type PlatformFs } from '@batpak/platform'
import type {
  MmapEvidence,
  PlatformEvidence,
  StorePathStatus,
} from '@batpak/profile-schema/evidence'
import type { ClaimedEvidence, HostSpec } from '../host/host-spec.ts'

export interface ProbeSubject {
  readonly fs: PlatformFs
  readonly random: (out: Uint8Array) => void
  readonly processBootNs: bigint
  readonly host: HostSpec
  /** What the probe is made to say instead of what it finds. */
  readonly claims: ClaimedEvidence
}

/** Collects evidence: probes like the real machine, temporary file included, then lets claims stand. */
export function probeSimulated(
  subject: ProbeSubject,
  dataDir: string,
  options?: { readonly mmap?: 'off' },
): PlatformEvidence {
  const { claims, host, processBootNs } = subject
  const { monotonicClock = 'ProcessLocalInstantAnchor', ...storePath } = claims
  const windows = host.behaviour.paths === 'windows'
  const unmapped = options?.mmap === 'off'
  const mmap = unmapped ? 'Unknown' : probeMap(subject, dataDir)
  const found = {
    pathStatus: pathStatus(subject.fs, dataDir),
    parentDirSync: windows ? 'RenameOnly' : 'UnixFsync',
    lockLeafSymlinkProtection: windows ? 'BestEffortCheckThenOpen' : 'AtomicNoFollow',
    mmapIndex: mmap,
    sealedSegmentMmap: mmap,
    activeSegmentRead: windows ? 'LockedSeekRead' : 'UnixReadAt',
  } as const
  const notProbed = { mmapIndex: 'Unknown', sealedSegmentMmap: 'Unknown' } as const
  return {
    host: { processClockEpochMarkerNs: processBootNs, monotonicClock },
    storePath: { ...found, ...storePath, ...(unmapped && notProbed) },
  }
}

function pathStatus(fs: PlatformFs, dataDir: string): StorePathStatus {
  try {
    const kind = fs.stat(dataDir)?.kind
    if (kind === undefined) return 'UnknownMissing'
    return kind === 'directory' ? 'ObservedDirectory' : 'ObservedUnsupportedNotDirectory'
  } catch (error) {
    return { ProbeFailed: { reason: (error as Error).message } }
  }
}

const UNSUPPORTED: ReadonlySet<string> = new Set([
  'EACCES',
  'EPERM',
  'ENOSYS',
  'ENOTSUP',
  'EOPNOTSUPP',
])

function probeMap(subject: ProbeSubject, dataDir: string): MmapEvidence {
  const status = pathStatus(subject.fs, dataDir)
  if (status === 'UnknownMissing') return 'Unknown'
  if (status === 'ObservedUnsupportedNotDirectory') return 'ObservedUnsupported'
  if (status !== 'ObservedDirectory') return 'ProbeFailed'
  try {
    return mapPrivateFile(subject, dataDir)
  } catch {
    return 'ProbeFailed' // the private file could not be made or written
  }
}

function mapPrivateFile({ fs, host, random }: ProbeSubject, dataDir: string): MmapEvidence {
  const { probeFile } = host.behaviour
  if (probeFile !== undefined) throw systemError(probeFile, 'open')
  const name = new Uint8Array(3)
  random(name)
  const path = `${dataDir}/.tmp${Buffer.from(name).toString('hex')}`
  const fd = fs.open(path, 'create-new', 0o600)
  try {
    writeExactly(fs, fd, Uint8Array.of(0xb7), 0)
    fs.unmap(fs.map(fd, 1))
    return 'FileBacked'
  } catch (error) {
    return UNSUPPORTED.has((error as { code?: string }).code ?? '')
      ? 'ObservedUnsupported'
      : 'ProbeFailed'
  } finally {
    fs.close(fd)
    fs.unlink(path)
  }
}
