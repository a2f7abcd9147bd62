/** Values as the JSON of this program has them. */

/** 64-bit numbers are decimal strings, whatever their value: a JSON number would lose digits. */
export function decimal(n: number | bigint): string {
  return n.toString()
}

/** Lower-case hex. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** RFC 3339 with milliseconds; undefined for a time that has no such form. */
export function timeOfMs(ms: number): string | undefined {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

/** RFC 3339 with as many digits as a reading of the store clock has. */
export function timeOfUs(us: number): string | undefined {
  return withFraction(BigInt(us), 1_000_000n, 6)
}

export function timeOfNs(ns: bigint): string | undefined {
  return withFraction(ns, 1_000_000_000n, 9)
}

function withFraction(value: bigint, perSecond: bigint, digits: number): string | undefined {
  const fraction = ((value % perSecond) + perSecond) % perSecond
  const seconds = timeOfMs(Number((value - fraction) / perSecond) * 1000)
  return seconds?.replace('.000Z', `.${fraction.toString().padStart(digits, '0')}Z`)
}

/**
 * A payload as JSON: integers beyond 2^53-1 as `{"$int": "…"}`, bytes as `{"$bytes": hex}`, numbers
 * that JSON lacks as `{"$float": "NaN"}`. The raw bytes stand beside it, so nothing is lost.
 */
export function payloadJson(value: unknown): unknown {
  if (typeof value === 'bigint') return { $int: value.toString() }
  if (typeof value === 'number') return Number.isFinite(value) ? value : { $float: String(value) }
  if (value instanceof Uint8Array) return { $bytes: hex(value) }
  if (Array.isArray(value)) return value.map(payloadJson)
  if (typeof value !== 'object' || value === null) return value
  // As entries: a member called __proto__ stays a member.
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, payloadJson(member)]),
  )
}

/** The keys whose values are not undefined. */
export function present<T extends object>(
  fields: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as never
}
