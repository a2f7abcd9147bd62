/** Option values: text as it comes, or whole numbers. */
import { InvalidArgumentError } from 'commander'

/** A sequence, offset or id: decimal, or hex with `0x`. */
export function wholeNumber(text: string): number {
  const value = /^(0x[0-9a-fA-F]+|\d+)$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value)) return value
  throw new InvalidArgumentError('It must be a whole number from 0 to 2^53-1.')
}

/** A name: anything but nothing, which would match nothing. */
export function nonEmptyName(text: string): string {
  if (text !== '') return text
  throw new InvalidArgumentError('It must not be empty.')
}

/** How many: decimal, at least 1. */
export function positiveCount(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new InvalidArgumentError('It must be a whole number of at least 1.')
}
