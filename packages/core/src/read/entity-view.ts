/** Reads of exactly one entity, not of a namespace. */
import type { Engine } from '../engine.ts'
import { generationOf } from '../index-store/generation.ts'
import { entityWalk } from '../index-store/query.ts'
import type { Projection } from '../projection/projection.ts'
import { checkEntries } from './arguments.ts'
import type { IndexEntry } from './entry.ts'
import { entryOf } from './materialize.ts'
import type { EntriesOptions, Reads } from './reads.ts'
import { entriesOf, limited, type NextRow } from './rows.ts'

/** One entity of a store: what it says is of the moment it is asked. */
export interface EntityView {
  /** Its events in the order in which they were appended, without payloads. */
  entries(options?: EntriesOptions): IterableIterator<IndexEntry>
  /** Its newest event; undefined when it has none. */
  latest(): IndexEntry | undefined
  /** How many events it has, which only grows; undefined when it has none. */
  readonly generation: number | undefined
  /** @throws as `Reads.project` */
  project<S>(projection: Projection<S>): S | undefined
}

export function entityView(engine: Engine, reads: Reads, name: string): EntityView {
  const walk = (options: { after?: number | undefined; reverse?: boolean }): NextRow => {
    const record = engine.index.names.entity(name)
    return record === undefined ? none : entityWalk(engine.index, record, options)
  }
  return {
    entries(options: EntriesOptions = {}): IterableIterator<IndexEntry> {
      engine.assertOpen('entity.entries')
      const { after, reverse, limit } = checkEntries('entity.entries', options)
      return entriesOf(engine, engine.index, limited(walk({ after, reverse }), limit))
    },
    latest(): IndexEntry | undefined {
      engine.assertOpen('entity.latest')
      const row = walk({ reverse: true })()
      return row < 0 ? undefined : entryOf(engine, row)
    },
    get generation(): number | undefined {
      engine.assertOpen('entity.generation')
      const record = engine.index.names.entity(name)
      const generation = record === undefined ? 0 : generationOf(engine.index, record)
      return generation === 0 ? undefined : generation
    },
    project: (projection) => reads.project(projection, name),
  }
}

const none: NextRow = () => -1
