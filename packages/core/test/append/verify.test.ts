/** Receipt verification: a receipt is compared with the store in a fixed order, and judged as a value. */
import { cpSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  EventId,
  IdempotencyKey,
  Kind,
  type AppendReceipt,
  type Store,
  type VerifyResult,
  type WireReceipt,
} from '../../src/index.ts'
import { Noted, at, hexId } from '../support/api-events.ts'
import { argumentError } from '../support/api-errors.ts'
import { writeSegment } from '../support/api-segments.ts'
import { freshDir, openReadOnly, openStore } from '../support/api-store.ts'

const OTHER_HASH = new Uint8Array(32).fill(7)
const KEY_ID = new Uint8Array(32).fill(1)
const SIGNATURE = new Uint8Array(64).fill(2)
const NO_KEY = new Uint8Array(32)

function receiptOf(store: Store): AppendReceipt {
  const extensions = new Map([['acme.t', Uint8Array.of(1)]])
  return store.append(at('a'), Noted, { n: 1 }, { extensions })
}

function reasonOf(result: VerifyResult): string {
  return result.outcome === 'invalid' ? result.reason : result.outcome
}

describe('an unsigned receipt without keys', () => {
  it('W-133 is accepted as long as all it claims is true', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    const receipt = receiptOf(store)
    expect(store.verify(receipt)).toEqual({ outcome: 'unsigned_accepted' })
    store.close()
    expect(openReadOnly({ dataDir }).verify(receipt)).toEqual({ outcome: 'unsigned_accepted' })
  })

  /** In the order in which they are found: each forgery also holds every later one. */
  const forgeries: readonly (readonly [reason: string, change: Partial<AppendReceipt>])[] = [
    ['missing_committed_event', { eventId: EventId.fromHex(hexId(404)) }],
    ['sequence_mismatch', { sequence: 99 }],
    ['disk_position_mismatch', { diskPos: { segmentId: 9, offset: 9, length: 9 } }],
    ['content_hash_mismatch', { contentHash: OTHER_HASH }],
    ['extensions_mismatch', { extensions: new Map() }],
    ['zero_key_with_signature', { signature: SIGNATURE }],
  ]

  it.each(forgeries.map(([reason], i) => [reason, i] as const))(
    'W-133 R-49 with a lie is invalid: %s comes before what is checked later',
    (reason, i) => {
      const store = openStore()
      const receipt = receiptOf(store)
      const lies = Object.assign({}, ...forgeries.slice(i).map(([, change]) => change)) as object
      const result = store.verify({ ...receipt, ...lies }, { strictDiskPosition: true })
      expect(reasonOf(result)).toBe(reason)
      const single = { ...receipt, ...forgeries[i]![1] }
      expect(reasonOf(store.verify(single, { strictDiskPosition: true }))).toBe(reason)
    },
  )

  it('says what differs where that helps', () => {
    const store = openStore()
    const receipt = receiptOf(store)
    expect(store.verify({ ...receipt, sequence: 5 })).toEqual({
      outcome: 'invalid',
      reason: 'sequence_mismatch',
      detail: expect.stringMatching(/5.*1/),
    })
  })

  it.each([
    ['a value', new Map([['acme.t', Uint8Array.of(2)]])],
    ['a length', new Map([['acme.t', Uint8Array.of(1, 1)]])],
    ['a key', new Map([['acme.u', Uint8Array.of(1)]])],
    [
      'one more',
      new Map([
        ['acme.t', Uint8Array.of(1)],
        ['acme.u', Uint8Array.of(1)],
      ]),
    ],
  ])('is invalid when its extensions differ in %s', (_, extensions) => {
    const store = openStore()
    const receipt = { ...receiptOf(store), extensions }
    expect(reasonOf(store.verify(receipt))).toBe('extensions_mismatch')
  })

  it('W-133 takes kind, coordinate and previous hash from the store, not from the receipt', () => {
    const store = openStore()
    const receipt = {
      ...receiptOf(store),
      kind: Kind.DATA,
      coordinate: { entity: 'x', scope: 'y' },
      prevHash: OTHER_HASH,
      clock: 77,
      replayed: true,
    }
    expect(store.verify(receipt).outcome).toBe('unsigned_accepted')
  })

  it('is missing in another store', () => {
    const receipt = receiptOf(openStore())
    expect(reasonOf(openStore().verify(receipt))).toBe('missing_committed_event')
  })
})

describe('a signed receipt', () => {
  it.each([
    ['missing_signature', { keyId: KEY_ID }],
    ['zero_key_with_signature', { keyId: NO_KEY, signature: SIGNATURE }],
    ['unknown_signing_key', { keyId: KEY_ID, signature: SIGNATURE }],
  ] as const)('without keys is %s', (reason, change) => {
    const store = openStore()
    expect(reasonOf(store.verify({ ...receiptOf(store), ...change }))).toBe(reason)
  })
})

