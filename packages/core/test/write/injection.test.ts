/** Injection points: a fault between two effects of a write, and what must be left of the write. */
import { describe, expect, it } from 'vitest'
import { draft, isStoreError, type Store } from '../../src/index.ts'
import { installHooks, type InjectionPoint } from '../../src/testing.ts'
import { Noted, at } from '../support/api-events.ts'
import { refusal, thrownBy } from '../support/api-errors.ts'
import { openStore, stateOf } from '../support/api-store.ts'
import { copyOf } from '../support/scratch.ts'
import { codesOf, expectSound, numbersOf, rig, watchPoints } from './rig.ts'

const add = (store: Store, n: number): unknown => store.append(at('a'), Noted, { n })

const batch = (store: Store): unknown =>
  store.appendBatch([1, 2, 3].map((n) => draft(at('a'), Noted, { n })))

/** As the system says it: what is injected into a write or sync is wrapped as that. */
const FAULT = Object.assign(new Error('injected'), { code: 'EIO' })

/** Fails the first point of this name. */
function failAt(name: InjectionPoint['at'], skip = 0): void {
  let left = skip
  watchPoints((point) => {
    if (point.at !== name) return undefined
    left -= 1
    return left === -1 ? FAULT : undefined
  })
}

describe('the points of a write', () => {
  it('W-166 a single append passes start, written, published', () => {
    const { store } = rig()
    const { points } = watchPoints()
    add(store, 1)
    expect(points).toEqual([
      { at: 'SingleAppendStart', entity: 'a' },
      { at: 'SingleAppendWritten', entity: 'a' },
      { at: 'SingleAppendPublished', entity: 'a' },
    ])
  })

  it('W-166 R-117 stand where they say: before the frontier moves, before and after visible', () => {
    const { store } = rig()
    const seen: unknown[] = []
    watchPoints((point) => {
      const { acceptedHlc, visibleHlc } = store.frontier()
      seen.push([point.at, acceptedHlc.sequence, visibleHlc.sequence, store.count({ entity: 'a' })])
      return undefined
    })
    add(store, 1)
    batch(store)
    expect(seen).toEqual([
      ['SingleAppendStart', 0, 0, 0],
      ['SingleAppendWritten', 0, 0, 0],
      ['SingleAppendPublished', 1, 1, 1],
      ['BatchStart', 1, 1, 1],
      ['BatchBeginWritten', 1, 1, 1],
      ['BatchItemWritten', 1, 1, 1],
      ['BatchItemWritten', 1, 1, 1],
      ['BatchItemWritten', 1, 1, 1],
      ['BatchItemsComplete', 1, 1, 1],
      ['BatchCommitWritten', 1, 1, 1],
      ['BatchFsync', 4, 1, 1],
      ['BatchPrePublish', 4, 1, 1],
    ])
  })

  it('W-166 Q26 a rotation passes its own, with the segment that is sealed', () => {
    const { store } = rig({ segmentMaxBytes: 1500 })
    const { points, marks } = watchPoints()
    for (let n = 0; n < 6; n += 1) add(store, n)
    const rotations = points.filter(({ at: name }) => name === 'SegmentRotation')
    expect(rotations[0]).toEqual({ at: 'SegmentRotation', segmentId: 1 })
    expect(rotations).toHaveLength(marks.filter((mark) => mark === 'segment.rotated').length)
  })

  it('W-166 a refused or replayed write passes none', () => {
    const { store } = rig()
    const { points } = watchPoints()
    thrownBy(() => add(store, Number.NaN))
    thrownBy(() => store.append(at('a'), Noted, { n: 1 }, { expected: 5 }))
    store.appendBatch([])
    expect(points).toEqual([])
  })

  it('W-166 the hooks before come back when the later ones are disposed of', () => {
    const { store } = rig()
    const { points } = watchPoints()
    const inner = installHooks({ inject: () => undefined })
    add(store, 1)
    expect(points).toEqual([])
    inner[Symbol.dispose]()
    add(store, 2)
    expect(points).toHaveLength(3)
  })
})

