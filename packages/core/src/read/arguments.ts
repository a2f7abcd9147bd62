/** What callers pass to reads, checked. */
import { idWords } from '../append/options.ts'
import { checkCount, checkFlag, checkOptionNames, describeType } from '../options.ts'
import type { EntriesOptions } from './reads.ts'

/** The words of an id. @throws TypeError unless it is 32 lower-case hex digits */
export function requireId(id: unknown): Uint32Array {
  const words = idWords('id', id)
  if (words !== undefined) return words
  throw new TypeError('id must be an id of 32 lower-case hex digits, got undefined')
}

/** @throws TypeError for anything but a string */
export function requireEntity(operation: string, entity: unknown): asserts entity is string {
  if (typeof entity === 'string') return
  throw new TypeError(`${operation}: entity must be a string, got ${describeType(entity)}`)
}

/** @throws TypeError, RangeError for anything but a sequence or undefined */
export function checkAfter(value: unknown): number | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'number')
    throw new TypeError(`after must be a number, got ${describeType(value)}`)
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new RangeError(`after must be a sequence, a non-negative integer, got ${value}`)
}

export interface CheckedEntries {
  readonly after: number | undefined
  readonly limit: number
  readonly reverse: boolean
}

/** @throws TypeError, RangeError naming the option and the value */
export function checkEntries(operation: string, options: EntriesOptions): CheckedEntries {
  checkOptionNames(`${operation} options`, options, ENTRIES_NAMES)
  // Read once: a getter may answer something else the second time.
  const { after, limit, reverse } = options
  return {
    reverse: checkFlag('reverse', reverse),
    limit: limit === undefined ? Infinity : checkCount('limit', limit),
    after: checkAfter(after),
  }
}

/** The limit of a walk; none without one. @throws TypeError, RangeError */
export function checkLimit(operation: string, options: { readonly limit?: number }): number {
  checkOptionNames(`${operation} options`, options, LIMIT_NAMES)
  const { limit } = options
  return limit === undefined ? Infinity : checkCount('limit', limit)
}

const LIMIT_NAMES: ReadonlySet<string> = new Set(['limit'])
const ENTRIES_NAMES: ReadonlySet<string> = new Set(['after', 'limit', 'reverse'])
