/** Every read of a store, mutable or not: synchronous, of what is visible, changing nothing. */
import { admissionFor, type PlatformAdmission } from '@batpak/profile-schema/evidence'
import type { PlatformBackends } from '@batpak/platform'
import type { HostEvidence, StorePathEvidence } from '@batpak/profile-schema/evidence'
import type { AnyReceipt } from '../append/receipt.ts'
import type { VerifyResult } from '../append/verdict.ts'
import { verifyReceipt } from '../append/verify.ts'
import { openCursor, type Cursor, type CursorOptions } from '../delivery/cursor.ts'
import type { Engine } from '../engine.ts'
import { StoreError } from '../errors.ts'
import type { CausationId, CorrelationId, EventId } from '../event/id.ts'
import { checkRegion, type Region } from '../event/region.ts'
import type { FrontierView } from '../frontier/frontier.ts'
import type { EventIndex } from '../index-store/event-index.ts'
import { RowWalk, countRows } from '../index-store/query.ts'
import { checkCount, checkFlag, checkOptionNames, describeType } from '../options.ts'
import {
  project,
  projectIfChanged,
  type ProjectOptions,
  type ProjectedState,
} from '../projection/project.ts'
import type { Projection } from '../projection/projection.ts'
import type { OpenReport } from '../restore/report.ts'
import { walkAncestors } from './ancestors.ts'
import { checkAfter, checkEntries, checkLimit, requireEntity, requireId } from './arguments.ts'
import { walkCauses, walkCorrelated, walkEffects } from './causal-graph.ts'
import { entityView, type EntityView } from './entity-view.ts'
import type { IndexEntry, StoredEvent } from './entry.ts'
import { entryOf, eventOf } from './materialize.ts'
import { entriesOf, eventsOf, limited, type NextRow } from './rows.ts'

export interface EntriesOptions {
  /** Only events behind this sequence; before it with `reverse`. */
  readonly after?: number
  readonly limit?: number
  /** Newest first. */
  readonly reverse?: boolean
}

export interface WalkOptions {
  readonly limit?: number
}

export interface PageOptions {
  /** The sequence of the last event already seen. */
  readonly after?: number
  readonly limit: number
}

export interface Page {
  readonly entries: readonly IndexEntry[]
  /** The `after` of the following page; absent when no further event matches. */
  readonly next?: number
}

export interface StoreStats {
  /** Rows in the index, hidden ones included. */
  readonly eventCount: number
  /** The next sequence to be assigned. */
  readonly globalSequence: number
}

export interface Diagnostics extends StoreStats {
  /** Canonical path. */
  readonly dataDir: string
  readonly segmentMaxBytes: number
  readonly fdBudget: number
  /** Exclusive upper bound of what readers see. */
  readonly visibleSequence: number
  readonly frontier: FrontierView
  readonly openReport: OpenReport
  /** Collected anew by this call. */
  readonly platformEvidence: {
    readonly host: HostEvidence
    readonly storePath: StorePathEvidence
    readonly admission: PlatformAdmission
  }
  readonly backends: PlatformBackends
}

const PAGE_NAMES: ReadonlySet<string> = new Set(['after', 'limit'])
const VERIFY_NAMES: ReadonlySet<string> = new Set(['strictDiskPosition'])

const ENGINES: WeakMap<Reads, Engine> = new WeakMap()

/** The engine behind a store. @throws TypeError for anything else */
export function engineOf(operation: string, store: Reads): Engine {
  const engine = ENGINES.get(store)
  if (engine !== undefined) return engine
  throw new TypeError(`${operation}: expected an open store, got ${describeType(store)}`)
}

/** The engines behind stores; a constructor argument that callers cannot make. */
export abstract class Reads {
  protected readonly engine: Engine

  protected constructor(engine: Engine) {
    this.engine = engine
    ENGINES.set(this, engine)
  }

  /** True after `close`. */
  get closed(): boolean {
    return this.engine.closed
  }

