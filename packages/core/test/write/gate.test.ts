/** Gates: asked in order before a write; a denial is a value, and an event only when it is recorded. */
import { describe, expect, expectTypeOf, it } from 'vitest'
import { EventId, Kind, Store, kind, type Denial } from '../../src/index.ts'
import {
  BYPASS_AUDIT_KEY,
  GatePass,
  deny,
  gate,
  gateSet,
  guard,
  type Gate,
  type GateSet,
} from '../../src/gate.ts'
import { decodePayload } from '../../src/encoding/payload-decode.ts'
import { blake3 } from '../../src/event/hash.ts'
import { Noted, at, hexId } from '../support/api-events.ts'
import { argumentError, refusal, thrownBy } from '../support/api-errors.ts'
import { openReadOnly, stateOf } from '../support/api-store.ts'
import { copyOf } from '../support/scratch.ts'
import { expectSound, key, numbersOf, rig } from './rig.ts'

interface Stock {
  readonly left: number
}

const asked: string[] = []

const permits = (name: string): Gate =>
  gate(name, () => {
    asked.push(name)
    return undefined
  })

const denies = (name: string): Gate =>
  gate(name, () => {
    asked.push(name)
    return deny(name, 'no', { code: 'C', context: [['k', 'v']] })
  })

const throws = (name: string, error: unknown): Gate =>
  gate(name, () => {
    throw error
  })

const inStock: Gate<Stock> = gate('in-stock', ({ left }: Stock) =>
  left > 0 ? undefined : deny('in-stock', `${left} left`),
)

function said(set: GateSet): { names: string[]; ok: boolean } {
  asked.length = 0
  const { ok } = set.evaluate({}, 'payload')
  return { names: [...asked], ok }
}

describe('a gate', () => {
  it('W-114 has a name, a description that is empty by default, and a predicate; and is frozen', () => {
    expect(permits('a')).toMatchObject({ name: 'a', description: '' })
    expect(gate('b', () => undefined, { description: 'why' }).description).toBe('why')
    expect(Object.isFrozen(permits('a'))).toBe(true)
  })

  it.each([
    ['', RangeError],
    ['é', RangeError],
    ['a\u0000', RangeError],
    [5, TypeError],
  ] as const)('W-114 W-124 cannot be named %j: such a name could not be stored', (name, type) => {
    argumentError(type, () => gate(name as string, () => undefined))
    const set = (): unknown =>
      gateSet([{ name, description: '', evaluate: () => undefined }] as never)
    argumentError(type, set)
  })

  it('W-114 must be a function that answers at once', () => {
    argumentError(TypeError, () => gate('a', 5 as never))
    const later = gate('later', (async () => undefined) as never)
    argumentError(TypeError, () => gateSet([later]).evaluate({}, 1))
    const odd = gate('odd', () => false as never)
    argumentError(TypeError, () => gateSet([odd]).evaluate({}, 1))
  })
})

