/** Receipts: what is signed, byte for byte, by which key, and how it is judged with and without a store. */
import { describe, expect, it } from 'vitest'
import {
  EventId,
  Store,
  draft,
  kind,
  type AppendReceipt,
  type VerifyResult,
  type WireReceipt,
} from '../../src/index.ts'
import {
  coverOf,
  keyIdOf,
  publicKeyOf,
  receiptFromJson,
  receiptToJson,
  verifyClaim,
} from '../../src/receipt.ts'
import { Noted, at, hexId } from '../support/api-events.ts'
import { argumentError, thrownBy } from '../support/api-errors.ts'
import { openReadOnly, openStore, stateOf } from '../support/api-store.ts'
import { copyOf } from '../support/scratch.ts'
import { key, rig } from './rig.ts'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const hexOf = (data: Uint8Array): string => Buffer.from(data).toString('hex')

const SEED = new Uint8Array(32).fill(7)
const OLD_SEED = new Uint8Array(32).fill(1)
const PUBLIC_KEY = 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c'
const KEY_ID = '0871f3aabc26e4582c508af5c03884e6a96f0989d1dd8cfb49cd17ed25792433'

/** The receipt of the reference's golden vector. */
const GOLDEN: WireReceipt = {
  type: 'append',
  eventId: EventId.fromHex('0102030405060708090a0b0c0d0e0f10'),
  sequence: 1,
  clock: 0,
  kind: kind(0xf, 1),
  coordinate: { entity: 'a', scope: 's' },
  contentHash: bytes('7be2f6ba1a9ebb6454bae81c36b2f3416e4ffe75827066ecc0856478a8c75a7f'),
  prevHash: new Uint8Array(32),
  keyId: bytes(KEY_ID),
  signature: bytes(
    '718caba7d2ec4db645b447dbd94e40ff07db528f038d11556638ce60da288859' +
      '0610ac22e89576cd03b1f8ff0921d763c611bdcfceb7a37d773eadb6d638e70a',
  ),
  extensions: new Map([['acme.t', Uint8Array.of(1, 2, 255)]]),
  replayed: false,
}

function reasonOf(result: VerifyResult): string {
  return result.outcome === 'invalid' ? result.reason : result.outcome
}

const add = (store: Store, options = {}): AppendReceipt =>
  store.append(at('a', 's'), Noted, { n: 1 }, options)

describe('the golden vectors of batpak 0.8.0', () => {
  it('W-129 public key and key id of a seed', () => {
    expect(hexOf(publicKeyOf(SEED))).toBe(PUBLIC_KEY)
    expect(hexOf(keyIdOf(bytes(PUBLIC_KEY)))).toBe(KEY_ID)
  })

  it('W-129 cover and signature with an extension', () => {
    const cover = '98da0d5d48507cae89b3c2fd4a0188607d5a70e78a5e5950b5023e68e5dcaf3e'
    expect(hexOf(coverOf(GOLDEN))).toBe(cover)
    expect(verifyClaim(GOLDEN, [bytes(PUBLIC_KEY)])).toEqual({ outcome: 'signed' })
  })

  it('W-129 cover and signature without extensions', () => {
    const receipt: WireReceipt = {
      ...GOLDEN,
      coordinate: { entity: 'player:alice', scope: 'room:dungeon' },
      contentHash: bytes('e70a3bacd860a44dd6bb3d2dcb8a6db6ba3416dcc990ee82c48eb8fef7e1ad06'),
      extensions: new Map(),
      signature: bytes(
        '29cf10db3f42de5e165dc00929213aa039c0436e4a8236a2e54fdd7c43653cc4' +
          '618b84dea127962133b95aad3c667a585e0d4b4a46b6b426e612687b05f57b0c',
      ),
    }
    const cover = 'cc49787518c16ebb26082b4b9c51b4596d6d78cfa34e5c4d80b10a2db65dfc90'
    expect(hexOf(coverOf(receipt))).toBe(cover)
    expect(verifyClaim(receipt, [bytes(PUBLIC_KEY)])).toEqual({ outcome: 'signed' })
  })

  it('W-129 W-24 the store itself gives the golden receipt for the golden event', () => {
    const { store } = rig({ signingKeys: [SEED] })
    const receipt = store.appendBytes(at('a', 's'), kind(0xf, 1), bytes('81a16e01'), {
      idempotencyKey: GOLDEN.eventId as never,
      extensions: GOLDEN.extensions,
    })
    const { diskPos: _, ...wire } = receipt
    expect(wire).toEqual(GOLDEN)
    expect(store.verify(GOLDEN)).toEqual({ outcome: 'signed' })
  })
})

