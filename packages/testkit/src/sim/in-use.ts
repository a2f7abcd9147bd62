import type { Inode } from './inode.ts'

/** What running processes hold of a disk. It is gone with them, the disk stays. */
export class InUse {
  readonly #locks = new Map<Inode, object>()
  readonly #descriptors = new Map<Inode, number>()
  readonly #maps = new Map<Inode, number>()

  /** Takes the exclusive lock of a file for one open file description, as flock(2). */
  lock(node: Inode, description: object): boolean {
    const holder = this.#locks.get(node)
    if (holder === undefined) this.#locks.set(node, description)
    return holder === undefined || holder === description
  }

  /** Drops the lock if this very description holds it: closing another one changes nothing. */
  unlock(node: Inode, description: object): void {
    if (this.#locks.get(node) === description) this.#locks.delete(node)
  }

  isLocked(node: Inode): boolean {
    return this.#locks.has(node)
  }

  countDescriptor(node: Inode, change: 1 | -1): void {
    count(this.#descriptors, node, change)
  }

  countMap(node: Inode, change: 1 | -1): void {
    count(this.#maps, node, change)
  }

  isOpen(node: Inode): boolean {
    return this.#descriptors.has(node)
  }

  isMapped(node: Inode): boolean {
    return this.#maps.has(node)
  }
}

function count(counts: Map<Inode, number>, node: Inode, change: 1 | -1): void {
  const now = (counts.get(node) ?? 0) + change
  if (now === 0) counts.delete(node)
  else counts.set(node, now)
}
