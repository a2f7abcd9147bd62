/** Checks a whole directory, finding after finding, without changing or locking anything. */
import { join } from 'node:path'
import type { PlatformFs } from '@batpak/platform'
import { StoreError, asStoreError, isStoreError } from '../errors.ts'
import { HiddenRanges } from '../index-store/hidden-ranges.ts'
import { segmentFileName } from '../segment/name.ts'
import { readArtifacts, type ArtifactInfo } from './artifacts.ts'
import { pendingPlan, plainPlan, type SegmentPlan } from './compaction-marker.ts'
import { listStoreFiles, type StoreFileInfo } from './directory.ts'
import { finding, type Finding } from './finding.ts'
import { LogCheck, type VerifyCounts } from './log-check.ts'
import { SegmentCheck } from './segment-check.ts'
import { openSegment, type SegmentSource } from './segment-file.ts'
import { checkOptionNames } from '../options.ts'

export interface VerifyOptions {
  /**
   * `quick` (default): frames, checksums, batches, coordinates, footers against frames, the headers
   * of what stands beside the segments. `full`: also payload hashes, and clocks and hash chain of
   * every entity.
   */
  readonly level?: 'quick' | 'full'
  /** Events that a retaining compaction dropped leave gaps in chains: report them as notes. */
  readonly allowGaps?: boolean
}

export type VerifyStep =
  | { readonly type: 'finding'; readonly finding: Finding }
  /** A file that could not be read: the check is not complete. */
  | { readonly type: 'unchecked'; readonly file: string; readonly error: StoreError }
  | {
      readonly type: 'progress'
      /** Of `bytesTotal`, what the segments have together. */
      readonly checked: VerifyCounts
      readonly bytesTotal: number
    }

/** Between two steps of progress inside a segment; a caller can stop there, and behind each segment. */
const PROGRESS_BYTES = 1 << 20

/**
 * Checks every segment and artifact of `dir` and returns the counts. It takes no lock: in a directory
 * that somebody writes to, an unfinished tail may be a write under way. Memory: a hash per entity
 * under `full`.
 *
 * @throws StoreError `Io` when the directory itself cannot be read
 */
export function* verifyDirectory(
  fs: PlatformFs,
  dir: string,
  options: VerifyOptions = {},
): Generator<VerifyStep, VerifyCounts, void> {
  checkOptionNames('verify options', options, OPTIONS)
  const { level = 'quick', allowGaps = false } = options
  const files = listStoreFiles(fs, dir)
  for (const found of nameFindings(files)) yield { type: 'finding', finding: found }
  const artifacts = yield* readAllArtifacts(fs, dir, files)
  const plan = planSegments(files, artifacts)
  for (const found of plan.findings) yield { type: 'finding', finding: found }
  const hidden = hiddenRanges(artifacts)
  const log = new LogCheck(level, hidden, plan.mayRepeat)
  const bytesTotal = totalBytes(files, plan.segments)
  for (const [i, source] of plan.segments.entries()) {
    const last = i === plan.segments.length - 1
    for (const step of checkSegment(fs, dir, source, log, last, bytesTotal)) {
      yield allowGaps ? withoutGaps(step) : step
    }
  }
  for (const found of artifactFindings(artifacts, hidden, log.allocated)) {
    yield { type: 'finding', finding: found }
  }
  yield { type: 'progress', checked: { ...log.counts }, bytesTotal }
  return { ...log.counts }
}

function* checkSegment(
  fs: PlatformFs,
  dir: string,
  source: SegmentSource,
  log: LogCheck,
  last: boolean,
  bytesTotal: number,
): Generator<VerifyStep, void, void> {
  const before = log.counts.bytes
  let reported = before
  try {
    const segment = openSegment(fs, dir, source)
    try {
      for (const { bytes, findings } of new SegmentCheck(segment, log, last).steps()) {
        for (const found of findings) yield { type: 'finding', finding: found }
        log.counts.bytes = before + bytes
        if (log.counts.bytes - reported < PROGRESS_BYTES) continue
        reported = log.counts.bytes
        yield { type: 'progress', checked: { ...log.counts }, bytesTotal }
      }
    } finally {
      fs.close(segment.fd)
    }
    log.counts.segments += 1
    yield { type: 'progress', checked: { ...log.counts }, bytesTotal }
  } catch (cause) {
    const path = join(dir, source.name)
    const error = asStoreError(cause, `read segment ${source.segmentId}`, path)
    if (!isStoreError(error, 'Io')) throw cause
    yield { type: 'unchecked', file: source.name, error }
  }
}

