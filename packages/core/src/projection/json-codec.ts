/** The default form of kept states: JSON, for those states alone that JSON gives back as they were. */
import { describeType } from '../options.ts'
import type { StateCodec } from './projection.ts'

/**
 * @param forApplying decoded states are folded further: then two places of a state must not share an
 *   object, because JSON gives each its own and a handler may change one and mean both
 */
export function jsonCodec<S>(forApplying: boolean): StateCodec<S> {
  return {
    /** @throws TypeError naming the first part of the state that JSON would change */
    encode(state: S): Uint8Array {
      requireJson(state, '', new Set<object>(), !forApplying)
      return Buffer.from(JSON.stringify(state), 'utf8')
    },
    decode(bytes: Uint8Array): S {
      return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()) as S
    },
  }
}

/** @param around the objects that `value` is in; with `mayShare` false, all that were seen */
function requireJson(value: unknown, path: string, around: Set<object>, mayShare: boolean): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number') {
    if (Number.isFinite(value) && !Object.is(value, -0)) return
    throw unfaithful(path, Object.is(value, -0) ? '-0' : `${value}`)
  }
  if (typeof value !== 'object') throw unfaithful(path, describeType(value))
  if (around.has(value)) throw unfaithful(path, 'an object that stands in the state twice')
  around.add(value)
  if (Array.isArray(value)) requireArray(value, path, around, mayShare)
  else requireRecord(value, path, around, mayShare)
  if (mayShare) around.delete(value)
}

function requireArray(
  value: readonly unknown[],
  path: string,
  around: Set<object>,
  mayShare: boolean,
): void {
  if (Object.getPrototypeOf(value) !== Array.prototype) throw unfaithful(path, 'a special array')
  // One key per element and `length`: neither holes nor members of another name.
  if (Reflect.ownKeys(value).length !== value.length + 1) {
    throw unfaithful(path, 'an array with holes or named members')
  }
  for (let i = 0; i < value.length; i += 1) {
    if (!Object.hasOwn(value, i)) throw unfaithful(path, 'an array with holes or named members')
    requireJson(value[i], `${path}[${i}]`, around, mayShare)
  }
}

function requireRecord(value: object, path: string, around: Set<object>, mayShare: boolean): void {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype) throw unfaithful(path, `an object of ${className(value)}`)
  for (const key of Reflect.ownKeys(value)) {
    const at = `${path}.${String(key)}`
    if (typeof key === 'symbol') throw unfaithful(at, 'a member named by a symbol')
    const property = Object.getOwnPropertyDescriptor(value, key)!
    if (!('value' in property) || property.enumerable !== true) {
      throw unfaithful(at, 'a member with a getter, or one that is not enumerable')
    }
    requireJson(property.value, at, around, mayShare)
  }
}

function className(value: object): string {
  const { constructor } = value as { readonly constructor?: unknown }
  return typeof constructor === 'function' ? `class ${constructor.name}` : 'no class'
}

function unfaithful(path: string, what: string): TypeError {
  return new TypeError(
    `JSON does not give back state${path}, ${what}; keep to plain objects, arrays, texts, finite ` +
      `numbers, booleans and null, or give the projection a codec`,
  )
}