describe('a signed receipt', () => {
  it('W-129 W-130 is signed by the last key, in single appends, batches and fences alike', () => {
    const { store } = rig({ signingKeys: [OLD_SEED, SEED] })
    const fence = store.beginFence()
    const pending = fence.append(at('a', 's'), Noted, { n: 1 })
    fence.publish()
    const batch = store.appendBatch([
      draft(at('a', 's'), Noted, { n: 2 }),
      draft(at('b'), Noted, { n: 3 }, { extensions: GOLDEN.extensions }),
    ])
    const receipts = [pending.receipt(), ...batch, add(store)]
    expect(receipts.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4])
    for (const receipt of receipts) {
      expect(hexOf(receipt.keyId)).toBe(KEY_ID)
      expect(receipt.signature).toHaveLength(64)
      expect(store.verify(receipt, { strictDiskPosition: true })).toEqual({ outcome: 'signed' })
      expect(verifyClaim(receipt, [publicKeyOf(SEED)])).toEqual({ outcome: 'signed' })
    }
  })

  const covered: readonly (readonly [name: string, change: Partial<WireReceipt>])[] = [
    ['event id', { eventId: EventId.fromHex(hexId(1)) }],
    ['sequence', { sequence: 2 }],
    ['entity', { coordinate: { entity: 'b', scope: 's' } }],
    ['scope', { coordinate: { entity: 'a', scope: 't' } }],
    ['kind', { kind: kind(0xf, 2) }],
    ['previous hash', { prevHash: new Uint8Array(32).fill(1) }],
    ['content hash', { contentHash: new Uint8Array(32).fill(1) }],
    ['extensions', { extensions: new Map([['acme.t', Uint8Array.of(1, 2)]]) }],
    ['extension keys', { extensions: new Map([['acme.u', Uint8Array.of(1, 2, 255)]]) }],
  ]

  it.each(covered)('W-129 covers the %s', (_, change) => {
    const changed = { ...GOLDEN, ...change } as WireReceipt
    expect(reasonOf(verifyClaim(changed, [bytes(PUBLIC_KEY)]))).toBe('invalid_signature')
  })

  it('W-129 does not cover clock, replay, or place; the order of extensions does not matter', () => {
    const extensions = new Map([
      ['b.b', Uint8Array.of(2)],
      ['a.a', Uint8Array.of(1)],
    ])
    const { store } = rig({ signingKeys: [SEED] })
    const receipt = add(store, { extensions })
    const changed = {
      ...receipt,
      clock: 9,
      replayed: true,
      diskPos: { segmentId: 9, offset: 9, length: 9 },
      extensions: new Map([...receipt.extensions].reverse()),
    }
    expect(store.verify(changed)).toEqual({ outcome: 'signed' })
    expect(verifyClaim(changed, [publicKeyOf(SEED)])).toEqual({ outcome: 'signed' })
  })

  it('W-133 is judged by the store after content, in the order of the reasons', () => {
    const { store } = rig({ signingKeys: [SEED] })
    const receipt = add(store)
    const reason = (change: Partial<AppendReceipt>): string =>
      reasonOf(store.verify({ ...receipt, ...change }))
    const signature = new Uint8Array(64)
    const { signature: _, ...unsigned } = receipt
    const zero = new Uint8Array(32)
    expect(reasonOf(store.verify({ ...unsigned, keyId: zero }))).toBe('unsigned_receipt_rejected')
    expect(reasonOf(store.verify(unsigned))).toBe('missing_signature')
    expect(reason({ keyId: zero })).toBe('zero_key_with_signature')
    expect(reason({ keyId: new Uint8Array(32).fill(3), signature })).toBe('unknown_signing_key')
    expect(reason({ signature })).toBe('invalid_signature')
    expect(reason({ sequence: 9, signature })).toBe('sequence_mismatch')
    expect(reason({})).toBe('signed')
  })

  it('W-134 verification is a value for a forged signature of any bytes', () => {
    const { store } = rig({ signingKeys: [SEED] })
    const receipt = add(store)
    for (let i = 0; i < 64; i += 7) {
      const signature = receipt.signature!.slice()
      signature[i]! ^= 0x80
      expect(reasonOf(store.verify({ ...receipt, signature }))).toBe('invalid_signature')
    }
    const noPoint = { ...GOLDEN, keyId: keyIdOf(new Uint8Array(32).fill(255)) }
    expect(reasonOf(verifyClaim(noPoint, [new Uint8Array(32).fill(255)]))).toBe('invalid_signature')
  })

  it('W-130 W-62 is not stored: a replay signs again, with the key of now', () => {
    const { store, dataDir } = rig({ signingKeys: [OLD_SEED] })
    const first = add(store, { idempotencyKey: key(1), extensions: GOLDEN.extensions })
    store.close()
    const rotated = openStore({ dataDir, signingKeys: [OLD_SEED, SEED] })
    const again = add(rotated, { idempotencyKey: key(1) })
    expect(again.replayed).toBe(true)
    expect([hexOf(first.keyId), hexOf(again.keyId)]).toEqual([
      hexOf(keyIdOf(publicKeyOf(OLD_SEED))),
      KEY_ID,
    ])
    expect(again.signature).not.toEqual(first.signature)
    expect([rotated.verify(first).outcome, rotated.verify(again).outcome]).toEqual([
      'signed',
      'signed',
    ])
    const [batch] = rotated.appendBatch([
      draft(at('a', 's'), Noted, { n: 1 }, { idempotencyKey: key(1) }),
    ])
    expect(batch).toEqual(again)
  })

  it('W-132 verifies while its seed stays configured, and is UnknownSigningKey after', () => {
    const { store, dataDir } = rig({ signingKeys: [OLD_SEED] })
    const receipt = add(store)
    store.close()
    const copies = [copyOf(dataDir), copyOf(dataDir), copyOf(dataDir)] as const
    const rotated = openReadOnly({ dataDir: copies[0], signingKeys: [OLD_SEED, SEED] })
    expect(rotated.verify(receipt).outcome).toBe('signed')
    const removed = openReadOnly({ dataDir: copies[1], signingKeys: [SEED] })
    expect(reasonOf(removed.verify(receipt))).toBe('unknown_signing_key')
    const none = openReadOnly({ dataDir: copies[2] })
    expect(reasonOf(none.verify(receipt))).toBe('unknown_signing_key')
  })

  const { inspect } = process.getBuiltinModule('node:util')
  const seedIn = (text: string): boolean =>
    text.includes(hexOf(SEED)) || text.replaceAll(/\s/g, '').includes(Array(32).fill(7).join(','))

  it('W-132 shows no seed in diagnostics, receipts and files, nor a store that is printed', () => {
    const { store } = rig({ signingKeys: [SEED] })
    const receipt = add(store)
    const shown = [
      inspect(store),
      inspect(store.diagnostics(), { depth: 20 }),
      inspect(receipt, { depth: 20 }),
      JSON.stringify(receiptToJson(receipt)),
      JSON.stringify(stateOf(store)),
    ]
    expect(shown.map(seedIn)).toEqual(shown.map(() => false))
  })

  // W-132: seeds never appear in inspection output; `store.engine.config.signingKeys` is a property.
  it('W-132 shows no seed to a deep inspection of the store', () => {
    const { store } = rig({ signingKeys: [SEED] })
    expect(seedIn(inspect(store, { depth: 20 }))).toBe(false)
  })

  it('W-131 without keys a receipt is unsigned: zero key, no signature, no downgrade extension', () => {
    const { store } = rig()
    for (const receipt of [add(store), ...store.appendBatch([draft(at('a'), Noted, { n: 1 })])]) {
      expect(receipt.keyId).toEqual(new Uint8Array(32))
      expect(receipt).not.toHaveProperty('signature')
      expect(receipt.extensions.size).toBe(0)
      expect(store.verify(receipt)).toEqual({ outcome: 'unsigned_accepted' })
    }
  })

  it('W-135 keys that come later reject the unsigned receipts of before', () => {
    const { store, dataDir } = rig()
    const receipt = add(store)
    store.close()
    const keyed = openReadOnly({ dataDir, signingKeys: [SEED] })
    expect(reasonOf(keyed.verify(receipt))).toBe('unsigned_receipt_rejected')
  })

  it.each([
    ['not an array', SEED],
    ['a short seed', [new Uint8Array(31)]],
    ['a string', ['07'.repeat(32)]],
  ])('W-132 signingKeys are checked at open: %s', (_, signingKeys) => {
    const error = thrownBy(() => openStore({ signingKeys: signingKeys as never }))
    expect(String(error)).toContain('signingKeys')
    expect(String(error)).not.toContain('07070707')
  })

  it('W-132 a seed that its caller wipes after the open still signs', () => {
    const seed = SEED.slice()
    const { store } = rig({ signingKeys: [seed] })
    seed.fill(0)
    expect(store.verify(add(store)).outcome).toBe('signed')
    expect(hexOf(add(store).keyId)).toBe(KEY_ID)
  })
})

