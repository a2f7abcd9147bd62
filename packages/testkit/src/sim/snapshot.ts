/** Pictures of a directory tree, and what changed between two of them. */

export interface SnapshotEntry {
  readonly kind: 'file' | 'directory' | 'symlink'
  /** Permission bits. */
  readonly mode: number
  readonly bytes?: Uint8Array
  readonly target?: string
}

/** By absolute path. */
export type DiskSnapshot = ReadonlyMap<string, SnapshotEntry>

export interface DiskDiff {
  readonly created: readonly string[]
  readonly removed: readonly string[]
  /** Other bytes, other permission bits, another target or another kind. */
  readonly changed: readonly string[]
}

export function diffSnapshots(before: DiskSnapshot, after: DiskSnapshot): DiskDiff {
  const created = [...after.keys()].filter((path) => !before.has(path))
  const removed = [...before.keys()].filter((path) => !after.has(path))
  const changed = [...before]
    .filter(([path, entry]) => {
      const now = after.get(path)
      return now !== undefined && !sameEntry(entry, now)
    })
    .map(([path]) => path)
  return { created, removed, changed }
}

function sameEntry(a: SnapshotEntry, b: SnapshotEntry): boolean {
  if (a.kind !== b.kind || a.mode !== b.mode || a.target !== b.target) return false
  return a.bytes === undefined || Buffer.compare(a.bytes, b.bytes!) === 0
}
