/** The platform profile of this host: captured, kept in a file, compared with the last run's. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { nodePlatform, probe, replaceFileDurably } from '@batpak/platform'
import {
  admissionFor,
  compareProfile,
  describeDifferences,
  parseProfile,
  profileFromEvidence,
  serializeProfile,
} from '@batpak/profile-schema'

export interface CapturedProfile {
  readonly path: string
  readonly fingerprint: number
  /** What is different from the last run on this directory; undefined when nothing is. */
  readonly changed: string | undefined
  /** Whether files can be mapped here; without, sealed segments are read by position. */
  readonly maps: boolean
}

/** Captures the profile of `dataDir` into `path`. */
export function captureProfile(dataDir: string, path: string): CapturedProfile {
  mkdirSync(dataDir, { recursive: true })
  const evidence = probe(dataDir)
  const changed = existsSync(path) ? differences(path, evidence) : undefined
  const profile = profileFromEvidence(evidence)
  const bytes = serializeProfile(profile, { pretty: true })
  const parentDirSync = admissionFor(evidence).parentDirSync
  replaceFileDurably(nodePlatform(), path, bytes, {
    parentDirSync: parentDirSync === 'UnixFsync' ? 'UnixFsync' : 'RenameOnly',
  })
  const maps = evidence.storePath.sealedSegmentMmap === 'FileBacked'
  return { path, fingerprint: profile.fingerprint_crc32, changed, maps }
}

function differences(path: string, evidence: ReturnType<typeof probe>): string | undefined {
  const last = parseProfile(readFileSync(path))
  if (!last.ok) return 'the last profile is unreadable'
  const comparison = compareProfile(last.profile, evidence)
  return comparison.equal ? undefined : describeDifferences(comparison.differences)
}
