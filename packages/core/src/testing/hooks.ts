/**
 * Where tests look into the engine: points at which a fault can be injected, and marks that tell
 * which paths a test has reached. Only `@batpak/core/testing` installs them; without, nothing is
 * called.
 */

/** A place between two effects of a write, in the order in which a write passes them. */
export type InjectionPoint =
  | { readonly at: 'BatchStart'; readonly batchId: number }
  | { readonly at: 'BatchBeginWritten'; readonly batchId: number }
  | {
      readonly at: 'BatchItemWritten'
      readonly batchId: number
      readonly itemIndex: number
      readonly totalItems: number
    }
  | { readonly at: 'BatchItemsComplete'; readonly batchId: number }
  | { readonly at: 'BatchCommitWritten'; readonly batchId: number }
  | { readonly at: 'BatchFsync'; readonly batchId: number }
  | { readonly at: 'BatchPrePublish'; readonly batchId: number }
  | { readonly at: 'SingleAppendStart'; readonly entity: string }
  | { readonly at: 'SingleAppendWritten'; readonly entity: string }
  | { readonly at: 'SingleAppendPublished'; readonly entity: string }
  | { readonly at: 'SegmentRotation'; readonly segmentId: number }

export type PathMark =
  | 'append.replayed'
  | 'batch.replayed'
  | 'fence.published'
  | 'fence.cancelled'
  | 'recover.TornTail'
  | 'recover.ZeroTail'
  | 'recover.OpenBatch'
  | 'recover.ShortHeader'
  | 'recover.HiddenRangesBeyondLog'
  | 'restore.footer'
  | 'restore.scan'
  | 'segment.rotated'
  | 'write.undone'
  | 'writer.poisoned'

export interface TestHooks {
  /**
   * Asked at every point. An error is thrown there: before the write as it is; between the write and
   * its visibility as that of a failed write, which is undone; at `BatchFsync` as that of a failed
   * sync; later it poisons the writer. `kill` ends the process as kill -9 does.
   */
  readonly inject?: (point: InjectionPoint) => Error | 'kill' | undefined
  readonly mark?: (mark: PathMark) => void
}

let installed: TestHooks | undefined

/** Replaces the hooks of this copy of the package; undefined for none. Returns the ones before. */
export function setHooks(hooks: TestHooks | undefined): TestHooks | undefined {
  const before = installed
  installed = hooks
  return before
}

/** Whether anybody asks: hot paths prepare a point only then. */
export function injecting(): boolean {
  return installed?.inject !== undefined
}

/** @throws what the hook wants to see thrown */
export function inject(point: InjectionPoint): void {
  const answer = installed?.inject?.(point)
  if (answer === 'kill') process.kill(process.pid, 'SIGKILL')
  else if (answer !== undefined) throw answer
}

/** As `inject`, behind the effect of a write: nothing could be undone, so the writer must stop. */
export function injectOrPoison(
  writer: { poison(error: unknown): never },
  point: InjectionPoint,
): void {
  if (installed === undefined) return
  try {
    inject(point)
  } catch (error) {
    writer.poison(error)
  }
}

export function mark(name: PathMark): void {
  installed?.mark?.(name)
}
