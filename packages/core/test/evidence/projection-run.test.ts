/** Projections that report what they folded. */
import { describe, expect, it } from 'vitest'
import { bodyHash, projectRunEvidence } from '../../src/evidence.ts'
import { defineProjection } from '../../src/index.ts'
import { argumentError, refusal } from '../support/api-errors.ts'
import { Noted, at } from '../support/api-events.ts'
import { openStore } from '../support/api-store.ts'

const Sum = defineProjection<number>({
  name: 'Sum',
  init: () => 0,
  on: (on) => [on(Noted, (sum, { n }) => sum + n)],
})

describe('projectRunEvidence', () => {
  it('R-136 R-137 gives the state, its hash, what was folded and up to where', () => {
    const store = openStore()
    store.append(at('a'), Noted, { n: 1 })
    const last = store.append(at('a'), Noted, { n: 2 })
    store.append(at('b'), Noted, { n: 4 })
    const { state, report } = projectRunEvidence(store, Sum, 'a')
    expect(state).toBe(3)
    expect(report.body).toMatchObject({
      projectionId: 'Sum:a',
      sourceRefs: [
        { kind: 'Entity', entity: 'a' },
        { kind: 'RelevantKind', category: Noted.kind >>> 12, typeId: Noted.kind & 0xfff },
      ],
      observedFreshness: { kind: 'Fresh' },
      inputFrontier: { kind: 'Visible', globalSequence: last.sequence },
      cacheStatus: { kind: 'Bypassed' },
      findings: [{ kind: 'PartialVisibilityNotApplicable' }],
    })
    expect(report.body.outputHash.kind).toBe('Known')
    expect(bodyHash(report.body)).toEqual(report.bodyHash)
    expect(projectRunEvidence(store, Sum, 'a').report).toEqual(report)
  })

  it('R-136 has no hash without a state', () => {
    const { state, report } = projectRunEvidence(openStore(), Sum, 'nobody')
    expect(state).toBeUndefined()
    expect(report.body.outputHash).toEqual({ kind: 'NotApplicable' })
  })

  it('R-138 throws ProjectionFailed with the report of a run that failed', () => {
    const store = openStore()
    store.append(at('a'), Noted, { n: 1 })
    const failure = new Error('no fold')
    const Failing = defineProjection<number>({
      name: 'Failing',
      init: () => 0,
      on: (on) => [
        on(Noted, () => {
          throw failure
        }),
      ],
    })
    const error = refusal('ProjectionFailed', () => projectRunEvidence(store, Failing, 'a'))
    expect(error.cause).toBe(failure)
    const { report } = error
    expect(report).toMatchObject({
      body: {
        observedFreshness: { kind: 'Unavailable', reason: 'projection_failed' },
        outputHash: { kind: 'Unavailable', reason: 'projection_failed' },
        cacheStatus: { kind: 'Unavailable', reason: 'projection_failed' },
        findings: [
          { kind: 'ObservedFreshnessUnavailable' },
          { kind: 'InputFrontierUnknown' },
          { kind: 'OutputHashUnavailable' },
          { kind: 'CacheStatusUnavailable' },
          { kind: 'PartialVisibilityNotApplicable' },
          { kind: 'ProjectionFailed' },
        ],
      },
    })
  })

  it('refuses wrong arguments', () => {
    const store = openStore()
    argumentError(TypeError, () => projectRunEvidence(store, {} as never, 'a'))
    argumentError(TypeError, () => projectRunEvidence({} as never, Sum, 'a'))
    argumentError(RangeError, () => projectRunEvidence(store, Sum, 'a', { maxStaleMs: 0.5 }))
    store.close()
    refusal('StoreClosed', () => projectRunEvidence(store, Sum, 'a'))
  })
})
