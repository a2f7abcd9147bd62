/** `store.watch`: the states of a projection, as its entity changes (R-102 … R-109). */
import type { Engine } from '../engine.ts'
import { StoreError } from '../errors.ts'
import { generationOf } from '../index-store/generation.ts'
import { checkOptionNames, checkSignal, describeType } from '../options.ts'
import { checkTarget, projectIfChanged, type ProjectedState } from '../projection/project.ts'
import type { Projection } from '../projection/projection.ts'
import { openCursor, type Cursor } from './cursor.ts'
import type { RowTest } from './row-test.ts'
import { pullIterator, type PullIterator } from './pull-iterator.ts'
import { Wait, rowsCome } from './wait.ts'

export interface WatchOptions {
  /**
   * `latest` (default): changes from now on; whoever falls `broadcastCapacity` events behind is told.
   * `cursor`: from the beginning or the checkpoint, so the present state comes first.
   */
  readonly mode?: 'latest' | 'cursor'
  /** Mode `cursor` only: saved for each element, when the next one is asked for. */
  readonly checkpoint?: string
  /** Ends the watch when it aborts. */
  readonly signal?: AbortSignal
}

/** @throws as `Store.watch` */
export function watch<S>(
  engine: Engine,
  projection: Projection<S>,
  entity: string,
  options: WatchOptions = {},
): PullIterator<ProjectedState<S>> {
  engine.assertOpen('watch')
  checkTarget('watch', projection, entity)
  checkOptionNames('watch options', options, NAMES)
  const { mode = 'latest', checkpoint } = options
  const signal = checkSignal(options.signal)
  if (mode !== 'latest' && mode !== 'cursor') {
    throw new TypeError(`mode must be 'latest' or 'cursor', got ${describeType(mode)}`)
  }
  if (mode === 'latest' && checkpoint !== undefined) {
    throw new TypeError("checkpoint: only a watch of mode 'cursor' has one")
  }
  const cursor = mode === 'latest' ? undefined : openCursor(engine, { entity }, { checkpoint })
  const watcher = new Watcher(engine, projection, entity, cursor, signal)
  return pullIterator(
    () => watcher.next(),
    () => watcher.end(),
  )
}

class Watcher<S> {
  readonly #engine: Engine
  readonly #projection: Projection<S>
  readonly #entity: string
  readonly #cursor: Cursor | undefined
  readonly #wait: Wait
  readonly #test: RowTest
  #generation: number
  /** Exclusive: what concerns the watcher is in an element already, below this bound. */
  #appliedTo: number
  #unregister: (() => void) | undefined
  #pruned = false

  constructor(
    engine: Engine,
    projection: Projection<S>,
    entity: string,
    cursor: Cursor | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#engine = engine
    this.#projection = projection
    this.#entity = entity
    this.#cursor = cursor
    this.#wait = new Wait(engine, signal)
    // the entity itself; its descendants do not wake.
    this.#test = ({ columns, names }, row) => names.text(columns.entityId(row)) === entity
    this.#generation = cursor === undefined ? this.#now() : 0
    this.#appliedTo = cursor === undefined ? engine.index.visible : (cursor.position ?? -1) + 1
  }

  /** @throws what the projection throws; StoreError `SubscriptionPruned`, `CheckpointWriteFailed` */
  async next(): Promise<ProjectedState<S> | undefined> {
    this.#unregister ??= this.#engine.applied.register({ appliedTo: () => this.#appliedTo })
    if (!this.#wait.ended) this.#cursor?.commit()
    while (!this.#wait.ended) {
      const { visible } = this.#engine.index
      const element = this.#cursor === undefined ? this.#latest() : this.#pulled(this.#cursor)
      this.#reach(visible)
      if (element !== undefined) return element
      const passed = (to: number): void => {
        this.#appliedTo = to
      }
      await this.#wait.for(rowsCome(this.#engine, this.#test, passed))
    }
    return undefined
  }

  end(): void {
    this.#wait.end()
    this.#unregister?.()
    this.#cursor?.[Symbol.dispose]()
  }

  #latest(): ProjectedState<S> | undefined {
    const { broadcastCapacity: capacity } = this.#engine.config
    if (this.#pruned) throw new StoreError('SubscriptionPruned', { capacity })
    // What a subscription would have buffered since: the events of the entity.
    this.#pruned = this.#now() - this.#generation > capacity
    return this.#changed()
  }

  /** An element when the cursor comes over an event of the entity; it stands at the present end then. */
  #pulled(cursor: Cursor): ProjectedState<S> | undefined {
    let isConcerned = false
    for (const entry of cursor) isConcerned ||= entry.entity === this.#entity
    return isConcerned ? this.#changed() : undefined
  }

  #changed(): ProjectedState<S> | undefined {
    const element = projectIfChanged(this.#engine, this.#projection, this.#entity, this.#generation)
    if (element !== undefined) this.#generation = element.generation
    return element
  }

  #now(): number {
    const record = this.#engine.index.names.entity(this.#entity)
    return record === undefined ? 0 : generationOf(this.#engine.index, record)
  }

  #reach(bound: number): void {
    if (bound <= this.#appliedTo) return
    this.#appliedTo = bound
    this.#engine.applied.advanced()
  }
}

const NAMES: ReadonlySet<string> = new Set(['mode', 'checkpoint', 'signal'])
