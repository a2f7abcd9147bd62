/** Machines that a store must cope with, as a table. */
import type { HostSpec } from './host-spec.ts'

export type HostName =
  | 'linux'
  | 'windowsLike'
  | 'noMmap'
  | 'probeFails'
  | 'lockUnsupported'
  | 'symlinkedLock'
  | 'noDirSync'
  | 'readOnlyDir'
  | 'diskFull'
  | 'notADirectory'
  | 'vanishing'

const NO_MAPS = { mmapIndex: 'ProbeFailed', sealedSegmentMmap: 'ProbeFailed' } as const

export const PRESETS: Readonly<Record<HostName, HostSpec>> = {
  /** Everything works. */
  linux: host('linux', {}),
  /** Names without case, no directory sync, no replacing of files in use. */
  windowsLike: host('windowsLike', { behaviour: { paths: 'windows' } }),
  /** The system refuses to map. */
  noMmap: host('noMmap', {
    evidence: { mmapIndex: 'ObservedUnsupported', sealedSegmentMmap: 'ObservedUnsupported' },
    behaviour: { faults: [{ call: 'map', code: 'EPERM' }] },
  }),
  /** Maps would work, but the probe could not find out. */
  probeFails: host('probeFails', { evidence: NO_MAPS, behaviour: { probeFile: 'EACCES' } }),
  /** No lock can be had, and the evidence says so. */
  lockUnsupported: host('lockUnsupported', {
    evidence: { lockLeafSymlinkProtection: 'ObservedUnsupported' },
    behaviour: { faults: [{ call: 'tryLock', code: 'ENOTSUP' }] },
  }),
  /** Somebody put a symbolic link where the lock file belongs. */
  symlinkedLock: host('symlinkedLock', { layout: { lockLeaf: 'symlink' } }),
  /** A directory cannot be made durable. */
  noDirSync: host('noDirSync', {
    evidence: { parentDirSync: 'ProbeFailed' },
    behaviour: { faults: [{ call: 'fsyncDir', code: 'EINVAL' }] },
  }),
  /** Nothing can be created or removed in the store directory. */
  readOnlyDir: host('readOnlyDir', { evidence: NO_MAPS, layout: { storeDir: 'readOnly' } }),
  /** Names can be made, but no file can grow. */
  diskFull: host('diskFull', {
    evidence: NO_MAPS,
    behaviour: { faults: [{ call: 'pwrite', code: 'ENOSPC', grows: true }] },
  }),
  /** A file stands where the directory should be. */
  notADirectory: host('notADirectory', { layout: { storeDir: 'file' } }),
  /** The directory is removed while the store reads it. */
  vanishing: host('vanishing', {
    behaviour: { faults: [{ call: 'readdir', code: 'ENOENT', vanish: true }] },
  }),
}

function host(name: HostName, rest: Partial<Omit<HostSpec, 'name'>>): HostSpec {
  return { name, evidence: {}, behaviour: {}, layout: {}, ...rest }
}
