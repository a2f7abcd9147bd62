// Segment files, read and damaged from outside: neither implementation's code is used here.

import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const KIND = Buffer.from('aa6576656e745f6b696e64', 'hex')
const FOOTER_MAGIC = 'SDX2'

/** Paths of the segments, in the order of their ids. */
export function segmentFiles(dir) {
  const names = readdirSync(dir).filter((name) => /^\d+\.fbat$/.test(name))
  return names.sort().map((name) => join(dir, name))
}

export function lastSegment(dir) {
  return segmentFiles(dir).at(-1)
}

export function hasFooter(path) {
  return readFileSync(path).subarray(-4).toString('latin1') === FOOTER_MAGIC
}

/** The complete frames of a segment: `{ offset, end, kind, bytes }`. */
export function framesOf(path) {
  const bytes = readFileSync(path)
  const sealed = bytes.subarray(-4).toString('latin1') === FOOTER_MAGIC
  const end = sealed ? Number(bytes.readBigUInt64LE(bytes.length - 16)) : bytes.length
  const found = []
  for (let offset = 8 + bytes.readUInt32BE(4); offset + 8 <= end;) {
    const next = offset + 8 + bytes.readUInt32BE(offset)
    if (next > end) break
    const frame = bytes.subarray(offset, next)
    found.push({ offset, end: next, kind: kindOf(frame), bytes: frame })
    offset = next
  }
  return found
}

function kindOf(frame) {
  const at = frame.indexOf(KIND) + KIND.length
  const form = frame[at]
  if (form < 0x80) return form
  return form === 0xcc ? frame[at + 1] : frame.readUInt16BE(at + 1)
}

export const BEGIN = 6
export const COMMIT = 7

/** Where the frames of the last segment begin and end: a cut is somewhere in between. */
export function cuttable(dir) {
  const path = lastSegment(dir)
  const bytes = readFileSync(path)
  return { path, first: 8 + bytes.readUInt32BE(4), end: bytes.length }
}

/**
 * Cuts the last segment to `length` bytes, as a crash does that lost what was not synced, and tells
 * which offsets held events that are lost: those behind the cut, and those of a batch cut open.
 */
export function cut(dir, length) {
  const { path } = cuttable(dir)
  const lost = new Set()
  let batch
  for (const { offset, end, kind } of framesOf(path)) {
    if (kind === BEGIN) batch = []
    else if (kind === COMMIT) {
      if (end > length) batch.forEach((item) => lost.add(item))
      batch = undefined
    } else if (batch) batch.push(offset)
    else if (end > length) lost.add(offset)
  }
  truncateSync(path, length)
  return lost
}

export function appendBytes(dir, bytes) {
  writeFileSync(lastSegment(dir), bytes, { flag: 'a' })
}
