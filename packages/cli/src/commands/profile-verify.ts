import { probe } from '@batpak/platform'
import { compareProfile } from '@batpak/profile-schema'
import { directoryFor } from '../store/directory.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { differencesText } from '../profile/text.ts'
import { readProfile } from '../profile/file.ts'
import type { Session } from '../output/session.ts'
import { shellWord } from '../output/text.ts'

/** The profile must be valid and equal, field by field, to what the directory shows now. */
export async function profileVerify(
  session: Session,
  file: string,
  given: string | undefined,
): Promise<ExitCode> {
  const profile = readProfile(file)
  const dir = directoryFor(session, given) ?? '.'
  const evidence = probe(dir)
  const comparison = compareProfile(profile, evidence)
  const differences = comparison.equal ? [] : comparison.differences
  const { fingerprint_crc32: fingerprint } = profile
  if (session.json) {
    await session.document(comparison.equal, { file, dir, fingerprint, differences })
  } else if (comparison.equal) {
    await session.print(`${file} matches ${dir}, fingerprint ${fingerprint}\n`)
  } else {
    const names = { expected: 'PROFILE', observed: 'HERE' }
    await session.print(differencesText(differences, names, session.width))
    await session.print(`${file} does not match ${dir}\n`)
    // A capture would create what is missing, and then describe the wrong directory.
    if (evidence.storePath.pathStatus !== 'ObservedDirectory') {
      session.note(`${dir} is no directory that can be examined: check the path`)
      return EXIT.platform
    }
    const command = `batpak profile capture ${shellWord(dir)} --out ${shellWord(file)} --force`
    session.note(`repair the host (\`batpak doctor\`), or accept the change: ${command}`)
  }
  return comparison.equal ? EXIT.ok : EXIT.platform
}
