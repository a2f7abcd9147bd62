/** `cursors/*.ckpt`: how far durable cursors have come. */
import { join } from 'node:path'
import { readWholeFile, type PlatformFs } from '@batpak/platform'
import { decodeCheckpoint } from '../delivery/checkpoint-file.ts'
import { MalformedError, Reader } from '../encoding/reader.ts'
import { StoreError, io } from '../errors.ts'
import { CURSOR_DIRECTORY } from '../segment/name.ts'

export interface CursorInfo {
  readonly kind: 'cursor'
  /** With its directory: `cursors/worker-A.ckpt`. */
  readonly name: string
  readonly bytes: number
  /** The sequence of the last event handled; absent when none was. */
  readonly position?: number
  readonly regionIdentity?: string
  readonly defect?: string
}

/**
 * Reads every cursor checkpoint in `dir`, which is the directory of cursors.
 * @throws StoreError `Io`
 */
export function readCursors(fs: PlatformFs, dir: string): readonly CursorInfo[] {
  return io('list the cursors', dir, () => fs.readdir(dir))
    .filter((name) => name.endsWith('.ckpt'))
    .sort()
    .map((name) => readCursor(fs, dir, name))
}

function readCursor(fs: PlatformFs, dir: string, name: string): CursorInfo {
  const path = join(dir, name)
  const bytes = io('read a cursor', path, () => readWholeFile(fs, path))
  const info = { kind: 'cursor', name: `${CURSOR_DIRECTORY}/${name}`, bytes: bytes.length } as const
  try {
    return { ...info, ...decodeCheckpoint(new Reader(bytes)) }
  } catch (error) {
    if (!(error instanceof MalformedError) && !(error instanceof StoreError)) throw error
    return { ...info, defect: error.message }
  }
}
