import { realpathSync } from 'node:fs'
import { requirePath } from './argument-checks.ts'

/**
 * The bytes by which digests identify a directory: its canonical path as the file system spells it,
 * not decoded; where that fails, the path as given. On Windows UTF-8 without a `\\?\` prefix.
 */
export function pathIdentityBytes(path: string): Uint8Array {
  requirePath('pathIdentityBytes', 'path', path)
  const canonical = canonicalBytes(path)
  if (process.platform !== 'win32') return canonical
  return Buffer.from(withoutVerbatimPrefix(Buffer.from(canonical).toString('utf8')))
}

/** `\\?\C:\x` → `C:\x` and `\\?\UNC\srv\x` → `\\srv\x`. */
export function withoutVerbatimPrefix(path: string): string {
  if (path.startsWith('\\\\?\\UNC\\')) return `\\\\${path.slice(8)}`
  return path.startsWith('\\\\?\\') ? path.slice(4) : path
}

function canonicalBytes(path: string): Uint8Array {
  try {
    return realpathSync.native(path, { encoding: 'buffer' })
  } catch {
    return Buffer.from(path) // not there, or not reachable: the digest still has to name something
  }
}
