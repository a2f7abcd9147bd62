/** Kinds as people write them. */
import { Kind, formatKind, type EventKind, type Region } from '@batpak/core'
import { usageError } from '../failure.ts'

/**
 * `0xF001`, `61441`, a name such as `TOMBSTONE`, or a whole category: `category:0xF`.
 * @throws CliError exit 2
 */
export function kindFromText(text: string): NonNullable<Region['kind']> {
  const category = /^category:(.+)$/.exec(text)?.[1]
  if (category !== undefined) return { category: numberIn(category, 0xf, text) }
  const named = (Kind as Readonly<Record<string, EventKind>>)[text.toUpperCase()]
  return named ?? (numberIn(text, 0xffff, text) as EventKind)
}

/** `0xF001`, with the name where batpak has one: `0x0008 SYSTEM_OPEN_COMPLETED`. */
export function kindText(kind: EventKind): string {
  const name = kindName(kind)
  return name === undefined ? formatKind(kind) : `${formatKind(kind)} ${name}`
}

export function kindName(kind: EventKind): string | undefined {
  return Object.entries(Kind).find(([, value]) => value === kind)?.[0]
}

function numberIn(digits: string, max: number, text: string): number {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(digits) ? Number(digits) : Number.NaN
  if (value <= max) return value
  throw usageError(
    `--kind: '${text}' is no kind`,
    `write 0x0000 to 0xFFFF, category:0xF, or one of ${Object.keys(Kind).join(', ')}`,
  )
}
