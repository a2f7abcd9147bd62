/** Checks shared by every function that takes an options object. */

/** @throws TypeError unless `options` is an object whose keys are all in `known` */
export function checkOptionNames(
  what: string,
  options: unknown,
  known: ReadonlySet<string>,
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${what} must be an object, got ${describeType(options)}`)
  }
  for (const name in options) {
    if (!known.has(name)) throw new TypeError(unknownOption(what, name, known))
  }
}

export function describeType(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : typeof value
}

function unknownOption(what: string, name: string, known: ReadonlySet<string>): string {
  const near = nearest(name, known)
  const hint = near === undefined ? `known are ${[...known].join(', ')}` : `did you mean ${near}?`
  return `${what}: unknown option ${JSON.stringify(name)}; ${hint}`
}

/** The known name within two edits, or one that differs in case or contains the other. */
function nearest(name: string, known: ReadonlySet<string>): string | undefined {
  const lower = name.toLowerCase()
  let best: string | undefined
  let bestDistance = 3
  for (const candidate of known) {
    const other = candidate.toLowerCase()
    const distance =
      lower.length > 3 && (other.includes(lower) || lower.includes(other))
        ? 2
        : editDistance(lower, other)
    if (distance < bestDistance) {
      bestDistance = distance
      best = candidate
    }
  }
  return best
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replace = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(replace, previous[j]! + 1, row[j - 1]! + 1))
    }
    previous = row
  }
  return previous[b.length]!
}