  /**
   * The event with this id, payload included.
   *
   * @throws StoreError `NotFound` when no visible event has it; `CrcMismatch`, `CorruptSegment`, `Io`
   *   when its frame cannot be read
   */
  get(id: EventId): StoredEvent {
    const row = this.#visibleRow('get', id)
    if (row < 0) throw new StoreError('NotFound', { id })
    return eventOf(this.engine, row, this.engine.reader)
  }

  /** As `get`, but undefined when no visible event has the id. @throws StoreError as `get` */
  find(id: EventId): StoredEvent | undefined {
    const row = this.#visibleRow('find', id)
    return row < 0 ? undefined : eventOf(this.engine, row, this.engine.reader)
  }

  /** The event without its payload: no file is read. */
  entry(id: EventId): IndexEntry | undefined {
    const row = this.#visibleRow('entry', id)
    return row < 0 ? undefined : entryOf(this.engine, row)
  }

  /** Whether a visible event has this id. */
  has(id: EventId): boolean {
    return this.#visibleRow('has', id) >= 0
  }

  /**
   * The events of a region in commit order, without payloads. What is visible is fixed now: appends
   * made while the iterator is consumed are not in it.
   */
  entries(region: Region = {}, options: EntriesOptions = {}): IterableIterator<IndexEntry> {
    return entriesOf(this.engine, ...this.#rows('entries', region, options))
  }

  /** As `entries`, with payloads. @throws StoreError as `get`, from the iterator */
  events(region: Region = {}, options: EntriesOptions = {}): IterableIterator<StoredEvent> {
    return eventsOf(this.engine, ...this.#rows('events', region, options))
  }

  /** Up to `limit` events of a region behind `after`, and where the next page begins. */
  page(region: Region, options: PageOptions): Page {
    this.engine.assertOpen('page')
    checkRegion(region)
    checkOptionNames('page options', options, PAGE_NAMES)
    const limit = checkCount('limit', options.limit)
    const after = checkAfter(options.after)
    const walk = new RowWalk(this.engine.index, region, { after })
    const entries: IndexEntry[] = []
    if (limit === 0) return { entries }
    for (let row = walk.next(); row >= 0; row = walk.next()) {
      if (entries.length === limit) return { entries, next: entries.at(-1)!.sequence }
      entries.push(entryOf(this.engine, row))
    }
    return { entries }
  }

  /** How many visible events a region has. */
  count(region: Region = {}): number {
    this.engine.assertOpen('count')
    checkRegion(region)
    return countRows(this.engine.index, region)
  }

  /** The events of exactly one entity, not of its namespace; the view follows what is appended. */
  entity(name: string): EntityView {
    this.engine.assertOpen('entity')
    requireEntity('entity', name)
    return entityView(this.engine, this, name)
  }

  /**
   * The event with this id, then its predecessors in the entity's hash chain, newest first.
   * Empty for an id that no visible event has.
   *
   * @throws StoreError as `get`, from the iterator
   */
  ancestors(id: EventId, options: WalkOptions = {}): IterableIterator<StoredEvent> {
    this.engine.assertOpen('ancestors')
    return walkAncestors(this.engine, requireId(id), checkLimit('ancestors', options))
  }

  /**
   * What caused the event with this id: its direct cause, that event's cause, and so on to the root.
   */
  causes(id: EventId, options: WalkOptions = {}): IterableIterator<IndexEntry> {
    this.engine.assertOpen('causes')
    return walkCauses(this.engine, requireId(id), checkLimit('causes', options))
  }

  /**
   * What the event with this id caused: the events that name it as their cause in commit order, then
   * those that these caused, and so on, each once. The id may be one that no event here has.
   *
   * The first call reads the causes of all rows once (about 30 ms for a million), later ones those of
   * the rows added since.
   */
  effects(id: CausationId, options: WalkOptions = {}): IterableIterator<IndexEntry> {
    this.engine.assertOpen('effects')
    return walkEffects(this.engine, requireId(id), checkLimit('effects', options))
  }

  /**
   * The events with this correlation id in commit order; of an event they are
   * `correlated(event.correlationId)`. The first call costs as that of `effects`.
   */
  correlated(id: CorrelationId, options: WalkOptions = {}): IterableIterator<IndexEntry> {
    this.engine.assertOpen('correlated')
    return walkCorrelated(this.engine, requireId(id), checkLimit('correlated', options))
  }

  /**
   * The state of a projection for exactly one entity; undefined when no visible event of the entity
   * concerns the projection.
   *
   * @throws StoreError `DecodeFailure` when a bound event does not decode; what `get` throws; failures
   *   of the store's `projectionCache` are told on the diagnostics channel `batpak:project`
   */
  project<S>(projection: Projection<S>, entity: string, options?: ProjectOptions): S | undefined {
    return project(this.engine, projection, entity, options)
  }

  /**
   * As `project`, with the entity's generation (the number of its visible events) that the state was
   * built from; undefined when that is still `since`.
   *
   * @throws as `project`
   */
  projectIfChanged<S>(
    projection: Projection<S>,
    entity: string,
    since: number,
  ): ProjectedState<S> | undefined {
    return projectIfChanged(this.engine, projection, entity, since)
  }

  /**
   * A place in a region to pull events from, in commit order; it begins before the first one, or
   * behind what its checkpoint says was handled.
   *
   * @throws StoreError `StoreClosed`; `CheckpointId`, `InvalidUnicode` for a name that is no file's;
   *   `Configuration` while another cursor of the store has the name; `CursorCheckpointCorrupt`,
   *   `CursorCheckpointRegionMismatch`, `Io` for a checkpoint that cannot be continued
   * @throws TypeError, RangeError for arguments of the wrong type or out of range, and for a region
   *   that has no unambiguous identity to save
   */
  cursor(region: Region, options?: CursorOptions): Cursor {
    return openCursor(this.engine, region, options)
  }

  /**
   * Whether a receipt is true of this store. The position in files is compared only with
   * `strictDiskPosition`, because compaction moves events.
   */
  verify(
    receipt: AnyReceipt,
    options: { readonly strictDiskPosition?: boolean } = {},
  ): VerifyResult {
    this.engine.assertOpen('verify')
    checkOptionNames('verify options', options, VERIFY_NAMES)
    const strict = checkFlag('strictDiskPosition', options.strictDiskPosition)
    return verifyReceipt(this.engine, receipt, strict)
  }

  stats(): StoreStats {
    this.engine.assertOpen('stats')
    const { index } = this.engine
    return { eventCount: index.columns.count, globalSequence: index.allocated }
  }

  frontier(): FrontierView {
    this.engine.assertOpen('frontier')
    return this.engine.frontier.view()
  }

  /** What the store is and what its host guarantees now; the directory is probed by this call. */
  diagnostics(): Diagnostics {
    this.engine.assertOpen('diagnostics')
    const { config, dataDir, index, platform, frontier, openReport, mode, clock } = this.engine
    const unmapped = mode === 'Unlocked' || config.mmap === 'off'
    const evidence = platform.probe(dataDir, unmapped ? { mmap: 'off' } : {})
    const host = { ...evidence.host, processClockEpochMarkerNs: clock.processBootNs }
    return {
      dataDir,
      segmentMaxBytes: config.segmentMaxBytes,
      fdBudget: config.fdBudget,
      eventCount: index.columns.count,
      globalSequence: index.allocated,
      visibleSequence: index.visible,
      frontier: frontier.view(),
      openReport: structuredClone(openReport!),
      platformEvidence: { host, storePath: evidence.storePath, admission: admissionFor(evidence) },
      backends: structuredClone(platform.backends()),
    }
  }

  #visibleRow(operation: string, id: EventId): number {
    this.engine.assertOpen(operation)
    const { index } = this.engine
    const row = index.rowOf(requireId(id))
    return row >= 0 && index.isVisible(row) ? row : -1
  }

  #rows(operation: string, region: Region, options: EntriesOptions): [EventIndex, NextRow] {
    this.engine.assertOpen(operation)
    checkRegion(region)
    const bounds = checkEntries(operation, options)
    const { index } = this.engine
    const walk = new RowWalk(index, region, bounds)
    return [index, limited(() => walk.next(), bounds.limit)]
  }
}
