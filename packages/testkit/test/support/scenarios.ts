/** What batpak's own store is crashed in: small scenarios, each about one path of the engine. */
import type { PathMark } from '@batpak/core/testing'
import { Store, defineEvent, type StoreOptions } from '@batpak/core'
import type { CrashApp, Scenario, StoreStep } from '../../src/index.ts'

export interface StoreScenario {
  readonly options?: Partial<StoreOptions>
  readonly scenario: Scenario<Store>
  /** What it must reach, recoveries included. */
  readonly marks: readonly PathMark[]
}

const Ticked = defineEvent<{ n: number }>({ name: 'Ticked', category: 0xf, typeId: 1 })
const at = { entity: 'a', scope: 'testkit' }

export const SCENARIOS: Readonly<Record<string, StoreScenario>> = {
  append: {
    scenario: steps(
      { do: 'append', n: 1 },
      { do: 'append', n: 2, entity: 'b' },
      { do: 'append', n: 3, expected: 0 },
      { do: 'append', n: 4, until: 'durable' },
      { do: 'append', n: 5, key: 'k' },
      { do: 'append', n: 5, key: 'k' },
      { do: 'append', n: 6, pad: 1200 },
    ),
    marks: ['append.replayed', 'recover.TornTail', 'restore.scan'],
  },
  rotation: {
    options: { segmentMaxBytes: 1500 },
    scenario: steps(
      ...[1, 2, 3, 4, 5, 6].map((n) => ({ do: 'append', n, pad: 100 * n }) as const),
      { do: 'batch', n: [7, 8] },
      { do: 'append', n: 9 },
    ),
    marks: ['segment.rotated', 'restore.footer', 'restore.scan', 'recover.TornTail'],
  },
  batch: {
    scenario: steps(
      { do: 'append', n: 1 },
      { do: 'batch', n: [2, 3, 4] },
      { do: 'append', n: 5 },
      { do: 'batch', n: [6, 7], entity: 'b', keys: ['x', 'y'] },
      { do: 'batch', n: [6, 7], entity: 'b', keys: ['x', 'y'] },
      { do: 'batch', n: [8, 9], badCause: true, fails: 'BatchFailed' },
      { do: 'batch', n: [10, 11], pad: 700 },
    ),
    marks: ['batch.replayed', 'recover.OpenBatch', 'recover.TornTail'],
  },
  'fence publish': {
    scenario: steps(
      { do: 'append', n: 1 },
      { do: 'beginFence' },
      { do: 'fencedAppend', n: 2 },
      { do: 'fencedBatch', n: [3, 4], entity: 'b' },
      { do: 'fencedAppend', n: 5 },
      { do: 'publish' },
      { do: 'append', n: 6 },
    ),
    marks: ['fence.published', 'recover.TornTail'],
  },
  'fence cancel': {
    scenario: steps(
      { do: 'append', n: 1 },
      { do: 'beginFence' },
      { do: 'fencedAppend', n: 2 },
      { do: 'fencedBatch', n: [3, 4], entity: 'b' },
      { do: 'cancel' },
      { do: 'append', n: 5 },
      { do: 'sync' },
      { do: 'beginFence' },
      { do: 'fencedAppend', n: 6, entity: 'b' },
      { do: 'cancel' },
      { do: 'append', n: 7, entity: 'b', until: 'durable' },
    ),
    marks: ['fence.cancelled', 'recover.TornTail'],
  },
  checkpoint: {
    scenario: (store) => {
      const cursor = store.cursor({ kind: Ticked }, { checkpoint: 'ticks' })
      for (const n of [1, 2, 3, 4]) {
        store.append(at, Ticked, { n })
        cursor.poll()
        if (n % 2 === 0) cursor.commit()
      }
      store.append(at, Ticked, { n: 5 })
    },
    marks: ['recover.TornTail'],
  },
  sync: {
    scenario: async (store) => {
      store.append(at, Ticked, { n: 1 })
      store.sync()
      store.append(at, Ticked, { n: 2 })
      const syncing = store.syncAsync()
      store.append(at, Ticked, { n: 3 })
      await syncing
      store.group(() => {
        for (const n of [4, 5, 6]) store.append(at, Ticked, { n })
      })
      store.append(at, Ticked, { n: 7 })
    },
    marks: ['recover.TornTail'],
  },
  'cadence 1': {
    options: { syncEveryNEvents: 1 },
    scenario: steps(
      { do: 'append', n: 1 },
      { do: 'append', n: 2, entity: 'b' },
      { do: 'group', n: [3, 4] },
      { do: 'denial' },
      { do: 'append', n: 5 },
    ),
    marks: ['recover.TornTail'],
  },
  'cadence 3': {
    options: { syncEveryNEvents: 3, segmentMaxBytes: 2500 },
    scenario: steps(...[1, 2, 3, 4, 5, 6, 7].map((n) => ({ do: 'append', n }) as const)),
    marks: ['recover.TornTail', 'segment.rotated'],
  },
  denial: {
    scenario: steps(
      { do: 'append', n: 1 },
      { do: 'denial' },
      { do: 'denial', entity: 'b' },
      { do: 'sync' },
      { do: 'denial' },
    ),
    marks: ['recover.TornTail'],
  },
  close: {
    scenario: steps(
      { do: 'append', n: 1 },
      { do: 'batch', n: [2, 3] },
      { do: 'append', n: 4 },
      { do: 'close' },
    ),
    marks: ['recover.TornTail', 'restore.footer'],
  },
  'close under a fence': {
    scenario: steps(
      { do: 'append', n: 1 },
      { do: 'batch', n: [2, 3] },
      { do: 'beginFence' },
      { do: 'fencedAppend', n: 4 },
      { do: 'close' },
    ),
    marks: ['fence.cancelled', 'restore.footer'],
  },
}

/** How the kit opens batpak's own store. */
export function plainApp(options: Partial<StoreOptions> = {}): CrashApp<Store> {
  const { syncEveryNEvents } = options
  return {
    open: ({ dir, platform }) => Store.open({ ...options, dataDir: dir, platform }),
    ...(syncEveryNEvents !== undefined && { syncEveryNEvents }),
  }
}

function steps(...list: readonly StoreStep[]): Scenario<Store> {
  return { steps: list.map((step) => ({ ...step }) as never) }
}
