/**
 * Frames with arbitrary content and arbitrary damage.
 * Harness pattern: Equivalence Harness.
 * PROVES: the straight path over canonical bytes gives what the tolerant decoder gives, for whatever
 *   event and whatever bytes; damaged bytes give a frame, `MalformedError` or `UnsafeInteger`.
 * CATCHES: a limit that one path checks and the other does not, a value left over from the frame
 *   before, a read past the end of the frame.
 * SEEDED: fast-check; a failure prints its seed and path.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MalformedError } from '../../src/encoding/reader.ts'
import { isStoreError } from '../../src/index.ts'
import { decodeFrame, payloadOf } from '../../src/segment/frame-decode.ts'
import { FrameHead } from '../../src/segment/frame-head.ts'
import { decodeTolerantly } from '../../src/segment/frame-tolerant.ts'
import { hex, mp } from '../support/raw-msgpack.ts'
import { eventMap, type RawEvent } from '../support/raw-segment.ts'

const u32 = fc.oneof(fc.constantFrom(0, 127, 128, 255, 256, 65_535, 65_536), fc.nat(0xffff_ffff))
const id = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n })
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 70 })

const event: fc.Arbitrary<RawEvent> = fc.record(
  {
    eventId: id,
    correlationId: id,
    causationId: id,
    timestampUs: fc.maxSafeNat(),
    wallMs: fc.maxSafeNat(),
    depth: u32,
    lane: u32,
    clock: u32,
    kind: fc.nat(0xffff),
    flags: fc.nat(0xff),
    payload: fc.uint8Array({ maxLength: 300 }),
    prevHash: hash,
    entity: name,
    scope: name,
    extensions: fc.dictionary(
      fc.constantFrom('a.b', 'x.y', 'no-dot'),
      fc.uint8Array({ maxLength: 20 }),
    ),
  },
  { requiredKeys: [] },
)

/** What a decoder says of bytes that have others before and behind them. */
function said(decode: typeof decodeFrame, bytes: Uint8Array): object {
  const buf = Buffer.concat([Buffer.alloc(5, 0xa5), bytes, Buffer.alloc(90, 0xcc)])
  const head = new FrameHead()
  head.causationId.fill(7)
  head.contentHash.fill(7)
  head.extensionCount = 7
  try {
    decode(buf, 5, 5 + bytes.length, head)
  } catch (error) {
    if (error instanceof MalformedError) return { refused: 'malformed' }
    if (isStoreError(error, 'UnsafeInteger')) return { refused: 'unsafe', what: error.what }
    throw error
  }
  const { prevHash, eventHash, ...rest } = Object.assign({} as FrameHead, head)
  const payload = head.payloadForm === 'inline' ? undefined : hex(payloadOf(buf, head))
  if (!head.hasChain) return { ...rest, payload }
  return { ...rest, payload, prevHash: hex(prevHash), eventHash: hex(eventHash) }
}

describe('the two decoders of frames', () => {
  it('agree on every event', () => {
    fc.assert(
      fc.property(event, (event) => {
        const bytes = mp(eventMap(event))
        const canonical = said(decodeFrame, bytes)
        expect(canonical).toEqual(said(decodeTolerantly, bytes))
        expect(canonical).toMatchObject({
          kind: event.kind ?? 0xf001,
          clock: event.clock ?? 0,
          entity: event.entity ?? 'a',
          payload: hex(event.payload ?? mp({ map: [['n', 0]] })),
        })
      }),
      { numRuns: 400 },
    )
  })

  it('agree on frames in which some bytes were changed, cut or doubled', () => {
    const change = fc.tuple(
      fc.nat(),
      fc.oneof(fc.nat(255), fc.constantFrom(0xcc, 0xcd, 0xcf, 0xdc, 0x80, 0xc0, 0xa0)),
    )
    const edits = fc.record({
      changes: fc.array(change, { maxLength: 3 }),
      cut: fc.nat(3),
      twice: fc.nat(5),
    })
    let decoded = 0
    fc.assert(
      fc.property(event, edits, (event, { changes, cut, twice }) => {
        const whole = mp(eventMap(event))
        for (const [at, byte] of changes) whole[at % whole.length] = byte
        const at = whole.length >> 1
        const bytes = Buffer.concat([
          whole.subarray(0, at),
          whole.subarray(at - (twice === 5 ? 1 : 0), whole.length - (cut === 3 ? 1 : 0)),
        ])
        const canonical = said(decodeFrame, bytes)
        expect(canonical).toEqual(said(decodeTolerantly, bytes))
        if (!('refused' in canonical)) decoded += 1
      }),
      { numRuns: 1500 },
    )
    expect(decoded).toBeGreaterThan(200)
  })

  it('refuse arbitrary bytes and read nothing behind their end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const decode of [decodeFrame, decodeTolerantly]) {
          expect(said(decode, bytes)).toMatchObject({ refused: 'malformed' })
        }
      }),
      { numRuns: 500 },
    )
  })
})
