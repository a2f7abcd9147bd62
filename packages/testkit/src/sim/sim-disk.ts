import { systemError } from '@batpak/platform'
import { diffSnapshots, type DiskDiff, type DiskSnapshot, type SnapshotEntry } from './snapshot.ts'
import { copyNodes, freshNode, resize, treeDigest, writeBytes } from './disk-nodes.ts'
import type { DirectoryNode, DiskOp, FileNode, Inode, NewNode } from './inode.ts'
import { InUse } from './in-use.ts'
import { entryKey, joinPath, splitPath, type PathStyle } from './sim-paths.ts'
import { walk, type Place } from './walk.ts'

/** A file (text or bytes), a link, or a directory with other bits than 0755, by its path. */
export type SimTree = Readonly<
  Record<
    string,
    string | Uint8Array | { readonly symlink: string } | { readonly directory: number }
  >
>

/**
 * A disk in memory: inodes and one directory tree. It outlives the simulated processes that use it.
 *
 * Every change goes through `apply`, one small operation at a time, so that an observer sees the
 * whole history of the disk. The other methods are for tests: they look and edit from outside,
 * without a process and without permissions. Relative paths start at the root.
 */
export class SimDisk {
  readonly style: PathStyle
  readonly root: DirectoryNode
  /** Locks, maps and descriptors of the processes that run now. */
  readonly inUse: InUse = new InUse()
  readonly #nodes = new Map<number, Inode>()
  readonly #unsynced = new Set<number>()
  readonly #observers = new Set<(op: DiskOp) => void>()
  #lastIno = 1
  #position = 0

  constructor(options: { readonly style?: PathStyle; readonly tree?: SimTree } = {}) {
    this.style = options.style ?? 'posix'
    this.root = { kind: 'directory', ino: 1, mode: 0o755, entries: new Map(), name: '' }
    this.#nodes.set(1, this.root)
    for (const [path, content] of Object.entries(options.tree ?? {})) this.#plant(path, content)
  }

  /** Calls `observer` after every operation from now on; the result ends that. */
  observe(observer: (op: DiskOp) => void): () => void {
    this.#observers.add(observer)
    return () => this.#observers.delete(observer)
  }

  /** How many operations were executed so far. */
  get position(): number {
    return this.#position
  }

