/** Read walks: the rows are those of the query, and the report says how they were found. */
import { describe, expect, it } from 'vitest'
import { bodyHash, readWalkEvidence } from '../../src/evidence.ts'
import { kind, type Region, type Store } from '../../src/index.ts'
import { engineOf } from '../../src/read/reads.ts'
import { argumentError, refusal } from '../support/api-errors.ts'
import {
  REGION_CLOCKS,
  REGION_ENTITIES,
  REGION_KINDS,
  REGION_SCOPES,
  appendChosen,
  regionOf,
} from '../support/api-corpus.ts'
import { Counted, Noted, at } from '../support/api-events.ts'
import { freshDir, openReadOnly, openStore, openUnlocked, stateOf } from '../support/api-store.ts'

function threeNotes(): Store {
  const store = openStore()
  for (const n of [1, 2, 3]) store.append(at('order:1', 'shop'), Noted, { n })
  store.append(at('order:2', 'shop'), Counted, { n: 4 })
  return store
}

const wallMsOf = (store: Store, sequence: number): number =>
  store.page({}, { after: sequence - 1, limit: 1 }).entries[0]!.wallMs

describe('the rows', () => {
  it('R-134 R-20 are those of the plain query, for every region', () => {
    const store = openStore()
    for (let n = 0; n < 400; n += 1) appendChosen(store, n * 7, n * 5 + (n >> 3), n * 3 + (n >> 2))
    let regions = 0
    for (const entity of REGION_ENTITIES) {
      for (const scope of REGION_SCOPES) {
        for (const ofKind of REGION_KINDS) {
          const clock = REGION_CLOCKS[regions % REGION_CLOCKS.length]
          const region = regionOf(entity, scope, ofKind, clock)
          const limit = regions % 3 === 0 ? undefined : regions % 7
          const all = [...store.entries(region)]
          const { entries, report } = readWalkEvidence(store, {
            region,
            ...(limit === undefined ? {} : { limit }),
          })
          expect(entries).toEqual(all.slice(0, limit))
          expect(report.body).toMatchObject({
            matchedCount: all.length,
            returnedCount: entries.length,
          })
          regions += 1
        }
      }
    }
    expect(regions).toBeGreaterThan(500)
  })

  it('R-134 what the limit drops is counted and a finding; nothing dropped is neither', () => {
    const store = threeNotes()
    const region: Region = { entity: 'order' }
    const cut = readWalkEvidence(store, { region, limit: 3 }).report.body
    expect(cut.requestedLimit).toBe(3)
    expect(cut.droppedLimitedCount).toEqual({ kind: 'Known', count: 1 })
    expect(cut.findings).toEqual([{ kind: 'LimitedResults', droppedCount: 1 }])
    for (const limit of [4, 9]) {
      const whole = readWalkEvidence(store, { region, limit }).report.body
      expect(whole).toMatchObject({ requestedLimit: limit, matchedCount: 4, returnedCount: 4 })
      expect(whole.droppedLimitedCount).toEqual({ kind: 'NotApplicable' })
      expect(whole.findings).toEqual([])
    }
    const none = readWalkEvidence(store, { region, limit: 0 })
    expect(none.entries).toEqual([])
    expect(none.report.body.droppedLimitedCount).toEqual({ kind: 'Known', count: 4 })
    for (const request of [{ region }, { region, limit: Infinity }]) {
      expect(readWalkEvidence(store, request).report.body).not.toHaveProperty('requestedLimit')
    }
  })

  it('proof refs are the returned rows in their order, and only on request', () => {
    const store = threeNotes()
    const request = { region: { entity: 'order:1' }, limit: 2 }
    expect(readWalkEvidence(store, request).report.body.proofRefs).toEqual({
      kind: 'NotApplicable',
    })
    const { entries, report } = readWalkEvidence(store, { ...request, includeProofRefs: true })
    expect(report.body.proofRefs).toEqual({
      kind: 'Known',
      refs: entries.map(({ eventId, sequence, eventHash }) => ({
        eventId,
        globalSequence: sequence,
        eventHash,
      })),
    })
  })
})

