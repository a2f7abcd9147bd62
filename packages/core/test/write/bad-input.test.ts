/**
 * What callers get wrong: each mistake is a typed error that says what and why, nothing is written,
 * and the store goes on.
 */
import { channel } from 'node:diagnostics_channel'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  EventId,
  Kind,
  Store,
  defineProjection,
  draft,
  draftBytes,
  prior,
  regionIdentity,
  type AppendOptions,
  type AppendReceipt,
  type Draft,
  type DraftOptions,
  type StoreErrorCode,
} from '../../src/index.ts'
import { deny, gate, gateSet } from '../../src/gate.ts'
import { FakeClock, START_US } from '../support/api-clock.ts'
import { Noted, at, hexId } from '../support/api-events.ts'
import { messagesOn } from '../support/api-channel.ts'
import { argumentError, refusal } from '../support/api-errors.ts'
import { writeSegment } from '../support/api-segments.ts'
import { filesOf, freshDir, openReadOnly, openStore, stateOf } from '../support/api-store.ts'
import { sealedSegment } from '../support/raw-segment.ts'
import { put } from '../support/recovery.ts'
import { copyOf } from '../support/scratch.ts'
import {
  codesOf,
  diskCalls,
  expectChains,
  expectSound,
  key,
  numbersOf,
  refusedWithout,
  rig,
} from './rig.ts'

const add = (store: Store, n = 0, options?: AppendOptions): AppendReceipt =>
  store.append(at('a'), Noted, { n }, options)

const note = (n: unknown, entity = 'a', options?: DraftOptions): Draft =>
  draft(at(entity), Noted, { n } as never, options)

/** Runs `listen` at each message of a diagnostics channel until the test ends. */
function onMessage(name: string, listen: () => void): void {
  channel(name).subscribe(listen)
  onTestFinished(() => {
    channel(name).unsubscribe(listen)
  })
}

/** Every way to write one event; under a fence it is published, so that it counts as the others do. */
const LANES: Readonly<Record<string, (store: Store, entity: string, value: unknown) => unknown>> = {
  append: (store, entity, value) => store.append(at(entity), Noted, value as never),
  batch: (store, entity, value) => store.appendBatch([draft(at(entity), Noted, value as never)]),
  outbox(store, entity, value) {
    const outbox = store.outbox()
    outbox.stage(at(entity), Noted, value as never)
    return outbox.flush()
  },
  fence(store, entity, value) {
    const fence = store.beginFence()
    try {
      return fence.append(at(entity), Noted, value as never)
    } finally {
      fence.publish()
    }
  },
}

const cyclic: Record<string, unknown> = { n: 1 }
cyclic['self'] = cyclic

const VALUES: readonly (readonly [name: string, value: unknown, code: StoreErrorCode])[] = [
  ['NaN', { n: Number.NaN }, 'Serialization'],
  ['Infinity', { n: [Infinity] }, 'Serialization'],
  ['a cycle', cyclic, 'Serialization'],
  ['a function', { n: () => 1 }, 'Serialization'],
  ['a symbol', { n: Symbol('x') }, 'Serialization'],
  ['a bigint of 2^64', { n: 2n ** 64n }, 'Serialization'],
  ['a bigint below -2^63', { n: -(2n ** 63n) - 1n }, 'Serialization'],
  ['a Map with number keys', { n: new Map([[1, 2]]) }, 'Serialization'],
  ['a lone surrogate', { n: 'x\udc00' }, 'InvalidUnicode'],
  ['a lone surrogate as a key', { 'x\ud800': 1 }, 'InvalidUnicode'],
]

describe('a value that cannot be stored', () => {
  it.each(Object.keys(LANES).flatMap((lane) => VALUES.map((value) => [lane, ...value] as const)))(
    'W-26 W-25 by %s: %s',
    (lane, _, value, code) => {
      const { store } = rig()
      add(store, 1)
      const error = refusedWithout(store, 'effect', () => LANES[lane]!(store, 'a', value))
      expect(codesOf(error)[0]).toBe(code)
      expect((error as Error).message.length).toBeGreaterThan(20)
      add(store, 2)
      expect(numbersOf(store)).toEqual([1, 2])
      expectSound(store)
    },
  )
})

