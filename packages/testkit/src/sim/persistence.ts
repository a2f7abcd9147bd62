/**
 * What a crash may take. Three models of a machine:
 *
 * - `process`: `kill -9`. Every completed call stands; only the last write may be cut.
 * - `ordered`: power loss on a journalling file system such as ext4. Synced file data stands, and with
 *   it every earlier directory operation; of the rest the operations of one directory keep their order.
 * - `posix`: power loss where nothing is promised but fsync of the file and of its directory.
 */
import type { DiskOp } from './inode.ts'

export type PersistenceModel = 'process' | 'ordered' | 'posix'

export const PERSISTENCE_MODELS: readonly PersistenceModel[] = ['process', 'ordered', 'posix']

/** An operation on the bytes of a file. */
export function isDataOp(op: DiskOp): op is DiskOp & { op: 'write' | 'truncate' } {
  return op.op === 'write' || op.op === 'truncate'
}

/** The directories whose entries an operation changes. */
export function directoriesOf(op: DiskOp): readonly number[] {
  if (op.op === 'link' || op.op === 'unlink') return [op.dir]
  return op.op === 'rename' ? [op.from.dir, op.to.dir] : []
}

/**
 * For every operation how many operations must have completed so that no crash can undo it any more;
 * `Infinity` when none of the recorded syncs guarantees it.
 */
export function settledAt(ops: readonly DiskOp[], model: PersistenceModel): readonly number[] {
  if (model === 'process') return ops.map((_, i) => i + 1)
  const settled = ops.map((op, i) => (isLosable(op) ? Infinity : i + 1))
  const uncertain = new Set<number>()
  for (const [s, sync] of ops.entries()) {
    if (sync.op !== 'sync' && sync.op !== 'syncFailed') continue
    const end = Math.min(s, sync.covers ?? s)
    for (let i = 0; i < end; i += 1) {
      if (settled[i] !== Infinity || uncertain.has(i)) continue
      if (sync.op === 'syncFailed') {
        if (isCovered(ops[i]!, sync.ino, 'posix')) uncertain.add(i)
      } else if (isCovered(ops[i]!, sync.ino, model)) settled[i] = s + 1
    }
  }
  return settled
}

function isLosable(op: DiskOp): boolean {
  return isDataOp(op) || directoriesOf(op).length > 0
}

/** Whether a sync of `ino` is about this operation. */
function isCovered(op: DiskOp, ino: number, model: 'ordered' | 'posix'): boolean {
  if (isDataOp(op)) return op.ino === ino
  // A journal commits every directory operation before the sync, whatever was synced.
  if (model === 'ordered') return true
  const directories = directoriesOf(op)
  return directories.length > 0 && directories.every((directory) => directory === ino)
}
