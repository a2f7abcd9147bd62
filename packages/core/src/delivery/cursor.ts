/** Ordered pull: every visible event of a region once, in commit order, from where it stands. */
import type { Engine } from '../engine.ts'
import { fixRegion, type Region } from '../event/region.ts'
import type { EventIndex } from '../index-store/event-index.ts'
import { RowWalk } from '../index-store/query.ts'
import { checkCount, checkOptionNames, checkSignal } from '../options.ts'
import type { IndexEntry } from '../read/entry.ts'
import { entryOf } from '../read/materialize.ts'
import { Checkpoint } from './checkpoint.ts'
import { rowTest } from './row-test.ts'
import { Gaps, type CursorGap } from './gaps.ts'
import { pullIterator, type PullIterator } from './pull-iterator.ts'
import { Wait, rowsCome } from './wait.ts'

export interface CursorOptions {
  /**
   * The name under which `commit` saves the position durably, 1 to 1024 bytes; one cursor, worker,
   * reactor or watcher of a store can have it at a time. Default: positions live in memory.
   */
  readonly checkpoint?: string | undefined
  /** How many gaps of cancelled fences to remember, at least 1; default: none are looked for. */
  readonly gaps?: number | undefined
}

export interface BatchesOptions {
  /** The most events of one batch; default 64. */
  readonly max?: number
  /** Ends the iteration when it aborts. */
  readonly signal?: AbortSignal
}

// Assigned by the class itself: its constructor is nobody else's.
let make: (
  engine: Engine,
  region: Region,
  checkpoint: Checkpoint | undefined,
  gaps: Gaps | undefined,
) => Cursor

let makeCommitAt: (cursor: Cursor, sequence: number) => void

/** Commits up to `sequence`, which was delivered; what is behind it is delivered again. @throws as `commit` */
export function commitAt(cursor: Cursor, sequence: number): void {
  makeCommitAt(cursor, sequence)
}

/** @throws as `Reads.cursor` */
export function openCursor(engine: Engine, region: Region, options: CursorOptions = {}): Cursor {
  engine.assertOpen('cursor')
  const fixed = fixRegion(region)
  checkOptionNames('cursor options', options, OPTION_NAMES)
  const gaps =
    options.gaps === undefined ? undefined : new Gaps(checkCount('gaps', options.gaps, 1))
  const { checkpoint } = options
  if (checkpoint === undefined) return make(engine, fixed, undefined, gaps)
  const saved = new Checkpoint(engine, checkpoint, fixed)
  try {
    return make(engine, fixed, saved, gaps)
  } catch (error) {
    saved.release()
    throw error
  }
}

/**
 * Of `store.cursor()`. It stands behind the event it delivered last; what is committed later is
 * delivered later. Compaction does not disturb it.
 */
export class Cursor implements Iterable<IndexEntry>, AsyncIterable<IndexEntry> {
  /** A frozen copy of what it was made with. */
  readonly region: Region
  readonly #engine: Engine
  readonly #checkpoint: Checkpoint | undefined
  readonly #gaps: Gaps | undefined
  readonly #iterations = new Set<Wait>()
  #position: number | undefined
  #committed: number | undefined
  /** No row of the region below it is left to deliver. */
  #scanned = 0
  #walk: RowWalk | undefined
  /** The index that is walked, and the visible bound when the walk began. */
  #walked: EventIndex | undefined
  #bound = 0
  /** The row that the walk came to and that is not delivered yet. */
  #ahead = -1
  #disposed = false

  private constructor(
    engine: Engine,
    region: Region,
    checkpoint: Checkpoint | undefined,
    gaps: Gaps | undefined,
  ) {
    this.region = region
    this.#engine = engine
    this.#checkpoint = checkpoint
    this.#gaps = gaps
    this.#committed = checkpoint?.load()
    this.#rewind()
  }

  static {
    make = (engine, region, checkpoint, gaps): Cursor =>
      new Cursor(engine, region, checkpoint, gaps)
    makeCommitAt = (cursor, sequence): void => {
      const isAll = sequence === cursor.#position
      cursor.#position = sequence
      cursor.commit()
      if (!isAll) cursor.#rewind()
    }
  }

  /** The sequence of the last delivered event; undefined before the first. */
  get position(): number | undefined {
    return this.#position
  }

  /** The next event, or undefined when there is none yet. @throws StoreError `StoreClosed` */
  poll(): IndexEntry | undefined {
    return this.#take('poll', 1)[0]
  }

  /** The next events, up to `max`; none when there are none yet. @throws StoreError `StoreClosed` */
  pollBatch(max: number): readonly IndexEntry[] {
    return this.#take('pollBatch', checkCount('max', max))
  }