describe('extensions', () => {
  it('W-126 W-128 any namespace of the form prefix.field is a key; batpak and other forms are not', () => {
    const { store } = rig()
    const put = (name: string): unknown => add(store, { extensions: new Map([[name, SEED]]) })
    for (const good of [
      'a.b',
      'bat.pak',
      'batpak2.x',
      'A-_.0',
      `${'a'.repeat(128)}.${'b'.repeat(127)}`,
    ]) {
      put(good)
    }
    const before = stateOf(store)
    const bad = {
      '': 'Empty',
      'é.x': 'NonAscii',
      ['é'.repeat(300)]: 'NonAscii',
      [`${'a'.repeat(128)}.${'b'.repeat(128)}`]: 'TooLong',
      x: 'InvalidNamespaceFormat',
      'a.': 'InvalidNamespaceFormat',
      '.b': 'InvalidNamespaceFormat',
      'a.b.c': 'InvalidNamespaceFormat',
      'batpak.': 'InvalidNamespaceFormat',
      'batpak.x': 'ReservedNamespace',
      'batpak.signing.downgrade': 'InvalidNamespaceFormat',
    }
    for (const [name, reason] of Object.entries(bad)) {
      expect(
        argumentError(RangeError, () => put(name)),
        name,
      ).toContain(reason)
      const drafted = (): unknown =>
        draft(at('a'), Noted, { n: 1 }, { extensions: new Map([[name, SEED]]) })
      expect(argumentError(RangeError, drafted), name).toContain(reason)
    }
    expect(stateOf(store)).toEqual(before)
  })

  it('W-127 of a batch are copied: neither the caller nor a draft that is reused changes them', () => {
    const { store } = rig()
    const mine = new Map([['acme.t', Uint8Array.of(1)]])
    const again = draft(at('a'), Noted, { n: 1 }, { extensions: mine })
    mine.get('acme.t')![0] = 9
    mine.set('acme.u', SEED)
    const [first] = store.appendBatch([again])
    const [second] = store.appendBatch([again])
    for (const { eventId } of [first!, second!]) {
      expect(store.entry(eventId)!.extensions).toEqual(new Map([['acme.t', Uint8Array.of(1)]]))
    }
  })

  // W-127, W-133: the receipt holds the draft's own map, so whoever changes it changes what the next
  // use of the draft leaves in the index, although the frame has the bytes of before.
  it('W-127 of a receipt are its own: changing them changes no later event of the draft', () => {
    const { store } = rig()
    const extensions = new Map([['acme.t', Uint8Array.of(1)]])
    const again = draft(at('a'), Noted, { n: 1 }, { extensions })
    const [first] = store.appendBatch([again])
    first!.extensions.get('acme.t')![0] = 9
    const [second] = store.appendBatch([again])
    expect(store.entry(second!.eventId)!.extensions).toEqual(extensions)
  })

  // Section 24 of the write side: receipts are frozen plain objects.
  it('W-41 a receipt is a frozen object', () => {
    const { store } = rig({ signingKeys: [SEED] })
    expect(Object.isFrozen(add(store))).toBe(true)
  })
})

