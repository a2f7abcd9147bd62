/**
 * The vocabulary of platform evidence: what a probe may say about a host.
 *
 * Every string is the exact spelling of batpak 0.8.0, because it is also what stands in profile
 * files and report bodies. Property names are camelCase here and snake_case in files.
 */

export type StorePathStatus =
  | 'ObservedDirectory'
  | 'UnknownMissing'
  | 'ObservedUnsupportedNotDirectory'
  | { readonly ProbeFailed: { readonly reason: string } }

export type ClockEvidence = 'ProcessLocalInstantAnchor' | 'Unknown' | 'ProbeFailed'

export type ParentDirSyncEvidence = 'UnixFsync' | 'RenameOnly' | 'Unknown' | 'ProbeFailed'

export type LockLeafSymlinkProtection =
  'AtomicNoFollow' | 'BestEffortCheckThenOpen' | 'Unknown' | 'ObservedUnsupported' | 'ProbeFailed'

export type MmapEvidence = 'FileBacked' | 'Unknown' | 'ObservedUnsupported' | 'ProbeFailed'

export type ActiveSegmentReadEvidence = 'UnixReadAt' | 'LockedSeekRead' | 'Unknown' | 'ProbeFailed'

/** What is known about the process and its clocks. */
export interface HostEvidence {
  /** Marker of this process's monotonic epoch, nanoseconds; the only value that differs per process. */
  readonly processClockEpochMarkerNs: bigint
  readonly monotonicClock: ClockEvidence
}

/** What is known about the directory that holds a store. */
export interface StorePathEvidence {
  readonly pathStatus: StorePathStatus
  readonly parentDirSync: ParentDirSyncEvidence
  readonly lockLeafSymlinkProtection: LockLeafSymlinkProtection
  readonly mmapIndex: MmapEvidence
  readonly sealedSegmentMmap: MmapEvidence
  readonly activeSegmentRead: ActiveSegmentReadEvidence
}

/** Evidence as a probe collects it: it describes the host and decides nothing. */
export interface PlatformEvidence {
  readonly host: HostEvidence
  readonly storePath: StorePathEvidence
}