describe('a denial receipt', () => {
  it('W-133 is invalid for an event that is no denial, before anything else is compared', () => {
    const store = openStore()
    const receipt = { ...receiptOf(store), type: 'denial', sequence: 99 } as const
    expect(reasonOf(store.verify(receipt))).toBe('denial_kind_mismatch')
    const missing = { ...receipt, eventId: EventId.fromHex(hexId(404)) }
    expect(reasonOf(store.verify(missing))).toBe('missing_committed_event')
  })

  it('is accepted for a denial', () => {
    const dataDir = freshDir()
    const eventId = hexId(3)
    writeSegment(dataDir, 1, [{ eventId, kind: Kind.SYSTEM_DENIAL }])
    const store = openStore({ dataDir })
    const receipt = store.append(
      at('x'),
      Noted,
      { n: 1 },
      {
        idempotencyKey: IdempotencyKey.fromHex(eventId),
      },
    )
    expect(receipt.replayed).toBe(true)
    expect(store.verify({ ...receipt, type: 'denial' }).outcome).toBe('unsigned_accepted')
    expect(store.verify(receipt).outcome).toBe('unsigned_accepted')
  })
})

describe('the disk position', () => {
  const wire = (receipt: AppendReceipt): WireReceipt => {
    const { diskPos: _, ...rest } = receipt
    return rest
  }

  it('W-137 D12 R-52 is compared only with strictDiskPosition', () => {
    const store = openStore()
    const receipt = receiptOf(store)
    for (const part of ['segmentId', 'offset', 'length'] as const) {
      const moved = { ...receipt, diskPos: { ...receipt.diskPos, [part]: 1_000_000 } }
      expect(store.verify(moved).outcome).toBe('unsigned_accepted')
      expect(store.verify(moved, { strictDiskPosition: false }).outcome).toBe('unsigned_accepted')
      const strict = store.verify(moved, { strictDiskPosition: true })
      expect(reasonOf(strict)).toBe('disk_position_mismatch')
    }
    expect(store.verify(receipt, { strictDiskPosition: true }).outcome).toBe('unsigned_accepted')
  })

  it('R-51 is not in the wire form, which verifies all the same', () => {
    const store = openStore()
    const receipt = wire(receiptOf(store))
    expect(store.verify(receipt).outcome).toBe('unsigned_accepted')
    expect(store.verify(receipt, { strictDiskPosition: true }).outcome).toBe('unsigned_accepted')
    const lying = { ...receipt, contentHash: OTHER_HASH }
    expect(reasonOf(store.verify(lying))).toBe('content_hash_mismatch')
  })

  it('may be undefined, as in the wire form', () => {
    const store = openStore()
    const receipt = { ...receiptOf(store), diskPos: undefined } as unknown as WireReceipt
    expect(store.verify(receipt, { strictDiskPosition: true }).outcome).toBe('unsigned_accepted')
  })

  it('W-136 is the same in a copy of the directory', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    const receipt = receiptOf(store)
    store.close()
    const copy = freshDir()
    cpSync(dataDir, copy, { recursive: true })
    const verified = openReadOnly({ dataDir: copy }).verify(receipt, { strictDiskPosition: true })
    expect(verified.outcome).toBe('unsigned_accepted')
  })
})

describe('W-134 a receipt that is none', () => {
  it.each<readonly [name: string, change: unknown]>([
    ['receipt must be', null],
    ['receipt must be', undefined],
    ['receipt must be', 'x'],
    ['receipt.type', {}],
    ['receipt.type', { type: 'other' }],
    ['receipt.eventId', { eventId: undefined }],
    ['receipt.eventId', { eventId: 'short' }],
    ['receipt.eventId', { eventId: 5 }],
    ['receipt.contentHash', { contentHash: undefined }],
    ['receipt.contentHash', { contentHash: new Uint8Array(31) }],
    ['receipt.contentHash', { contentHash: 'aa'.repeat(32) }],
    ['receipt.keyId', { keyId: new Uint8Array(33) }],
    ['receipt.keyId', { keyId: undefined }],
    ['receipt.signature', { signature: new Uint8Array(63) }],
    ['receipt.signature', { signature: null }],
    ['receipt.extensions', { extensions: {} }],
    ['receipt.extensions', { extensions: undefined }],
    ['receipt.diskPos', { diskPos: null }],
    ['receipt.diskPos', { diskPos: 5 }],
  ])('is a TypeError that names %s: %j', (name, change) => {
    const store = openStore()
    const whole = typeof change !== 'object' || change === null || Object.keys(change).length === 0
    const receipt = whole ? change : { ...receiptOf(store), ...change }
    expect(argumentError(TypeError, () => store.verify(receipt as never))).toContain(name)
  })

  it.each([1, 'true', null])('is judged strictly or not, not %j', (strictDiskPosition) => {
    const store = openStore()
    const options = { strictDiskPosition } as never
    const verify = (): unknown => store.verify(receiptOf(store), options)
    expect(argumentError(TypeError, verify)).toContain('strictDiskPosition must be a boolean')
  })
})