describe('the report', () => {
  it('says which region and which freshness were asked for', () => {
    const store = threeNotes()
    const region: Region = { entity: 'order', scope: 'shop', kind: Noted, clock: [1, Infinity] }
    const freshnessIntent = { maxStaleMs: 250 }
    const { body } = readWalkEvidence(store, { region, freshnessIntent }).report
    expect(body.sourceRefs).toEqual([
      { kind: 'EntityPrefix', prefix: 'order' },
      { kind: 'Scope', scope: 'shop' },
      { kind: 'FactExact', category: 0xf, typeId: 1 },
      { kind: 'ClockRange', startClock: 1, endClock: 0xffff_ffff },
    ])
    expect(body.freshnessIntent).toEqual({ kind: 'MaybeStale', maxStaleMs: 250 })
    expect(body).toMatchObject({ schemaVersion: 1, replayMode: 'Current', matchedCount: 2 })
    const refs = (asked: Region): unknown =>
      readWalkEvidence(store, { region: asked }).report.body.sourceRefs
    expect(refs({ kind: { category: 14 } })).toEqual([{ kind: 'FactCategory', category: 14 }])
    expect(refs({ kind: 'any' })).toEqual([])
    expect(refs({ kind: kind(1, 0xabc), clock: [-Infinity, 3] })).toEqual([
      { kind: 'FactExact', category: 1, typeId: 0xabc },
      { kind: 'ClockRange', startClock: 0, endClock: 3 },
    ])
    expect(readWalkEvidence(store).report.body.freshnessIntent).toEqual({ kind: 'Consistent' })
  })

  it('R-126 is the same of the same region, however it was written', () => {
    const store = threeNotes()
    const of = (region: Region): unknown => readWalkEvidence(store, { region }).report
    expect(of({ kind: Noted, entity: 'order' })).toEqual(of({ entity: 'order', kind: Noted.kind }))
  })

  it('R-135 its frontier is the last visible event, hidden or not', () => {
    const store = threeNotes()
    const frontier = (): unknown => readWalkEvidence(store).report.body.inputFrontier
    const point = (sequence: number): unknown => ({
      kind: 'Visible',
      wallMs: wallMsOf(store, sequence),
      globalSequence: sequence,
    })
    expect(frontier()).toEqual(point(4))
    const fence = store.beginFence()
    fence.append(at('order:3'), Noted, { n: 5 })
    expect(frontier()).toEqual(point(4))
    fence.cancel()
    const { visibleSequence } = store.diagnostics()
    expect(frontier()).toMatchObject({ globalSequence: visibleSequence - 1 })
  })

  it('R-135 an empty log has the frontier 0, 0', () => {
    const dataDir = freshDir()
    const { body } = readWalkEvidence(openReadOnly({ dataDir })).report
    expect(body.inputFrontier).toEqual({ kind: 'Visible', wallMs: 0, globalSequence: 0 })
    expect(body.findings).toEqual([])
  })

  it('R-135 a last sequence without an event is InputFrontierUnknown', () => {
    const store = threeNotes()
    engineOf('test', store).index.visible += 1 // as where a compaction dropped the last event
    const { body } = readWalkEvidence(store, { limit: 1 }).report
    expect(body).not.toHaveProperty('inputFrontier')
    expect(body.findings).toEqual([
      { kind: 'InputFrontierUnknown' },
      { kind: 'LimitedResults', droppedCount: 4 },
    ])
  })

  it('R-125 R-126 is the same for equal states, changes nothing, and outlives a reopen', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    for (let n = 0; n < 9; n += 1) store.append(at(`e:${n % 3}`), Noted, { n })
    const request = { region: { entity: 'e' }, includeProofRefs: true, limit: 5 }
    const before = stateOf(store)
    const live = readWalkEvidence(store, request)
    expect(stateOf(store)).toEqual(before)
    expect(readWalkEvidence(store, request)).toEqual(live)
    expect(readWalkEvidence(openUnlocked({ dataDir }), request)).toEqual(live)
    expect(bodyHash(live.report.body)).toEqual(live.report.bodyHash)
    store.close()
    const { inputFrontier, ...body } = readWalkEvidence(openReadOnly({ dataDir }), request).report
      .body
    // The store's own CLOSE event has moved the frontier.
    expect(inputFrontier?.globalSequence).toBe(10)
    expect({ ...body, inputFrontier: live.report.body.inputFrontier }).toEqual(live.report.body)
  })
})

describe('what a caller can do wrong', () => {
  it('is refused with the name of the argument', () => {
    const store = openStore()
    const walk =
      (request: unknown): (() => unknown) =>
      () =>
        readWalkEvidence(store, request as never)
    expect(argumentError(TypeError, walk(3))).toMatch(/read walk request must be an object/)
    expect(argumentError(TypeError, walk({ entity: 'a' }))).toMatch(/entity/)
    expect(argumentError(TypeError, walk({ region: { entity: 3 } }))).toMatch(/region: entity/)
    expect(argumentError(TypeError, walk({ limit: '3' }))).toMatch(/limit/)
    expect(argumentError(RangeError, walk({ limit: -1 }))).toMatch(/limit/)
    expect(argumentError(TypeError, walk({ includeProofRefs: 1 }))).toMatch(/includeProofRefs/)
    expect(argumentError(TypeError, walk({ freshnessIntent: 5 }))).toMatch(/freshnessIntent/)
    const stale = (maxStaleMs: unknown): (() => unknown) =>
      walk({ freshnessIntent: { maxStaleMs } })
    expect(argumentError(TypeError, stale('5'))).toMatch(/maxStaleMs must be a number/)
    expect(argumentError(RangeError, stale(-1))).toMatch(/maxStaleMs/)
    expect(argumentError(RangeError, stale(Infinity))).toMatch(/maxStaleMs/)
    const noStore = (): unknown => readWalkEvidence({} as never)
    expect(argumentError(TypeError, noStore)).toMatch(/readWalkEvidence: expected an open store/)
  })

  it('R-127 a region that the format cannot state is BodyEncoding', () => {
    const store = openStore()
    const reason = (region: Region): string =>
      refusal('BodyEncoding', () => readWalkEvidence(store, { region })).reason
    expect(reason({ kind: { category: 256 } })).toMatch(/^sourceRefs\[0\]\.category must be/)
    expect(reason({ clock: [0.5, 3] })).toMatch(/startClock/)
    expect(reason({ clock: [0, 2 ** 32] })).toMatch(/endClock/)
    expect(reason({ scope: '\ud800' })).toMatch(/surrogate/)
  })

  it('after the close, also by a getter of the request, is StoreClosed', () => {
    const store = openStore()
    const closing = {
      get region(): Region {
        store.close()
        return {}
      },
    }
    refusal('StoreClosed', () => readWalkEvidence(store, closing))
    refusal('StoreClosed', () => readWalkEvidence(store))
  })
})
