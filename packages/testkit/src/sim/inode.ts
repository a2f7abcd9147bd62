/** What a simulated disk is made of. */

export interface FileNode {
  readonly kind: 'file'
  readonly ino: number
  mode: number
  /** May be longer than the file; bytes behind `size` are zero. */
  bytes: Uint8Array
  size: number
  /** `bytes` also belong to another disk: copy them before changing them. */
  shared: boolean
  /** Hash of the content; undefined until somebody asks and after every change. */
  digest: string | undefined
  /** The name it was last given, for fault rules and reports. */
  name: string
}

export interface DirectoryNode {
  readonly kind: 'directory'
  readonly ino: number
  mode: number
  /** By `entryKey`; iteration order is the order of creation. */
  readonly entries: Map<string, { readonly name: string; readonly node: Inode }>
  name: string
}

export interface LinkNode {
  readonly kind: 'symlink'
  readonly ino: number
  mode: number
  readonly target: string
  name: string
}

export type Inode = FileNode | DirectoryNode | LinkNode

/**
 * One change of a disk, the smallest that a crash can keep or lose. `ino` and `dir` are inode
 * numbers; an inode without a name is gone unless a process has it open.
 */
export type DiskOp =
  | { readonly op: 'create'; readonly ino: number; readonly node: NewNode }
  /** Gives `ino` a name; whatever had the name loses it in the same instant. */
  | { readonly op: 'link'; readonly dir: number; readonly name: string; readonly ino: number }
  | { readonly op: 'unlink'; readonly dir: number; readonly name: string }
  /** Moves the name of `ino` in one instant. */
  | {
      readonly op: 'rename'
      readonly ino: number
      readonly from: { readonly dir: number; readonly name: string }
      readonly to: { readonly dir: number; readonly name: string }
    }
  | { readonly op: 'write'; readonly ino: number; readonly at: number; readonly data: Uint8Array }
  | { readonly op: 'truncate'; readonly ino: number; readonly size: number }
  | { readonly op: 'chmod'; readonly ino: number; readonly mode: number }
  /**
   * The bytes of a file, or the entries of a directory, are on stable storage from here on: those of
   * operations before number `covers` (default: all before this one).
   */
  | { readonly op: 'sync'; readonly ino: number; readonly covers?: number }
  /** Such a sync failed: what it should have covered is uncertain for good. */
  | { readonly op: 'syncFailed'; readonly ino: number; readonly covers?: number }

export type NewNode =
  | { readonly kind: 'file' | 'directory'; readonly mode: number }
  | { readonly kind: 'symlink'; readonly mode: number; readonly target: string }
