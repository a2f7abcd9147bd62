/** Frames in forms that no writer of ours or theirs makes, and which batpak 0.8.0 reads or refuses. */
import { describe, expect, it } from 'vitest'
import { decodeExtensions } from '../../src/append/extensions.ts'
import { MalformedError } from '../../src/encoding/reader.ts'
import { Writer } from '../../src/encoding/writer.ts'
import { blake3 } from '../../src/event/hash.ts'
import { decodeFrame, payloadOf } from '../../src/segment/frame-decode.ts'
import { FrameDraft, encodeFrame, encodeNames } from '../../src/segment/frame-encode.ts'
import { FrameHead } from '../../src/segment/frame-head.ts'
import { hex, isMap, mp, tagged, type Raw, type RawMap } from '../support/raw-msgpack.ts'
import { GONE, edit, eventFrame, eventMap, id16, type RawEvent } from '../support/raw-segment.ts'

/** An event with a value other than the default in every place. */
const EVENT: RawEvent = {
  eventId: 0x0102030405060708_090a0b0c0d0e0f10n,
  correlationId: 0xffeeddccbbaa9988_7766554433221100n,
  causationId: 3n,
  timestampUs: 1_700_000_000_123_456,
  wallMs: 1_700_000_000_200,
  depth: 70_000,
  lane: 0xffff_ffff,
  clock: 300,
  kind: 0xa007,
  flags: 0xff,
  payload: mp({
    map: [
      ['x', 10],
      ['y', 200],
    ],
  }),
  prevHash: Uint8Array.from({ length: 32 }, (_, i) => i * 8),
  entity: 'order:é',
  scope: 'shop',
  extensions: { 'a.b': Uint8Array.of(0, 200) },
}
const PLAIN = eventMap(EVENT)
/** Without extensions a frame takes the straight path over canonical bytes, as far as it goes. */
const BARE = edit(PLAIN, { receipt_extensions: { map: [] } })

function decode(payload: Raw): { readonly head: FrameHead; readonly buf: Buffer } {
  const buf = mp(payload)
  const head = new FrameHead()
  // What the frame before left behind must not shine through.
  head.eventId.fill(9)
  head.causationId.fill(9)
  head.contentHash.fill(9)
  head.extensionCount = 9
  decodeFrame(buf, 0, buf.length, head)
  return { head, buf }
}

/** What a frame says, without where it says it. */
function meaning(payload: Raw): object {
  const { head, buf } = decode(payload)
  const { payloadForm, payloadAt, payloadCount, extensionsAt, extensionCount, ...rest } =
    Object.assign({} as FrameHead, head)
  const { payloadValueAt: _, ...said } = rest
  return {
    ...said,
    prevHash: head.hasChain ? hex(head.prevHash) : undefined,
    eventHash: head.hasChain ? hex(head.eventHash) : undefined,
    rewritten: payloadForm === 'inline',
    payload:
      payloadForm === 'inline'
        ? buf.subarray(payloadAt, payloadAt + payloadCount)
        : payloadOf(buf, head),
    extensions: extensionCount === 0 ? new Map() : decodeExtensions(buf, extensionsAt),
  }
}

const words = (id: bigint): Uint32Array => {
  const bytes = id16(id)
  return Uint32Array.from({ length: 4 }, (_, i) => bytes.readUInt32BE(i * 4))
}

/** Applies a change to every map of the frame, innermost first. */
function everyMap(value: Raw, change: (map: RawMap) => Raw): Raw {
  if (!isMap(value)) return value
  const { map } = value
  return change(map.map(([key, member]) => [key, everyMap(member, change)]))
}

/** Every integer in the 64-bit form of the given tag. */
function wide(value: Raw, tag: number): Raw {
  if (typeof value === 'number') return tagged(tag, 8, value)
  if (value instanceof Uint8Array) return [...value].map((byte) => tagged(tag, 8, byte))
  if (!isMap(value)) return value
  return { map: value.map.map(([key, member]) => [key, wide(member, tag)]) }
}

