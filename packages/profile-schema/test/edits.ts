/** Edited texts of profiles, and what `parseProfile` answers to them. */
import { parseProfile, type PlatformProfile } from '../src/index.ts'
import { fileOf, unixText } from './hosts.ts'

/** The compact Unix profile with its first `from` replaced. */
export function edit(from: string, to: string): string {
  if (!unixText.includes(from)) throw new Error(`no ${from} to edit`)
  return unixText.replace(from, () => to)
}

/** The compact Unix profile with one more member, given as `"key":value`. */
export function withMember(member: string): string {
  return `${unixText.slice(0, -1)},${member}}`
}

/** A valid profile whose path could not be examined, for the reason `a/b`. */
export const failedProfile = JSON.parse(
  new TextDecoder().decode(failedFile('a/b')),
) as PlatformProfile

export function failedFile(reason: string): Uint8Array {
  return fileOf({
    store_path: {
      path_status: { ProbeFailed: { reason } },
      mmap_index: 'ProbeFailed',
      sealed_segment_mmap: 'ProbeFailed',
    },
    admission: { mmap_index: 'Rejected', sealed_segment_mmap: 'Rejected' },
  })
}

/** The file of a failed probe, in which `status` stands for its path status. */
export function failedWith(status: string): string {
  return JSON.stringify(failedProfile).replace('{"ProbeFailed":{"reason":"a/b"}}', () => status)
}

/** `accepted`, or the kind of the issue and, if it has one, the message of its cause. */
export function refusal(file: Uint8Array): string {
  const result = parseProfile(file)
  if (result.ok) return 'accepted'
  const { issue } = result
  return 'cause' in issue ? `${issue.kind}: ${(issue.cause as Error).message}` : issue.kind
}