describe('a claim without a store', () => {
  const keys = [bytes(PUBLIC_KEY)]

  it('W-133 is judged by its signature alone, in the same order', () => {
    const { signature: _, ...unsigned } = GOLDEN
    const zero = new Uint8Array(32)
    const accepted = verifyClaim({ ...unsigned, keyId: zero }, [])
    expect(accepted).toEqual({ outcome: 'unsigned_accepted' })
    expect(reasonOf(verifyClaim({ ...unsigned, keyId: zero }, keys))).toBe(
      'unsigned_receipt_rejected',
    )
    expect(reasonOf(verifyClaim(unsigned, keys))).toBe('missing_signature')
    expect(reasonOf(verifyClaim({ ...GOLDEN, keyId: zero }, keys))).toBe('zero_key_with_signature')
    expect(reasonOf(verifyClaim(GOLDEN, []))).toBe('unknown_signing_key')
    expect(reasonOf(verifyClaim(GOLDEN, [publicKeyOf(OLD_SEED)]))).toBe('unknown_signing_key')
    expect(reasonOf(verifyClaim(GOLDEN, [publicKeyOf(OLD_SEED), ...keys]))).toBe('signed')
  })

  it.each([
    ['publicKeys', (): unknown => verifyClaim(GOLDEN, 5 as never)],
    ['publicKeys[0]', (): unknown => verifyClaim(GOLDEN, [new Uint8Array(31)])],
    ['seed', (): unknown => publicKeyOf(new Uint8Array(31))],
    ['publicKey', (): unknown => keyIdOf('x' as never)],
    ['receipt', (): unknown => coverOf(null as never)],
    ['receipt.kind', (): unknown => coverOf({ ...GOLDEN, kind: -1 as never })],
    ['receipt.sequence', (): unknown => coverOf({ ...GOLDEN, sequence: 2 ** 53 })],
  ])('is a TypeError that names %s when that is wrong', (name, call) => {
    expect(argumentError(TypeError, call)).toContain(name)
  })

  // W-129: a kind has 16 bits; what lies above is cut off, so 0x1F001 has the cover of 0xF001.
  it('W-129 does not take a kind beyond 16 bits for the kind that was signed', () => {
    const forged = { ...GOLDEN, kind: (GOLDEN.kind + 0x10000) as never }
    let result: VerifyResult | undefined
    try {
      result = verifyClaim(forged, keys)
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError)
    }
    expect(result?.outcome).not.toBe('signed')
  })

  it('W-129 W-8 takes no lone surrogate for the character that was signed', () => {
    const { store } = rig({ signingKeys: [SEED] })
    const receipt = store.append(at('\ufffd', 's'), Noted, { n: 1 })
    const forged = { ...receipt, coordinate: { entity: '\ud800', scope: 's' } }
    let result: VerifyResult | undefined
    try {
      result = verifyClaim(forged, keys)
    } catch (error) {
      expect(error).toMatchObject({ code: 'InvalidUnicode' })
    }
    expect(result?.outcome).not.toBe('signed')
  })
})

