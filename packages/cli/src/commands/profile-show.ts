import { EXIT, type ExitCode } from '../exit-codes.ts'
import { profileOf } from '../profile/file.ts'
import { profileText } from '../profile/text.ts'
import type { Session } from '../output/session.ts'

export async function profileShow(session: Session, subject: string): Promise<ExitCode> {
  const { source, profile } = profileOf(subject)
  if (session.json) await session.document(true, { subject, source, profile })
  else await session.print(profileText(profile))
  return EXIT.ok
}
