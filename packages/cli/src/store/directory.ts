/** Which directory a command works on, and what must be there. */
import type { PlatformFs } from '@batpak/platform'
import { EXIT } from '../exit-codes.ts'
import { CliError, usageError } from '../failure.ts'
import type { Session } from '../output/session.ts'

/** The argument, else `-C`, else BATPAK_DIR. */
export function directoryFor(session: Session, given: string | undefined): string | undefined {
  const variable = process.env['BATPAK_DIR']
  return given ?? session.options.dir ?? (variable === '' ? undefined : variable)
}

export function requiredDirectory(session: Session, given: string | undefined): string {
  const dir = directoryFor(session, given)
  if (dir !== undefined) return dir
  throw usageError('no store directory given', 'name it, or set -C or BATPAK_DIR')
}

/** @throws CliError exit 10 unless `dir` is a directory */
export function requireDirectory(fs: PlatformFs, dir: string): void {
  const kind = statKind(fs, dir)
  if (kind === 'directory') return
  const message = kind === undefined ? `there is no directory ${dir}` : `${dir} is not a directory`
  throw new CliError({ exit: EXIT.noStore, code: 'NoStore', message, hint: 'check the path' })
}

function statKind(fs: PlatformFs, dir: string): string | undefined {
  try {
    return fs.stat(dir)?.kind
  } catch (error) {
    // A file where a directory of the path should be: there is nothing either.
    if ((error as { readonly code?: unknown }).code === 'ENOTDIR') return undefined
    throw error
  }
}