describe('a fault before the write is complete', () => {
  it.each([
    ['SingleAppendStart', add],
    ['SingleAppendWritten', add],
    ['SegmentRotation', add],
    ['BatchStart', batch],
    ['BatchBeginWritten', batch],
    ['BatchItemWritten', batch],
    ['BatchItemsComplete', batch],
    ['BatchCommitWritten', batch],
  ] as const)('W-46 W-76 W-77 W-166 at %s leaves nothing, and the store goes on', (name, write) => {
    const { store, dataDir } = rig({ segmentMaxBytes: name === 'SegmentRotation' ? 900 : 10_000 })
    if (name !== 'SegmentRotation') add(store, 0)
    const expected = numbersOf(store)
    const before = stateOf(store)
    failAt(name)
    const error = thrownBy(() => write(store, 9))
    const started = name.endsWith('Start') || name === 'SegmentRotation'
    if (started) expect(error).toBe(FAULT)
    else
      expect(codesOf(error)).toEqual(write === batch ? ['BatchFailed', 'Io', 'EIO'] : ['Io', 'EIO'])
    expect(stateOf(store)).toEqual(before)
    const crashed = openStore({ dataDir: copyOf(dataDir) })
    expect(numbersOf(crashed)).toEqual(expected)
    expect(crashed.diagnostics().openReport.healed).toEqual([])
    write(store, 5)
    expect(numbersOf(store)).toEqual([...expected, ...(write === batch ? [1, 2, 3] : [5])])
    expectSound(store)
  })

  it.each([0, 1, 2])('W-71 W-76 at item %i of a batch leaves none of them', (skip) => {
    const { store, dataDir } = rig()
    failAt('BatchItemWritten', skip)
    const error = refusal('BatchFailed', () => batch(store))
    expect(isStoreError(error.cause, 'Io')).toBe(true)
    expect(numbersOf(store)).toEqual([])
    expect(numbersOf(openStore({ dataDir: copyOf(dataDir) }))).toEqual([])
    batch(store)
    expectSound(store)
  })
})

describe('a fault after the write', () => {
  it('W-78 W-166 at BatchFsync is BatchSyncFailed; the writer is poisoned', () => {
    const { store, dataDir } = rig()
    failAt('BatchFsync')
    const error = refusal('BatchSyncFailed', () => batch(store))
    expect(codesOf(error)).toEqual(['BatchSyncFailed', 'Io', 'EIO'])
    expect(numbersOf(store)).toEqual([])
    refusal('WriterCrashed', () => add(store, 1))
    refusal('WriterCrashed', () => store.close())
    expect(numbersOf(openStore({ dataDir }))).toEqual([1, 2, 3])
  })

  it.each([
    ['SingleAppendPublished', add, [7]],
    ['BatchPrePublish', batch, []],
  ] as const)('W-166 D5 at %s poisons the writer; reads go on', (name, write, visible) => {
    const { store, dataDir } = rig()
    failAt(name)
    expect(thrownBy(() => write(store, 7))).toBe(FAULT)
    expect(numbersOf(store)).toEqual(visible)
    expect(refusal('WriterCrashed', () => add(store, 8)).cause).toBe(FAULT)
    refusal('WriterCrashed', () => store.close())
    const reopened = openStore({ dataDir })
    expect(numbersOf(reopened)).toEqual(write === batch ? [1, 2, 3] : [7])
    expectSound(reopened)
  })

  // Write side 20.4: the point lies behind visibility, which a fenced event has at the publish only.
  it('W-166 W-85 a fenced append is not "published" before its fence is', () => {
    const { store } = rig()
    const fence = store.beginFence()
    const { points } = watchPoints()
    fence.append(at('a'), Noted, { n: 1 })
    expect(points.map((point) => point.at)).toEqual(['SingleAppendStart', 'SingleAppendWritten'])
    fence.publish()
  })
})

describe('marks', () => {
  it('W-166 tell which path a write took', () => {
    const { store, platform } = rig({ segmentMaxBytes: 1500 })
    const { marks } = watchPoints()
    platform.spaceLeft = 10
    thrownBy(() => add(store, 1))
    platform.spaceLeft = undefined
    expect(marks).toEqual(['write.undone'])
    platform.refuse = (call) => (call.name === 'fsync' ? 'EIO' : undefined)
    thrownBy(() => store.sync())
    expect(marks).toEqual(['write.undone', 'writer.poisoned'])
    thrownBy(() => store.sync())
    expect(marks).toHaveLength(2)
  })
})
