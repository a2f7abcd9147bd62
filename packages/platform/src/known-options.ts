import { requireObject } from './argument-checks.ts'

/**
 * Refuses option names that do not exist, so that a misspelled option is never silently ignored.
 * @throws TypeError for them, naming the nearest that exists, and for anything but an object
 */
export function refuseUnknownOptions(
  what: string,
  options: unknown,
  known: readonly string[],
): void {
  requireObject(what, 'options', options)
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    const meant = nearest(name, known)
    const question = meant === undefined ? '. ' : `, did you mean '${meant}'? `
    throw new TypeError(
      `${what}: unknown option '${name}'${question}Known options: ${known.join(', ')}`,
    )
  }
}

/** What was probably meant: a misspelling, or a name that goes on or stops short; else nothing. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const given = name.toLowerCase()
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    const wanted = candidate.toLowerCase()
    const mistakes = distance(given, wanted)
    const tolerated = Math.max(1, Math.floor(Math.max(given.length, wanted.length) / 3))
    if (mistakes >= least || (mistakes > tolerated && !beginAlike(given, wanted))) continue
    best = candidate
    least = mistakes
  }
  return best
}

const MIN_COMMON_START = 3

function beginAlike(a: string, b: string): boolean {
  if (Math.min(a.length, b.length) < MIN_COMMON_START) return false
  return a.startsWith(b) || b.startsWith(a)
}

/** How many letters are wrong, missing, too many, or swapped with their neighbour. */
function distance(from: string, to: string): number {
  let before: readonly number[] = []
  let row: readonly number[] = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      const swapped =
        from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
          ? (before[j - 2] ?? Number.POSITIVE_INFINITY) + 1
          : Number.POSITIVE_INFINITY
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    before = row
    row = next
  }
  return row[to.length] ?? 0
}
