/** A frame found by its length and checksum, whatever the window holds at the time. */
import { expect, it } from 'vitest'
import { nodePlatform } from '@batpak/platform'
import { join } from 'node:path'
import { claimedLength, frameLength } from '../../src/segment/frame-length.ts'
import { FileWindow } from '../../src/segment/window.ts'
import { frameOffsets } from '../support/raw-segment.ts'
import { killedStore, segment, segmentName } from '../support/recovery.ts'

it('is read from what was just loaded, also when that is the first of the file', () => {
  const dir = killedStore(1)
  const bytes = segment(dir)
  const [first, second] = frameOffsets(bytes) as [number, number]
  const { fs } = nodePlatform()
  const fd = fs.open(join(dir, segmentName(1)), 'read')
  try {
    const fresh = (): FileWindow => new FileWindow(fs, fd, bytes.length)
    expect(claimedLength(fresh(), first, bytes.length)).toBe(second - first)
    expect(frameLength(fresh(), { end: bytes.length }, first)).toBe(second - first)
    expect(claimedLength(fresh(), first, second - 1)).toBe(0)
    expect(frameLength(fresh(), { end: second - 1 }, first)).toBe(-1)
  } finally {
    fs.close(fd)
  }
})
