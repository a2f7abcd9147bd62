/** How far everything that folds or handles events has come: what the frontier `applied` stands for. */
import type { Engine } from '../engine.ts'
import type { HlcPoint } from '../frontier/hlc.ts'
import { checkTarget, project } from '../projection/project.ts'
import { foldOf, type Projection } from '../projection/projection.ts'

/** Somebody who counts for `applied` as long as it is registered. */
export interface AppliedSource {
  /** Exclusive: of everything visible below it, what concerns the source was applied. */
  appliedTo(): number
}

export class Applied {
  readonly #engine: Engine
  readonly #sources = new Set<AppliedSource>()
  readonly #tracked = new Set<TrackedProjection>()

  constructor(engine: Engine) {
    this.#engine = engine
    engine.frontier.appliedBy = (): HlcPoint | undefined => this.#point()
  }

  /** Counts `source` until the returned function is called; that may be called again. */
  register(source: AppliedSource): () => void {
    this.#sources.add(source)
    return () => {
      if (this.#sources.delete(source)) this.advanced()
    }
  }

  /** As `register`, of a projection whose every fold counts. */
  track(source: TrackedProjection): () => void {
    const unregister = this.register(source)
    this.#tracked.add(source)
    return () => {
      this.#tracked.delete(source)
      unregister()
    }
  }

  /** A source came further: whoever waits for `applied` is told. */
  advanced(): void {
    this.#engine.frontier.advanced()
  }

  /** `projection` was folded from everything of `entity` that was visible below `bound`. */
  folded(projection: Projection<unknown>, entity: string, bound: number): void {
    let came = false
    for (const tracked of this.#tracked) came = tracked.folded(projection, entity, bound) || came
    if (came) this.advanced()
  }

  /** Folds every tracked projection once. Returns the first error, without stopping at it. */
  foldTracked(): unknown {
    let failure: unknown
    for (const tracked of Array.from(this.#tracked)) {
      try {
        tracked.fold()
      } catch (error) {
        failure ??= error
      }
    }
    return failure
  }

  /** The last visible event below every source's bound; undefined without a source. */
  #point(): HlcPoint | undefined {
    if (this.#sources.size === 0) return undefined
    const { index, frontier } = this.#engine
    let bound = frontier.visible.sequence + 1
    for (const source of this.#sources) bound = Math.min(bound, source.appliedTo())
    if (bound > frontier.visible.sequence) return frontier.visible
    let row = index.columns.lowerBound(bound) - 1
    while (row >= 0 && index.isHidden(row)) row -= 1
    if (row < 0) return { wallMs: 0, sequence: 0 }
    return { wallMs: index.columns.wallMs(row), sequence: index.columns.sequence(row) }
  }
}

/** A projection of one entity, folded by whoever asks for its state. */
export class TrackedProjection implements AppliedSource {
  readonly #engine: Engine
  readonly #projection: Projection<unknown>
  readonly #entity: string
  /** No event that concerns it and was not folded is visible below. */
  #bound = 0

  constructor(engine: Engine, projection: Projection<unknown>, entity: string) {
    this.#engine = engine
    this.#projection = projection
    this.#entity = entity
  }

  /** Up to its first event that was not folded; up to everything visible when there is none. */
  appliedTo(): number {
    const { index } = this.#engine
    const record = index.names.entity(this.#entity)
    if (record !== undefined) {
      const { rows } = record
      const fold = foldOf('trackProjection', this.#projection)
      for (
        let rank = rows.lowerBound(index.columns.lowerBound(this.#bound));
        rank < rows.count && index.columns.sequence(rows.at(rank)) < index.visible;
        rank += 1
      ) {
        const row = rows.at(rank)
        if (!index.isHidden(row) && fold.binds(index.columns.kind(row))) {
          this.#bound = index.columns.sequence(row)
          return this.#bound
        }
      }
    }
    this.#bound = index.visible
    return this.#bound
  }

  folded(projection: Projection<unknown>, entity: string, bound: number): boolean {
    const { name, version } = this.#projection
    if (entity !== this.#entity || projection.name !== name || projection.version !== version) {
      return false
    }
    if (bound <= this.#bound) return false
    this.#bound = bound
    return true
  }

  fold(): void {
    project(this.#engine, this.#projection, this.#entity)
  }
}

/** @throws as `Store.trackProjection` */
export function trackProjection(
  engine: Engine,
  projection: Projection<unknown>,
  entity: string,
): Disposable {
  engine.assertOpen('trackProjection')
  checkTarget('trackProjection', projection, entity)
  const stop = engine.applied.track(new TrackedProjection(engine, projection, entity))
  return { [Symbol.dispose]: stop }
}