describe('a coordinate that is none', () => {
  it.each(
    Object.keys(LANES).flatMap((lane) =>
      (
        [
          ['', 'Coordinate'],
          ['a\0', 'CoordinateNulByte'],
          ['a\u007f', 'CoordinateControlChar'],
          ['../a', 'CoordinatePathTraversal'],
          ['a|b', 'Coordinate'],
          ['\ud800', 'InvalidUnicode'],
          ['é'.repeat(513), 'Coordinate'],
        ] as const
      ).map(([entity, code]) => [lane, JSON.stringify(entity).slice(0, 12), entity, code] as const),
    ),
  )('W-7 W-8 W-10 by %s: %s', (lane, _, entity, code) => {
    const { store } = rig()
    const error = refusedWithout(store, 'effect', () => LANES[lane]!(store, entity, { n: 1 }))
    const batched = lane === 'batch' || lane === 'outbox'
    expect(codesOf(error)).toEqual(batched ? ['InvalidCoordinate', code] : [code])
    add(store, 2)
    expectSound(store)
  })

  it('W-7 is a TypeError when it is no pair of strings', () => {
    const { store } = rig()
    const before = stateOf(store)
    for (const wrong of [undefined, null, 'a', { entity: 'a' }, { entity: 5, scope: 's' }]) {
      argumentError(TypeError, () => store.append(wrong as never, Noted, { n: 1 }))
      argumentError(TypeError, () => store.appendBatch([draft(wrong as never, Noted, { n: 1 })]))
    }
    expect(stateOf(store)).toEqual(before)
  })

  it('W-18 no region whose identity could be that of another has one', () => {
    for (const region of [{ entity: '*' }, { entity: 'a|b' }, { scope: 'a=b' }, { scope: '*' }]) {
      argumentError(RangeError, () => regionIdentity(region))
    }
    expect(regionIdentity({ entity: 'a:b', scope: 's' })).toContain('entity=a:b')
  })
})

describe('what changes while it is read', () => {
  it('W-26 members that come, go or change are taken as they are met', () => {
    const { store } = rig()
    const odd: Record<string, unknown> = {
      get a(): number {
        delete odd['b']
        odd['z'] = 9
        return 1
      },
      b: 2,
      c: 3,
    }
    const { eventId } = store.append(at('a'), Noted, odd as never)
    expect(store.get(eventId).payload).toEqual({ a: 1, c: 3 })
  })

  // W-26: the array's header is written before its elements, which are the caller's code. The event
  // is acknowledged, and nobody can decode it; with one element more, bytes trail behind the value.
  it.each<readonly [how: string, change: (odd: unknown[]) => void]>([
    ['shrinks', (odd) => void (odd.length = 1)],
    ['grows', (odd) => void odd.push(7)],
  ])('W-26 an array that %s is stored so that it can be read, or refused', (_, change) => {
    const { store } = rig()
    const odd: unknown[] = [
      {
        get x(): number {
          change(odd)
          return 1
        },
      },
      2,
    ]
    let eventId: EventId
    try {
      ;({ eventId } = store.append(at('a'), Noted, { n: odd } as never))
    } catch (error) {
      expect(codesOf(error)).toEqual(['Serialization'])
      return
    }
    const event = store.get(eventId)
    expect(Noted.encode(event.payload as never)).toEqual(event.payloadBytes)
  })

  // W-53: checked, then read again. The frame holds a lane that no reader takes: after a crash the
  // directory opens no more.
  it('W-53 W-46 a branch hint is what was checked', () => {
    const { store, dataDir } = rig()
    let reads = 0
    const position = {
      depth: 0,
      get lane(): number {
        reads += 1
        return reads === 1 ? 1 : 2 ** 40
      },
    }
    const { eventId } = add(store, 1, { position })
    expect(store.get(eventId).lane).toBe(1)
    openReadOnly({ dataDir: copyOf(dataDir) })
  })

  // W-22, D-11: checked, then read again. A BEGIN marker in the user's name corrupts the recovery.
  it('W-22 D-11 a kind is what was checked', () => {
    const { store } = rig()
    let reads = 0
    const type = {
      ...Noted,
      encode: () => Uint8Array.of(0xc0),
      get kind(): number {
        reads += 1
        return reads === 1 ? 0xf001 : Kind.SYSTEM_BATCH_BEGIN
      },
    }
    expect(store.append(at('a'), type as never, 1).kind).toBe(0xf001)
  })
})

