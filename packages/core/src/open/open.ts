/**
 * The open lane: every step in its order, so that what refuses leaves nothing behind that a later
 * step would have written. Steps and refusals: docs/errors.md, "What an open leaves behind".
 */
import {
  admissionFor,
  type PlatformAdmission,
  type PlatformEvidence,
} from '@batpak/profile-schema/evidence'
import { dirname } from 'node:path'
import { AddressBook } from '../append/address.ts'
import { BatchCommitter } from '../append/batch.ts'
import { Committer } from '../append/commit.ts'
import { Composer } from '../append/compose.ts'
import { PLAIN_REQUEST } from '../append/options.ts'
import { readOptions, validateConfig, type Config, type StoreOptions } from '../config.ts'
import { Engine, type EngineMode } from '../engine.ts'
import { BackgroundSyncs } from '../durability/sync-async.ts'
import { StoreError, io } from '../errors.ts'
import { LIFECYCLE_COORDINATE } from '../event/coordinate.ts'
import { findKindCollisions } from '../event/event-type.ts'
import { IdSource } from '../event/id-source.ts'
import { formatWords } from '../event/id-words.ts'
import { Kind, type EventKind } from '../event/kind.ts'
import type { HlcPoint } from '../frontier/hlc.ts'
import { assertNumberable } from '../index-store/sequences.ts'
import { heal, syncRecovered } from '../restore/heal.ts'
import { restore, type Restored } from '../restore/restore.ts'
import type { SealedReads } from '../segment/reader.ts'
import { LogWriter } from '../writer/log-writer.ts'
import { assertTimestamp, bootstrapHlc } from './bootstrap.ts'
import { DirLock } from './dir-lock.ts'
import { encodeOpenPayload } from './lifecycle-event.ts'
import { checkProfile } from './profile-check.ts'

/** What a mutable store needs beyond its engine. */
export interface WriteSide {
  readonly writer: LogWriter
  readonly committer: Committer
  readonly batches: BatchCommitter
  readonly syncs: BackgroundSyncs
  readonly addresses: AddressBook
  /** Appends one of batpak's own events. */
  readonly lifecycle: (kind: EventKind, payload: Uint8Array, wallMs: number) => void
}

export interface Opened {
  readonly engine: Engine
  readonly lock: DirLock | undefined
  readonly write: WriteSide | undefined
}

/** @throws StoreError as `Store.open`, `Store.openReadOnly`, `Store.openUnlocked` */
export function openStore(options: StoreOptions, mode: EngineMode): Opened {
  const config = readOptions(options)
  const { platform } = config
  // 1 kinds of the application's event types
  const collisions = checkEvents(config)
  // 2, 3 directory and its canonical path
  const dataDir = resolveDirectory(config, mode)
  // 4 numbers
  validateConfig(config)
  // 5 lock
  const early = platform.probe(dataDir, { mmap: 'off' })
  const lock =
    mode === 'Unlocked'
      ? undefined
      : DirLock.acquire(platform.fs, dataDir, mode, early, admissionFor(early))
  try {
    // 6 profile; evidence is collected once per open
    const evidence = mode === 'Unlocked' ? early : probeFully(config, dataDir)
    if (config.platformProfilePath !== undefined) {
      checkProfile(
        platform.fs,
        config.platformProfilePath,
        evidence,
        mode === 'Unlocked' ? 'not probed' : 'compared',
      )
    }
    const admission = admissionFor(evidence)
    const engine = new Engine(config, mode, dataDir, sealedReads(config, mode, admission))
    try {
      // 7, 8 index
      const restored = restore(platform.fs, dataDir, engine.clock)
      engine.index = restored.index
      engine.restoredRows = restored.index.columns.count
      engine.openReport = restored.report
      // 10 hybrid time
      const openHlc = bootstrapHlc(restored.index, engine.clock.nowMs())
      // 11 … 15
      const write =
        mode === 'Mutable'
          ? beginWriting(engine, restored, openHlc, evidence, admission)
          : finishReading(engine, openHlc)
      reportOpen(engine, restored, collisions)
      return { engine, lock, write }
    } catch (error) {
      engine.reader.close()
      throw error
    }
  } catch (error) {
    lock?.release()
    throw error
  }
}

function checkEvents(config: Config): ReturnType<typeof findKindCollisions> {
  const collisions = findKindCollisions(config.events)
  if (collisions.length > 0 && config.eventPayloadValidation === 'FailFast') {
    throw new StoreError('EventPayloadRegistry', { collisions })
  }
  return collisions
}

function resolveDirectory(config: Config, mode: EngineMode): string {
  const { dataDir, platform } = config
  // Only a mutable open may create anything (DEV-14).
  if (mode === 'Mutable') {
    io('create the store directory', dataDir, () => platform.fs.mkdirp(dataDir))
  }
  return io('resolve the store directory', dataDir, () => platform.fs.realpath(dataDir))
}

function probeFully(config: Config, dataDir: string): PlatformEvidence {
  return config.platform.probe(dataDir, config.mmap === 'off' ? { mmap: 'off' } : {})
}