function* readAllArtifacts(
  fs: PlatformFs,
  dir: string,
  files: readonly StoreFileInfo[],
): Generator<VerifyStep, readonly ArtifactInfo[], void> {
  const all: ArtifactInfo[] = []
  for (const file of files) {
    if (file.kind === 'segment') continue
    try {
      const others = files.filter((other) => other.kind === 'segment' || other === file)
      all.push(...readArtifacts(fs, dir, others))
    } catch (error) {
      if (!isStoreError(error, 'Io')) throw error
      yield { type: 'unchecked', file: file.name, error }
    }
  }
  return all
}

function planSegments(
  files: readonly StoreFileInfo[],
  artifacts: readonly ArtifactInfo[],
): SegmentPlan {
  const marker = artifacts.find((artifact) => artifact.kind === 'compaction-marker')
  if (marker === undefined) return plainPlan(files)
  if (marker.marker !== undefined) return pendingPlan(files, marker.marker)
  const malformed = finding('DataDirMalformed', marker.error!.message, { file: marker.name })
  return { ...plainPlan(files), findings: [malformed] }
}

function* nameFindings(files: readonly StoreFileInfo[]): Generator<Finding> {
  for (const { name: file, kind, segmentId, canonical, bytes } of files) {
    if (kind === 'malformed-segment') {
      yield finding(
        'SegmentNameMalformed',
        'named like a segment, but without a number; it is ignored',
        { file },
      )
    } else if (canonical === false && segmentId !== undefined) {
      const message = `read as segment ${segmentId} by an open, if at all; reads by id go to ${segmentFileName(segmentId)}`
      yield finding('SegmentNameAlias', message, { file, segmentId })
    } else if (kind === 'temporary') {
      yield finding('LeftoverFile', 'a temporary file that a crash left; it may be removed', {
        file,
        bytes,
      })
    } else if (kind === 'healed') {
      yield finding('LeftoverFile', 'what a heal cut off a segment; it may be removed', {
        file,
        bytes,
      })
    }
  }
}

function hiddenRanges(artifacts: readonly ArtifactInfo[]): HiddenRanges {
  const file = artifacts.find((artifact) => artifact.kind === 'hidden-ranges')
  return HiddenRanges.of(file?.ranges ?? [])
}

function* artifactFindings(
  artifacts: readonly ArtifactInfo[],
  hidden: HiddenRanges,
  allocated: number,
): Generator<Finding> {
  for (const artifact of artifacts) {
    const { name: file, kind } = artifact
    if (kind === 'hidden-ranges') {
      if (artifact.error !== undefined)
        yield finding('HiddenRangesCorrupt', artifact.error.message, { file })
    } else if (kind === 'cursor') {
      const { defect } = artifact
      if (defect !== undefined) yield finding('CursorInvalid', `not readable: ${defect}`, { file })
    } else if (kind !== 'compaction-marker' && artifact.defect !== undefined) {
      const message = `not used, the index comes from the segments: ${artifact.defect}`
      yield finding('IndexFileInvalid', message, { file })
    }
  }
  const end = hidden.ranges.at(-1)?.end ?? 0
  if (end <= allocated) return
  const message = `sequences up to ${end - 1} are hidden, the log ends before ${allocated}; a mutable open clips them`
  yield finding('HiddenRangesBeyondLog', message, { file: 'visibility_ranges.fbv' })
}

function totalBytes(files: readonly StoreFileInfo[], segments: readonly SegmentSource[]): number {
  const sizes = new Map(files.map(({ name, bytes }) => [name, bytes]))
  return segments.reduce((sum, { name }) => sum + (sizes.get(name) ?? 0), 0)
}

function withoutGaps(step: VerifyStep): VerifyStep {
  if (step.type !== 'finding' || step.finding.code !== 'ChainGap') return step
  return { type: 'finding', finding: { ...step.finding, severity: 'note' } }
}

const OPTIONS: ReadonlySet<string> = new Set(['level', 'allowGaps'])