describe('a clock', () => {
  it.each([-1, -5_000_000, Number.NaN, Infinity, -Infinity, 1.5, 2 ** 53])(
    'W-37 W-3 that reads %d: InvalidClock, nothing is written; open and close work',
    (us) => {
      const dataDir = freshDir()
      const clock = new FakeClock(us)
      const store = openStore({ dataDir, clock })
      const before = stateOf(store)
      expect(refusal('InvalidClock', () => add(store)).timestampUs).toBe(us)
      const batch = refusal('BatchFailed', () => store.appendBatch([note(1)]))
      expect(codesOf(batch)).toEqual(['BatchFailed', 'InvalidClock'])
      const denial = (): unknown =>
        store.appendDenial(at('a'), Kind.DATA, gateSet([]), deny('x', 'no'))
      refusal('InvalidClock', denial)
      const fence = store.beginFence()
      refusal('InvalidClock', () => fence.append(at('a'), Noted, { n: 1 }))
      fence.publish()
      expect(stateOf(store)).toEqual(before)
      clock.us = START_US
      if (us !== Infinity && us !== 2 ** 53 && us !== 1.5) add(store, 1)
      store.close()
      openReadOnly({ dataDir })
    },
  )

  it('W-37 W-38 W-39 that jumps: wall times never fall, in batches and fences either', () => {
    const { store, clock, dataDir } = rig()
    const steps = [0, 3_600_000_000, -7_200_000_000, 1, -1, 86_400_000_000, -86_400_000_000]
    for (const [i, step] of steps.entries()) {
      clock.us += step
      add(store, i)
      store.appendBatch([note(i, 'b'), note(i, `new${i}`)])
      const fence = store.beginFence()
      fence.append(at(`fenced${i}`), Noted, { n: i })
      if (i % 2 === 0) fence.publish()
      else fence.cancel()
    }
    const walls = [...store.entries()].map(({ wallMs }) => wallMs)
    expect(walls).toEqual(walls.toSorted((a, b) => a - b))
    store.close()
    clock.us = START_US - 86_400_000_000
    const again = openStore({ dataDir, clock })
    expect(again.entry(add(again, 99).eventId)!.wallMs).toBeGreaterThanOrEqual(walls.at(-1)!)
    expectChains(again)
  })

  it('W-37 may be set to the last microsecond that a number holds, and opened again after it', () => {
    const { store, clock, dataDir } = rig()
    clock.us = Number.MAX_SAFE_INTEGER
    const { eventId } = add(store, 1)
    expect(store.get(eventId).timestampUs).toBe(Number.MAX_SAFE_INTEGER)
    store.appendBatch([note(2)])
    store.close()
    const again = openStore({ dataDir, clock: new FakeClock() })
    expect(add(again, 3).clock).toBe(2)
    expect(numbersOf(again)).toEqual([1, 2, 3])
  })
})

