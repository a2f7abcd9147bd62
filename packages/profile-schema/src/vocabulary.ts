/**
 * The vocabulary of platform evidence: what a probe may say about a host.
 *
 * Every string is the exact spelling of batpak 0.8.0, because it is also what stands in profile
 * files and report bodies. Property names are camelCase here and snake_case in files.
 */

/** What `stat` said about the store directory; `reason` is the system's own error text. */
export type StorePathStatus =
  | 'ObservedDirectory'
  | 'UnknownMissing'
  | 'ObservedUnsupportedNotDirectory'
  | { readonly ProbeFailed: { readonly reason: string } }

/** Which clock orders moments inside the process. */
export type ClockEvidence = 'ProcessLocalInstantAnchor' | 'Unknown' | 'ProbeFailed'

/** How a rename becomes durable: by fsync of the directory, or by the rename alone. */
export type ParentDirSyncEvidence = 'UnixFsync' | 'RenameOnly' | 'Unknown' | 'ProbeFailed'

/** Whether a symlink at the lock file's name is refused in the opening call or by a check before it. */
export type LockLeafSymlinkProtection =
  'AtomicNoFollow' | 'BestEffortCheckThenOpen' | 'Unknown' | 'ObservedUnsupported' | 'ProbeFailed'

/** Whether a private file in the store directory could be mapped. */
export type MmapEvidence = 'FileBacked' | 'Unknown' | 'ObservedUnsupported' | 'ProbeFailed'

/** How the segment that is still growing is read: positionally, or by seek and read under a lock. */
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