describe('a gate set', () => {
  it('W-115 asks in insertion order and stops at the first denial', () => {
    expect(said(gateSet([permits('a'), permits('b')]))).toEqual({ names: ['a', 'b'], ok: true })
    const set = gateSet([permits('a'), denies('b'), permits('c'), denies('d')])
    expect(said(set)).toEqual({ names: ['a', 'b'], ok: false })
    const result = set.evaluate({}, 1)
    expect(result).toEqual({
      ok: false,
      denial: { gate: 'b', code: 'C', message: 'no', context: [['k', 'v']] },
    })
  })

  it('W-115 that permits gives a pass with the payload and all names; the empty set always does', () => {
    const result = gateSet([permits('a'), permits('b')]).evaluate({}, { n: 1 })
    if (!result.ok) throw new Error('denied')
    expect(result.pass.gates).toEqual(['a', 'b'])
    expect(result.pass.payload).toEqual({ n: 1 })
    const empty = gateSet([]).evaluate(undefined, 7)
    expect(empty.ok && [empty.pass.gates, empty.pass.payload]).toEqual([[], 7])
  })

  it('W-115 lets the exception of a gate through: it is a defect, not a denial', () => {
    const boom = new Error('boom')
    expect(thrownBy(() => gateSet([throws('a', boom), denies('b')]).evaluate({}, 1))).toBe(boom)
  })

  it('W-116 evaluateAll asks every gate and turns an exception into a denial', () => {
    const set = gateSet([denies('a'), permits('b'), throws('c', new Error('boom')), denies('d')])
    const denials = set.evaluateAll({})
    expect(denials.map((denial) => [denial.gate, denial.code, denial.message])).toEqual([
      ['a', 'C', 'no'],
      ['c', 'GATE_DEFECT', 'boom'],
      ['d', 'C', 'no'],
    ])
    expect(gateSet([permits('a')]).evaluateAll({})).toEqual([])
    const [thrown] = gateSet([throws('x', 42)]).evaluateAll({})
    expect(thrown!.code).toBe('GATE_DEFECT')
    expect(thrown!.message).not.toBe('')
  })

  // W-116: the exception's message, or a fixed text if it has none.
  it('W-116 says something of an exception without a message', () => {
    const [denial] = gateSet([throws('x', new Error())]).evaluateAll({})
    expect(denial!.message).not.toBe('')
  })

  it('W-123 W-124 refuses two gates of one name, and anything but gates', () => {
    expect(argumentError(RangeError, () => gateSet([permits('a'), permits('a')]))).toContain('"a"')
    argumentError(TypeError, () => gateSet('x' as never))
    expect(argumentError(TypeError, () => gateSet([permits('a'), {}] as never))).toContain(
      'gates[1]',
    )
  })

  it('W-123 traces: permitted before the gate that denied, skipped behind it', () => {
    const set = gateSet([permits('a'), denies('b'), permits('c')])
    const verdicts = (gateName: string): unknown[] =>
      set.trace(deny(gateName, 'no')).map(({ gate: name, verdict }) => `${name} ${verdict}`)
    expect(verdicts('b')).toEqual(['a Permit', 'b Deny', 'c Skipped'])
    expect(verdicts('a')).toEqual(['a Deny', 'b Skipped', 'c Skipped'])
    expect(verdicts('stranger')).toEqual(['a Permit', 'b Permit', 'c Permit', 'stranger Deny'])
  })

  it('takes the intersection of the contexts of its gates', () => {
    const inLimit = gate('in-limit', ({ cents }: { cents: number }) =>
      cents < 100 ? undefined : deny('in-limit', 'too much'),
    )
    const set = gateSet([inStock, inLimit])
    expectTypeOf(set).toExtend<GateSet<Stock & { cents: number }>>()
    expect(set.evaluate({ left: 1, cents: 5 }, 1).ok).toBe(true)
    expect(set.evaluate({ left: 1, cents: 500 }, 1).ok).toBe(false)
  })
})

describe('a denial', () => {
  it('W-118 is a frozen value with gate, code (empty by default), message and context', () => {
    const denial = deny('a', 'no')
    expect(denial).toEqual({ gate: 'a', code: '', message: 'no', context: [] })
    expect(Object.isFrozen(denial)).toBe(true)
    expect(denial).not.toBeInstanceOf(Error)
    for (const wrong of [
      (): unknown => deny(5 as never, 'no'),
      (): unknown => deny('a', undefined as never),
      (): unknown => deny('a', 'no', { context: [['k']] as never }),
      (): unknown => deny('a', 'no', { code: 5 as never }),
    ]) {
      argumentError(TypeError, wrong)
    }
  })

  it('W-118 is stored by nobody: evaluating writes nothing', () => {
    const { store } = rig()
    const before = stateOf(store)
    gateSet([denies('a')]).evaluate({}, 1)
    gateSet([denies('a')]).evaluateAll({})
    expect(stateOf(store)).toEqual(before)
  })
})