/** D11: a map is an accelerator, unless it is required. */
function sealedReads(config: Config, mode: EngineMode, admission: PlatformAdmission): SealedReads {
  if (mode === 'Unlocked' || config.mmap === 'off') return 'positional'
  const admitted = admission.sealedSegmentMmap === 'FileBacked'
  if (config.mmap === 'required') return admitted ? 'mapped' : 'refused'
  return admitted ? 'preferred' : 'positional'
}

function finishReading(engine: Engine, openHlc: HlcPoint): undefined {
  engine.frontier.reset(openHlc)
  callObserver(engine)
}

function beginWriting(
  engine: Engine,
  restored: Restored,
  openHlc: HlcPoint,
  evidence: PlatformEvidence,
  admission: PlatformAdmission,
): WriteSide {
  assertTimestamp(openHlc)
  assertNumberable(engine.index.allocated)
  // 11 heal, then the new segment; without a durable name nothing may be created
  if (admission.parentDirSync === 'Rejected') {
    throw new StoreError('PlatformAdmissionFailed', {
      capability: 'parent directory sync',
      reason: `the evidence is ${evidence.storePath.parentDirSync}`,
    })
  }
  const { platform, dataDir, index } = engine
  const durable = { parentDirSync: admission.parentDirSync }
  heal(platform, dataDir, restored.report.healed, index, restored.unfinished, durable)
  syncRecovered(platform.fs, restored.unsynced)
  if (restored.nextSegmentId === 1) syncDirectoryName(engine, admission)
  engine.frontier.reset(openHlc)
  const writer = io('create the first segment', dataDir, () => {
    return new LogWriter(engine, restored.nextSegmentId, admission.parentDirSync as 'UnixFsync')
  })
  engine.writer = writer
  try {
    // 12 observer
    callObserver(engine)
    // 13, 14 the OPEN event, durable
    const composer = new Composer(engine, openHlc.wallMs)
    const committer = new Committer(engine, writer, composer)
    const addresses = new AddressBook(index.names)
    const batches = new BatchCommitter(engine, { writer, addresses }, composer)
    const syncs = new BackgroundSyncs(engine, writer)
    const lifecycle = lifecycleWriter(engine, committer, addresses)
    lifecycle(Kind.SYSTEM_OPEN_COMPLETED, encodeOpenPayload(engine.openReport!), openHlc.wallMs)
    writer.sync()
    // 15 frontiers
    engine.frontier.reset(engine.frontier.visible)
    return { writer, committer, batches, syncs, addresses, lifecycle }
  } catch (error) {
    abandonWriter(writer, engine)
    throw error
  }
}

/** The directory of a first segment may be as new as the segment, and so may those around it. */
function syncDirectoryName(engine: Engine, { parentDirSync }: PlatformAdmission): void {
  if (parentDirSync !== 'UnixFsync') return
  const { dataDir, platform } = engine
  for (
    let dir = dirname(dataDir), below = dataDir;
    dir !== below;
    below = dir, dir = dirname(dir)
  ) {
    try {
      platform.fs.fsyncDir(dir)
    } catch (error) {
      engine.report('open', `the name ${below} might not survive a loss of power`, error)
    }
  }
}

function lifecycleWriter(
  engine: Engine,
  committer: Committer,
  addresses: AddressBook,
): WriteSide['lifecycle'] {
  const address = addresses.internal(LIFECYCLE_COORDINATE)
  const ids = new IdSource(engine.platform.random, 2)
  return (kind, payload, wallMs) => {
    const key = new Uint32Array(4)
    ids.next(engine.clock.nowUs(), key)
    const request = { ...PLAIN_REQUEST, key }
    const { sequence } = committer.commit(address, kind, payload, request, undefined, wallMs * 1000)
    const row = engine.index.rowOf(key)
    if (row >= 0 && engine.index.isVisible(row)) return
    throw new StoreError(
      'InvariantViolation',
      {
        violation: { kind: 'OpenReceiptNotIndexed', eventId: formatWords(key, 0) },
      },
      { cause: new RangeError(`sequence ${sequence} is hidden`) },
    )
  }
}

/** As the reference drops a half-built store: footer and sync, best effort, the segment stays. */
function abandonWriter(writer: LogWriter, engine: Engine): void {
  try {
    if (!writer.poisoned) writer.finish()
  } catch (error) {
    engine.report('open', 'the segment of a failed open could not be finished', error)
  }
  writer.release()
}

function callObserver(engine: Engine): void {
  try {
    engine.config.openReportObserver?.(structuredClone(engine.openReport!))
  } catch (error) {
    engine.report('open', 'the open report observer threw', error)
  }
}

function reportOpen(
  engine: Engine,
  restored: Restored,
  collisions: ReturnType<typeof findKindCollisions>,
): void {
  for (const remark of restored.remarks) engine.report('open', remark)
  if (collisions.length > 0 && engine.config.eventPayloadValidation === 'Warn') {
    const error = new StoreError('EventPayloadRegistry', { collisions })
    if (WARNED.has(error.message)) return
    WARNED.add(error.message)
    engine.report('event_registry', error.message, error)
  }
}

/** Collisions that were told already: once per process is enough (W-30). */
const WARNED = new Set<string>()
