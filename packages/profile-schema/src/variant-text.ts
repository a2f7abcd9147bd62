/** Shows a value of a profile in an error message: variant names bare, everything else as JSON. */
export function variantText(value: unknown): string {
  if (typeof value === 'number') return String(value)
  const isName = typeof value === 'string' && /^[A-Z]\w*$/.test(value)
  const text = isName ? value : (JSON.stringify(value) ?? typeof value)
  return text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS)}…`
}

// A `reason` has no size limit of its own; a message that carries all of it helps nobody.
const MAX_CHARS = 200