describe('a receipt as JSON', () => {
  it('W-134 comes back as it was, signed or not, with or without a place', () => {
    const { store } = rig({ signingKeys: [SEED] })
    const receipt = add(store, { extensions: new Map([['acme.t', Uint8Array.of(0, 255)]]) })
    for (const each of [receipt, GOLDEN]) {
      const text = JSON.stringify(receiptToJson(each))
      expect(receiptFromJson(JSON.parse(text))).toEqual(each)
    }
    expect(receiptToJson(GOLDEN)).toMatchObject({
      keyId: KEY_ID,
      extensions: { 'acme.t': '0102ff' },
      coordinate: { entity: 'a', scope: 's' },
    })
    const back = receiptFromJson(JSON.parse(JSON.stringify(receiptToJson(receipt))))
    expect(store.verify(back, { strictDiskPosition: true })).toEqual({ outcome: 'signed' })
    expect(verifyClaim(back, [publicKeyOf(SEED)])).toEqual({ outcome: 'signed' })
  })

  it.each<readonly [name: string, change: object]>([
    ['contentHash', { contentHash: 'xyz' }],
    ['contentHash', { contentHash: 'AA'.repeat(32) }],
    ['contentHash', { contentHash: 'aa'.repeat(31) }],
    ['keyId', { keyId: undefined }],
    ['signature', { signature: 'aa' }],
    ['signature', { signature: null }],
    ['acme.t', { extensions: { 'acme.t': 5 } }],
    ['type', { type: 'other' }],
    ['eventId', { eventId: 'event:01' }],
    ['sequence', { sequence: '1' }],
    ['coordinate', { coordinate: undefined }],
  ])('W-134 with a wrong %s is a TypeError that names it: %j', (name, change) => {
    const json = { ...receiptToJson(GOLDEN), ...change }
    expect(argumentError(TypeError, () => receiptFromJson(json))).toContain(name)
  })

  // The TSDoc promises a TypeError for what is missing or of the wrong form; these pass.
  it.each<readonly [name: string, change: object]>([
    ['clock', { clock: undefined }],
    ['replayed', { replayed: undefined }],
    ['diskPos', { diskPos: { segmentId: 'x', offset: 1, length: 1 } }],
    ['extensions', { extensions: undefined }],
  ])('W-134 without a right %s is a TypeError too: %j', (name, change) => {
    const json = { ...receiptToJson(GOLDEN), ...change }
    expect(argumentError(TypeError, () => receiptFromJson(json))).toContain(name)
  })

  it('W-134 is an object', () => {
    for (const json of [null, 'x', 5, undefined]) {
      argumentError(TypeError, () => receiptFromJson(json))
    }
  })
})
