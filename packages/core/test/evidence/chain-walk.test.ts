/** Chain walks over real stores: what is whole, what is cut, what is asked wrongly. */
import { describe, expect, it } from 'vitest'
import { bodyHash, chainWalkEvidence } from '../../src/evidence.ts'
import { EventId, type AppendReceipt, type Store } from '../../src/index.ts'
import { argumentError, refusal } from '../support/api-errors.ts'
import { Noted, at } from '../support/api-events.ts'
import { hex } from '../support/evidence-bodies.ts'
import { openStore } from '../support/api-store.ts'

const noted = (store: Store, payloads: readonly number[]): readonly AppendReceipt[] =>
  payloads.map((n) => store.append(at('a'), Noted, { n }))

describe('chainWalkEvidence', () => {
  it('R-131 W-58 walks to the first event and finds nothing wrong in a whole chain', () => {
    const store = openStore()
    const receipts = noted(store, [1, 2, 3])
    store.append(at('b'), Noted, { n: 9 })
    const { body, bodyHash: hash } = chainWalkEvidence(store, { start: receipts[2]!.eventId })
    expect(body).toMatchObject({
      schemaVersion: 1,
      mode: 'Linear',
      checkedCount: 3,
      firstRef: receipts[2]!.eventId,
      lastRef: receipts[0]!.eventId,
      findings: [],
    })
    expect(bodyHash(body)).toEqual(hash)
  })

  it('R-143 has the hash that batpak 0.8.0 gives for a start that is missing', () => {
    const start = EventId.fromBigInt(7n)
    const { body, bodyHash: hash } = chainWalkEvidence(openStore(), { start, limit: 3 })
    expect(body.findings).toEqual([{ kind: 'MissingStart', eventId: start }])
    expect(hex(hash)).toBe('cef653fd8ed2cc44b7ab12af10ea03677389f004d424f6fff3e0cd74158112e0')
    expect(hex(body.walkDigest)).toBe(
      '2ba82451e7edbf091af9674a911051229b0452ba7b9276d5159d482a65517d17',
    )
  })

  it('R-128 checks nothing with a limit of 0', () => {
    const start = EventId.fromBigInt(7n)
    const { body, bodyHash: hash } = chainWalkEvidence(openStore(), { start, limit: 0 })
    expect(body.findings).toEqual([{ kind: 'InvalidLimit', limit: 0 }])
    expect(hex(hash)).toBe('8a2a4023c69a2c315267a701a7a516230a86ed950713af39bfb66858ad1b766e')
  })

  it('R-129 goes on behind a receipt whose hash is another', () => {
    const store = openStore()
    const [, last] = noted(store, [1, 2])
    const { eventId, contentHash } = last!
    const other = new Uint8Array(32)
    const { body } = chainWalkEvidence(store, { start: { eventId, contentHash: other } })
    expect(body.checkedCount).toBe(2)
    expect(body.findings).toEqual([
      { kind: 'StartHashMismatch', eventId, expected: other, observed: contentHash },
    ])
  })

  it('R-130 DEV-6 goes to the nearest earlier event with the hash, and says that there are more', () => {
    const store = openStore()
    const receipts = noted(store, [1, 2, 1, 3])
    const { body } = chainWalkEvidence(store, { start: receipts[3]!.eventId })
    expect(body.checkedCount).toBe(4)
    expect(body.findings).toEqual([
      {
        kind: 'ParentHashAmbiguous',
        childEventId: receipts[3]!.eventId,
        expectedParentHash: receipts[2]!.contentHash,
        selectedParentEventId: receipts[2]!.eventId,
        matchingParentCount: 2,
      },
    ])
  })

  it('R-132 DEV-12 is truncated only where a parent is left unchecked', () => {
    const store = openStore()
    const receipts = noted(store, [1, 2, 3])
    const start = receipts[2]!.eventId
    const kinds = (limit: number): string[] =>
      chainWalkEvidence(store, { start, limit }).body.findings.map(({ kind }) => kind)
    expect(kinds(2)).toEqual(['TruncatedByLimit'])
    expect(kinds(3)).toEqual([])
    const endEventId = receipts[1]!.eventId
    expect(chainWalkEvidence(store, { start, endEventId, limit: 2 }).body.findings).toEqual([])
  })

  it('R-131 R-133 stops at the end that was asked for, or says that it was not reached', () => {
    const store = openStore()
    const receipts = noted(store, [1, 2, 3])
    const start = receipts[2]!.eventId
    const near = chainWalkEvidence(store, { start, endEventId: receipts[1]!.eventId })
    expect(near.body).toMatchObject({
      checkedCount: 2,
      lastRef: receipts[1]!.eventId,
      findings: [],
    })
    const elsewhere = store.append(at('b'), Noted, { n: 1 }).eventId
    expect(chainWalkEvidence(store, { start, endEventId: elsewhere }).body.findings).toEqual([
      { kind: 'EndNotReached', expectedEndEventId: elsewhere },
    ])
  })

  it('R-125 appends nothing, moves no frontier, and says the same again', () => {
    const store = openStore()
    const [first] = noted(store, [1])
    const stats = store.stats()
    const { visibleHlc } = store.frontier()
    const once = chainWalkEvidence(store, { start: first!.eventId })
    expect(chainWalkEvidence(store, { start: first!.eventId })).toEqual(once)
    expect(store.stats()).toEqual(stats)
    expect(store.frontier().visibleHlc).toEqual(visibleHlc)
  })

  it('does not see the events of a cancelled fence', () => {
    const store = openStore()
    const fence = store.beginFence()
    fence.append(at('a'), Noted, { n: 1 })
    fence.cancel()
    const [next] = noted(store, [2])
    const { body } = chainWalkEvidence(store, { start: next!.eventId })
    expect(body).toMatchObject({ checkedCount: 1, findings: [] })
  })

  it('refuses what is no request', () => {
    const store = openStore()
    const start = EventId.fromBigInt(7n)
    for (const request of [{}, { start: 'x' }, { start, limits: 1 }, { start, limit: '1' }]) {
      expect(argumentError(TypeError, () => chainWalkEvidence(store, request as never))).not.toBe(
        '',
      )
    }
    for (const limit of [-1, NaN, 1.5]) {
      expect(argumentError(RangeError, () => chainWalkEvidence(store, { start, limit }))).not.toBe(
        '',
      )
    }
    store.close()
    expect(refusal('StoreClosed', () => chainWalkEvidence(store, { start })).code).toBe(
      'StoreClosed',
    )
  })
})
