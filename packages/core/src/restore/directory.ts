/** What lies in a store directory, by name. */
import { join } from 'node:path'
import type { PlatformFs } from '@batpak/platform'
import { StoreError, io } from '../errors.ts'
import {
  COMPACTION_MARKER_FILE,
  SEGMENT_ID_MAX,
  classify,
  segmentFileName,
} from '../segment/name.ts'

export interface SegmentRef {
  readonly id: number
  readonly path: string
}

export interface DirectoryListing {
  /** Ascending by id. */
  readonly segments: readonly SegmentRef[]
  /** What is odd about names here, for whoever listens. */
  readonly remarks: readonly string[]
}

/**
 * Lists the segments of `dir`.
 *
 * @throws StoreError `DataDirMalformed` for a compaction marker, which this version does not finish
 *   yet, and for segment ids beyond 2^32-2; `Io` when the directory cannot be read
 */
export function listDirectory(fs: PlatformFs, dir: string): DirectoryListing {
  const paths = new Map<number, string>()
  const remarks: string[] = []
  for (const name of io('list the store directory', dir, () => fs.readdir(dir))) {
    const file = classify(name)
    if (file.kind === 'segment') {
      const path = join(dir, name)
      const id = checkedId(file.id, path)
      // A foreign name is read here, but not later: reads by number go to the canonical name (Q25).
      if (file.canonical || !paths.has(id)) paths.set(id, path)
      if (!file.canonical) {
        remarks.push(`${name} should be named ${segmentFileName(id)}; its events cannot be read`)
      }
    } else if (file.kind === 'malformed-segment') {
      remarks.push(`${name} is named like a segment but has no number; it is ignored`)
    } else if (file.kind === 'compaction-marker') throw unfinishedCompaction(dir)
  }
  const segments = [...paths].map(([id, path]) => ({ id, path })).sort((a, b) => a.id - b.id)
  return { segments, remarks: remarks.sort() }
}

function checkedId(id: number, path: string): number {
  if (id <= SEGMENT_ID_MAX) return id
  const reason = `segment id ${id} leaves no room for the next one (at most ${SEGMENT_ID_MAX})`
  throw new StoreError('DataDirMalformed', { path, reason })
}

function unfinishedCompaction(dir: string): StoreError {
  return new StoreError('DataDirMalformed', {
    path: join(dir, COMPACTION_MARKER_FILE),
    reason:
      'a compaction was begun here and not finished, which this version cannot complete; ' +
      'restore a backup, or finish it with the program that began it',
  })
}
