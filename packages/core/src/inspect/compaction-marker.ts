/** `compaction.pending.json`: which compaction was begun, and which files then hold the truth. */
import { join } from 'node:path'
import { readWholeFile, type PlatformFs } from '@batpak/platform'
import { StoreError, io } from '../errors.ts'
import { COMPACTION_MARKER_FILE } from '../segment/name.ts'
import { segmentFile, type StoreFileInfo } from './directory.ts'
import { finding, type Finding } from './finding.ts'
import type { SegmentSource } from './segment-file.ts'

export interface CompactionMarker {
  readonly mergedId: number
  readonly sourceIds: readonly number[]
}

/** @throws StoreError `DataDirMalformed` for anything but a marker; `Io` */
export function readCompactionMarker(fs: PlatformFs, dir: string): CompactionMarker {
  const path = join(dir, COMPACTION_MARKER_FILE)
  const bytes = io('read the compaction marker', path, () => readWholeFile(fs, path))
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    const reason = `the compaction marker is not JSON: ${String(cause)}`
    throw new StoreError('DataDirMalformed', { path, reason }, { cause })
  }
  const { merged_id: mergedId, source_segment_ids: sourceIds } = (value ?? {}) as {
    readonly merged_id?: unknown
    readonly source_segment_ids?: unknown
  }
  if (isId(mergedId) && Array.isArray(sourceIds) && sourceIds.every(isId)) {
    return { mergedId, sourceIds }
  }
  const reason = 'the compaction marker lacks merged_id or source_segment_ids'
  throw new StoreError('DataDirMalformed', { path, reason })
}

/** The segments whose events count, and what is to be said about the choice. */
export interface SegmentPlan {
  readonly segments: readonly SegmentSource[]
  readonly findings: readonly Finding[]
  /** A merged segment and its sources may both be there: events that occur again are the same ones. */
  readonly mayRepeat: boolean
}

/** Without a marker: every segment, once. */
export function plainPlan(files: readonly StoreFileInfo[]): SegmentPlan {
  const ids = new Set(files.flatMap(({ segmentId }) => segmentId ?? []))
  const segments = [...ids].map((segmentId) => ({ segmentId, name: segmentFile(files, segmentId) }))
  return { segments, findings: [], mayRepeat: false }
}

/**
 * With a marker (D19): what was set aside under `.compact-src` is the truth and the merged file only
 * its copy; a merged file under a fresh id replaces its sources; otherwise the sources count.
 */
export function pendingPlan(
  files: readonly StoreFileInfo[],
  { mergedId, sourceIds }: CompactionMarker,
): SegmentPlan {
  const setAside = files.find((file) => file.kind === 'compact-source')
  const plain = plainPlan(files)
  const present = (id: number): boolean => plain.segments.some((s) => s.segmentId === id)
  const say = (message: string): readonly Finding[] => [
    finding('CompactionPending', message, { file: COMPACTION_MARKER_FILE }),
  ]
  if (setAside !== undefined) {
    const kept = plain.segments.filter((segment) => segment.segmentId !== mergedId)
    const source = { segmentId: mergedId, name: setAside.name }
    const segments = [...kept, source].sort((a, b) => a.segmentId - b.segmentId)
    const message = `a compaction stopped while it rewrote segment ${mergedId}; ${setAside.name} is read instead`
    return { segments, findings: say(message), mayRepeat: false }
  }
  const others = sourceIds.filter((id) => id !== mergedId)
  if (!present(mergedId) || others.every((id) => !present(id))) {
    const message = `a compaction of segments ${sourceIds.join(', ')} is marked and not under way`
    return { ...plain, findings: say(message) }
  }
  if (!sourceIds.includes(mergedId)) {
    const segments = plain.segments.filter((segment) => !sourceIds.includes(segment.segmentId))
    const message = `a compaction into segment ${mergedId} stopped before it removed its sources`
    return { segments, findings: say(message), mayRepeat: false }
  }
  const message = `a compaction into segment ${mergedId} was begun and not finished`
  return { ...plain, findings: say(message), mayRepeat: true }
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
