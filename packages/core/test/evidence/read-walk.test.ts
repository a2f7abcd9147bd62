/** Reads that report what they saw. */
import { describe, expect, it } from 'vitest'
import { bodyHash, readWalkEvidence } from '../../src/evidence.ts'
import { argumentError, refusal } from '../support/api-errors.ts'
import { Noted, at } from '../support/api-events.ts'
import { openStore } from '../support/api-store.ts'

describe('readWalkEvidence', () => {
  it('R-134 returns the rows of the plain query, cut to the limit, and counts what it dropped', () => {
    const store = openStore()
    for (const n of [1, 2, 3]) store.append(at('a:b'), Noted, { n })
    store.append(at('c'), Noted, { n: 4 })
    const region = { entity: 'a' }
    const whole = readWalkEvidence(store, { region })
    expect(whole.entries.map(({ eventId }) => eventId)).toEqual(
      [...store.entries(region)].map(({ eventId }) => eventId),
    )
    expect(whole.report.body).toMatchObject({
      sourceRefs: [{ kind: 'EntityPrefix', prefix: 'a' }],
      matchedCount: 3,
      returnedCount: 3,
      droppedLimitedCount: { kind: 'NotApplicable' },
      proofRefs: { kind: 'NotApplicable' },
      findings: [],
    })
    const cut = readWalkEvidence(store, { region, limit: 1, includeProofRefs: true })
    const [first] = cut.entries
    expect(cut.entries).toHaveLength(1)
    expect(cut.report.body).toMatchObject({
      requestedLimit: 1,
      matchedCount: 3,
      returnedCount: 1,
      droppedLimitedCount: { kind: 'Known', count: 2 },
      proofRefs: {
        kind: 'Known',
        refs: [
          {
            eventId: first!.eventId,
            globalSequence: first!.sequence,
            eventHash: first!.eventHash,
          },
        ],
      },
      findings: [{ kind: 'LimitedResults', droppedCount: 2 }],
    })
    expect(bodyHash(cut.report.body)).toEqual(cut.report.bodyHash)
  })

  it('R-135 stands at the last visible sequence, hidden or not', () => {
    const store = openStore()
    const shown = store.append(at('a'), Noted, { n: 1 })
    const fence = store.beginFence()
    fence.append(at('a'), Noted, { n: 2 })
    expect(readWalkEvidence(store).report.body.inputFrontier?.globalSequence).toBe(shown.sequence)
    fence.cancel()
    const { body } = readWalkEvidence(store).report
    expect(body.inputFrontier?.globalSequence).toBe(store.diagnostics().visibleSequence - 1)
    expect(body.matchedCount).toBe(2)
  })

  it('R-124 states the constraints of a region in the order of the format', () => {
    const store = openStore()
    const region = { clock: [0, 3], kind: Noted, scope: 's', entity: 'e' } as const
    const { body } = readWalkEvidence(store, {
      region,
      freshnessIntent: { maxStaleMs: 5 },
    }).report
    expect(body.sourceRefs.map(({ kind }) => kind)).toEqual([
      'EntityPrefix',
      'Scope',
      'FactExact',
      'ClockRange',
    ])
    expect(body.freshnessIntent).toEqual({ kind: 'MaybeStale', maxStaleMs: 5 })
    expect(readWalkEvidence(store, { region: { kind: 'any' } }).report.body.sourceRefs).toEqual([])
  })

  it('R-126 says the same of the same region, however it was written', () => {
    const store = openStore()
    store.append(at('a'), Noted, { n: 1 })
    const byType = readWalkEvidence(store, { region: { kind: Noted } }).report
    const byKind = readWalkEvidence(store, { region: { kind: Noted.kind } }).report
    expect(byType).toEqual(byKind)
  })

  it('R-127 refuses a region that no report can state', () => {
    const region = { kind: { category: 256 } }
    expect(refusal('BodyEncoding', () => readWalkEvidence(openStore(), { region })).code).toBe(
      'BodyEncoding',
    )
  })

  it('refuses what is no request', () => {
    const store = openStore()
    for (const request of [null, { limit: '1' }, { regions: {} }, { includeProofRefs: 1 }]) {
      expect(argumentError(TypeError, () => readWalkEvidence(store, request as never))).not.toBe('')
    }
    expect(argumentError(RangeError, () => readWalkEvidence(store, { limit: -1 }))).not.toBe('')
    store.close()
    expect(refusal('StoreClosed', () => readWalkEvidence(store)).code).toBe('StoreClosed')
  })
})