describe('counters at their end', () => {
  /** A store whose entity `a` has its last clock but `left`. */
  function nearlyFull(left: number): { store: Store; dataDir: string } {
    const dataDir = freshDir()
    writeSegment(dataDir, 1, [{ entity: 'a', clock: 0xffff_ffff - left }])
    return { store: openStore({ dataDir }), dataDir }
  }

  it('W-35 the 2^32nd event of an entity is its last, on every lane; other entities go on', () => {
    const { store } = nearlyFull(1)
    expect(add(store).clock).toBe(0xffff_ffff)
    const fence = store.beginFence()
    fence.append(at('b'), Noted, { n: 0 })
    const before = stateOf(store)
    expect(
      refusal('EntityClockOverflow', () => fence.append(at('a'), Noted, { n: 1 })).entity,
    ).toBe('a')
    refusal('EntityClockOverflow', () => fence.appendBatch([note(1, 'b'), note(1)]))
    expect(stateOf(store)).toEqual(before)
    fence.publish()
    const after = stateOf(store)
    refusal('EntityClockOverflow', () => add(store))
    refusal('EntityClockOverflow', () => store.appendBatch([note(1, 'b'), note(1)]))
    expect(stateOf(store)).toEqual(after)
    expect(store.append(at('b'), Noted, { n: 2 }).clock).toBe(1)
  })

  it('W-35 a batch may not pass the end in its middle', () => {
    const { store } = nearlyFull(2)
    const before = stateOf(store)
    refusal('EntityClockOverflow', () => store.appendBatch([note(1), note(2), note(3)]))
    expect(stateOf(store)).toEqual(before)
    expect(store.appendBatch([note(1), note(2)]).map(({ clock }) => clock)).toEqual([
      0xffff_fffe, 0xffff_ffff,
    ])
  })

  // 10.1 step 7 names time, causation refs, clocks in this order.
  it('W-79 a wrong cause is told before an overflowing clock', () => {
    const { store } = nearlyFull(0)
    const drafts = [note(1), note(2, 'b', { causedBy: prior(5) })]
    const error = refusal('BatchFailed', () => store.appendBatch(drafts))
    expect(error.cause).toMatchObject({ code: 'InvalidCausation' })
  })

  /** A directory whose highest sequence is `sequence`. */
  function numbered(sequence: number): string {
    const dataDir = freshDir()
    put(dataDir, sealedSegment(1, [{ event: { entity: 'z' }, sequence }]))
    return dataDir
  }

  it('D3 W-42 sequences go on near 2^53 as anywhere', () => {
    const store = openStore({ dataDir: numbered(2 ** 53 - 100) })
    expect(add(store).sequence).toBe(2 ** 53 - 98)
    expect(store.appendBatch([note(1), note(2)]).map(({ sequence }) => sequence)).toEqual([
      2 ** 53 - 97,
      2 ** 53 - 96,
    ])
    expect(store.page({}, { after: 2 ** 53 - 98, limit: 9 }).entries).toHaveLength(2)
    expect(store.stats().globalSequence).toBe(2 ** 53 - 95)
  })

  it('D3 W-42 the append that would need a sequence above 2^53-1 is UnsafeInteger', () => {
    const store = openStore({ dataDir: numbered(2 ** 53 - 3) })
    expect(add(store).sequence).toBe(2 ** 53 - 1)
    const before = stateOf(store)
    refusal('UnsafeInteger', () => add(store))
    refusal('UnsafeInteger', () => store.appendBatch([note(1)]))
    expect(stateOf(store)).toEqual(before)
  })

  it('D3 W-42 a batch that would pass the last sequence is UnsafeInteger as a whole', () => {
    const store = openStore({ dataDir: numbered(2 ** 53 - 3) })
    const before = stateOf(store)
    refusal('UnsafeInteger', () => store.appendBatch([note(1), note(2)]))
    expect(stateOf(store)).toEqual(before)
  })

  it('D3 an open whose own event would pass the last sequence is refused before it writes', () => {
    const dataDir = numbered(2 ** 53 - 1)
    const before = filesOf(dataDir)
    refusal('UnsafeInteger', () => Store.open({ dataDir }))
    delete before['.batpak.lock']
    const after = filesOf(dataDir)
    delete after['.batpak.lock']
    expect(after).toEqual(before)
  })
})