  /** Executes one operation. It does not check: that is the file system's part. */
  apply(op: DiskOp): void {
    this.#execute(op)
    this.#position += 1
    for (const observer of this.#observers) observer(op)
  }

  /**
   * A disk with the same content that goes its own way: nothing of it is in use, nobody observes it.
   * File bytes are copied only when one of the two changes them.
   */
  fork(): SimDisk {
    const copy = new SimDisk({ style: this.style })
    copy.#lastIno = this.#lastIno
    copy.#position = this.#position
    copyNodes(this.#nodes, copy.#nodes)
    for (const ino of this.#unsynced) copy.#unsynced.add(ino)
    return copy
  }

  /** A hash of all paths with their content; equal trees have equal hashes. */
  digest(): string {
    return treeDigest(this.#below(this.root, []))
  }

  /** A new inode without a name. */
  create(node: NewNode): Inode {
    const ino = (this.#lastIno += 1)
    this.apply({ op: 'create', ino, node })
    return this.node(ino)
  }

  node(ino: number): Inode {
    const node = this.#nodes.get(ino)
    if (node === undefined) throw new RangeError(`the disk has no inode ${ino}`)
    return node
  }

  /** The name that the inode was last given; undefined for one that does not exist. */
  nameOf(ino: number): string | undefined {
    return this.#nodes.get(ino)?.name
  }

  /** Every path below `path` (default: the root), parents before children, sorted by name. */
  list(path?: string): string[] {
    const place = path === undefined ? undefined : this.#place(path)
    const names = place?.names ?? []
    const start = place === undefined ? this.root : place.node
    if (start?.kind !== 'directory') return []
    return [...this.#below(start, names)].map(([at]) => joinPath(this.style, at))
  }

  exists(path: string): boolean {
    return this.#place(path).node !== undefined
  }

  /** A copy of the file's bytes. @throws `ENOENT`, `EISDIR` */
  readFile(path: string): Uint8Array {
    const { node } = walk(this, path, 'open', true)
    if (node === undefined) throw systemError('ENOENT', 'open', undefined, path)
    if (node.kind !== 'file') throw systemError('EISDIR', 'read', undefined, path)
    return node.bytes.slice(0, node.size)
  }

  /** Creates or replaces a file, and its parent directories. */
  writeFile(path: string, content: string | Uint8Array): void {
    const data = typeof content === 'string' ? new TextEncoder().encode(content) : content
    const place = this.#parentOf(path)
    const node =
      place.node?.kind === 'file' ? place.node : this.create({ kind: 'file', mode: 0o644 })
    if (node !== place.node) this.#link(place, node)
    this.apply({ op: 'truncate', ino: node.ino, size: 0 })
    this.apply({ op: 'write', ino: node.ino, at: 0, data: data.slice() })
  }

  mkdir(path: string, mode = 0o755): void {
    const place = this.#parentOf(path)
    if (place.node?.kind === 'directory') this.chmod(path, mode)
    else this.#link(place, this.create({ kind: 'directory', mode }))
  }

  symlink(path: string, target: string): void {
    const place = this.#parentOf(path)
    this.#link(place, this.create({ kind: 'symlink', mode: 0o777, target }))
  }

  chmod(path: string, mode: number): void {
    const { node } = walk(this, path, 'chmod', true)
    if (node === undefined) throw systemError('ENOENT', 'chmod', undefined, path)
    this.apply({ op: 'chmod', ino: node.ino, mode })
  }

  /** Removes a file, a link, or a directory with all that is in it; nothing if it is not there. */
  remove(path: string): void {
    const { parent, name, node } = this.#place(path)
    if (node !== undefined) this.apply({ op: 'unlink', dir: parent.ino, name })
  }

  /** All paths with their content, as they are now. */
  snapshot(): DiskSnapshot {
    const entries = new Map<string, SnapshotEntry>()
    for (const [names, node] of this.#below(this.root, [])) {
      const { kind, mode } = node
      const content = node.kind === 'file' ? { bytes: node.bytes.slice(0, node.size) } : {}
      const link = node.kind === 'symlink' ? { target: node.target } : {}
      entries.set(joinPath(this.style, names), { kind, mode, ...content, ...link })
    }
    return entries
  }

  /** What changed since `before`, by path. */
  diff(before: DiskSnapshot): DiskDiff {
    return diffSnapshots(before, this.snapshot())
  }

  /** Paths of files whose bytes, and of directories whose entries, no sync has covered yet. */
  unsynced(): string[] {
    return [...this.#below(this.root, [])]
      .filter(([, node]) => this.#unsynced.has(node.ino))
      .map(([names]) => joinPath(this.style, names))
  }

  #execute(op: DiskOp): void {
    switch (op.op) {
      case 'create':
        this.#nodes.set(op.ino, freshNode(op.ino, op.node))
        // An image is made of the operations of another disk: its own inodes come after theirs.
        this.#lastIno = Math.max(this.#lastIno, op.ino)
        return
      case 'link':
        this.#setEntry(op, this.node(op.ino))
        return
      case 'unlink':
        this.#dropEntry(op)
        return
      case 'rename': {
        // In a crash image the old name may never have existed, or belong to another file by now.
        const directory = this.node(op.from.dir) as DirectoryNode
        const named = directory.entries.get(entryKey(this.style, op.from.name))?.node
        if (named?.ino === op.ino) this.#dropEntry(op.from)
        this.#setEntry(op.to, this.node(op.ino))
        return
      }
      case 'write':
        writeBytes(this.#file(op.ino), op.at, op.data)
        this.#unsynced.add(op.ino)
        return
      case 'truncate':
        resize(this.#file(op.ino), op.size)
        this.#unsynced.add(op.ino)
        return
      case 'chmod':
        this.node(op.ino).mode = op.mode
        return
      case 'sync':
        if ((op.covers ?? this.#position) === this.#position) this.#unsynced.delete(op.ino)
        return
      case 'syncFailed':
        return
      default:
        op satisfies never
    }
  }

  #setEntry(at: { readonly dir: number; readonly name: string }, node: Inode): void {
    const directory = this.node(at.dir) as DirectoryNode
    directory.entries.set(entryKey(this.style, at.name), { name: at.name, node })
    node.name = at.name
    this.#unsynced.add(at.dir)
  }

  #dropEntry(at: { readonly dir: number; readonly name: string }): Inode | undefined {
    const directory = this.node(at.dir) as DirectoryNode
    const key = entryKey(this.style, at.name)
    const node = directory.entries.get(key)?.node
    directory.entries.delete(key)
    this.#unsynced.add(at.dir)
    return node
  }

  #file(ino: number): FileNode {
    return this.node(ino) as FileNode
  }

  #place(path: string): Place {
    return walk(this, path, 'stat', false)
  }

  #link(place: Place, node: Inode): void {
    this.apply({ op: 'link', dir: place.parent.ino, name: place.name, ino: node.ino })
  }

  /** The place of `path`, whose parent directories are created. */
  #parentOf(path: string): Place {
    const { names } = splitPath(this.style, path)
    for (let depth = 1; depth < names.length; depth += 1) {
      const place = walk(this, joinPath(this.style, names.slice(0, depth)), 'mkdir', true)
      if (place.node === undefined) {
        this.#link(place, this.create({ kind: 'directory', mode: 0o755 }))
      }
    }
    return this.#place(path)
  }

  #plant(path: string, content: SimTree[string]): void {
    if (typeof content === 'string' || content instanceof Uint8Array) this.writeFile(path, content)
    else if ('symlink' in content) this.symlink(path, content.symlink)
    else this.mkdir(path, content.directory)
  }

  *#below(
    directory: DirectoryNode,
    names: readonly string[],
  ): Generator<[readonly string[], Inode]> {
    const entries = [...directory.entries.values()]
    for (const { name, node } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const at = [...names, name]
      yield [at, node]
      if (node.kind === 'directory') yield* this.#below(node, at)
    }
  }
}
