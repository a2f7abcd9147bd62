/** What stands beside the segments, each with its state; what is wrong with one is no exception. */
import { join } from 'node:path'
import type { PlatformFs } from '@batpak/platform'
import { StoreError } from '../errors.ts'
import type { SequenceRange } from '../index-store/hidden-ranges.ts'
import { readHiddenRanges } from '../restore/hidden-ranges-file.ts'
import { CURSOR_DIRECTORY } from '../segment/name.ts'
import { readCompactionMarker, type CompactionMarker } from './compaction-marker.ts'
import { readCursors, type CursorInfo } from './cursor-file.ts'
import { listStoreFiles, type StoreFileInfo } from './directory.ts'
import { readIndexFile, type IndexFileInfo } from './index-file.ts'
import { requirePlace } from './arguments.ts'

/** Sequences that are never visible, because their fence was cancelled. */
export interface HiddenRangesInfo {
  readonly kind: 'hidden-ranges'
  readonly name: string
  readonly bytes: number
  readonly ranges?: readonly SequenceRange[]
  /** Why the file is refused. */
  readonly error?: StoreError
}

export interface CompactionMarkerInfo {
  readonly kind: 'compaction-marker'
  readonly name: string
  readonly bytes: number
  readonly marker?: CompactionMarker
  /** Why the file is refused. */
  readonly error?: StoreError
}

export type ArtifactInfo = IndexFileInfo | HiddenRangesInfo | CompactionMarkerInfo | CursorInfo

/**
 * Reads every artifact of `dir`: index files, hidden ranges, the compaction marker, cursors.
 *
 * @throws StoreError `Io` when a file cannot be read
 */
export function readArtifacts(
  fs: PlatformFs,
  dir: string,
  files: readonly StoreFileInfo[] = listStoreFiles(fs, dir),
): readonly ArtifactInfo[] {
  requirePlace(fs, dir)
  return files.flatMap((file): readonly ArtifactInfo[] => {
    const { name, bytes } = file
    switch (file.kind) {
      case 'mmap-index':
      case 'checkpoint':
        return [readIndexFile(fs, dir, file.kind, files)]
      case 'hidden-ranges': {
        const read = attempt(() => readHiddenRanges(fs, dir).ranges)
        return [{ kind: file.kind, name, bytes, ...named('ranges', read) }]
      }
      case 'compaction-marker': {
        const read = attempt(() => readCompactionMarker(fs, dir))
        return [{ kind: file.kind, name, bytes, ...named('marker', read) }]
      }
      case 'cursors':
        return file.type === 'directory' ? readCursors(fs, join(dir, CURSOR_DIRECTORY)) : []
      default:
        return []
    }
  })
}

type Attempt<T> = { readonly value: T } | { readonly error: StoreError }

function attempt<T>(read: () => T): Attempt<T> {
  try {
    return { value: read() }
  } catch (error) {
    if (error instanceof StoreError && error.code !== 'Io') return { error }
    throw error
  }
}

function named<K extends string, T>(
  name: K,
  read: Attempt<T>,
): { readonly [P in K]?: T } & { readonly error?: StoreError } {
  if ('error' in read) return { error: read.error } as never
  return { [name]: read.value } as { readonly [P in K]?: T }
}
