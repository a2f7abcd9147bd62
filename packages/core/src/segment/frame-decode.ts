/**
 * Reads frames. Canonical frames, which is what both implementations write, take a straight path
 * over known bytes; anything else goes through `frame-tolerant.ts`, which accepts what batpak 0.8.0
 * accepts (disk format 22).
 */
import { uninitializedBytes } from '../encoding/bytes.ts'
import { Reader } from '../encoding/reader.ts'
import { TextCache } from '../encoding/utf8.ts'
import type { FrameHead } from './frame-head.ts'
import * as K from './frame-keys.ts'
import { decodeTolerantly } from './frame-tolerant.ts'

const NAMES: TextCache = new TextCache(4096)

/**
 * Decodes the payload map in `buf[at … end-1]` into `head`. The checksum is the caller's business.
 *
 * @throws MalformedError when the map is not a frame's
 * @throws StoreError `UnsafeInteger` for numbers beyond 2^53-1
 */
export function decodeFrame(buf: Uint8Array, at: number, end: number, head: FrameHead): void {
  if (!decodeCanonically(buf, at, end, head)) decodeTolerantly(buf, at, end, head)
}

/** Copies the payload bytes of a list or bin into a new array. */
export function payloadOf(buf: Uint8Array, head: FrameHead): Uint8Array {
  const count = head.payloadCount
  const out = uninitializedBytes(count)
  let p = head.payloadAt
  if (head.payloadForm === 'bin') {
    for (let i = 0; i < count; i += 1) out[i] = buf[p + i]!
    return out
  }
  for (let i = 0; i < count; i += 1) {
    let byte = buf[p++]!
    if (byte === 0xcc) byte = buf[p++]!
    else if (byte >= 0x80) return new Reader(buf, head.payloadValueAt).bytes('payload')
    out[i] = byte
  }
  return out
}

// The position of the canonical path: helpers below move it, -1 says "not canonical".
let pos = 0

function decodeCanonically(buf: Uint8Array, at: number, end: number, head: FrameHead): boolean {
  pos = at
  if (!words(buf, end, K.K_EVENT_ID, head.eventId)) return false
  if (!words(buf, end, K.K_CORRELATION_ID, head.correlationId)) return false
  if (!causation(buf, end, head.causationId)) return false
  if ((head.timestampUs = uint(buf, end, K.K_TIMESTAMP_US)) < 0) return false
  if ((head.wallMs = uint(buf, end, K.K_WALL_MS)) < 0) return false
  const counter = uint(buf, end, K.K_COUNTER)
  if (counter < 0 || counter > 0xffff) return false
  if ((head.depth = uint(buf, end, K.K_DEPTH)) < 0) return false
  if ((head.lane = uint(buf, end, K.K_LANE)) < 0) return false
  if ((head.clock = uint(buf, end, K.K_SEQUENCE)) < 0) return false
  if ((head.payloadSize = uint(buf, end, K.K_PAYLOAD_SIZE)) < 0) return false
  if ((head.kind = uint(buf, end, K.K_EVENT_KIND)) < 0 || head.kind > 0xffff) return false
  if ((head.flags = uint(buf, end, K.K_FLAGS)) < 0 || head.flags > 0xff) return false
  const contentAt = pos + K.K_CONTENT_HASH.length
  if (!hash(buf, end, K.K_CONTENT_HASH, head.contentHash)) return false
  const contentBytes = pos - contentAt
  if (!payload(buf, end, head)) return false
  if (!chain(buf, end, contentAt, contentBytes, head)) return false
  const entity = text(buf, end, K.K_ENTITY)
  if (entity === undefined) return false
  const scope = text(buf, end, K.K_SCOPE)
  if (scope === undefined || !match(buf, end, K.K_RECEIPT_EXTENSIONS)) return false
  head.entity = entity
  head.scope = scope
  // Extensions are rare; the tolerant path reads and checks them.
  if (pos >= end || buf[pos] !== 0x80) return false
  head.extensionsAt = pos
  head.extensionCount = 0
  return head.depth <= 0xffff_ffff && head.lane <= 0xffff_ffff && head.clock <= 0xffff_ffff
}

function match(buf: Uint8Array, end: number, key: Uint8Array): boolean {
  const { length } = key
  const at = pos
  if (at + length > end) return false
  for (let i = 0; i < length; i += 1) if (buf[at + i] !== key[i]) return false
  pos = at + length
  return true
}

function words(buf: Uint8Array, end: number, key: Uint8Array, out: Uint32Array): boolean {
  if (!match(buf, end, key)) return false
  return readWords(buf, end, out)
}

function readWords(buf: Uint8Array, end: number, out: Uint32Array): boolean {
  let p = pos
  if (p + 16 > end) return false
  for (let w = 0; w < 4; w += 1, p += 4) out[w] = be32(buf, p)
  pos = p
  return true
}

function be32(buf: Uint8Array, p: number): number {
  return ((buf[p]! << 24) | (buf[p + 1]! << 16) | (buf[p + 2]! << 8) | buf[p + 3]!) >>> 0
}

