/** Idempotency keys: the key is the event id, so the log itself remembers it. */
import { describe, expect, it } from 'vitest'
import {
  IdempotencyKey,
  idempotencyKey,
  type AppendOptions,
  type AppendReceipt,
  type Store,
} from '../../src/index.ts'
import { Counted, Noted, at, hexId } from '../support/api-events.ts'
import { refusal } from '../support/api-errors.ts'
import { FaultPlatform } from '../support/api-faults.ts'
import { freshDir, openStore, stateOf } from '../support/api-store.ts'

const key = (n: number): IdempotencyKey => IdempotencyKey.fromHex(hexId(n))

function keyed(store: Store, n: number, options: AppendOptions = {}): AppendReceipt {
  return store.append(at('a'), Noted, { n }, { idempotencyKey: key(n), ...options })
}

describe('an idempotency key', () => {
  it('W-60 becomes the event id', () => {
    const store = openStore()
    expect(keyed(store, 7).eventId).toBe(key(7))
    expect(store.get(keyed(store, 7).eventId).payload).toEqual({ n: 7 })
    const derived = idempotencyKey('orders', '42')
    expect(store.append(at('b'), Noted, { n: 1 }, { idempotencyKey: derived }).eventId).toBe(
      derived,
    )
  })

  it('W-61 is global to the store: another entity, kind or payload replays the first event', () => {
    const store = openStore()
    const first = keyed(store, 1)
    const before = stateOf(store)
    const idempotencyKey = key(1)
    for (const other of [
      store.append(at('b'), Noted, { n: 1 }, { idempotencyKey }),
      store.append(at('a', 't'), Noted, { n: 1 }, { idempotencyKey }),
      store.append(at('a'), Counted, { n: 1 }, { idempotencyKey }),
      store.append(at('a'), Noted, { n: 2 }, { idempotencyKey }),
      store.appendBytes(at('c'), Counted.kind, new Uint8Array(0), { idempotencyKey }),
    ]) {
      expect(other).toEqual({ ...first, replayed: true })
    }
    expect(stateOf(store)).toEqual(before)
  })

  it('W-62 replays the original position, extensions and hashes, not those of the retry', () => {
    const store = openStore()
    const extensions = new Map([['acme.t', Uint8Array.of(1)]])
    const first = keyed(store, 1, { extensions, flags: 3, position: { lane: 4, depth: 5 } })
    store.append(at('a'), Noted, { n: 2 })
    const retry = keyed(store, 1, { extensions: new Map(), flags: 9 })
    expect(retry).toEqual({ ...first, replayed: true })
    expect(retry.extensions).toEqual(extensions)
    const event = store.get(retry.eventId)
    expect([event.flags, event.lane, event.depth]).toEqual([3, 4, 5])
  })

  it('W-62 does so after a reopen, when extensions must come from the frame', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    const extensions = new Map([['acme.t', Uint8Array.of(1, 200)]])
    const first = keyed(store, 1, { extensions })
    store.close()
    const retry = keyed(openStore({ dataDir }), 1)
    expect(retry).toEqual({ ...first, replayed: true })
  })

  it('W-65 makes an overlapping retry after a reopen free of duplicates', () => {
    const dataDir = freshDir()
    const first = openStore({ dataDir })
    for (let n = 1; n <= 10; n += 1) keyed(first, n)
    first.close()
    const second = openStore({ dataDir })
    const replayed = Array.from({ length: 10 }, (_, i) => keyed(second, i + 6).replayed)
    expect(replayed).toEqual([...Array(5).fill(true), ...Array(5).fill(false)])
    expect([...second.events({ entity: 'a' })].map((event) => event.payload)).toEqual(
      Array.from({ length: 15 }, (_, i) => ({ n: i + 1 })),
    )
  })

  it('W-43 does not take a number on a replay', () => {
    const store = openStore()
    expect(keyed(store, 1).sequence).toBe(1)
    for (let i = 0; i < 5; i += 1) keyed(store, 1)
    expect(keyed(store, 2).sequence).toBe(2)
  })

  it('makes until: "durable" hold for a replay as well: the first append may be unsynced', () => {
    const platform = new FaultPlatform()
    const store = openStore({ platform })
    const { sequence } = keyed(store, 1)
    expect(store.frontier().durableHlc.sequence).toBeLessThan(sequence)
    platform.forget()
    keyed(store, 1, { until: 'durable' })
    expect(store.frontier().durableHlc.sequence).toBe(sequence)
    expect(platform.filesOf('fsync')).toEqual(['000001.fbat'])
    keyed(store, 1, { until: 'durable' })
    expect(platform.filesOf('fsync')).toHaveLength(1)
  })
})

describe('onReplay: "verify"', () => {
  it('W-63 replays what is the same', () => {
    const store = openStore()
    const first = keyed(store, 1, { onReplay: 'verify' })
    expect(keyed(store, 1, { onReplay: 'verify' })).toEqual({ ...first, replayed: true })
    const other = keyed(store, 1, { onReplay: 'verify', flags: 5, expected: 99 })
    expect(other.replayed).toBe(true)
  })

  it('W-63 refuses another coordinate, kind or content, and names what differs', () => {
    const store = openStore()
    keyed(store, 1)
    const options = { idempotencyKey: key(1), onReplay: 'verify' } as const
    const before = store.stats()
    const cases = [
      [() => store.append(at('b'), Noted, { n: 1 }, options), ['coordinate']],
      [() => store.append(at('a', 't'), Noted, { n: 1 }, options), ['coordinate']],
      [() => store.append(at('a'), Counted, { n: 1 }, options), ['kind']],
      [() => store.append(at('a'), Noted, { n: 2 }, options), ['content']],
      [() => store.append(at('b'), Counted, { n: 2 }, options), ['coordinate', 'kind', 'content']],
    ] as const
    for (const [append, differs] of cases) {
      const error = refusal('IdempotencyConflict', append)
      expect([error.eventId, error.differs]).toEqual([key(1), differs])
      for (const part of differs) expect(error.message).toContain(part)
    }
    expect(store.stats()).toEqual(before)
    expect(store.append(at('b'), Noted, { n: 1 }, { ...options, onReplay: 'return' }).clock).toBe(0)
  })
})

describe('requireIdempotencyKeys', () => {
  it('W-70 refuses an append without a key, and only then', () => {
    const store = openStore({ requireIdempotencyKeys: true })
    const before = store.stats()
    refusal('IdempotencyRequired', () => store.append(at('a'), Noted, { n: 1 }))
    refusal('IdempotencyRequired', () => store.append(at('a'), Noted, { n: 1 }, { flags: 1 }))
    refusal('IdempotencyRequired', () =>
      store.appendBytes(at('a'), Noted.kind, Uint8Array.of(0xc0)),
    )
    expect(store.stats()).toEqual(before)
    expect(keyed(store, 1).replayed).toBe(false)
    store.close()
    openStore().append(at('a'), Noted, { n: 1 })
  })
})
