/**
 * Repairs what a crash left behind (D6): unfinished ends are cut off, a segment without a header is
 * removed, hidden ranges that reach beyond the log are clipped. What is cut off is kept beside it.
 */
import { join } from 'node:path'
import {
  readExactly,
  replaceFileDurably,
  unlinkDurably,
  type DurableOptions,
  type Fd,
  type PlatformBackend,
  type PlatformFs,
} from '@batpak/platform'
import { io } from '../errors.ts'
import type { EventIndex } from '../index-store/event-index.ts'
import { HIDDEN_RANGES_FILE, healedFileName } from '../segment/name.ts'
import { encodeHiddenRanges } from './hidden-ranges-file.ts'
import { mark } from '../testing/hooks.ts'
import type { UnfinishedSegment } from './rebuild.ts'
import type { SegmentRef } from './directory.ts'
import type { Heal } from './report.ts'

/** What a heal of these segments and of the hidden ranges in force does, or would do. */
export function plannedHeals(
  unfinished: readonly UnfinishedSegment[],
  index: EventIndex,
  hiddenOnDisk: EventIndex['hidden'],
  lastSegmentId: number,
): readonly Heal[] {
  const heals: Heal[] = unfinished.map(({ segment, tail }) => ({
    segmentId: segment.id,
    reason: tail.reason,
    offset: tail.offset,
    bytesRemoved: tail.bytes,
  }))
  const beyond = hiddenOnDisk.ranges.reduce(
    (sum, range) => sum + Math.max(0, range.end - Math.max(range.start, index.allocated)),
    0,
  )
  if (beyond > 0) {
    heals.push({
      segmentId: lastSegmentId,
      reason: 'HiddenRangesBeyondLog',
      offset: index.allocated,
      bytesRemoved: beyond,
    })
  }
  return heals
}

/**
 * Executes the plan; each repair is on stable storage before the next begins, so a crash in between
 * leaves a directory that heals the same way again.
 *
 * @throws StoreError `Io`
 */
export function heal(
  platform: PlatformBackend,
  dir: string,
  heals: readonly Heal[],
  index: EventIndex,
  unfinished: readonly UnfinishedSegment[],
  durable: DurableOptions,
): void {
  for (const segment of unfinished) cutOff(platform, dir, segment, durable)
  for (const { reason } of heals) mark(`recover.${reason}`)
  if (!heals.some((done) => done.reason === 'HiddenRangesBeyondLog')) return
  const path = join(dir, HIDDEN_RANGES_FILE)
  io('rewrite the hidden ranges', path, () => {
    if (index.hidden.isEmpty) unlinkDurably(platform.fs, path, durable)
    else replaceFileDurably(platform, path, encodeHiddenRanges(index.hidden), durable)
  })
}

/**
 * Makes durable what the index was read from: a killed process has left it in the page cache, and the
 * next acknowledgement would stand on events that a loss of power can still take away.
 *
 * @throws StoreError `Io`
 */
export function syncRecovered(fs: PlatformFs, segments: readonly SegmentRef[]): void {
  for (const { path } of segments) {
    io('sync a recovered segment', path, () => {
      const fd = fs.open(path, 'read-write')
      try {
        fs.fsync(fd, 'all')
      } finally {
        fs.close(fd)
      }
    })
  }
}

function cutOff(
  platform: PlatformBackend,
  dir: string,
  { segment, tail }: UnfinishedSegment,
  durable: DurableOptions,
): void {
  const { fs } = platform
  io(`heal segment ${segment.id}`, segment.path, () => {
    const fd = fs.open(segment.path, 'read-write')
    try {
      if (tail.bytes > 0) {
        const copy = join(dir, healedFileName(segment.id, tail.offset))
        replaceFileDurably(platform, copy, pieces(fs, fd, tail.offset, tail.bytes), durable)
      }
      if (tail.reason !== 'ShortHeader') {
        fs.ftruncate(fd, tail.offset)
        fs.fsync(fd, 'all')
      }
    } finally {
      fs.close(fd)
    }
    if (tail.reason === 'ShortHeader') unlinkDurably(fs, segment.path, durable)
  })
}

const PIECE_BYTES = 1 << 20

/** `bytes` bytes of a file from `offset` on: a tail may be larger than any array. */
function* pieces(fs: PlatformFs, fd: Fd, offset: number, bytes: number): Iterable<Uint8Array> {
  for (let done = 0; done < bytes; done += PIECE_BYTES) {
    const piece = new Uint8Array(Math.min(PIECE_BYTES, bytes - done))
    readExactly(fs, fd, piece, offset + done)
    yield piece
  }
}
