/** Where the choices of a run come from: fixed by the suite's name, overridden by the environment. */

/** `BATPAK_SEED`, else the FNV-1a hash of the suite's name: the same on every machine. */
export function seedOf(suite: string): number {
  return fromEnvironment('BATPAK_SEED') ?? fnv1a(suite) & 0x7fff_ffff
}

/** `BATPAK_RUNS` is a floor: it can raise a suite's own number of runs, never lower it. */
export function runsOf(own: number): number {
  return Math.max(own, fromEnvironment('BATPAK_RUNS') ?? 0)
}

/** @throws TypeError for a value that is no number: a typing error must not weaken a run */
function fromEnvironment(name: string): number | undefined {
  const text = process.env[name]
  if (text === undefined || text === '') return undefined
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value
  throw new TypeError(`${name} must be a non-negative integer, got ${JSON.stringify(text)}`)
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193)
  }
  return hash >>> 0
}
