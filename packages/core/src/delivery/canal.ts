/** What a worker pulls from: a cursor, which loses nothing, or a subscription, which may. */
import type { Engine } from '../engine.ts'
import { fixRegion, type Region } from '../event/region.ts'
import type { IndexEntry } from '../read/entry.ts'
import { commitAt, openCursor, type CursorOptions } from './cursor.ts'
import { rowTest } from './row-test.ts'
import type { CursorGap } from './gaps.ts'
import type { Notification } from './notification.ts'
import { subscribe, type Subscription } from './subscription.ts'
import { rowsCome, type Arm } from './wait.ts'

export interface Canal<T extends { readonly sequence: number }> {
  /** The sequence below which nothing is left to deliver when it begins. */
  readonly from: number
  /** Up to `max` items, none when there are none at the moment. What is buffered comes before an end. */
  pull(max: number): readonly T[]
  /** Listens for more. */
  come(passed: (visible: number) => void): Arm
  /** Everything up to `sequence` was handled; what was pulled behind it is pulled again. */
  commit(sequence: number): void
  /** What was pulled since the last commit is pulled again. */
  rollback(): void
  takeGaps(): readonly CursorGap[]
  dispose(): void
}

/** @throws as `Reads.cursor` */
export function cursorCanal(
  engine: Engine,
  region: Region,
  options: CursorOptions,
): Canal<IndexEntry> {
  const cursor = openCursor(engine, region, options)
  const test = rowTest(cursor.region)
  return {
    from: (cursor.position ?? -1) + 1,
    pull: (max) => cursor.pollBatch(max),
    come: (passed) => rowsCome(engine, test, passed),
    commit: (sequence) => commitAt(cursor, sequence),
    rollback: () => cursor.rollback(),
    takeGaps: () => cursor.takeGaps(),
    dispose: () => cursor[Symbol.dispose](),
  }
}

/** @throws as `Store.subscribe` */
export function lossyCanal(engine: Engine, region: Region): Canal<Notification> {
  const subscription = subscribe(engine, region)
  const { clock: _, ...live } = fixRegion(region)
  const test = rowTest(live)
  return {
    from: engine.index.visible,
    pull(max) {
      const items: Notification[] = []
      while (items.length < max) {
        const item = nextOf(subscription, items.length > 0)
        if (item === undefined) return items
        items.push(item)
      }
      return items
    },
    come: (passed) => rowsCome(engine, test, passed),
    commit: () => undefined,
    rollback: () => undefined,
    takeGaps: () => [],
    dispose: () => subscription[Symbol.dispose](),
  }
}

/** The next item; the failure at the end only when nothing before it is left to handle. */
function nextOf(subscription: Subscription, hasMore: boolean): Notification | undefined {
  try {
    return subscription.tryNext()
  } catch (error) {
    if (hasMore) return undefined
    throw error
  }
}
