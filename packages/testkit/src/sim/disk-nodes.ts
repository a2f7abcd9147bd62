/** The nodes of a simulated disk: made, changed, copied, hashed. */
import { createHash } from 'node:crypto'
import type { DirectoryNode, FileNode, Inode, NewNode } from './inode.ts'

const NOTHING = new Uint8Array(0)

export function freshNode(ino: number, node: NewNode): Inode {
  if (node.kind === 'symlink') return { ...node, ino, name: '' }
  if (node.kind === 'directory')
    return { ...node, kind: 'directory', ino, entries: new Map(), name: '' }
  const content = { bytes: NOTHING, size: 0, shared: false, digest: undefined }
  return { ...node, kind: 'file', ino, ...content, name: '' }
}

export function writeBytes(file: FileNode, at: number, data: Uint8Array): void {
  const end = at + data.length
  if (end > file.bytes.length) setCapacity(file, Math.max(end, file.bytes.length * 2, 256))
  else if (file.shared) setCapacity(file, file.bytes.length)
  file.bytes.set(data, at)
  if (end > file.size) file.size = end
  file.digest = undefined
}

export function resize(file: FileNode, size: number): void {
  if (size > file.bytes.length) setCapacity(file, size)
  else if (size < file.size) {
    if (file.shared) setCapacity(file, file.bytes.length)
    file.bytes.fill(0, size, file.size)
  }
  file.size = size
  file.digest = undefined
}

/** Gives the file bytes of its own. */
function setCapacity(file: FileNode, capacity: number): void {
  const own = new Uint8Array(capacity)
  own.set(file.bytes.subarray(0, file.size))
  file.bytes = own
  file.shared = false
}

/** Copies all nodes of one disk to another, whose root is there already. */
export function copyNodes(from: ReadonlyMap<number, Inode>, to: Map<number, Inode>): void {
  for (const [ino, node] of from) {
    if (node.kind === 'file') {
      node.shared = true
      to.set(ino, { ...node })
    } else if (node.kind === 'symlink') to.set(ino, { ...node })
    else if (to.has(ino)) to.get(ino)!.mode = node.mode
    else to.set(ino, { ...node, entries: new Map() })
  }
  for (const [ino, node] of from) {
    if (node.kind !== 'directory') continue
    const { entries } = to.get(ino) as DirectoryNode
    for (const [key, { name, node: child }] of node.entries) {
      entries.set(key, { name, node: to.get(child.ino)! })
    }
  }
}

/** The hash of a tree, of its nodes in an order that does not depend on how they were made. */
export function treeDigest(nodes: Iterable<readonly [readonly string[], Inode]>): string {
  const hash = createHash('sha1')
  for (const [names, node] of nodes) {
    hash.update(`${names.join('/')}\0${node.kind}\0${node.mode}\0`)
    if (node.kind === 'file') hash.update(fileDigest(node))
    else if (node.kind === 'symlink') hash.update(node.target)
  }
  return hash.digest('base64')
}

function fileDigest(file: FileNode): string {
  file.digest ??= createHash('sha1').update(file.bytes.subarray(0, file.size)).digest('base64')
  return file.digest
}
