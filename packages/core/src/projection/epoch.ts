/** Which compaction a store's events have been through, by the files alone. */
import { readUpTo } from '@batpak/platform'
import { join } from 'node:path'
import type { Engine } from '../engine.ts'
import { blake3 } from '../event/hash.ts'
import { SEGMENT_HEADER_MAX_BYTES, decodeSegmentHeader } from '../segment/header.ts'
import { classify, segmentFileName } from '../segment/name.ts'

/**
 * 8 bytes from the lowest segment's number and creation time. Every compaction changes one of them
 * (DEV-8): ours removes the lowest number, batpak 0.8.0's writes a new file under it.
 *
 * @throws StoreError `CorruptSegment`, and what the file system says
 */
export function compactionEpoch(engine: Pick<Engine, 'platform' | 'dataDir'>): Uint8Array {
  const { fs } = engine.platform
  let lowest = Infinity
  for (const name of fs.readdir(engine.dataDir)) {
    const file = classify(name)
    if (file.kind === 'segment' && file.canonical && file.id < lowest) lowest = file.id
  }
  const bytes = Buffer.alloc(16)
  if (lowest === Infinity) return blake3(bytes).slice(0, 8)
  const fd = fs.open(join(engine.dataDir, segmentFileName(lowest)), 'read')
  try {
    const { size } = fs.fstat(fd)
    const head = new Uint8Array(Math.min(size, SEGMENT_HEADER_MAX_BYTES))
    const read = readUpTo(fs, fd, head, 0)
    const header = decodeSegmentHeader(lowest, head.subarray(0, read), size)
    bytes.writeBigUInt64LE(BigInt(lowest), 0)
    bytes.writeBigUInt64LE(BigInt.asUintN(64, header?.createdNs ?? 0n), 8)
    return blake3(bytes).slice(0, 8)
  } finally {
    fs.close(fd)
  }
}