describe('a pass', () => {
  const pass = <T>(payload: T): GatePass<T> => {
    const result = gateSet([permits('a')]).evaluate({}, payload)
    if (!result.ok) throw new Error('denied')
    return result.pass
  }

  it('W-117 is taken once', () => {
    const one = pass({ n: 1 })
    expect(one.take()).toEqual({ n: 1 })
    const error = refusal('PassConsumed', () => one.take())
    expect(error.message).toContain('taken')
    expect(one.payload).toEqual({ n: 1 })
  })

  it('W-117 cannot be copied: a copy can be neither taken nor read', () => {
    const original = pass({ n: 1 })
    const copy = Object.assign(
      Object.create(GatePass.prototype) as object,
      original,
    ) as GatePass<unknown>
    argumentError(TypeError, () => copy.take())
    argumentError(TypeError, () => copy.payload)
    original.take()
  })

  // W-117: a private constructor is a word to the compiler alone.
  it('W-117 cannot be forged, from JavaScript either', () => {
    const forged = (): unknown => Reflect.construct(GatePass, [['a'], { n: 1 }])
    argumentError(TypeError, forged)
  })

  it('W-117 freezes the payload as deep as it goes: what was evaluated is what is written', () => {
    const inner = { list: [{ n: 1 }], bytes: Uint8Array.of(1) }
    const payload = { inner, self: undefined as unknown }
    payload.self = payload
    const { payload: seen } = pass(payload)
    expect(Object.isFrozen(seen.inner.list[0])).toBe(true)
    expect(Object.isFrozen(seen.inner)).toBe(true)
    expect(thrownBy(() => void (inner.list[0] = { n: 2 }))).toBeInstanceOf(TypeError)
  })

  // W-117: the walk stops at what is frozen already, although what that holds is not.
  it('W-117 freezes what lies inside something frozen', () => {
    const { payload } = pass(Object.freeze({ inner: { n: 1 } }))
    expect(Object.isFrozen(payload.inner)).toBe(true)
  })
})

