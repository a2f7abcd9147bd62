import type {
  ClockEvidence,
  MmapEvidence,
  PlatformEvidence,
  StorePathStatus,
} from '@batpak/profile-schema/evidence'
import { constants } from 'node:fs'
import type { Clock, FileStat, PlatformBackend, PlatformFs } from './backend.ts'
import { writeExactly } from './files.ts'
import type { NodeMmap } from './node/mmap.ts'
import { osErrorText } from './system-error.ts'
import { createTempFile, discardFile } from './temp-file.ts'

/** What the probe looks at; the parts of one backend. */
export interface ProbeSubject extends Pick<PlatformBackend, 'fs' | 'clock' | 'random'> {
  readonly mmap: Pick<NodeMmap, 'available' | 'probe'>
}

/** The steps of the probe, in the order of batpak 0.8.0: map first, then look at the path again. */
export function collectEvidence(
  subject: ProbeSubject,
  dataDir: string,
  options?: { readonly mmap?: 'off' },
): PlatformEvidence {
  // One observation fills both fields: the index file and sealed segments are mapped alike.
  const mmap = options?.mmap === 'off' ? 'Unknown' : mmapEvidence(subject, dataDir)
  const unix = process.platform !== 'win32'
  return {
    host: {
      processClockEpochMarkerNs: subject.clock.processBootNs,
      monotonicClock: clockEvidence(subject.clock),
    },
    storePath: {
      pathStatus: pathStatus(subject.fs, dataDir),
      parentDirSync: unix ? 'UnixFsync' : 'RenameOnly',
      lockLeafSymlinkProtection:
        typeof (constants as { readonly O_NOFOLLOW?: number }).O_NOFOLLOW === 'number'
          ? 'AtomicNoFollow'
          : 'BestEffortCheckThenOpen',
      mmapIndex: mmap,
      sealedSegmentMmap: mmap,
      activeSegmentRead: unix ? 'UnixReadAt' : 'LockedSeekRead',
    },
  }
}

function pathStatus(fs: PlatformFs, dataDir: string): StorePathStatus {
  let stat: FileStat | undefined
  try {
    stat = fs.stat(dataDir)
  } catch (error) {
    return { ProbeFailed: { reason: osErrorText(error) } }
  }
  if (stat === undefined) return 'UnknownMissing'
  return stat.kind === 'directory' ? 'ObservedDirectory' : 'ObservedUnsupportedNotDirectory'
}

function mmapEvidence(subject: ProbeSubject, dataDir: string): MmapEvidence {
  const status = pathStatus(subject.fs, dataDir)
  if (status === 'UnknownMissing') return 'Unknown'
  if (status === 'ObservedUnsupportedNotDirectory') return 'ObservedUnsupported'
  if (status !== 'ObservedDirectory') return 'ProbeFailed'
  // Where nothing could map it, no file is created.
  if (!subject.mmap.available()) return 'ObservedUnsupported'
  try {
    return probeWithTempFile(subject, dataDir)
  } catch {
    return 'ProbeFailed' // the temporary file could not be made or written
  }
}

// Not zero: a map of nothing would read as zero as well.
const probeByte = 0xb7

function probeWithTempFile(subject: ProbeSubject, dataDir: string): MmapEvidence {
  const { fs } = subject
  const temp = createTempFile(subject, dataDir, 0o600)
  try {
    writeExactly(fs, temp.fd, Uint8Array.of(probeByte), 0)
    return subject.mmap.probe(temp.fd, probeByte)
  } finally {
    discardFile(fs, temp) // evidence does not depend on whether the file could be removed
  }
}

function clockEvidence(clock: Clock): ClockEvidence {
  try {
    const first = clock.nowMonoNs()
    return clock.nowMonoNs() >= first ? 'ProcessLocalInstantAnchor' : 'ProbeFailed'
  } catch {
    return 'ProbeFailed' // a clock that throws tells no time
  }
}
