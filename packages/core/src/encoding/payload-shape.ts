/** Which shapes a payload may have. */

/** The reference decodes at most so many containers inside one another. */
export const MAX_DEPTH = 1023

/** A plain object or an instance of a class without a form of its own. */
export function isRecord(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) {
    return Object.getOwnPropertySymbols(value).length === 0
  }
  return (
    Object.prototype.toString.call(value) === '[object Object]' &&
    typeof (value as { toJSON?: unknown }).toJSON !== 'function' &&
    Object.getOwnPropertySymbols(value).length === 0
  )
}