describe('appendDenial', () => {
  const gates = gateSet([permits('a'), denies('b'), permits('c')])
  const denial = deny('b', 'no', { code: 'C', context: [['k', 'v']] })
  const contentHash = new Uint8Array(32).fill(9)

  it('W-122 writes kind 0x000F with the payload of batpak 0.8.0', () => {
    const { store, dataDir } = rig()
    const receipt = store.appendDenial(at('x'), kind(0xf, 1), gates, denial, {
      contentHash,
      pipelineId: 'p',
    })
    expect(receipt).toMatchObject({ type: 'denial', kind: Kind.SYSTEM_DENIAL, clock: 0 })
    const golden =
      '{"evaluations":[{"gate_id":"a","verdict":"Permit","evidence_hash":null},' +
      '{"gate_id":"b","verdict":{"Deny":{"code":"C","message":"no","context":[["k","v"]]}},' +
      '"evidence_hash":null},{"gate_id":"c","verdict":"Skipped","evidence_hash":null}],' +
      `"pipeline_id":"p","proposed_kind":61441,"proposed_content_hash":[${Array(32).fill(9).join(',')}]}`
    const event = store.get(receipt.eventId)
    expect(JSON.stringify(event.payload)).toBe(golden)
    expect(Buffer.from(event.payloadBytes).toString('latin1')).toContain('\xa7gate_id\xa1a')
    const crashed = copyOf(dataDir)
    expect(JSON.stringify(openReadOnly({ dataDir: crashed }).get(receipt.eventId).payload)).toBe(
      golden,
    )
  })

  it('W-122 without a hash and a pipeline has nil for both, as batpak 0.8.0', () => {
    const { store } = rig()
    const receipt = store.appendDenial(at('x'), Kind.DATA, gates, deny('stranger', ''))
    expect(store.get(receipt.eventId).payload).toMatchObject({
      evaluations: [
        { verdict: 'Permit' },
        { verdict: 'Permit' },
        { verdict: 'Permit' },
        { gate_id: 'stranger', verdict: { Deny: { code: '', message: '', context: [] } } },
      ],
      pipeline_id: null,
      proposed_kind: 0x1000,
      proposed_content_hash: null,
    })
  })

  it('W-122 W-125 is on the chain of its entity, and takes the options of an append', () => {
    const { store, platform } = rig()
    const first = store.append(at('x'), Noted, { n: 1 })
    const correlationId = EventId.fromHex(hexId(9))
    const options = {
      expected: 0,
      idempotencyKey: key(5),
      correlationId,
      causationId: first.eventId,
      position: { lane: 1, depth: 2 },
      flags: 3,
      extensions: new Map([['acme.t', Uint8Array.of(1)]]),
      until: 'durable',
    } as const
    const receipt = store.appendDenial(at('x', 's2'), Kind.DATA, gates, denial, options)
    expect(receipt).toMatchObject({ eventId: key(5), clock: 1, prevHash: first.contentHash })
    expect(platform.filesOf('fsync')).toEqual(['000001.fbat'])
    const event = store.get(receipt.eventId)
    expect(event).toMatchObject({ correlationId, causationId: first.eventId, lane: 1, depth: 2 })
    expect([event.flags, event.extensions]).toEqual([3, options.extensions])
    const again = store.appendDenial(at('y'), Kind.DATA, gates, denial, options)
    expect(again).toEqual({ ...receipt, replayed: true })
    const { idempotencyKey: _, ...unkeyed } = options
    refusal('SequenceMismatch', () =>
      store.appendDenial(at('x'), Kind.DATA, gates, denial, unkeyed),
    )
    expect(store.append(at('x'), Noted, { n: 2 })).toMatchObject({ clock: 2 })
    expectSound(store)
  })

  it('W-125 W-133 gives a receipt that is verified as a denial', () => {
    const { store } = rig({ signingKeys: [new Uint8Array(32).fill(7)] })
    const receipt = store.appendDenial(at('x'), Kind.DATA, gates, denial)
    expect(store.verify(receipt)).toEqual({ outcome: 'signed' })
    const other = store.append(at('x'), Noted, { n: 1 })
    expect(store.verify({ ...other, type: 'denial' })).toMatchObject({
      reason: 'denial_kind_mismatch',
    })
    expect(store.verify({ ...receipt, type: 'append' })).toEqual({ outcome: 'signed' })
  })

  it('W-22 W-13 is the only way to that kind, and not to a reserved coordinate', () => {
    const { store } = rig()
    const before = stateOf(store)
    refusal('ReservedKind', () =>
      store.appendBytes(at('x'), Kind.SYSTEM_DENIAL, Uint8Array.of(0x80)),
    )
    const lifecycle = at('batpak:store', 'batpak:lifecycle')
    refusal('ReservedCoordinate', () => store.appendDenial(lifecycle, Kind.DATA, gates, denial))
    refusal('CoordinateNulByte', () => store.appendDenial(at('\0'), Kind.DATA, gates, denial))
    expect(stateOf(store)).toEqual(before)
  })

  it.each<readonly [name: string, change: (to: Store) => unknown, type: typeof TypeError]>([
    ['proposedKind', (to) => to.appendDenial(at('x'), 70_000 as never, gates, denial), TypeError],
    ['gates', (to) => to.appendDenial(at('x'), Kind.DATA, {} as never, denial), TypeError],
    ['denial', (to) => to.appendDenial(at('x'), Kind.DATA, gates, 'no' as never), TypeError],
    ['gate', (to) => to.appendDenial(at('x'), Kind.DATA, gates, deny('é', 'no')), RangeError],
    [
      'contentHash',
      (to) =>
        to.appendDenial(at('x'), Kind.DATA, gates, denial, { contentHash: new Uint8Array(31) }),
      TypeError,
    ],
    [
      'pipelineId',
      (to) => to.appendDenial(at('x'), Kind.DATA, gates, denial, { pipelineId: 5 as never }),
      TypeError,
    ],
    [
      'pipelineID',
      (to) => to.appendDenial(at('x'), Kind.DATA, gates, denial, { pipelineID: 'x' } as never),
      TypeError,
    ],
  ])('is refused for a wrong %s, and writes nothing', (name, call, type) => {
    const { store } = rig()
    const before = stateOf(store)
    expect(argumentError(type, () => call(store))).toContain(name)
    expect(stateOf(store)).toEqual(before)
  })

  it('W-84 W-161 is refused while a fence is open, and after a close', () => {
    const { store } = rig()
    const append = (): unknown => store.appendDenial(at('x'), Kind.DATA, gates, denial)
    const fence = store.beginFence()
    refusal('VisibilityFenceActive', append)
    fence.cancel()
    append()
    store.close()
    refusal('StoreClosed', append)
  })

  it('W-48 W-70 obeys the size limit and the key rule', () => {
    const { store } = rig({ requireIdempotencyKeys: true, singleAppendMaxBytes: 500 })
    const append = (n: number, message: string): unknown =>
      store.appendDenial(at('x'), Kind.DATA, gates, deny('b', message), { idempotencyKey: key(n) })
    const unkeyed = (): unknown => store.appendDenial(at('x'), Kind.DATA, gates, denial)
    refusal('IdempotencyRequired', unkeyed)
    refusal('Configuration', () => append(1, 'x'.repeat(500)))
    append(2, 'short')
    refusal('InvalidUnicode', () => append(3, '\ud800'))
    expect(store.stats().eventCount).toBe(2)
  })
})

