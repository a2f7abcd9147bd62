/** Every entry of a store directory, by name: what it is and how large. */
import { join } from 'node:path'
import type { FileStat, PlatformFs } from '@batpak/platform'
import { io } from '../errors.ts'
import { requirePlace } from './arguments.ts'
import { LOCK_FILE, classify, segmentFileName, type StoreFile } from '../segment/name.ts'

/**
 * What a name stands for. `temporary`: an atomic replacement that a crash interrupted. `healed`: the
 * bytes that a heal cut off a segment. `other`: nothing of batpak's.
 */
export type StoreFileKind = StoreFile['kind'] | 'lock' | 'temporary' | 'healed'

export interface StoreFileInfo {
  readonly name: string
  readonly kind: StoreFileKind
  readonly type: FileStat['kind']
  readonly bytes: number
  /** Of a segment: the id that its name says. */
  readonly segmentId?: number
  /** Of a segment: whether it has the one name under which segments are read. */
  readonly canonical?: boolean
}

/**
 * Lists `dir`: segments first, ascending by id, then the other names in order. Only names and sizes
 * are looked at. An entry that disappears meanwhile is left out.
 *
 * @throws StoreError `Io` when the directory cannot be read
 */
export function listStoreFiles(fs: PlatformFs, dir: string): readonly StoreFileInfo[] {
  requirePlace(fs, dir)
  return io('list the store directory', dir, () => {
    const files: StoreFileInfo[] = []
    for (const name of fs.readdir(dir)) {
      const stat = fs.lstat(join(dir, name))
      if (stat !== undefined) files.push(infoOf(name, stat))
    }
    return files.sort(inOrder)
  })
}

/**
 * The file that an open reads as segment `segmentId`: the canonical name, else another spelling of
 * the number (Q25). The canonical name where there is none.
 */
export function segmentFile(files: readonly StoreFileInfo[], segmentId: number): string {
  const named = files.filter((file) => file.segmentId === segmentId)
  const file = named.find(({ canonical }) => canonical === true) ?? named[0]
  return file?.name ?? segmentFileName(segmentId)
}

function infoOf(name: string, stat: FileStat): StoreFileInfo {
  const file = classify(name)
  const { kind: type, size: bytes } = stat
  if (file.kind !== 'segment') {
    return { name, kind: file.kind === 'other' ? ownKind(name) : file.kind, type, bytes }
  }
  return { name, kind: 'segment', type, bytes, segmentId: file.id, canonical: file.canonical }
}

function ownKind(name: string): StoreFileKind {
  if (name === LOCK_FILE) return 'lock'
  if (/^\.tmp[A-Za-z0-9]{6}$/.test(name)) return 'temporary'
  return /\.fbat\.healed-\d+$/.test(name) ? 'healed' : 'other'
}

function inOrder(a: StoreFileInfo, b: StoreFileInfo): number {
  if (a.segmentId !== undefined && b.segmentId !== undefined) {
    return a.segmentId - b.segmentId || compareText(a.name, b.name)
  }
  if (a.segmentId !== undefined) return -1
  return b.segmentId === undefined ? compareText(a.name, b.name) : 1
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
