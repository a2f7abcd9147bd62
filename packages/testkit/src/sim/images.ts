/** The disk as a crash leaves it: replayed from a history, never copied from what a process saw. */
import type { DiskHistory } from './history.ts'
import type { DiskOp } from './inode.ts'
import { settledAt, type PersistenceModel } from './persistence.ts'
import type { SimDisk } from './sim-disk.ts'
import { simIds } from './sim-ids.ts'

/**
 * What became of an operation that was not on stable storage: nothing, or the first `keep` bytes of a
 * write, followed by zeros or junk in its length, or by nothing.
 */
export type Fate = 'lost' | { readonly keep: number; readonly rest?: 'zero' | 'junk' }

/** By the number of the operation; those that are not listed happened as they were called. */
export type Fates = ReadonlyMap<number, Fate>

/** All images that one history can leave under one model. */
export class Images {
  readonly history: DiskHistory
  readonly model: PersistenceModel
  readonly #settled: readonly number[]
  /** Disks after the first n operations as they were called, which many images begin with. */
  readonly #stems = new Map<number, SimDisk>()

  constructor(history: DiskHistory, model: PersistenceModel) {
    this.history = history
    this.model = model
    this.#settled = settledAt(history.ops, model)
    this.#stems.set(0, history.base)
  }

  /** Numbers of the operations that a crash after the first `cut` may undo. */
  pending(cut: number): number[] {
    const pending: number[] = []
    for (let i = 0; i < cut; i += 1) if (this.#settled[i]! > cut) pending.push(i)
    return pending
  }

  /** The disk after the first `cut` operations, with these fates. It is the caller's own. */
  image(cut: number, fates: Fates): SimDisk {
    const first = Math.min(cut, ...fates.keys())
    const disk = this.#stem(first).fork()
    for (let i = first; i < cut; i += 1) {
      const op = applied(this.history.ops[i]!, fates.get(i), i)
      if (op !== undefined) disk.apply(op)
    }
    return disk
  }

  #stem(length: number): SimDisk {
    const known = this.#stems.get(length)
    if (known !== undefined) return known
    let start = length
    while (!this.#stems.has(start)) start -= 1
    const disk = this.#stems.get(start)!.fork()
    for (let i = start; i < length; i += 1) disk.apply(this.history.ops[i]!)
    this.#stems.set(length, disk)
    return disk
  }
}

/** The operation as it reached the disk; undefined when it did not. */
export function applied(op: DiskOp, fate: Fate | undefined, seed: number): DiskOp | undefined {
  if (fate === undefined) return op
  if (fate === 'lost') return undefined
  if (op.op !== 'write') return op
  const { keep, rest } = fate
  if (rest === undefined) return { ...op, data: op.data.subarray(0, keep) }
  const data = new Uint8Array(op.data.length)
  if (rest === 'junk') simIds(seed ^ 0x5eed)(data)
  data.set(op.data.subarray(0, keep))
  return { ...op, data }
}
