import { systemError } from '@batpak/platform'
import type { DirectoryNode, Inode } from './inode.ts'
import { entryKey, isAbsolute, splitPath, type PathStyle } from './sim-paths.ts'

/** Where a path leads. */
export interface Place {
  readonly parent: DirectoryNode
  /** As it is stored, or as it was asked for when nothing is there. */
  readonly name: string
  /** Undefined: the parent has no such entry. */
  readonly node: Inode | undefined
  /** The names of the canonical path. */
  readonly names: readonly string[]
}

/**
 * Follows a path as the kernel does: links of all components but the last, and of the last one with
 * `follow` or a separator at the end.
 * @throws `ENOENT` for a missing directory on the way or an empty path, `ENOTDIR`, `ELOOP`
 */
export function walk(
  disk: { readonly style: PathStyle; readonly root: DirectoryNode },
  path: string,
  syscall: string,
  follow: boolean,
): Place {
  const fail = (code: string): Error => systemError(code, syscall, undefined, path)
  if (path === '') throw fail('ENOENT')
  const { names, directory } = splitPath(disk.style, path)
  const pending = [...names].reverse()
  const chain: DirectoryNode[] = [disk.root]
  let links = 0
  while (pending.length > 0) {
    const wanted = pending.pop()!
    if (wanted === '..') {
      if (chain.length > 1) chain.pop()
      continue
    }
    const parent = chain.at(-1)!
    const entry = parent.entries.get(entryKey(disk.style, wanted))
    const last = pending.length === 0
    if (entry === undefined && !last) throw fail('ENOENT')
    const node = entry?.node
    const name = entry?.name ?? wanted
    if (node?.kind === 'symlink' && (!last || follow || directory)) {
      if ((links += 1) > MAX_LINKS) throw fail('ELOOP')
      pending.push(...splitPath(disk.style, node.target).names.toReversed())
      if (isAbsolute(disk.style, node.target)) chain.length = 1
      continue
    }
    if (node !== undefined && node.kind !== 'directory' && (!last || directory))
      throw fail('ENOTDIR')
    if (last) {
      return { parent, name, node, names: [...chain.slice(1).map((d) => d.name), name] }
    }
    chain.push(node as DirectoryNode)
  }
  const node = chain.at(-1)!
  const parent = chain.at(-2) ?? disk.root
  return { parent, name: node.name, node, names: chain.slice(1).map((d) => d.name) }
}

const MAX_LINKS = 40