const bin = (value: Raw): Raw => ({ bin: value as Uint8Array })
const asBin = (value: Raw): Raw => ({ bin: Buffer.from(value as string) })
const asList = (value: Raw): Raw => (value as { bin: Uint8Array }).bin

describe('a frame in an accepted form means what the canonical one means:', () => {
  it('the canonical form itself, field by field', () => {
    expect(meaning(PLAIN)).toEqual({
      eventId: words(EVENT.eventId!),
      correlationId: words(EVENT.correlationId!),
      causationId: words(3n),
      timestampUs: EVENT.timestampUs,
      wallMs: EVENT.wallMs,
      depth: 70_000,
      lane: 0xffff_ffff,
      clock: 300,
      payloadSize: 8,
      kind: 0xa007,
      flags: 0xff,
      contentHash: blake3(EVENT.payload!),
      hasChain: true,
      prevHash: hex(EVENT.prevHash!),
      eventHash: hex(blake3(EVENT.payload!)),
      entity: 'order:é',
      scope: 'shop',
      rewritten: false,
      payload: new Uint8Array(EVENT.payload!),
      extensions: new Map([['a.b', Uint8Array.of(0, 200)]]),
    })
  })

  it.each<readonly [what: string, frame: Raw]>([
    [
      'payload and hashes as bins',
      edit(PLAIN, {
        'event.payload': bin,
        'event.header.content_hash': bin,
        'event.hash_chain.prev_hash': bin,
        'event.hash_chain.event_hash': bin,
      }),
    ],
    [
      'extension bytes as bins',
      edit(PLAIN, { receipt_extensions: { map: [['a.b', bin(Uint8Array.of(0, 200))]] } }),
    ],
    [
      'ids as arrays of 16 integers',
      edit(PLAIN, {
        'event.header.event_id': asList,
        'event.header.correlation_id': asList,
        'event.header.causation_id': asList,
      }),
    ],
    ['integers in 64 bits, unsigned', wide(PLAIN, 0xcf)],
    ['integers in 64 bits, signed', wide(PLAIN, 0xd3)],
    ['keys in the opposite order', everyMap(PLAIN, (map) => ({ map: [...map].reverse() }))],
    [
      'unknown keys in every map',
      everyMap(PLAIN, (map) =>
        map.length === 1
          ? { map }
          : {
              map: [
                ['zz', [1, { map: [[null, 'x']] }]],
                ...map,
                [{ bytes: Buffer.from('a2fffe', 'hex') }, 1],
              ],
            },
      ),
    ],
    [
      'integer keys that count fields',
      everyMap(PLAIN, (map) =>
        map.length === 1 ? { map } : { map: map.map(([, member], i) => [i, member]) },
      ),
    ],
    [
      'keys as bins',
      everyMap(PLAIN, (map) => ({ map: map.map(([key, member]) => [asBin(key), member]) })),
    ],
    [
      'structs as arrays',
      everyMap(PLAIN, (map) => (map.length === 1 ? { map } : map.map(([, member]) => member))),
    ],
    ['names as bins', edit(PLAIN, { entity: asBin, scope: asBin })],
    ['bytes behind the map', { bytes: Buffer.concat([mp(PLAIN), Buffer.from('c1ff')]) }],
  ])('%s', (_, frame) => {
    expect(meaning(frame)).toEqual(meaning(PLAIN))
  })

  it.each<readonly [what: string, change: Parameters<typeof edit>[1], differs: object]>([
    ['no receipt_extensions', { receipt_extensions: GONE }, { extensions: new Map() }],
    ['no content_hash', { 'event.header.content_hash': GONE }, { contentHash: new Uint8Array(32) }],
    ['no causation_id', { 'event.header.causation_id': GONE }, { causationId: words(0n) }],
    [
      'a causation_id of zeros (R-174)',
      { 'event.header.causation_id': { bin: id16(0n) } },
      { causationId: words(0n) },
    ],
    [
      'no hash_chain',
      { 'event.hash_chain': GONE },
      { hasChain: false, prevHash: undefined, eventHash: undefined },
    ],
    [
      'a hash_chain that is nil',
      { 'event.hash_chain': null },
      { hasChain: false, prevHash: undefined, eventHash: undefined },
    ],
    ['a negative timestamp_us', { 'event.header.timestamp_us': -5 }, { timestampUs: -5 }],
    ['another payload_size', { 'event.header.payload_size': 99 }, { payloadSize: 99 }],
    [
      'another content_hash',
      { 'event.header.content_hash': new Uint8Array(32) },
      { contentHash: new Uint8Array(32) },
    ],
    ['an unknown reserved kind', { 'event.header.event_kind': 0x0042 }, { kind: 0x0042 }],
    [
      'extensions out of order',
      {
        receipt_extensions: {
          map: [
            ['z.z', [1]],
            ['no dot', [2]],
            ['a.b', []],
          ],
        },
      },
      {
        extensions: new Map([
          ['a.b', Uint8Array.of()],
          ['no dot', Uint8Array.of(2)],
          ['z.z', Uint8Array.of(1)],
        ]),
      },
    ],
  ])('%s, except for that', (_, change, differs) => {
    for (const frame of [PLAIN, BARE]) {
      expect(meaning(edit(frame, change))).toEqual({ ...meaning(frame), ...differs })
    }
  })
})