describe('guard', () => {
  const request = (left: number) => ({
    at: at('a'),
    type: Noted,
    value: { n: left },
    gates: gateSet([permits('first'), inStock]),
    ctx: { left },
  })

  it('W-115 W-119 appends what all gates permit, and says which they were', () => {
    const { store } = rig()
    const result = guard(store, { ...request(3), until: 'durable', flags: 2 })
    if (result.status !== 'committed') throw new Error('denied')
    expect(result.gates).toEqual(['first', 'in-stock'])
    expect(result.receipt).toMatchObject({ sequence: 1, clock: 0, kind: Noted.kind })
    expect(result).not.toHaveProperty('bypass')
    expect(store.get(result.receipt.eventId)).toMatchObject({ payload: { n: 3 }, flags: 2 })
    expect(store.frontier().durableHlc.sequence).toBe(1)
  })

  it('W-118 returns a denial as a value, and writes nothing', () => {
    const { store } = rig()
    const before = stateOf(store)
    const result = guard(store, request(0))
    expect(result).toEqual({
      status: 'denied',
      denial: { gate: 'in-stock', code: '', message: '0 left', context: [] },
    })
    expect(stateOf(store)).toEqual(before)
  })

  it('W-122 records a denial when asked: hash of the refused payload, name of its type', () => {
    const { store } = rig()
    const result = guard(store, { ...request(0), onDenial: 'record', idempotencyKey: key(1) })
    if (result.status !== 'denied' || result.audit === undefined) throw new Error('no audit')
    const { audit } = result
    expect(store.get(audit.eventId).payload).toMatchObject({
      pipeline_id: 'test.Noted',
      proposed_kind: 0xf001,
      proposed_content_hash: [...blake3(Noted.encode({ n: 0 }))],
      evaluations: [
        { gate_id: 'first', verdict: 'Permit' },
        { gate_id: 'in-stock', verdict: { Deny: { message: '0 left' } } },
      ],
    })
    expect(store.verify(audit).outcome).toBe('unsigned_accepted')
    // The key is the event's: a later, permitted try must be written.
    const permitted = guard(store, { ...request(4), idempotencyKey: key(1) })
    expect(permitted).toMatchObject({ status: 'committed', receipt: { replayed: false } })
    expect(numbersOf(store)).toEqual([4])
  })

  it('W-115 lets an exception of a gate through: nothing is written, the store goes on', () => {
    const { store } = rig()
    const boom = new Error('boom')
    const gates = gateSet([throws('x', boom)])
    const before = stateOf(store)
    for (const onDenial of [{}, { onDenial: 'record' as const }]) {
      expect(thrownBy(() => guard(store, { ...request(1), gates, ...onDenial }))).toBe(boom)
    }
    expect(stateOf(store)).toEqual(before)
    expect(guard(store, request(1)).status).toBe('committed')
  })

  it('W-117 writes what the gates saw, whatever they do to the value meanwhile', () => {
    const { store } = rig()
    const value = { n: 1 }
    const meddles = gate('meddles', () => {
      value.n = 99
      return undefined
    })
    const result = guard(store, {
      at: at('a'),
      type: Noted,
      value,
      gates: gateSet([meddles]),
      ctx: {},
    })
    if (result.status !== 'committed') throw new Error('denied')
    expect(store.get(result.receipt.eventId).payload).toEqual({ n: 1 })
  })

  it('W-47 a gate may append itself: that comes first, and compare-and-swap is decided after it', () => {
    const { store } = rig()
    const writes = gate('writes', () => {
      store.append(at('a'), Noted, { n: 50 })
      return undefined
    })
    const guarded = { ...request(1), gates: gateSet([writes]), ctx: {} }
    expect(guard(store, guarded)).toMatchObject({ receipt: { sequence: 2, clock: 1 } })
    refusal('SequenceMismatch', () => guard(store, { ...guarded, expected: 1 }))
    expect(numbersOf(store)).toEqual([50, 1, 50])
    expectSound(store)
  })

  it('W-117 a gate that closes the store makes it StoreClosed', () => {
    const { store } = rig()
    const closes = gate('closes', () => {
      store.close()
      return undefined
    })
    refusal('StoreClosed', () => guard(store, { ...request(1), gates: gateSet([closes]), ctx: {} }))
  })

  it('W-120 a bypass asks no gate and comes back with the event, but is stored nowhere', () => {
    const { store } = rig()
    const bypass = { reason: 'outage', justification: 'ticket 7', approvedBy: 'ops' }
    asked.length = 0
    const result = guard(store, { ...request(0), bypass })
    if (result.status !== 'committed') throw new Error('denied')
    expect(asked).toEqual([])
    expect([result.gates, result.bypass]).toEqual([[], bypass])
    expect(result.receipt.extensions.size).toBe(0)
    const bytes = Buffer.from(store.get(result.receipt.eventId).payloadBytes).toString('latin1')
    expect(bytes).not.toContain('outage')
  })

  it('W-121 recorded, it is an extension of the event: durable, signed, beside the others', () => {
    const signingKeys = [new Uint8Array(32).fill(7)]
    const { store, dataDir } = rig({ signingKeys })
    const result = guard(store, {
      ...request(0),
      extensions: new Map([['acme.t', Uint8Array.of(1)]]),
      bypass: { reason: 'outage', justification: 'ticket 7', record: true },
    })
    if (result.status !== 'committed') throw new Error('denied')
    expect(result.bypass).toEqual({ reason: 'outage', justification: 'ticket 7' })
    store.close()
    const reader = openReadOnly({ dataDir, signingKeys })
    const { extensions } = reader.entry(result.receipt.eventId)!
    expect([...extensions.keys()]).toEqual(['acme.t', BYPASS_AUDIT_KEY])
    expect(decodePayload(extensions.get(BYPASS_AUDIT_KEY)!)).toEqual({
      reason: 'outage',
      justification: 'ticket 7',
    })
    expect(reader.verify(result.receipt)).toEqual({ outcome: 'signed' })
    const without = new Map([...result.receipt.extensions].slice(0, 1))
    expect(reader.verify({ ...result.receipt, extensions: without })).toMatchObject({
      reason: 'extensions_mismatch',
    })
  })

  it('W-120 refuses a bypass without a reason, and options it does not know', () => {
    const { store } = rig()
    const before = stateOf(store)
    const bypasses = [{ reason: '', justification: 'x' }, { reason: 'x' }, { why: 'x' }, null]
    for (const bypass of bypasses) {
      argumentError(TypeError, () => guard(store, { ...request(1), bypass: bypass as never }))
    }
    argumentError(TypeError, () => guard(store, { ...request(1), onDenial: 'log' as never }))
    argumentError(TypeError, () => guard(store, { ...request(1), untill: 'durable' } as never))
    refusal('Serialization', () => guard(store, { ...request(1), value: { n: Number.NaN } }))
    expect(stateOf(store)).toEqual(before)
  })

  // A wrong argument is a TypeError that names it; here it is "Cannot read properties of undefined".
  it.each([
    ['type', { type: undefined }],
    ['gates', { gates: undefined }],
    ['gates', { gates: [] }],
  ])('W-115 names %s when it is missing', (name, change) => {
    const { store } = rig()
    const message = argumentError(TypeError, () =>
      guard(store, { ...request(1), ...change } as never),
    )
    expect(message).toMatch(new RegExp(`^${name} `))
  })

  it('W-118 a denial can be told to a caller as JSON', () => {
    const result = guard(rig().store, request(0))
    expect(JSON.parse(JSON.stringify(result)) as { denial: Denial }).toEqual(result)
  })
})
