/** `store.work`: a handler that gets every event of a region, batch by batch. */
import type { Engine } from '../engine.ts'
import { StoreError } from '../errors.ts'
import type { Region } from '../event/region.ts'
import { checkCount, checkOptionNames, checkSignal, describeType } from '../options.ts'
import type { IndexEntry } from '../read/entry.ts'
import type { Store } from '../store.ts'
import { cursorCanal, type Canal } from './canal.ts'
import type { CursorGap } from './gaps.ts'
import { Terminal, endedLoop, startLoop, type Handled, type WorkerHandle } from './loop.ts'
import { RestartBudget, checkRestart, type RestartPolicy } from './restart-budget.ts'
import { atLeastOnce, type AtLeastOnce } from './witness.ts'

export interface WorkerOptions {
  /** The most events of one batch, from 1; default 64. */
  readonly batchSize?: number
  /** The name under which the position is saved after every batch; default: it lives in memory. */
  readonly checkpoint?: string
  /** As of a cursor: how many gaps of cancelled fences to remember. */
  readonly gaps?: number
  /** How often a handler that throws gets its batch again; default `once`: one time in total. */
  readonly restart?: RestartPolicy
  /** Stops it when it aborts. */
  readonly signal?: AbortSignal
}

export interface WorkerContext {
  readonly store: Store
  /** Present when a checkpoint is configured. */
  readonly atLeastOnce?: AtLeastOnce
  /** Aborts when the worker is to end: stopped, aborted, or its store closed. */
  readonly signal: AbortSignal
  /** The gaps of cancelled fences since the last call. */
  takeGaps(): readonly CursorGap[]
}

/** What becomes of a batch: it counts as handled and the worker goes on, or ends, or it does not count. */
export type WorkerVerdict = 'continue' | 'stop' | 'rollback'

export type WorkerHandler = (
  batch: readonly IndexEntry[],
  context: WorkerContext,
) => void | WorkerVerdict | Promise<void | WorkerVerdict>

/** @throws as `Store.work` */
export function work(
  engine: Engine,
  store: Store,
  region: Region,
  handler: WorkerHandler,
  options: WorkerOptions = {},
): WorkerHandle {
  engine.assertOpen('work')
  if (typeof handler !== 'function') {
    throw new TypeError(`work: the handler must be a function, got ${describeType(handler)}`)
  }
  checkOptionNames('worker options', options, WORKER_NAMES)
  const { batchSize, restart, signal } = checkWorker(options)
  const canal = openCanal(engine, region, options)
  if ('failure' in canal) return endedLoop(engine, canal.failure)
  const budget = new RestartBudget(engine.clock, restart)
  const witness = options.checkpoint === undefined ? undefined : atLeastOnce(options.checkpoint)
  let context: WorkerContext | undefined
  return startLoop(engine, {
    canal: canal.open,
    batchSize,
    budget,
    signal,
    handle: async (batch, loop) => {
      context ??= contextOf(store, witness, loop.signal, () => canal.open.takeGaps())
      return judged(await handler(batch, context), batch.length)
    },
  })
}

/** The options that every delivery with a handler has, checked. @throws TypeError, RangeError */
export function checkWorker(options: WorkerOptions): {
  readonly batchSize: number
  readonly restart: RestartPolicy
  readonly signal: AbortSignal | undefined
} {
  const { batchSize = 64 } = options
  return {
    batchSize: checkCount('batchSize', batchSize, 1),
    restart: checkRestart(options.restart),
    signal: checkSignal(options.signal),
  }
}

/**
 * The cursor of a worker. A checkpoint that cannot be continued ends the worker, it does not refuse it
 * that is for the handle to tell.
 *
 * @throws as `Reads.cursor`, but for the checkpoint file
 */
export function openCanal(
  engine: Engine,
  region: Region,
  { checkpoint, gaps }: WorkerOptions,
): { readonly open: Canal<IndexEntry> } | { readonly failure: unknown } {
  try {
    return { open: cursorCanal(engine, region, { checkpoint, gaps }) }
  } catch (error) {
    if (error instanceof StoreError && LOAD_FAILURES.has(error.code)) return { failure: error }
    throw error
  }
}

export function contextOf(
  store: Store,
  witness: AtLeastOnce | undefined,
  signal: AbortSignal,
  takeGaps: () => readonly CursorGap[],
): WorkerContext {
  const context = { store, signal, takeGaps }
  return Object.freeze(witness === undefined ? context : { ...context, atLeastOnce: witness })
}

/** @throws Terminal for anything but a verdict: a mistake in the handler, not a failure of its work */
function judged(verdict: unknown, count: number): Handled {
  if (verdict === undefined || verdict === 'continue') return { count, next: 'continue' }
  if (verdict === 'stop') return { count, next: 'stop' }
  if (verdict === 'rollback') return { count: 0, next: 'stop' }
  const got = typeof verdict === 'string' ? JSON.stringify(verdict) : describeType(verdict)
  const cause = new TypeError(
    `a worker's handler must return nothing, 'continue', 'stop' or 'rollback', got ${got}`,
  )
  throw new Terminal(cause.message, { cause })
}

export const WORKER_NAMES: ReadonlySet<string> = new Set([
  'batchSize',
  'checkpoint',
  'gaps',
  'restart',
  'signal',
])
const LOAD_FAILURES: ReadonlySet<string> = new Set([
  'CursorCheckpointCorrupt',
  'CursorCheckpointRegionMismatch',
  'Io',
])
