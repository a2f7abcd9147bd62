/** Profiles from files and from directories. */
import { nodePlatform, probe, readWholeFile } from '@batpak/platform'
import {
  describeIssue,
  parseProfile,
  profileFromEvidence,
  type PlatformEvidence,
  type PlatformProfile,
} from '@batpak/profile-schema'
import { EXIT } from '../exit-codes.ts'
import { CliError } from '../failure.ts'

/** @throws CliError exit 12 when the file is missing, unreadable or no valid profile */
export function readProfile(path: string): PlatformProfile {
  const parsed = parseProfile(readFile(path))
  if (parsed.ok) return parsed.profile
  const { issue } = parsed
  throw invalid(path, issue.kind, describeIssue(issue))
}

/** Of a directory the profile it would have now, of a file the profile in it. */
export function profileOf(subject: string): {
  readonly source: 'file' | 'directory'
  readonly profile: PlatformProfile
} {
  if (isDirectory(subject)) {
    return { source: 'directory', profile: profileFromEvidence(probe(subject)) }
  }
  return { source: 'file', profile: readProfile(subject) }
}

/** The evidence that a valid profile describes; its admissions follow from it. */
export function evidenceOf({ host, store_path: path }: PlatformProfile): PlatformEvidence {
  return {
    host: { processClockEpochMarkerNs: 0n, monotonicClock: host.monotonic_clock },
    storePath: {
      pathStatus: path.path_status,
      parentDirSync: path.parent_dir_sync,
      lockLeafSymlinkProtection: path.lock_leaf_symlink_protection,
      mmapIndex: path.mmap_index,
      sealedSegmentMmap: path.sealed_segment_mmap,
      activeSegmentRead: path.active_segment_read,
    },
  }
}

function readFile(path: string): Uint8Array {
  try {
    return readWholeFile(nodePlatform().fs, path)
  } catch (cause) {
    throw invalid(path, 'Io', describeIssue({ kind: 'Io', cause }))
  }
}

function invalid(path: string, kind: string, reason: string): CliError {
  return new CliError({
    exit: EXIT.platform,
    code: 'PlatformProfileInvalid',
    message: `platform profile ${path} is invalid (${kind}): ${reason}`,
    hint: `batpak profile capture <dir> --out ${path} --force`,
  })
}

function isDirectory(path: string): boolean {
  try {
    return nodePlatform().fs.stat(path)?.kind === 'directory'
  } catch {
    return false // reading it as a file says why it cannot be reached
  }
}