describe('options that are wrong', () => {
  const OPTIONS: readonly (readonly [name: string, options: unknown])[] = [
    ['expected', { expected: -1 }],
    ['expected', { expected: 2 ** 32 }],
    ['expected', { expected: 'none' }],
    ['idempotencyKey', { idempotencyKey: 'x' }],
    ['idempotencyKey', { idempotencyKey: hexId(1).toUpperCase().replace('0', 'A') }],
    ['correlationId', { correlationId: `event:${hexId(1)}` }],
    ['causationId', { causationId: 5 }],
    ['position', { position: { lane: 1, depth: -1 } }],
    ['position', { position: { lane: 2 ** 32, depth: 0 } }],
    ['flags', { flags: 256 }],
    ['flags', { flags: 0.5 }],
    ['until', { until: 'sometime' }],
    ['onReplay', { onReplay: 'refuse' }],
    ['extensions', { extensions: { 'a.b': new Uint8Array(1) } }],
    ['extensions', { extensions: new Map([['a.b', 'text']]) }],
    ['idempotencykey', { idempotencykey: hexId(1) }],
    ['append options', 5],
  ]

  it.each(OPTIONS)('W-48 of an append, naming %s: %j', (name, options) => {
    const { store } = rig()
    const before = stateOf(store)
    for (const append of [
      (): unknown => add(store, 1, options as AppendOptions),
      (): unknown =>
        store.appendBytes(at('a'), Noted.kind, Uint8Array.of(0xc0), options as AppendOptions),
    ]) {
      let message = ''
      try {
        append()
      } catch (error) {
        if (!(error instanceof TypeError || error instanceof RangeError)) throw error
        message = error.message
      }
      expect(message).toContain(name)
    }
    expect(stateOf(store)).toEqual(before)
    add(store, 2)
  })

  it.each([
    ['causationId', { causationId: hexId(1) }],
    ['until', { until: 'durable' }],
    ['causedBy', { causedBy: 'nobody' }],
    ['causedBy', { causedBy: 5 }],
    ['prior', { causedBy: { prior: -1 } }],
    ['flags', { flags: 256 }],
  ])('W-79 of a draft, naming %s: %j', (name, options) => {
    let thrown: unknown
    try {
      note(1, 'a', options as never)
    } catch (error) {
      thrown = error
    }
    expect(thrown instanceof TypeError || thrown instanceof RangeError).toBe(true)
    expect((thrown as Error).message).toContain(name)
    for (const index of [-1, 1.5, Number.NaN, '0']) {
      argumentError(RangeError, () => prior(index as number))
    }
  })

  it.each([null, 'x', 5, () => 1])('W-48 of a batch and of a fence: %j is no object', (options) => {
    const { store } = rig()
    const before = stateOf(store)
    const batch = (): unknown => store.appendBatch([note(1)], options as never)
    expect(argumentError(TypeError, batch)).toContain('appendBatch options')
    expect(stateOf(store)).toEqual(before)
    const fence = store.beginFence()
    argumentError(TypeError, () => fence.append(at('a'), Noted, { n: 1 }, options as never))
    expect(stateOf(store)).toEqual(before)
    fence.cancel()
  })

  // A wrong argument is a TypeError that names it: these two say "Cannot use 'in' operator …".
  it.each([null, 'x', 5])('W-48 of a fenced append, %j, are named', (options) => {
    const { store } = rig()
    const fence = store.beginFence()
    const append = (): unknown => fence.append(at('a'), Noted, { n: 1 }, options as never)
    expect(argumentError(TypeError, append)).toContain('options must be an object')
  })

  it.each([null, [], 5])('W-125 of a denial, %j, are refused', (options) => {
    const { store } = rig()
    const append = (): unknown =>
      store.appendDenial(at('a'), Kind.DATA, gateSet([]), deny('x', 'no'), options as never)
    expect(argumentError(TypeError, append)).toContain('options')
  })

  it('W-80 appendReactions needs both ids', () => {
    const { store } = rig()
    const ids = { correlationId: EventId.fromHex(hexId(1)), causationId: EventId.fromHex(hexId(2)) }
    const before = stateOf(store)
    for (const wrong of [{}, null, { ...ids, causationId: 'x' }, { ...ids, expected: 1 }]) {
      argumentError(TypeError, () => store.appendReactions(wrong as never, [note(1)]))
    }
    expect(stateOf(store)).toEqual(before)
    expect(store.appendReactions(ids, [note(1)])).toHaveLength(1)
  })

  it('W-22 a type or kind that is none, or that is reserved', () => {
    const { store } = rig()
    const before = stateOf(store)
    for (const wrong of [undefined, {}, Noted.kind, { kind: 0xf001, name: 'x' }]) {
      argumentError(TypeError, () => store.append(at('a'), wrong as never, { n: 1 }))
      argumentError(TypeError, () => draft(at('a'), wrong as never, { n: 1 }))
    }
    for (const wrong of [-1, 65_536, 1.5, '0xf001', undefined]) {
      argumentError(TypeError, () => store.appendBytes(at('a'), wrong as never, new Uint8Array(1)))
      argumentError(TypeError, () => draftBytes(at('a'), wrong as never, new Uint8Array(1)))
    }
    argumentError(TypeError, () => store.appendBytes(at('a'), Noted.kind, 'x' as never))
    argumentError(TypeError, () => draftBytes(at('a'), Noted.kind, [1] as never))
    expect(stateOf(store)).toEqual(before)
  })
})

