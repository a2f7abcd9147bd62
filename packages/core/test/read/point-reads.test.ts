/** Point reads: one event by its id, with its payload, and what happens when its bytes are damaged. */
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventId, type AppendReceipt } from '../../src/index.ts'
import { Noted, at, hexId } from '../support/api-events.ts'
import { refusal } from '../support/api-errors.ts'
import { freshDir, openReadOnly, openStore } from '../support/api-store.ts'
import { payloadBytes } from '../../src/encoding/payload-encode.ts'

const UNKNOWN = EventId.fromHex(hexId(404))

describe('a point read', () => {
  it('R-22 of an unknown id: get throws NotFound, the others say that there is none', () => {
    const store = openStore()
    const error = refusal('NotFound', () => store.get(UNKNOWN))
    expect(error.id).toBe(UNKNOWN)
    expect(error.message).toContain(UNKNOWN)
    expect(error.message).toContain('not found')
    expect(store.find(UNKNOWN)).toBeUndefined()
    expect(store.entry(UNKNOWN)).toBeUndefined()
    expect(store.has(UNKNOWN)).toBe(false)
  })

  it('R-22 of a known id: get, find, entry and has agree', () => {
    const store = openStore()
    const { eventId } = store.append(at('a', 's'), Noted, { n: 1 })
    const event = store.get(eventId)
    expect(store.find(eventId)).toEqual(event)
    expect(store.has(eventId)).toBe(true)
    const entry = store.entry(eventId)!
    expect(event).toMatchObject({ ...entry })
    expect(entry).not.toHaveProperty('payload')
    expect(entry).not.toHaveProperty('payloadBytes')
    expect(entry).not.toHaveProperty('timestampUs')
  })

  it('R-25 finds an event of the active segment without any flush', () => {
    const store = openStore()
    for (let n = 0; n < 50; n += 1) {
      const { eventId } = store.append(at('a'), Noted, { n })
      expect(store.get(eventId).payload).toEqual({ n })
    }
    expect(store.frontier().durableHlc.sequence).toBe(0)
  })

  it('R-27 gives back every value that an append takes', () => {
    const store = openStore()
    const values = [
      null,
      true,
      false,
      0,
      -1,
      1.5,
      2 ** 53 - 1,
      'text',
      'ümlaut 😀',
      [],
      [1, [2, [3]]],
      {},
      { a: { b: { c: [null, false, ''] } } },
      { __proto__x: 1 },
      2n ** 53n,
      2n ** 64n - 1n,
      -(2n ** 63n),
    ]
    for (const value of values) {
      const { eventId } = store.appendBytes(at('a'), Noted.kind, payloadBytes(value))
      expect(store.get(eventId).payload).toEqual(value)
    }
  })

  it('R-27 decodes on first access, once, and payloadBytes work whatever the payload is', () => {
    const store = openStore()
    for (const bytes of [[], [0xc1], [0xd4, 1, 2], [0x81, 0x01, 0x02], [0xa1, 0xff], [0x92, 1]]) {
      const { eventId } = store.appendBytes(at('a'), Noted.kind, Uint8Array.from(bytes))
      const event = store.get(eventId)
      expect([...event.payloadBytes]).toEqual(bytes)
      refusal('Serialization', () => event.payload)
      refusal('Serialization', () => event.payload)
    }
    const { eventId } = store.append(at('a'), Noted, { n: 1 })
    const event = store.get(eventId)
    expect(event.payload).toBe(event.payload)
  })

  it('R-27 gives a bin as bytes, the first of several values, and of equal keys the last', () => {
    const store = openStore()
    const read = (bytes: number[]): unknown =>
      store.get(store.appendBytes(at('a'), Noted.kind, Uint8Array.from(bytes)).eventId).payload
    expect(read([0xc4, 2, 7, 8])).toEqual(Uint8Array.of(7, 8))
    expect(read([5, 6, 7])).toBe(5)
    expect(read([0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 2])).toEqual({ a: 2 })
    expect(read([0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0])).toBeNaN()
  })
})

describe('damage under a point read', () => {
  interface Damaged {
    readonly dataDir: string
    readonly path: string
    readonly receipt: AppendReceipt
  }

  function sealed(): Damaged {
    const dataDir = freshDir()
    const store = openStore({ dataDir, segmentMaxBytes: 2000 })
    const receipt = store.append(at('a'), Noted, { n: 1 })
    store.appendBytes(at('a'), Noted.kind, new Uint8Array(3000))
    store.append(at('b'), Noted, { n: 2 })
    store.close()
    return { dataDir, path: join(dataDir, '000001.fbat'), receipt }
  }

  it.each(['auto', 'off'] as const)(
    'R-23 of any byte of the frame is refused (mmap %s)',
    (mmap) => {
      const { dataDir, path, receipt } = sealed()
      const original = readFileSync(path)
      const { offset, length } = receipt.diskPos
      // The footer gives the position, so a damaged frame is met when it is read, not at the open.
      fc.assert(
        fc.property(fc.nat(length - 1), fc.nat(7), (at, bit) => {
          const bytes = Buffer.from(original)
          bytes[offset + at]! ^= 1 << bit
          writeFileSync(path, bytes)
          const store = openReadOnly({ dataDir, mmap })
          expect(store.has(receipt.eventId)).toBe(true)
          expect(() => store.get(receipt.eventId)).toThrow(/CRC mismatch|corrupt segment/)
          store.close()
        }),
        { numRuns: 25, seed: 1 },
      )
    },
  )

  it('R-23 names the segment and the offset', () => {
    const { dataDir, path, receipt } = sealed()
    const bytes = readFileSync(path)
    const { offset, length } = receipt.diskPos
    bytes[offset + length - 1]! ^= 1
    writeFileSync(path, bytes)
    const store = openReadOnly({ dataDir })
    const error = refusal('CrcMismatch', () => store.get(receipt.eventId))
    expect([error.segmentId, error.offset]).toEqual([1, offset])
    expect(error.message).toContain('batpak verify')
    refusal('CrcMismatch', () => store.find(receipt.eventId))
    refusal('CrcMismatch', () => [...store.events({ entity: 'a' })])
    refusal('CrcMismatch', () => [...store.ancestors(receipt.eventId)])
    expect([...store.entries({ entity: 'a' })]).toHaveLength(2)
    expect(store.get([...store.entries({ entity: 'b' })][0]!.eventId).payload).toEqual({ n: 2 })
  })

  it.each(['auto', 'off'] as const)(
    'R-23 of a file that was cut after the open is CorruptSegment (%s)',
    (mmap) => {
      const { dataDir, path, receipt } = sealed()
      const store = openReadOnly({ dataDir, mmap })
      truncateSync(path, receipt.diskPos.offset + 20)
      const error = refusal('CorruptSegment', () => store.get(receipt.eventId))
      expect(error.segmentId).toBe(1)
      expect(error.detail).toContain('unexpected EOF during read')
    },
  )

  it('of a file that is gone is Io', () => {
    const { dataDir, path, receipt } = sealed()
    const store = openReadOnly({ dataDir })
    rmSync(path)
    const error = refusal('Io', () => store.get(receipt.eventId))
    expect(error.path).toBe(path)
    expect(error.message).toContain('ENOENT')
  })
})
