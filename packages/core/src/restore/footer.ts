/** Rows from a segment's footer, when the footer can be believed. */
import { isStoreError } from '../errors.ts'
import { coordinateIssue } from '../event/coordinate.ts'
import { Kind, restoredKind } from '../event/kind.ts'
import { FRAME_PREFIX_BYTES } from '../segment/frame-keys.ts'
import { FrameHead } from '../segment/frame-head.ts'
import { HEADER_PREFIX_BYTES } from '../segment/header.ts'
import { frameLength } from '../segment/frame-length.ts'
import { readHead } from '../segment/scan.ts'
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
 * order inside the frame region, and no event stands between or behind them that it does not name,
 * but those of a batch that failed. Even so it only says where the events are and which sequence each
 * has; what they are is taken from the frames, unless a frame is damaged.
 */
export function readFooter(file: FileWindow, segmentId: number, builder: IndexBuilder): boolean {
  const trailer = readTrailer(file)
  if (trailer === undefined) return false
  const strings = readFooterStrings(file, trailer)
  if (strings === undefined || !strings.every(couldBeName)) return false
  const entry = new FooterEntry()
  const frames = file.another() // entries stand at the end of the file, frames in it
  if (!entriesHold(file, frames, segmentId, trailer, strings, entry)) return false
  const head = new FrameHead()
  for (let i = 0; i < trailer.count; i += 1) {
    readFooterEntry(file, trailer, strings, i, entry)
    const { offset, length, sequence } = entry
    const event = readEvent(frames, segmentId, trailer, entry, head) ? head : entry
    const restored = restoredKind(event.kind)
    if (restored.fallback !== undefined) builder.fallbacks.count(event.kind, restored.fallback)
    event.kind = restored.kind
    builder.add(event, event.entity, event.scope, segmentId, offset, length, sequence)
  }
  return true
}

/** Decodes the frame of an entry into `head`; false when it is damaged, which its reader will be told. */
function readEvent(
  frames: FileWindow,
  segmentId: number,
  { tableOffset }: FooterTrailer,
  { offset, length }: FooterEntry,
  head: FrameHead,
): boolean {
  if (frameLength(frames, { end: tableOffset }, offset) !== length) return false
  try {
    readHead(frames, segmentId, offset, length, head)
    return head.hasChain
  } catch (error) {
    if (isStoreError(error, 'CorruptSegment')) return false
    throw error
  }
}

function entriesHold(
  file: FileWindow,
  frames: FileWindow,
  segmentId: number,
  trailer: FooterTrailer,
  strings: readonly string[],
  entry: FooterEntry,
): boolean {
  if (trailer.count === 0) return isEmptySegment(file, trailer.tableOffset)
  let end = HEADER_PREFIX_BYTES
  let sequence = -1
  for (let i = 0; i < trailer.count; i += 1) {
    if (!readFooterEntry(file, trailer, strings, i, entry) || !isSound(entry)) return false
    // The header is not looked at here, so where the frames begin is the first entry's word.
    if (i === 0) end = Math.max(end, entry.offset)
    if (entry.sequence <= sequence || entry.offset < end) return false
    if (entry.offset > end && !holdsNoEvent(frames, segmentId, end, entry.offset, true))
      return false
    end = entry.offset + entry.length
    sequence = entry.sequence
    if (end > trailer.tableOffset) return false
  }
  return (
    end === trailer.tableOffset || holdsNoEvent(frames, segmentId, end, trailer.tableOffset, false)
  )
}

/** Frames are only written with valid coordinates, so another string in the table is damage. */
function couldBeName(text: string): boolean {
  return coordinateIssue(text, text) === undefined
}

function isSound({ sequence, wallMs, offset, length }: FooterEntry): boolean {
  return (
    Number.isSafeInteger(sequence) &&
    Number.isSafeInteger(wallMs) &&
    Number.isSafeInteger(offset) &&
    length > FRAME_PREFIX_BYTES
  )
}

/**
 * Whether the bytes between indexed frames hold no event of their own: batch markers, or the items of
 * a batch that failed.
 *
 * @param committed whether an unindexed batch may even have its commit marker: the process that wrote
 *   more events behind it knew that it had failed; at the end nobody knows
 */
function holdsNoEvent(
  file: FileWindow,
  segmentId: number,
  from: number,
  end: number,
  committed: boolean,
): boolean {
  const head = new FrameHead()
  let inBatch = false
  for (let offset = from; offset < end;) {
    const length = frameLength(file, { end }, offset)
    if (length < 0) return false
    readHead(file, segmentId, offset, length, head)
    if (head.kind === Kind.SYSTEM_BATCH_BEGIN) inBatch = true
    else if (head.kind === Kind.SYSTEM_BATCH_COMMIT) {
      if (inBatch && !committed) return false
      inBatch = false
    } else if (!inBatch) return false
    offset += length
  }
  return true
}

/** Where the frames begin according to the header; its other content is not looked at here. */
function headerLength(file: FileWindow): number {
  const at = file.load(0, HEADER_PREFIX_BYTES)
  return HEADER_PREFIX_BYTES + file.buffer.readUInt32BE(at + 4)
}

/** A footer without entries is right only where no frames are. */
function isEmptySegment(file: FileWindow, framesEnd: number): boolean {
  return framesEnd <= file.size && headerLength(file) === framesEnd
}