  /**
   * Batches of events, for ever: it waits for commits, and ends when it is aborted, returned from, or
   * the store closes. It moves this cursor and commits nothing.
   */
  batches(options: BatchesOptions = {}): PullIterator<readonly IndexEntry[]> {
    this.#assertUsable('batches')
    checkOptionNames('batches options', options, BATCHES_NAMES)
    const max = options.max === undefined ? 64 : checkCount('max', options.max, 1)
    return this.#waiting(checkSignal(options.signal), () => {
      const batch = this.pollBatch(max)
      return batch.length === 0 ? undefined : batch
    })
  }

  /**
   * Everything delivered so far counts as handled: `rollback` comes back to here, and with a
   * checkpoint so does the next cursor of its name, also after a crash.
   *
   * @throws StoreError `StoreClosed`, `CheckpointWriteFailed`; `Configuration` for a checkpoint on a
   *   store that only reads. The position stays, what was committed before stays committed.
   */
  commit(): void {
    this.#assertUsable('commit')
    const position = this.#position
    if (position === this.#committed) return
    this.#checkpoint?.save(position!)
    this.#committed = position
  }

  /** Back to what was committed last: what was delivered since is delivered again. */
  rollback(): void {
    this.#assertUsable('rollback')
    this.#position = this.#committed
    this.#rewind()
  }

  /** The gaps since the last call, oldest first: cancelled events between two delivered ones. */
  takeGaps(): readonly CursorGap[] {
    return this.#gaps?.take() ?? []
  }

  /** From here to the present end; what is committed during the iteration is not in it. */
  [Symbol.iterator](): IterableIterator<IndexEntry> {
    this.#assertUsable('iteration')
    const { visible } = this.#engine.index
    let ended = false
    const iterator: IterableIterator<IndexEntry> = {
      [Symbol.iterator]: () => iterator,
      next: () => {
        ended ||= this.#disposed || this.#engine.closed
        const value = ended ? undefined : this.#take('iteration', 1, visible)[0]
        ended = value === undefined
        return value === undefined ? { done: true, value } : { done: false, value }
      },
      return: () => {
        ended = true
        return { done: true, value: undefined }
      },
    }
    return iterator
  }

  /** As `batches`, one event at a time. */
  [Symbol.asyncIterator](): PullIterator<IndexEntry> {
    this.#assertUsable('iteration')
    return this.#waiting(undefined, () => this.poll())
  }

  /** Ends its iterations and gives its checkpoint name free; nothing is committed. */
  [Symbol.dispose](): void {
    if (this.#disposed) return
    this.#disposed = true
    for (const wait of this.#iterations) wait.end()
    this.#checkpoint?.release()
  }

  #take(operation: string, max: number, before = Infinity): IndexEntry[] {
    this.#assertUsable(operation)
    const entries: IndexEntry[] = []
    while (entries.length < max) {
      const row = this.#peek()
      if (row < 0) break
      const { columns, hidden } = this.#engine.index
      const sequence = columns.sequence(row)
      if (sequence >= before) break
      this.#gaps?.delivered((this.#position ?? -1) + 1, sequence, hidden)
      this.#position = sequence
      this.#scanned = sequence + 1
      this.#ahead = -1
      entries.push(entryOf(this.#engine, row))
    }
    return entries
  }

  /** The row to deliver next, or -1. The walk goes on from call to call, as long as its index lives. */
  #peek(): number {
    const { index } = this.#engine
    if (this.#walked !== index) {
      this.#walk = undefined
      this.#ahead = -1
    }
    while (this.#ahead < 0) {
      if (this.#walk === undefined) {
        if (index.visible <= this.#scanned) return -1
        const after = this.#scanned === 0 ? undefined : this.#scanned - 1
        this.#walk = new RowWalk(index, this.region, { after })
        this.#walked = index
        this.#bound = index.visible
      }
      this.#ahead = this.#walk.next()
      if (this.#ahead < 0) {
        this.#walk = undefined
        this.#scanned = this.#bound
      }
    }
    return this.#ahead
  }

  #rewind(): void {
    this.#position = this.#committed
    this.#scanned = (this.#committed ?? -1) + 1
    this.#walk = undefined
    this.#ahead = -1
  }

  #waiting<T>(signal: AbortSignal | undefined, poll: () => T | undefined): PullIterator<T> {
    const wait = new Wait(this.#engine, signal)
    const come = rowsCome(this.#engine, rowTest(this.region))
    this.#iterations.add(wait)
    const pull = async (): Promise<T | undefined> => {
      while (!wait.ended) {
        const item = poll()
        if (item !== undefined) return item
        await wait.for(come)
      }
      return undefined
    }
    return pullIterator(pull, () => {
      this.#iterations.delete(wait)
      wait.end()
    })
  }

  #assertUsable(operation: string): void {
    this.#engine.assertOpen(operation)
    if (this.#disposed) throw new TypeError(`${operation}: the cursor was disposed of`)
  }
}

const OPTION_NAMES: ReadonlySet<string> = new Set(['checkpoint', 'gaps'])
const BATCHES_NAMES: ReadonlySet<string> = new Set(['max', 'signal'])
