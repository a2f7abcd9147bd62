/** A configured platform profile must be valid and must describe this host, else nothing is opened. */
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { readWholeFile, type PlatformFs } from '@batpak/platform'
import type { PlatformEvidence } from '@batpak/profile-schema/evidence'
import { StoreError } from '../errors.ts'

/**
 * Reads, validates and compares the profile at `path`, which is named in errors as it was configured.
 *
 * @param maps an open that maps nothing and may not probe, because probing writes, leaves them out
 * @throws StoreError `PlatformProfileInvalid`, `PlatformProfileMismatch`
 */
export function checkProfile(
  fs: PlatformFs,
  path: string,
  evidence: PlatformEvidence,
  maps: 'compared' | 'not probed',
): void {
  const { compareProfile, describeDifferences, describeIssue, parseProfile } = profileSchema(path)
  const parsed = parseProfile(readProfile(fs, path))
  if (!parsed.ok) {
    const { kind } = parsed.issue
    throw new StoreError('PlatformProfileInvalid', {
      path,
      kind,
      reason: describeIssue(parsed.issue),
    })
  }
  const comparison = compareProfile(parsed.profile, evidence)
  if (comparison.equal) return
  const differences = comparison.differences.filter(
    ({ path: field }) => maps === 'compared' || !field.includes('mmap'),
  )
  if (differences.length === 0) return
  const reason = describeDifferences(differences)
  throw new StoreError('PlatformProfileMismatch', { path, reason })
}

function readProfile(fs: PlatformFs, path: string): Uint8Array {
  try {
    return readWholeFile(fs, path)
  } catch (cause) {
    const reason = `it cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`
    throw new StoreError('PlatformProfileInvalid', { path, kind: 'Io', reason }, { cause })
  }
}

/** Loaded on demand: the validator takes 20 to 30 ms that a store without a profile need not pay. */
function profileSchema(path: string): typeof import('@batpak/profile-schema') {
  // In a CommonJS bundle this module has no address: then the package is looked for beside the program.
  const here: string | undefined = import.meta.url
  try {
    const require = createRequire(here ?? resolve(process.argv[1] ?? ''))
    return require('@batpak/profile-schema') as typeof import('@batpak/profile-schema')
  } catch (cause) {
    const reason =
      'it cannot be checked: @batpak/profile-schema cannot be loaded; a bundle must leave it out, ' +
      'and it must be installed beside the program'
    throw new StoreError('PlatformProfileInvalid', { path, kind: 'Io', reason }, { cause })
  }
}
