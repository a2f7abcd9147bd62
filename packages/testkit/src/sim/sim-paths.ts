/** How a simulated disk spells its paths. The engine below knows only lists of names. */

export type PathStyle = 'posix' | 'windows'

export interface SplitPath {
  /** Names from the root; `..` is kept, because it is resolved while walking. */
  readonly names: readonly string[]
  /** The text ended in a separator, so it can only mean a directory. */
  readonly directory: boolean
}

/**
 * Splits a path; relative ones start at the root. Windows paths may use either separator, a drive
 * letter (there is one drive, `C:`) and the prefix `\\?\`.
 */
export function splitPath(style: PathStyle, path: string): SplitPath {
  const plain = style === 'windows' ? plainWindowsPath(path) : path
  return {
    names: plain.split('/').filter((name) => name !== '' && name !== '.'),
    directory: plain.endsWith('/'),
  }
}

/** The absolute path of a list of names. Windows paths come with `\\?\`, as batpak 0.8.0 sees them. */
export function joinPath(style: PathStyle, names: readonly string[]): string {
  return style === 'windows' ? `\\\\?\\C:\\${names.join('\\')}` : `/${names.join('/')}`
}

/** What two names must share to be the same entry of a directory. */
export function entryKey(style: PathStyle, name: string): string {
  return style === 'windows' ? name.toLowerCase() : name
}

export function isAbsolute(style: PathStyle, path: string): boolean {
  return style === 'windows' ? /^(?:[A-Za-z]:)?[\\/]/.test(path) : path.startsWith('/')
}

function plainWindowsPath(path: string): string {
  return path
    .replaceAll('\\', '/')
    .replace(/^\/\/\?\//, '')
    .replace(/^[A-Za-z]:/, '')
}
