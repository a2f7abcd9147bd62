/** What a caller passes for a projection, checked. */
import type { Engine } from '../engine.ts'
import { generationOf } from '../index-store/generation.ts'
import { checkOptionNames, describeType } from '../options.ts'
import { foldOf, type Projection } from './projection.ts'
import { runProjection } from './run.ts'

export interface ProjectOptions {
  /**
   * Take a cached state that lacks newer events, if it was cached less than so many milliseconds ago
   * by the store's clock; default: never.
   */
  readonly maxStaleMs?: number
}

/** A state and the entity's generation that it was built from. */
export interface ProjectedState<S> {
  readonly generation: number
  /** Absent when there is no state. */
  readonly state?: S
}

/** @throws as `Reads.project` */
export function project<S>(
  engine: Engine,
  projection: Projection<S>,
  entity: string,
  options: ProjectOptions = {},
): S | undefined {
  engine.assertOpen('project')
  checkTarget('project', projection, entity)
  checkOptionNames('project options', options, NAMES)
  return runProjection(engine, projection, entity, checkStaleness(options.maxStaleMs)).state
}

/** @throws as `Reads.projectIfChanged` */
export function projectIfChanged<S>(
  engine: Engine,
  projection: Projection<S>,
  entity: string,
  since: number,
): ProjectedState<S> | undefined {
  engine.assertOpen('projectIfChanged')
  checkTarget('projectIfChanged', projection, entity)
  if (typeof since !== 'number') {
    throw new TypeError(`projectIfChanged: since must be a number, got ${describeType(since)}`)
  }
  if (!Number.isSafeInteger(since) || since < 0) {
    throw new RangeError(
      `projectIfChanged: since must be a generation, a non-negative integer, got ${since}`,
    )
  }
  const record = engine.index.names.entity(entity)
  if ((record === undefined ? 0 : generationOf(engine.index, record)) === since) return undefined
  const { generation, state } = runProjection(engine, projection, entity)
  return state === undefined ? { generation } : { generation, state }
}

/** @throws TypeError for anything but a projection and the name of an entity */
export function checkTarget(operation: string, projection: unknown, entity: unknown): void {
  if (typeof entity !== 'string') {
    throw new TypeError(`${operation}: entity must be a string, got ${describeType(entity)}`)
  }
  foldOf(operation, projection as Projection<unknown>)
}

function checkStaleness(maxStaleMs: number | undefined): number | undefined {
  if (maxStaleMs === undefined) return undefined
  if (typeof maxStaleMs !== 'number') {
    throw new TypeError(`maxStaleMs must be a number, got ${describeType(maxStaleMs)}`)
  }
  if (maxStaleMs >= 0) return maxStaleMs
  throw new RangeError(`maxStaleMs must not be negative, got ${maxStaleMs}`)
}

const NAMES: ReadonlySet<string> = new Set(['maxStaleMs'])
