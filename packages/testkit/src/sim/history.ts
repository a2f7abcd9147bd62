/** Everything that happened to a disk since some moment: what a crash can cut, keep and lose. */
import type { DiskOp } from './inode.ts'
import type { SimDisk } from './sim-disk.ts'

export interface DiskHistory {
  /** The disk before the first operation, all of it on stable storage. Nobody may change it. */
  readonly base: SimDisk
  readonly ops: readonly DiskOp[]
}

/** A history that grows while its disk is used. */
export class Recording implements DiskHistory {
  readonly base: SimDisk
  readonly ops: DiskOp[]
  readonly #stop: () => void

  /**
   * @param before what led to the present state of `disk` when nothing of it need be on stable
   *   storage yet, as after `kill -9`; default: the state is all on stable storage
   */
  constructor(disk: SimDisk, before?: DiskHistory) {
    this.base = before?.base ?? disk.fork()
    this.ops = [...(before?.ops ?? [])]
    const shift = this.ops.length - disk.position
    this.#stop = disk.observe((op) => {
      const covers = 'covers' in op && op.covers !== undefined ? op.covers + shift : undefined
      this.ops.push(covers === undefined ? op : ({ ...op, covers } as DiskOp))
    })
  }

  stop(): void {
    this.#stop()
  }
}
