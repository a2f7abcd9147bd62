/** Arguments of the exported functions: the wrong type is told before anything is done. */
import { types } from 'node:util'

export function requirePath(what: string, name: string, value: unknown): void {
  if (typeof value === 'string') return
  throw new TypeError(`${what}: ${name} must be a string, got ${typeName(value)}`)
}

export function requireBytes(what: string, name: string, value: unknown): void {
  if (types.isUint8Array(value)) return
  throw new TypeError(`${what}: ${name} must be a Uint8Array, got ${typeName(value)}`)
}

export function requireObject(what: string, name: string, value: unknown): asserts value is object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return
  throw new TypeError(`${what}: ${name} must be an object, got ${typeName(value)}`)
}

/** An object with at least these members: functions, or objects of functions. */
export function requireMembers(
  what: string,
  name: string,
  value: unknown,
  members: Readonly<Record<string, 'function' | 'object'>>,
): void {
  requireObject(what, name, value)
  for (const [member, type] of Object.entries(members)) {
    const found = (value as Readonly<Record<string, unknown>>)[member]
    if (typeof found === type && found !== null) continue
    const wanted = type === 'function' ? 'a function' : 'an object'
    throw new TypeError(`${what}: ${name}.${member} must be ${wanted}, got ${typeName(found)}`)
  }
}

/** The admitted parent-directory synchronisation. */
export function requireDurableOptions(what: string, options: unknown): void {
  requireObject(what, 'options', options)
  const { parentDirSync } = options as { readonly parentDirSync?: unknown }
  if (parentDirSync === 'UnixFsync' || parentDirSync === 'RenameOnly') return
  const got = typeof parentDirSync === 'string' ? `'${parentDirSync}'` : typeName(parentDirSync)
  throw new TypeError(`${what}: options.parentDirSync must be UnixFsync or RenameOnly, got ${got}`)
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : typeof value
}
