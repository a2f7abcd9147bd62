/** What the exit code of `batpak` says. A code that is not listed is a failure. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  findings: 3,
  notFound: 4,
  conflict: 5,
  denied: 6,
  noStore: 10,
  locked: 11,
  platform: 12,
  version: 13,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** One line per code, as help texts and the README show them. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'done; for verify: checked and clean',
  1: 'failed: the system refused something, or the check could not be completed',
  2: 'usage: unknown command, option or value',
  3: 'findings: the check was completed and found damage or a mismatch',
  4: 'no such event or frame',
  5: 'conflict with what is there',
  6: 'denied by a gate',
  10: 'no store at that path',
  11: 'the store is locked by another owner',
  12: 'platform: profile invalid or not matching, or the host cannot lock',
  13: 'a format version that this program does not know',
  130: 'interrupted',
}
