/** Checks shared by every function that takes an options object. */
import { refuseUnknownOptions } from '@batpak/platform'

/** @throws TypeError unless `options` is an object whose keys are all in `known` */
export function checkOptionNames(what: string, options: unknown, known: ReadonlySet<string>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${what} must be an object, got ${describeType(options)}`)
  }
  for (const name in options) {
    if (!known.has(name)) refuseUnknownOptions(what, options, [...known])
  }
}

/** A switch that is off unless given. @throws TypeError for anything but a boolean or undefined */
export function checkFlag(name: string, value: unknown): boolean {
  if (value === undefined || typeof value === 'boolean') return value === true
  throw new TypeError(`${name} must be a boolean, got ${describeType(value)}`)
}

/** @throws TypeError, RangeError unless `value` is a whole number of `min` to `max`, or equal to `max` */
export function checkCount(
  name: string,
  value: unknown,
  min: number = 0,
  max: number = Infinity,
): number {
  if (typeof value !== 'number') {
    throw new TypeError(`${name} must be a number, got ${describeType(value)}`)
  }
  if (value === max || (Number.isSafeInteger(value) && value >= min && value <= max)) return value
  throw new RangeError(`${name} must be an integer of ${min} to ${max}, got ${value}`)
}

/** @throws TypeError for anything but an AbortSignal or undefined */
export function checkSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value
  throw new TypeError(`signal must be an AbortSignal, got ${describeType(value)}`)
}

export function describeType(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : typeof value
}