describe('a payload that is not a byte list (R-28)', () => {
  it.each<readonly [what: string, value: Raw]>([
    ['a map', { map: [['x', 10]] }],
    ['a text', 'abc'],
    ['nil', null],
    ['an array with something else than bytes', [1, 2, 256]],
    ['an array of texts', ['a']],
    ['an array of bytes whose hash is another', [1, 2, 3]],
  ])('is the value itself: %s', (_, value) => {
    for (const frame of [PLAIN, BARE]) {
      expect(meaning(edit(frame, { 'event.payload': value }))).toMatchObject({
        rewritten: true,
        payload: mp(value),
      })
    }
  })

  it('but an array of bytes with the right hash is the payload, whatever size the header claims', () => {
    for (const frame of [PLAIN, BARE]) {
      expect(meaning(edit(frame, { 'event.header.payload_size': 3 }))).toMatchObject({
        rewritten: false,
        payload: new Uint8Array(EVENT.payload!),
      })
    }
  })
})

describe('a frame is refused', () => {
  it.each<readonly [what: string, change: Parameters<typeof edit>[1]]>([
    ...[
      'event',
      'entity',
      'scope',
      'event.header',
      'event.payload',
      'event.header.event_id',
      'event.header.correlation_id',
      'event.header.timestamp_us',
      'event.header.position',
      'event.header.payload_size',
      'event.header.event_kind',
      'event.header.flags',
      'event.header.position.wall_ms',
      'event.header.position.counter',
      'event.header.position.depth',
      'event.header.position.lane',
      'event.header.position.sequence',
      'event.hash_chain.prev_hash',
      'event.hash_chain.event_hash',
    ].map((path) => [`without ${path}`, { [path]: GONE }] as const),
    ['with an id that is an integer', { 'event.header.event_id': 5 }],
    ['with an id of 15 bytes', { 'event.header.event_id': { bin: new Uint8Array(15) } }],
    ['with an id of 17 integers', { 'event.header.event_id': new Uint8Array(17) }],
    ['with a hash of 31 bytes', { 'event.hash_chain.prev_hash': new Uint8Array(31) }],
    ['with a float for an integer', { 'event.header.timestamp_us': { f64: 5 } }],
    ['with a float for the kind', { 'event.header.event_kind': { f64: 5 } }],
    ['with a kind of 70000', { 'event.header.event_kind': 70_000 }],
    ['with flags of 256', { 'event.header.flags': 256 }],
    ['with a counter of 65536', { 'event.header.position.counter': 65_536 }],
    ['with a lane beyond u32', { 'event.header.position.lane': 2 ** 32 }],
    ['with a depth beyond u32', { 'event.header.position.depth': 2 ** 32 }],
    ['with a clock beyond u32', { 'event.header.position.sequence': 2 ** 32 }],
    ['with a payload size beyond u32', { 'event.header.payload_size': 2 ** 32 }],
    ['with negative wall_ms', { 'event.header.position.wall_ms': -1 }],
    ['with a name that is no text', { entity: 5 }],
    ['with a name of invalid UTF-8', { scope: { bytes: Buffer.from('a2fffe', 'hex') } }],
    ['with extensions that are nil', { receipt_extensions: null }],
    ['with extensions that are no bytes', { receipt_extensions: { map: [['a.b', ['x']]] } }],
  ])('%s', (_, change) => {
    for (const frame of [PLAIN, BARE]) {
      expect(() => decode(edit(frame, change))).toThrow(MalformedError)
    }
  })

  it('with a known key twice', () => {
    for (const path of ['', 'event', 'event.header', 'event.header.position', 'event.hash_chain']) {
      const twice = (value: Raw): Raw => {
        const { map } = value as { readonly map: RawMap }
        return { map: [...map, map[0]!] }
      }
      const frame = path === '' ? twice(PLAIN) : edit(PLAIN, { [path]: twice })
      expect(() => decode(frame), path).toThrow(/twice/)
    }
  })

  it('cut anywhere, whichever decoder reads it', () => {
    for (const frame of [PLAIN, BARE, wide(PLAIN, 0xcf)]) {
      const bytes = mp(frame)
      for (let end = 0; end < bytes.length; end += 1) {
        const cut = (): void => decodeFrame(bytes, 0, end, new FrameHead())
        expect(cut, `cut at ${end}`).toThrow(MalformedError)
      }
    }
  })

  it('with a number that no JavaScript number holds, as UnsafeInteger naming the field', () => {
    for (const [path, what] of [
      ['event.header.position.wall_ms', 'wall_ms'],
      ['event.header.timestamp_us', 'timestamp_us'],
    ] as const) {
      expect(() => decode(edit(PLAIN, { [path]: 1n << 60n }))).toThrow(
        expect.objectContaining({ code: 'UnsafeInteger', what, value: `${1n << 60n}` }),
      )
    }
  })
})

