/** A subscriber's claim beside the store's frontier. */
import { describe, expect, it } from 'vitest'
import {
  subscriberFrontierObservation,
  type SubscriberFrontierBody,
  type SubscriberFrontierRequest,
} from '../../src/evidence.ts'
import { argumentError, refusal } from '../support/api-errors.ts'
import { Noted, at } from '../support/api-events.ts'
import { freshDir, openReadOnly, openStore, stateOf } from '../support/api-store.ts'
import { hex } from '../support/evidence-bodies.ts'

const ACTIVE = { source: 'CursorBacked', deliveryState: 'Active' } as const

function observed(appends: number, request: SubscriberFrontierRequest): SubscriberFrontierBody {
  const store = openStore()
  for (let n = 0; n < appends; n += 1) store.append(at('a'), Noted, { n })
  return subscriberFrontierObservation(store, request).body
}

describe('subscriberFrontierObservation', () => {
  it('R-143 has the hash of batpak 0.8.0 for a cursor that is level with a fresh store', () => {
    const request = { ...ACTIVE, consumedFrontierSequence: 0 }
    const { body, bodyHash } = subscriberFrontierObservation(openStore(), request)
    expect(body).toEqual({
      schemaVersion: 1,
      source: 'CursorBacked',
      consumedFrontierSequence: 0,
      availableFrontierSequence: 0,
      lagEvents: 0,
      deliveryState: 'Active',
      lossPrecision: 'Unknown',
      findings: [],
    })
    expect(hex(bodyHash)).toBe('f9fd84a5b96f724ddfcfb10b65ad04ce447713fb2d6d4a1c47df5d68c76246cf')
  })

  it('R-139 lag is what is available and not consumed, never below 0', () => {
    expect(observed(5, { ...ACTIVE, consumedFrontierSequence: 2 })).toMatchObject({
      availableFrontierSequence: 5,
      lagEvents: 3,
      findings: [{ kind: 'LagObserved', lagEvents: 3 }],
    })
    expect(observed(5, { ...ACTIVE, consumedFrontierSequence: 5 })).toMatchObject({
      lagEvents: 0,
      findings: [],
    })
    expect(observed(5, { ...ACTIVE, consumedFrontierSequence: 7 })).toMatchObject({
      lagEvents: 0,
      findings: [
        {
          kind: 'ConsumedFrontierAheadOfAvailable',
          consumedSequence: 7,
          availableSequence: 5,
        },
      ],
    })
  })

  it('R-139 push subscribers are measured by what was emitted, cursors by what is visible', () => {
    const store = openStore()
    for (let n = 0; n < 3; n += 1) store.append(at('a'), Noted, { n })
    const { emittedHlc, visibleHlc } = store.frontier()
    const available = (source: 'LossyPush' | 'CursorBacked'): number =>
      subscriberFrontierObservation(store, { source }).body.availableFrontierSequence
    expect(available('LossyPush')).toBe(emittedHlc.sequence)
    expect(available('CursorBacked')).toBe(visibleHlc.sequence)
  })

  it('what was not claimed is Unknown, and says so', () => {
    const body = observed(1, { source: 'LossyPush' })
    expect(body).toMatchObject({ deliveryState: 'Unknown', lossPrecision: 'Unknown' })
    expect(body).not.toHaveProperty('consumedFrontierSequence')
    expect(body).not.toHaveProperty('lagEvents')
    expect(body.findings).toEqual([
      { kind: 'ConsumedFrontierUnknown' },
      { kind: 'DeliveryStateUnknown' },
    ])
  })

  it('R-140 a loss is a finding unless its precision is Unknown, ranges only with ExactRange', () => {
    const exactDroppedRanges = [
      [9, 12],
      [3, 4],
      [3, 3],
    ] as const
    const findings = (more: Partial<SubscriberFrontierRequest>): unknown =>
      observed(0, { ...ACTIVE, consumedFrontierSequence: 0, exactDroppedRanges, ...more }).findings
    expect(findings({})).toEqual([])
    for (const lossPrecision of ['LossAfterFrontier', 'SubscriberDropped'] as const) {
      expect(findings({ lossPrecision })).toEqual([
        { kind: 'LossObserved', precision: lossPrecision },
      ])
    }
    expect(findings({ lossPrecision: 'ExactRange', deliveryState: 'Dropped' })).toEqual([
      { kind: 'DeliveryDropped' },
      { kind: 'LossObserved', precision: 'ExactRange' },
      { kind: 'ExactDroppedRange', startSequence: 3, endSequence: 3 },
      { kind: 'ExactDroppedRange', startSequence: 3, endSequence: 4 },
      { kind: 'ExactDroppedRange', startSequence: 9, endSequence: 12 },
    ])
    expect(findings({ deliveryState: 'Disconnected' })).toEqual([{ kind: 'DeliveryDisconnected' }])
    expect(findings({ deliveryState: 'Lagging' })).toEqual([])
  })

  it('R-125 changes nothing, and works on a store that is only read', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    store.append(at('a'), Noted, { n: 1 })
    const before = stateOf(store)
    subscriberFrontierObservation(store, { source: 'LossyPush' })
    expect(stateOf(store)).toEqual(before)
    store.close()
    const reader = openReadOnly({ dataDir })
    const { body } = subscriberFrontierObservation(reader, { source: 'CursorBacked' })
    expect(body.availableFrontierSequence).toBe(reader.frontier().visibleHlc.sequence)
  })

  it('refuses a request of the wrong form with the name of the part, and a closed store', () => {
    const store = openStore()
    const observe =
      (request: unknown): (() => unknown) =>
      () =>
        subscriberFrontierObservation(store, request as never)
    const claim = { source: 'LossyPush' }
    expect(argumentError(TypeError, observe(undefined))).toMatch(/request must be an object/)
    expect(argumentError(TypeError, observe({}))).toMatch(/source must be one of LossyPush/)
    expect(argumentError(TypeError, observe({ source: 'Push' }))).toMatch(/got "Push"/)
    expect(argumentError(TypeError, observe({ ...claim, deliveryState: 1 }))).toMatch(
      /deliveryState/,
    )
    expect(argumentError(TypeError, observe({ ...claim, lossPrecision: '' }))).toMatch(
      /lossPrecision/,
    )
    expect(argumentError(TypeError, observe({ ...claim, consumed: 1 }))).toMatch(/consumed/)
    const consumed = (consumedFrontierSequence: unknown): (() => unknown) =>
      observe({ ...claim, consumedFrontierSequence })
    expect(argumentError(TypeError, consumed('1'))).toMatch(/consumedFrontierSequence/)
    expect(argumentError(RangeError, consumed(-1))).toMatch(/consumedFrontierSequence/)
    const ranges = (exactDroppedRanges: unknown): (() => unknown) =>
      observe({ ...claim, exactDroppedRanges })
    expect(argumentError(TypeError, ranges(3))).toMatch(/exactDroppedRanges must be an array/)
    expect(argumentError(TypeError, ranges([[1]]))).toMatch(/exactDroppedRanges\[0\]/)
    expect(argumentError(RangeError, ranges([[1, -2]]))).toMatch(/exactDroppedRanges\[0\]\[1\]/)
    store.close()
    refusal('StoreClosed', observe(claim))
  })
})
