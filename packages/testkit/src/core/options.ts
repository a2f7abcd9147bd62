/** Options of the kit's own functions: a misspelt one would make a test that tests nothing. */
import { refuseUnknownOptions } from '@batpak/platform'

/** @throws TypeError unless `options` is an object whose names are all in `known`; the nearest is named */
export function checkOptions(what: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const got = options === null ? 'null' : Array.isArray(options) ? 'an array' : typeof options
    throw new TypeError(`${what}: expected an object of options, got ${got}`)
  }
  refuseUnknownOptions(what, options, known)
}