describe('the encoder', () => {
  it.each<readonly [what: string, event: RawEvent]>([
    ['a plain first event', {}],
    ['every field in use', EVENT],
    ['an empty payload', { payload: new Uint8Array(0) }],
    ['a payload of 70000 bytes', { payload: new Uint8Array(70_000).fill(200) }],
    ['names of 1024 bytes', { entity: 'e'.repeat(1024), scope: 'ü'.repeat(512) }],
    ['a lane without a depth', { lane: 1 }],
    ['a depth without a lane', { depth: 1 }],
    ['the last clock', { clock: 0xffff_ffff }],
    ['the last time', { timestampUs: Number.MAX_SAFE_INTEGER, wallMs: Number.MAX_SAFE_INTEGER }],
  ])('writes %s as a second writer does, from the description of the format', (_, event) => {
    const draft = new FrameDraft()
    draft.eventId.set(words(event.eventId ?? 1n))
    draft.correlationId.set(words(event.correlationId ?? event.eventId ?? 1n))
    draft.causationId.set(words(event.causationId ?? 0n))
    draft.timestampUs = event.timestampUs ?? 1_700_000_000_000_000
    draft.wallMs = event.wallMs ?? Math.floor(draft.timestampUs / 1000)
    draft.depth = event.depth ?? 0
    draft.lane = event.lane ?? 0
    draft.clock = event.clock ?? 0
    draft.kind = event.kind ?? 0xf001
    draft.flags = event.flags ?? 0
    draft.payload = event.payload ?? mp({ map: [['n', 0]] })
    draft.eventHash.set(blake3(draft.payload))
    draft.prevHash.set(event.prevHash ?? new Uint8Array(32))
    draft.names = encodeNames(event.entity ?? 'a', event.scope ?? 's')
    if (event.extensions) {
      draft.extensions = mp({
        map: Object.entries(event.extensions).map(([key, bytes]) => [key, bytes]),
      })
    }
    const out = new Writer(16)
    out.raw(Buffer.from('before'))
    encodeFrame(out, draft)
    expect(hex(out.toBytes(6))).toBe(hex(eventFrame(event)))
  })
})
