/** `cursors/*.ckpt`: how far durable cursors have come. */
import { join } from 'node:path'
import { readWholeFile, type PlatformFs } from '@batpak/platform'
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
    return { ...info, ...cursorBody(new Reader(bytes)) }
  } catch (error) {
    if (!(error instanceof MalformedError) && !(error instanceof StoreError)) throw error
    return { ...info, defect: error.message }
  }
}

function cursorBody(reader: Reader): Pick<CursorInfo, 'position' | 'regionIdentity'> {
  let position: number | undefined
  let started: boolean | undefined
  let region: string | undefined
  for (let i = reader.mapHeader('cursor'); i > 0; i -= 1) {
    const key = reader.str('key')
    if (key === 'position') position = reader.uint(key)
    else if (key === 'started') started = reader.bool(key)
    else if (key === 'region_identity' && !reader.nil()) region = reader.str(key)
    else if (key !== 'region_identity') reader.skip()
  }
  if (position === undefined || started === undefined) {
    throw new MalformedError('no position or no started')
  }
  return {
    ...(started ? { position } : {}),
    ...(region === undefined ? {} : { regionIdentity: region }),
  }
}
