/** What one append stores, what its receipt says, and that both agree. */
import { blake3 } from '@noble/hashes/blake3.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventId, Flag, Kind, type AppendReceipt, type Store } from '../../src/index.ts'
import { Counted, Noted, at, hexId } from '../support/api-events.ts'
import { argumentError } from '../support/api-errors.ts'
import { FakeClock, START_US } from '../support/api-clock.ts'
import { freshDir, openReadOnly, openStore } from '../support/api-store.ts'

const NIL = Uint8Array.of(0xc0)
const ZERO = new Uint8Array(32)

function appendNotes(store: Store, entity: string, values: readonly number[]): AppendReceipt[] {
  return values.map((n) => store.append(at(entity), Noted, { n }))
}

describe('an append', () => {
  it('W-41 is visible to every read when it returns', () => {
    const store = openStore()
    const { eventId, sequence } = store.append(at('a'), Noted, { n: 1 })
    expect(store.has(eventId)).toBe(true)
    expect(store.get(eventId).payload).toEqual({ n: 1 })
    expect(store.entry(eventId)?.sequence).toBe(sequence)
    expect([...store.entries({ entity: 'a' })]).toHaveLength(1)
    expect(store.page({ entity: 'a' }, { limit: 5 }).entries).toHaveLength(1)
    expect(store.count({ kind: Noted })).toBe(1)
    expect([...store.ancestors(eventId)]).toHaveLength(1)
    expect(store.stats()).toEqual({ eventCount: 2, globalSequence: 2 })
    expect(store.diagnostics().visibleSequence).toBe(2)
    expect(store.frontier().visibleHlc.sequence).toBe(sequence)
  })

  it('W-42 takes sequence 1 first, because the open event has 0, and then every next one', () => {
    const store = openStore()
    const sequences = appendNotes(store, 'a', [1, 2, 3]).map(({ sequence }) => sequence)
    sequences.push(store.append(at('b'), Counted, { n: 1 }).sequence)
    sequences.push(store.appendBytes(at('b'), Kind.DATA, NIL).sequence)
    expect(sequences).toEqual([1, 2, 3, 4, 5])
    expect([...store.entries()].map((entry) => entry.sequence)).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('W-24 hashes the payload bytes exactly as stored', () => {
    const store = openStore()
    const receipt = store.append(at('a'), Noted, { n: 1 })
    const golden = '7be2f6ba1a9ebb6454bae81c36b2f3416e4ffe75827066ecc0856478a8c75a7f'
    expect(Buffer.from(receipt.contentHash).toString('hex')).toBe(golden)
    const event = store.get(receipt.eventId)
    expect(Buffer.from(event.payloadBytes).toString('hex')).toBe('81a16e01')
    expect(event.contentHash).toEqual(receipt.contentHash)
    expect(event.eventHash).toEqual(receipt.contentHash)
    expect(store.entry(receipt.eventId)?.eventHash).toEqual(receipt.contentHash)
  })

  it('W-24 R-24 stores any bytes as they are, none included', () => {
    const store = openStore()
    const samples = fc.sample(fc.uint8Array({ maxLength: 300 }), { numRuns: 40, seed: 7 })
    for (const bytes of [new Uint8Array(0), ...samples]) {
      const given = bytes.slice()
      const { eventId, contentHash } = store.appendBytes(at('a'), Noted.kind, given)
      given.fill(0)
      const event = store.get(eventId)
      expect(event.payloadBytes).toEqual(bytes)
      expect(contentHash).toEqual(blake3(bytes))
      expect(event.payloadRewritten).toBeUndefined()
    }
  })

  it('takes payload bytes that are a part of a larger buffer', () => {
    const store = openStore()
    const whole = Uint8Array.from({ length: 32 }, (_, i) => i)
    const { eventId } = store.appendBytes(at('a'), Noted.kind, whole.subarray(5, 9))
    expect([...store.get(eventId).payloadBytes]).toEqual([5, 6, 7, 8])
    const buffer = Buffer.from([0x81, 0xa1, 0x6e, 0x05])
    const { eventId: other } = store.appendBytes(at('a'), Noted.kind, buffer)
    expect(Noted.decode(store.get(other))).toEqual({ n: 5 })
  })

  it('W-32 stores every value of the flags verbatim', () => {
    const store = openStore()
    for (let flags = 0; flags <= 0xff; flags += 1) {
      const { eventId } = store.append(at('a'), Noted, { n: flags }, { flags })
      expect(store.get(eventId).flags).toBe(flags)
    }
    const plain = store.append(at('a'), Noted, { n: 0 })
    expect(store.get(plain.eventId).flags).toBe(0)
    expect(Flag).toEqual({ requiresAck: 1, transactional: 2, replay: 8 })
  })

  it('W-33 W-40 chains each event to the hash of the one before it in its entity', () => {
    const store = openStore()
    const [a1, a2] = appendNotes(store, 'a', [1, 2])
    const [b1] = appendNotes(store, 'b', [9])
    const [a3] = appendNotes(store, 'a', [3])
    expect(a1!.prevHash).toEqual(ZERO)
    expect(b1!.prevHash).toEqual(ZERO)
    expect(a2!.prevHash).toEqual(a1!.contentHash)
    expect(a3!.prevHash).toEqual(a2!.contentHash)
    expect(store.get(a3!.eventId).prevHash).toEqual(a2!.contentHash)
  })

  it('W-34 gives identical payloads identical hashes: the chain binds content alone', () => {
    const store = openStore()
    const receipts = appendNotes(store, 'a', [1, 1, 1])
    const hashes = receipts.map(({ contentHash }) => Buffer.from(contentHash).toString('hex'))
    expect(new Set(hashes).size).toBe(1)
    expect(new Set(receipts.map(({ eventId }) => eventId)).size).toBe(3)
  })

  it('W-35 W-53 counts the clock per entity, whatever scope, lane and depth', () => {
    const store = openStore()
    const append = (entity: string, scope: string, lane: number, depth: number): number =>
      store.append(at(entity, scope), Noted, { n: 0 }, { position: { lane, depth } }).clock
    expect(append('a', 's', 0, 0)).toBe(0)
    expect(append('a', 't', 5, 0)).toBe(1)
    expect(append('b', 's', 5, 5)).toBe(0)
    expect(append('a', 's', 5, 9)).toBe(2)
  })

  it('W-50 leaves the streams of other entities as they are', () => {
    const order = (first: string, second: string): string[] => {
      const store = openStore({ clock: new FakeClock() })
      for (const entity of [first, second]) appendNotes(store, entity, [1, 2, 3])
      return ['a', 'b'].flatMap((entity) =>
        [...store.events({ entity })].map(
          ({ clock, prevHash, payload, wallMs }) =>
            `${clock} ${Buffer.from(prevHash).toString('hex')} ${JSON.stringify(payload)} ${wallMs}`,
        ),
      )
    }
    expect(order('a', 'b')).toEqual(order('b', 'a'))
  })

  it('W-37 carries the clock reading in microseconds, and its milliseconds as wall time', () => {
    const store = openStore({ clock: new FakeClock(START_US + 1234) })
    const { eventId } = store.append(at('a'), Noted, { n: 1 })
    const event = store.get(eventId)
    expect(event.timestampUs).toBe(START_US + 1234)
    expect(event.wallMs).toBe(START_US / 1000 + 1)
  })
})

describe('a receipt', () => {
  it('says what the store then says of the event', () => {
    const store = openStore()
    store.append(at('a', 's'), Noted, { n: 0 })
    const receipt = store.append(at('a', 's'), Noted, { n: 1 })
    const event = store.get(receipt.eventId)
    expect(receipt).toEqual({
      type: 'append',
      eventId: event.eventId,
      sequence: event.sequence,
      clock: event.clock,
      kind: event.kind,
      coordinate: { entity: event.entity, scope: event.scope },
      contentHash: event.contentHash,
      prevHash: event.prevHash,
      diskPos: event.diskPos,
      keyId: ZERO,
      extensions: new Map(),
      replayed: false,
    })
    expect(store.verify(receipt, { strictDiskPosition: true })).toEqual({
      outcome: 'unsigned_accepted',
    })
  })

  it('names the place of the frame in the active segment', () => {
    const store = openStore()
    const first = store.append(at('a'), Noted, { n: 1 })
    const second = store.append(at('a'), Noted, { n: 2 })
    expect(second.diskPos.segmentId).toBe(1)
    expect(second.diskPos.offset).toBe(first.diskPos.offset + first.diskPos.length)
  })
})

describe('correlation and causation', () => {
  it('W-51 default to the own id and to none, each on its own', () => {
    const store = openStore()
    const correlationId = EventId.fromHex(hexId(1))
    const causationId = EventId.fromHex(hexId(2))
    const cases = [
      [{}, undefined, undefined],
      [{ correlationId }, correlationId, undefined],
      [{ causationId }, undefined, causationId],
      [{ correlationId, causationId }, correlationId, causationId],
    ] as const
    for (const [options, correlated, caused] of cases) {
      const { eventId } = store.append(at('a'), Noted, { n: 1 }, options)
      for (const entry of [store.entry(eventId)!, store.get(eventId)]) {
        expect(entry.correlationId).toBe(correlated ?? eventId)
        expect(entry.causationId).toBe(caused)
        expect('causationId' in entry).toBe(caused !== undefined)
      }
    }
  })

  it('W-52 may name events that do not exist, and the event itself', () => {
    const store = openStore()
    const unknown = EventId.fromHex(hexId(12345))
    const { eventId } = store.append(at('a'), Noted, { n: 1 }, { causationId: unknown })
    expect(store.entry(eventId)?.causationId).toBe(unknown)
    expect(store.has(unknown)).toBe(false)
  })
})

describe('after a reopen', () => {
  it('W-53 R-175 everything that an append said is still said, footer or not', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir, segmentMaxBytes: 2000 })
    const extensions = new Map([['acme.trace', Uint8Array.of(1, 200, 255)]])
    const options = {
      flags: 0x0b,
      position: { lane: 0xffff_ffff, depth: 0xffff_ffff },
      correlationId: EventId.fromHex(hexId(77)),
      causationId: EventId.fromHex(hexId(78)),
      extensions,
    }
    const ids = Array.from(
      { length: 6 },
      (_, n) => store.append(at('a', `s${n}`), Noted, { n }, options).eventId,
    )
    const plain = store.append(at('b'), Counted, { n: 0 }).eventId
    const facts = (from: typeof store | ReturnType<typeof openReadOnly>): unknown =>
      [...ids, plain].map((id) => JSON.parse(JSON.stringify(from.get(id))))
    const before = facts(store)
    store.close()
    const reopened = openStore({ dataDir })
    expect(facts(reopened)).toEqual(before)
    expect(reopened.entry(ids[0]!)?.extensions).toEqual(extensions)
    reopened.close()
    expect(facts(openReadOnly({ dataDir }))).toEqual(before)
  })
})

describe('the arguments of an append', () => {
  it.each([null, undefined, 5, 'x', {}, () => undefined])(
    'names the type when it is %s',
    (type) => {
      const store = openStore()
      const append = (): unknown => store.append(at('a'), type as never, 1)
      expect(argumentError(TypeError, append)).toContain('type must be an event type')
    },
  )

  it.each([null, undefined, 5, 'abc', [1, 2], new ArrayBuffer(2), new Uint16Array(2)])(
    'names the payload when it is %s',
    (payload) => {
      const store = openStore()
      const append = (): unknown => store.appendBytes(at('a'), Noted.kind, payload as never)
      expect(argumentError(TypeError, append)).toContain('payload must be a Uint8Array')
    },
  )

  it.each(['abc', undefined, [1], new Uint16Array(1)])(
    'refuses the bytes of a foreign event type when they are %s',
    (bytes) => {
      const store = openStore()
      const foreign = { ...Noted, name: 'foreign', kind: Noted.kind, encode: () => bytes as never }
      const append = (): unknown => store.append(at('a'), foreign, { n: 1 })
      expect(argumentError(TypeError, append)).toContain('foreign')
      expect(store.stats().eventCount).toBe(1)
    },
  )
})
