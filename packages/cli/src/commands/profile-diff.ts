import { compareProfile } from '@batpak/profile-schema'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { evidenceOf, profileOf } from '../profile/file.ts'
import { differencesText } from '../profile/text.ts'
import type { Session } from '../output/session.ts'

export async function profileDiff(session: Session, a: string, b: string): Promise<ExitCode> {
  const { profile } = profileOf(a)
  const other = profileOf(b).profile
  const comparison = compareProfile(profile, evidenceOf(other))
  const differences = comparison.equal ? [] : comparison.differences
  if (session.json) {
    const renamed = differences.map(({ path, expected, observed }) => ({
      path,
      a: expected,
      b: observed,
    }))
    await session.document(comparison.equal, { a, b, differences: renamed })
  } else if (comparison.equal) {
    await session.print(`no differences, fingerprint ${profile.fingerprint_crc32}\n`)
  } else {
    await session.print(differencesText(differences, { expected: a, observed: b }, session.width))
  }
  return comparison.equal ? EXIT.ok : EXIT.platform
}
