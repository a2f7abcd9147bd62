/** The names in a store directory and what each file is: decided by name alone. */

export const LOCK_FILE = '.batpak.lock'
export const HIDDEN_RANGES_FILE = 'visibility_ranges.fbv'
export const MMAP_INDEX_FILE = 'index.fbati'
export const CHECKPOINT_FILE = 'index.ckpt'
export const COMPACTION_MARKER_FILE = 'compaction.pending.json'
export const CURSOR_DIRECTORY = 'cursors'

/** The highest id this implementation numbers: the index keeps segment ids in 32 bits. */
export const SEGMENT_ID_MAX = 0xffff_fffe

export type StoreFile =
  | { readonly kind: 'segment'; readonly id: number; readonly canonical: boolean }
  | {
      readonly kind:
        | 'malformed-segment'
        | 'compact-source'
        | 'hidden-ranges'
        | 'checkpoint'
        | 'mmap-index'
        | 'compaction-marker'
        | 'cursors'
        | 'other'
    }

/** `000001.fbat` */
export function segmentFileName(id: number): string {
  return `${String(id).padStart(6, '0')}.fbat`
}

/** Where the bytes that a heal cuts off a segment are kept. Both implementations ignore the name. */
export function healedFileName(id: number, offset: number): string {
  return `${segmentFileName(id)}.healed-${offset}`
}

/** Classifies a directory entry as batpak 0.8.0 does: extension first, then full names. */
export function classify(name: string): StoreFile {
  const dot = name.lastIndexOf('.')
  const extension = dot > 0 ? name.slice(dot + 1) : ''
  if (extension === 'fbat') return segmentOf(name.slice(0, dot))
  if (extension === 'compact-src') return { kind: 'compact-source' }
  return { kind: FULL_NAMES.get(name) ?? 'other' }
}

const FULL_NAMES: ReadonlyMap<
  string,
  Exclude<StoreFile['kind'], 'segment' | 'malformed-segment' | 'compact-source'>
> = new Map([
  [HIDDEN_RANGES_FILE, 'hidden-ranges'],
  [CHECKPOINT_FILE, 'checkpoint'],
  [MMAP_INDEX_FILE, 'mmap-index'],
  [COMPACTION_MARKER_FILE, 'compaction-marker'],
  [CURSOR_DIRECTORY, 'cursors'],
] as const)

function segmentOf(stem: string): StoreFile {
  // The reference also takes leading zeros and a plus sign, but reads only canonical names.
  if (!/^\+?[0-9]+$/.test(stem)) return { kind: 'malformed-segment' }
  const value = BigInt(stem.replace('+', ''))
  if (value > 0xffff_ffff_ffff_ffffn) return { kind: 'malformed-segment' }
  const id = Number(value)
  return { kind: 'segment', id, canonical: segmentFileName(id) === `${stem}.fbat` }
}