function causation(buf: Uint8Array, end: number, out: Uint32Array): boolean {
  if (!match(buf, end, K.K_CAUSATION_ID) || pos >= end) return false
  if (buf[pos] === 0xc0) {
    pos += 1
    out.fill(0)
    return true
  }
  if (buf[pos] !== 0xc4 || buf[pos + 1] !== 16) return false
  pos += 2
  return readWords(buf, end, out)
}

/** A non-negative safe integer after `key`; -1 when it is anything else. */
function uint(buf: Uint8Array, end: number, key: Uint8Array): number {
  // The longest form has 9 bytes; a frame has more than that behind any of its integers.
  if (!match(buf, end, key) || pos + 9 > end) return -1
  const tag = buf[pos]!
  if (tag < 0x80) {
    pos += 1
    return tag
  }
  const p = pos + 1
  switch (tag) {
    case 0xcc:
      pos += 2
      return buf[p]!
    case 0xcd:
      pos += 3
      return (buf[p]! << 8) | buf[p + 1]!
    case 0xce:
      pos += 5
      return be32(buf, p)
    case 0xcf: {
      pos += 9
      const value = be32(buf, p) * 0x100000000 + be32(buf, p + 4)
      return value <= Number.MAX_SAFE_INTEGER ? value : -1
    }
    default:
      return -1
  }
}

/** The list of 32 bytes after `key`. */
function hash(buf: Uint8Array, end: number, key: Uint8Array, out: Uint8Array): boolean {
  if (!match(buf, end, key) || pos + 64 > end) return false
  // Half of a hash's bytes have a prefix, at random: without a branch this takes half the time.
  let p = pos
  let wrong = 0
  for (let i = 0; i < 32; i += 1) {
    const byte = buf[p]!
    const prefixed = byte >>> 7
    wrong |= (byte ^ 0xcc) & -prefixed
    out[i] = buf[p + prefixed]!
    p += 1 + prefixed
  }
  pos = p
  return wrong === 0
}

function payload(buf: Uint8Array, end: number, head: FrameHead): boolean {
  if (!match(buf, end, K.K_PAYLOAD) || pos + 5 > end) return false
  const tag = buf[pos]!
  head.payloadValueAt = pos
  let count: number
  if (tag >= 0x90 && tag <= 0x9f) {
    count = tag & 0x0f
    pos += 1
  } else if (tag === 0xdc) {
    count = (buf[pos + 1]! << 8) | buf[pos + 2]!
    pos += 3
  } else if (tag === 0xdd) {
    count = be32(buf, pos + 1)
    pos += 5
  } else return false
  // A list of another length may be a rewritten payload that happens to be an array.
  if (count !== head.payloadSize && head.kind > 7) return false
  head.payloadForm = 'list'
  head.payloadAt = pos
  head.payloadCount = count
  let p = pos
  for (let i = 0; i < count; i += 1) {
    const byte = buf[p++]!
    if (byte >= 0x80) {
      if (byte !== 0xcc) return false
      p += 1
    }
  }
  pos = p
  return p <= end
}

function chain(
  buf: Uint8Array,
  end: number,
  contentAt: number,
  contentBytes: number,
  head: FrameHead,
): boolean {
  if (!match(buf, end, K.K_HASH_CHAIN) || pos >= end) return false
  if (buf[pos] === 0xc0) {
    pos += 1
    head.hasChain = false
    return true
  }
  head.hasChain = true
  if (!hash(buf, end, K.K_PREV_HASH, head.prevHash) || !match(buf, end, K.K_EVENT_HASH))
    return false
  return eventHash(buf, end, contentAt, contentBytes, head)
}

/** Usually the same bytes as the content hash, which are then only compared. */
function eventHash(
  buf: Uint8Array,
  end: number,
  contentAt: number,
  contentBytes: number,
  head: FrameHead,
): boolean {
  const at = pos
  if (at + contentBytes > end) return false
  for (let i = 0; i < contentBytes; i += 1) {
    if (buf[at + i] !== buf[contentAt + i]) return hash(buf, end, NO_KEY, head.eventHash)
  }
  head.eventHash.set(head.contentHash)
  pos = at + contentBytes
  return true
}

const NO_KEY: Uint8Array = new Uint8Array(0)

function text(buf: Uint8Array, end: number, key: Uint8Array): string | undefined {
  if (!match(buf, end, key) || pos + 3 > end) return undefined
  const tag = buf[pos]!
  let length: number
  if (tag >= 0xa0 && tag <= 0xbf) {
    length = tag & 0x1f
    pos += 1
  } else if (tag === 0xd9) {
    length = buf[pos + 1]!
    pos += 2
  } else if (tag === 0xda) {
    length = (buf[pos + 1]! << 8) | buf[pos + 2]!
    pos += 3
  } else return undefined
  const from = pos
  pos += length
  if (pos > end) return undefined
  try {
    return NAMES.get(buf, from, pos)
  } catch {
    return undefined // invalid UTF-8: the tolerant path says so
  }
}
