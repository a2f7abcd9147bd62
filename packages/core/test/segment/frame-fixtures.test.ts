/** Frames that batpak 0.8.0 wrote: both decoders read them alike, the encoder writes them again. */
import { describe, expect, it } from 'vitest'
import { decodeExtensions, encodeExtensions } from '../../src/append/extensions.ts'
import { Writer } from '../../src/encoding/writer.ts'
import { blake3 } from '../../src/event/hash.ts'
import { decodeFrame, payloadOf } from '../../src/segment/frame-decode.ts'
import { FrameDraft, encodeFrame, encodeNames } from '../../src/segment/frame-encode.ts'
import { FrameHead } from '../../src/segment/frame-head.ts'
import { decodeTolerantly } from '../../src/segment/frame-tolerant.ts'
import { fixtureNames, segmentFiles } from '../support/fixture-stores.ts'
import { hex } from '../support/raw-msgpack.ts'
import { frameOffsets, framesEnd } from '../support/raw-segment.ts'

/** Frames of these segments were rewritten by a dropping compaction: their payloads are values. */
const REWRITTEN = new Set(['compacted-retain/000001.fbat', 'compacted-tombstone/000001.fbat'])
/** The last frame of these segments is cut short or changed, or no segment at all. */
const DAMAGED = new Set([
  'batch-swallowed/000001.fbat',
  'batch-swallowed-closed/000001.fbat',
  'batch-torn-tail/000001.fbat',
  'compaction-torn/000001.fbat',
  'flipped-frame/000001.fbat',
  'segment-empty/000002.fbat',
  'segment-header-short/000002.fbat',
  'torn-frame/000001.fbat',
  'torn-frame-closed/000001.fbat',
  'torn-frame-killed/000001.fbat',
  'zero-tail/000001.fbat',
])

interface FixtureFrame {
  readonly where: string
  readonly file: Buffer
  readonly at: number
  readonly end: number
}

function framesOf(wanted: (segment: string) => boolean): FixtureFrame[] {
  const frames: FixtureFrame[] = []
  for (const name of fixtureNames) {
    for (const [segment, file] of segmentFiles(name)) {
      if (!wanted(`${name}/${segment}`)) continue
      for (const at of frameOffsets(file, framesEnd(file))) {
        const end = at + 8 + file.readUInt32BE(at)
        frames.push({ where: `${name}/${segment} at ${at}`, file, at, end })
      }
    }
  }
  return frames
}

const WHOLE = framesOf((segment) => !DAMAGED.has(segment) && !REWRITTEN.has(segment))

/** Everything a head says; without a chain its hashes are left over from the frame before. */
function said(head: FrameHead): object {
  const { prevHash, eventHash, ...rest } = Object.assign({} as FrameHead, head)
  return head.hasChain ? { ...rest, prevHash: hex(prevHash), eventHash: hex(eventHash) } : rest
}

function decoded(frame: FixtureFrame, decode: typeof decodeFrame): FrameHead {
  const head = new FrameHead()
  decode(frame.file, frame.at + 8, frame.end, head)
  return head
}

describe('frames of batpak 0.8.0', () => {
  it('are many: the tests below have something to prove', () => {
    expect(WHOLE.length).toBeGreaterThan(400)
  })

  it('say the same to the canonical and to the tolerant decoder', () => {
    for (const frame of WHOLE) {
      const canonical = said(decoded(frame, decodeFrame))
      expect(said(decoded(frame, decodeTolerantly)), frame.where).toEqual(canonical)
    }
  })

  it('hold payload bytes of the size and hash that they claim (W-33, R-24)', () => {
    for (const frame of WHOLE) {
      const head = decoded(frame, decodeFrame)
      if (!head.hasChain) continue
      const payload = payloadOf(frame.file, head)
      expect(payload.length, frame.where).toBe(head.payloadSize)
      expect(hex(head.contentHash), frame.where).toBe(hex(blake3(payload)))
      expect(hex(head.eventHash), frame.where).toBe(hex(head.contentHash))
    }
  })

  it('are written again to the same bytes, batch markers excepted, which we do not encode yet', () => {
    const out = new Writer(16)
    let markers = 0
    for (const frame of WHOLE) {
      const head = decoded(frame, decodeFrame)
      if (!head.hasChain) {
        expect([6, 7], frame.where).toContain(head.kind)
        markers += 1
        continue
      }
      out.pos = 0
      const length = encodeFrame(out, draftOf(frame.file, head))
      const original = frame.file.subarray(frame.at, frame.end)
      expect(hex(out.toBytes()), frame.where).toBe(hex(original))
      expect(length).toBe(original.length)
    }
    expect(markers).toBeGreaterThan(30)
  })

  it('that a dropping compaction rewrote hold the value itself, and the kept hash tells (R-28)', () => {
    const frames = framesOf((segment) => REWRITTEN.has(segment))
    expect(frames.length).toBeGreaterThan(10)
    for (const frame of frames) {
      const head = decoded(frame, decodeFrame)
      expect(head.payloadForm, frame.where).toBe('inline')
      const value = frame.file.subarray(head.payloadAt, head.payloadAt + head.payloadCount)
      // Maps come back with sorted keys; only the OPEN events had them in another order.
      const same = hex(blake3(value)) === hex(head.eventHash)
      expect(same, frame.where).toBe(head.kind !== 8)
    }
  })
})

function draftOf(file: Buffer, head: FrameHead): FrameDraft {
  const draft = new FrameDraft()
  draft.eventId.set(head.eventId)
  draft.correlationId.set(head.correlationId)
  draft.causationId.set(head.causationId)
  draft.timestampUs = head.timestampUs
  draft.wallMs = head.wallMs
  draft.depth = head.depth
  draft.lane = head.lane
  draft.clock = head.clock
  draft.kind = head.kind
  draft.flags = head.flags
  draft.eventHash.set(head.eventHash)
  draft.prevHash.set(head.prevHash)
  draft.payload = payloadOf(file, head)
  draft.names = encodeNames(head.entity, head.scope)
  draft.extensions = encodeExtensions(decodeExtensions(file, head.extensionsAt))
  return draft
}
