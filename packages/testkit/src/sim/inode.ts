/** What a simulated disk is made of. */

export interface FileNode {
  readonly kind: 'file'
  readonly ino: number
  mode: number
  /** May be longer than the file; bytes behind `size` are zero. */
  bytes: Uint8Array
  size: number
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
  | {
      readonly op: 'rename'
      readonly from: { readonly dir: number; readonly name: string }
      readonly to: { readonly dir: number; readonly name: string }
    }
  | { readonly op: 'write'; readonly ino: number; readonly at: number; readonly data: Uint8Array }
  | { readonly op: 'truncate'; readonly ino: number; readonly size: number }
  | { readonly op: 'chmod'; readonly ino: number; readonly mode: number }
  /** The bytes of a file, or the entries of a directory, are on stable storage from here on. */
  | { readonly op: 'sync'; readonly ino: number }

export type NewNode =
  | { readonly kind: 'file' | 'directory'; readonly mode: number }
  | { readonly kind: 'symlink'; readonly mode: number; readonly target: string }
