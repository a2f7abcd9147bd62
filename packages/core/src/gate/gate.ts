/** A named predicate over what the caller knows before a write. */
import { checkOptionNames, describeType } from '../options.ts'
import type { Denial } from './denial.ts'

/** Pure: it judges `ctx` and does nothing else. */
export interface Gate<C = unknown> {
  /** 1 or more ASCII characters. */
  readonly name: string
  readonly description: string
  readonly evaluate: (ctx: C) => Denial | undefined
}

/**
 * @param evaluate returns a denial made by `deny`, or undefined to permit
 * @throws TypeError for arguments of the wrong type, RangeError for a name that cannot be stored
 */
export function gate<C>(
  name: string,
  evaluate: (ctx: C) => Denial | undefined,
  options: { readonly description?: string } = {},
): Gate<C> {
  requireGateName(name)
  checkOptionNames('gate options', options, OPTIONS)
  const { description = '' } = options
  if (typeof description !== 'string') {
    throw new TypeError(
      `gate ${name}: description must be a string, got ${describeType(description)}`,
    )
  }
  if (typeof evaluate !== 'function') {
    throw new TypeError(`gate ${name}: evaluate must be a function, got ${describeType(evaluate)}`)
  }
  return Object.freeze({ name, description, evaluate })
}

/** Names are written into denial events, where batpak 0.8.0 allows ASCII only (W-124). */
export function requireGateName(name: unknown): asserts name is string {
  if (typeof name !== 'string') {
    throw new TypeError(`a gate's name must be a string, got ${describeType(name)}`)
  }
  if (!/^[\x20-\x7e]+$/.test(name)) {
    throw new RangeError(
      `a gate's name must be 1 or more ASCII characters, got ${JSON.stringify(name)}`,
    )
  }
}

const OPTIONS: ReadonlySet<string> = new Set(['description'])
