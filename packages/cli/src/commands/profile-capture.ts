import { nodePlatform, probe } from '@batpak/platform'
import { admissionFor, profileFromEvidence, serializeProfile } from '@batpak/profile-schema'
import type { CaptureOptions } from '../args/profile.ts'
import { directoryFor, requireDirectory } from '../store/directory.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import type { Session } from '../output/session.ts'
import { writeResultFile } from '../profile/write-file.ts'

/** Probes a directory, which is created as an open would, and writes what it found. */
export async function profileCapture(
  session: Session,
  given: string | undefined,
  { out = '-', force = false }: CaptureOptions,
): Promise<ExitCode> {
  if (out === '') throw usageError('--out must name a file, or be -')
  const platform = nodePlatform()
  const dir = directoryFor(session, given) ?? '.'
  if (platform.fs.stat(dir) === undefined) {
    platform.fs.mkdirp(dir)
    session.note(`created the directory ${dir}`)
  }
  requireDirectory(platform.fs, dir)
  const evidence = probe(dir)
  const profile = profileFromEvidence(evidence)
  const bytes = serializeProfile(profile, { pretty: true })
  const admission = admissionFor(evidence)
  const rejected = Object.entries(admission).filter(([, value]) => value === 'Rejected')
  if (rejected.length > 0) {
    const names = rejected.map(([name]) => name).join(', ')
    session.warn(`this host does not admit ${names}; run \`batpak doctor\` for the reasons`)
  }
  if (out !== '-') {
    const { parentDirSync: sync } = evidence.storePath
    const parentDirSync = sync === 'RenameOnly' ? 'RenameOnly' : 'UnixFsync'
    writeResultFile(platform, out, bytes, { force, parentDirSync })
  }
  if (session.json) await session.document(true, { dir, file: out === '-' ? null : out, profile })
  else if (out === '-') await session.print(`${new TextDecoder().decode(bytes)}\n`)
  else await session.print(`captured ${out}, fingerprint ${profile.fingerprint_crc32}\n`)
  return EXIT.ok
}
