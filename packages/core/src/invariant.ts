/** A bug of batpak itself, never a state of the world: please report it. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

export function invariant(condition: boolean, text: string): asserts condition {
  if (!condition) throw new InvariantError(`broken invariant: ${text}`)
}

/** Ends an exhaustive switch. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable case: ${String(value)}`)
}
