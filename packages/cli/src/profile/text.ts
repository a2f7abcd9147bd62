/** Profiles and their differences as tables. */
import type { PlatformProfile, ProfileDifference } from '@batpak/profile-schema'
import { fields, table } from '../output/text.ts'

/** One line per field, named as in the file. */
export function profileText(profile: PlatformProfile): string {
  const groups = ['host', 'store_path', 'admission'] as const
  const lines = groups.flatMap((group) =>
    Object.entries(profile[group]).map(
      ([name, value]) => [`${group}.${name}`, valueText(value)] as const,
    ),
  )
  const fingerprint = ['fingerprint_crc32', String(profile.fingerprint_crc32)] as const
  return fields([['schema_version', String(profile.schema_version)], ...lines, fingerprint])
}

export function differencesText(
  differences: readonly ProfileDifference[],
  names: { readonly expected: string; readonly observed: string },
  width: number | undefined,
): string {
  const columns = [{ title: 'FIELD' }, { title: names.expected }, { title: names.observed }]
  const rows = differences.map(({ path, expected, observed }) => [
    path,
    valueText(expected),
    valueText(observed),
  ])
  return table(columns, rows, width)
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
