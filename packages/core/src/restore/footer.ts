/** Rows from a segment's footer, when the footer can be believed. */
import { Kind, restoredKind } from '../event/kind.ts'
import { FrameHead } from '../segment/frame-head.ts'
import { frameLength, readHead } from '../segment/scan.ts'
import {
  FooterEntry,
  readFooterEntry,
  readFooterStrings,
  readTrailer,
  type FooterTrailer,
} from '../segment/sidx.ts'
import type { FileWindow } from '../segment/window.ts'
import type { IndexBuilder } from './rebuild.ts'

/**
 * Adds the events of the footer; false, with nothing added, when there is none to believe.
 *
 * A footer has no checksum. It is believed when its structure holds, its frames lie in ascending
 * order inside the frame region, and nothing committed stands behind the last of them.
 */
export function readFooter(file: FileWindow, segmentId: number, builder: IndexBuilder): boolean {
  const trailer = readTrailer(file)
  if (trailer === undefined) return false
  const strings = readFooterStrings(file, trailer)
  if (strings === undefined) return false
  const entry = new FooterEntry()
  const end = checkEntries(file, trailer, strings, entry)
  if (end === undefined || !onlyBatchRemains(file, segmentId, end, trailer.tableOffset))
    return false
  for (let i = 0; i < trailer.count; i += 1) {
    readFooterEntry(file, trailer, strings, i, entry)
    const restored = restoredKind(entry.kind)
    if (restored.fallback !== undefined) builder.fallbacks.count(entry.kind, restored.fallback)
    entry.kind = restored.kind
    const { entity, scope, offset, length, sequence } = entry
    builder.add(entry, entity, scope, segmentId, offset, length, sequence)
  }
  return true
}

/** Where the last frame of the footer ends; undefined when the entries contradict the file. */
function checkEntries(
  file: FileWindow,
  trailer: FooterTrailer,
  strings: readonly string[],
  entry: FooterEntry,
): number | undefined {
  let end = 0
  let sequence = -1
  for (let i = 0; i < trailer.count; i += 1) {
    if (!readFooterEntry(file, trailer, strings, i, entry)) return undefined
    const safe =
      Number.isSafeInteger(entry.sequence) &&
      Number.isSafeInteger(entry.wallMs) &&
      entry.sequence > sequence
    if (!safe || entry.offset < end || entry.length < 8) return undefined
    end = entry.offset + entry.length
    sequence = entry.sequence
    if (end > trailer.tableOffset) return undefined
  }
  return end
}

/**
 * Whether the bytes between the last indexed frame and the footer hold no event of their own: batch
 * markers, or the remains of a batch that failed.
 */
function onlyBatchRemains(file: FileWindow, segmentId: number, from: number, end: number): boolean {
  if (from === 0) return end === 0 || isEmptySegment(file, end)
  const head = new FrameHead()
  let inBatch = false
  for (let offset = from; offset < end;) {
    const length = frameLength(file, { end }, offset)
    if (length < 0) return false
    readHead(file, segmentId, offset, length, head)
    if (head.kind === Kind.SYSTEM_BATCH_BEGIN) inBatch = true
    else if (head.kind === Kind.SYSTEM_BATCH_COMMIT) {
      // The commit of the batch that the footer indexed; one behind unindexed items would make them count.
      if (inBatch) return false
    } else if (!inBatch) return false
    offset += length
  }
  return true
}

/** A footer without entries is right only where no frames are. */
function isEmptySegment(file: FileWindow, framesEnd: number): boolean {
  if (framesEnd < 8 || framesEnd > file.size) return false
  const at = file.load(0, 8)
  return 8 + file.buf.readUInt32BE(at + 4) === framesEnd
}