describe('after the end of a store', () => {
  it('W-161 R-164 D14 every write is StoreClosed, and touches no file', () => {
    const { store, platform, dataDir } = rig()
    const receipt = add(store)
    const fence = store.beginFence()
    const pending = fence.append(at('a'), Noted, { n: 1 })
    const outbox = store.outbox()
    outbox.push(note(1))
    store.close()
    const files = filesOf(dataDir)
    platform.forget()
    const gates = gateSet([gate('a', () => undefined)])
    const calls = [
      (): unknown => add(store),
      (): unknown => store.appendBytes(at('a'), Noted.kind, new Uint8Array(1)),
      (): unknown => store.appendBatch([note(1)]),
      (): unknown => store.appendBatch([]),
      (): unknown =>
        store.appendReactions({ correlationId: receipt.eventId, causationId: receipt.eventId }, []),
      (): unknown => store.appendDenial(at('a'), Kind.DATA, gates, deny('a', 'no')),
      (): unknown => store.beginFence(),
      (): unknown => store.outbox(),
      (): unknown => outbox.flush(),
      (): unknown => store.group(() => 1),
      (): unknown => store.sync(),
      (): unknown => fence.append(at('a'), Noted, { n: 2 }),
      (): unknown => fence.publish(),
      (): unknown => fence.cancel(),
      (): unknown => store.verify(receipt),
      (): unknown => store.get(receipt.eventId),
    ]
    for (const call of [...calls, ...calls]) {
      expect(refusal('StoreClosed', call).operation).not.toBe('')
    }
    expect(outbox.length).toBe(1)
    refusal('VisibilityFenceCancelled', () => pending.receipt())
    store.close()
    expect(diskCalls(platform)).toEqual([])
    expect(filesOf(dataDir)).toEqual(files)
  })

  it('W-161 a refused write leaves the close as clean as any', () => {
    const { store, dataDir } = rig()
    add(store, 1)
    refusal('Serialization', () => add(store, Number.NaN))
    refusal('BatchFailed', () => store.appendBatch([note(1, 'a', { causedBy: prior(0) })]))
    store.close()
    const again = openStore({ dataDir })
    expect(again.diagnostics().openReport.healed).toEqual([])
    expect(numbersOf(again)).toEqual([1])
    expectSound(again)
  })

  it('W-159 a close whose CLOSE event cannot be written is a close all the same, and tells so', () => {
    const { store, platform, dataDir } = rig()
    add(store, 1)
    const told = messagesOn('batpak:close')
    let writes = 0
    platform.refuse = (call) => (call.name === 'pwrite' && (writes += 1) === 1 ? 'EIO' : undefined)
    store.close()
    platform.refuse = undefined
    expect(told).toMatchObject([{ dataDir, error: { code: 'Io' } }])
    const again = openReadOnly({ dataDir })
    expect(numbersOf(again)).toEqual([1])
    expect(again.count({ kind: Kind.SYSTEM_CLOSE_COMPLETED })).toBe(0)
    expect(again.diagnostics().openReport.healed).toEqual([])
    expectSound(again)
  })

  // D14: the second close is a no-op. The first one goes on with descriptors that the nested one has
  // closed: EBADF, or by then the file of somebody else.
  it('D14 W-161 a close inside a close, from a diagnostics listener, does nothing', () => {
    const { store, platform, dataDir } = rig()
    add(store, 1)
    let writes = 0
    platform.refuse = (call) => (call.name === 'pwrite' && (writes += 1) === 1 ? 'EIO' : undefined)
    onMessage('batpak:close', () => {
      platform.refuse = undefined
      store.close()
    })
    store.close()
    expect(numbersOf(openReadOnly({ dataDir }))).toEqual([1])
  })

  it('D14 W-161 a close inside a close, from the clock, does nothing', () => {
    const { store, clock, dataDir } = rig()
    add(store, 1)
    const { us } = clock
    clock.nowUs = (): number => {
      Reflect.deleteProperty(clock, 'nowUs')
      store.close()
      return us
    }
    store.close()
    const reader = openReadOnly({ dataDir })
    expect(numbersOf(reader)).toEqual([1])
    expect(reader.count({ kind: Kind.SYSTEM_CLOSE_COMPLETED })).toBe(1)
  })

  it('W-159 a write inside a close, from a diagnostics listener, is kept as any other', () => {
    const { store, platform, dataDir } = rig()
    let writes = 0
    platform.refuse = (call) => (call.name === 'pwrite' && (writes += 1) === 1 ? 'EIO' : undefined)
    onMessage('batpak:close', () => {
      platform.refuse = undefined
      add(store, 1)
    })
    store.close()
    const reader = openReadOnly({ dataDir })
    expect(numbersOf(reader)).toEqual([1])
    expectSound(reader)
  })
})

describe('writes inside writes', () => {
  it('W-47 from the clock of a batch come first, and both are whole', () => {
    const clock = new FakeClock()
    const store = openStore({ clock })
    let armed = true
    clock.nowUs = (): number => {
      if (armed) {
        armed = false
        store.appendBatch([note(10), note(11, 'b')])
      }
      return clock.us
    }
    const outer = store.appendBatch([note(1), note(2, 'b')])
    expect(outer.map(({ sequence, clock: c }) => [sequence, c])).toEqual([
      [3, 1],
      [4, 1],
    ])
    expect(numbersOf(store)).toEqual([10, 11, 1, 2])
    expectSound(store)
  })

  it.each(['nowUs', 'nowMonoNs'] as const)(
    'W-161 a close from the clock (%s) of a batch makes it StoreClosed, and the close is clean',
    (name) => {
      const clock = new FakeClock()
      const dataDir = freshDir()
      const store = openStore({ dataDir, clock })
      add(store, 1)
      store.sync()
      const { us } = clock
      Object.defineProperty(clock, name, {
        configurable: true,
        value(): unknown {
          Reflect.deleteProperty(clock, name)
          store.close()
          return name === 'nowUs' ? us : 0n
        },
      })
      refusal('StoreClosed', () => store.appendBatch([note(2)]))
      const reader = openReadOnly({ dataDir })
      expect(numbersOf(reader)).toEqual([1])
      expect(reader.diagnostics().openReport.healed).toEqual([])
    },
  )

  // W-46: all the caller's code runs before step 7, and the clock is the caller's code. A rotation
  // reads it (`nowWallNs`) after the event was composed, so the inner append takes its place.
  it('W-46 W-47 from the clock that a rotation reads leave the outer event whole', () => {
    const clock = new FakeClock()
    const store = openStore({ clock, segmentMaxBytes: 1500 })
    for (let n = 0; n < 3; n += 1) add(store, n)
    while (store.frontier().visibleHlc.sequence < 50) {
      const armedAt = store.stats().eventCount
      let armed = true
      clock.nowWallNs = (): bigint => {
        if (armed) {
          armed = false
          store.append(at('inner'), Noted, { n: 1000 })
        }
        return BigInt(clock.us) * 1000n
      }
      const receipt = add(store, armedAt)
      expect(store.get(receipt.eventId).payload).toEqual({ n: armedAt })
    }
    expectSound(store)
  })

  it('W-47 from a projection in mid-fold: appends, batches and fences are whole', () => {
    const { store } = rig()
    add(store, 1)
    add(store, 2)
    const Echo = defineProjection<number>({
      name: 'Echo',
      init: () => 0,
      on: (on) => [
        on(Noted, (sum, { n }) => {
          store.appendBatch([note(n + 10), note(n + 20, 'b')])
          const fence = store.beginFence()
          fence.append(at('a'), Noted, { n: n + 30 })
          fence.publish()
          return sum + n
        }),
      ],
    })
    expect(store.project(Echo, 'a')).toBe(3)
    expect(numbersOf(store)).toEqual([1, 2, 11, 21, 31, 12, 22, 32])
    expectSound(store)
  })

  it('W-90 from a diagnostics listener: the store may be written to again', () => {
    const { store, platform } = rig()
    const fence = store.beginFence()
    fence.append(at('a'), Noted, { n: 1 })
    platform.refuse = (call) => (call.name === 'rename' ? 'EIO' : undefined)
    let told = 0
    onMessage('batpak:fence', () => {
      told += 1
      platform.refuse = undefined
      add(store, 2)
    })
    fence[Symbol.dispose]()
    expect(told).toBe(1)
    expect(numbersOf(store)).toEqual([2])
  })

  it('W-47 from a getter of a draft: the fence that it opens stops the batch, not the draft', () => {
    const { store } = rig()
    let fence: ReturnType<Store['beginFence']> | undefined
    const value = {
      get n(): number {
        fence ??= store.beginFence()
        return 1
      },
    }
    const drafted = draft(at('a'), Noted, value)
    refusal('VisibilityFenceActive', () => store.appendBatch([drafted]))
    fence!.cancel()
    fence = undefined
    refusal('VisibilityFenceActive', () => store.append(at('a'), Noted, value))
    fence!.cancel()
    expect(store.appendBatch([drafted])).toHaveLength(1)
  })

  it('W-89 from a getter that ends the fence: the fenced append is refused, nothing is written', () => {
    const { store } = rig()
    const fence = store.beginFence()
    const value = {
      get n(): number {
        fence.publish()
        return 1
      },
    }
    const before = stateOf(store)
    refusal('VisibilityFenceNotActive', () => fence.append(at('a'), Noted, value))
    expect(stateOf(store)).toEqual(before)
    expect(add(store).sequence).toBe(1)
  })

  it('W-66 W-64 from a getter with the same key: the outer append is the replay', () => {
    const { store } = rig()
    const options = { idempotencyKey: key(1) }
    const value = {
      get n(): number {
        add(store, 5, options)
        return 1
      },
    }
    expect(store.append(at('a'), Noted, value, options)).toMatchObject({
      replayed: true,
      sequence: 1,
    })
    expect(numbersOf(store)).toEqual([5])
  })
})
