/** Stores of batpak 0.8.0, read by us: the same rows, or a listed difference with both answers. */
import { describe, expect, it } from 'vitest'
import { Store, isStoreError, type Heal, type StoredEvent } from '../../src/index.ts'
import { rowsOf } from '../support/dump-rows.ts'
import { copyOfFixture, fixture, fixtureNames, type DumpRow } from '../support/fixture-stores.ts'
import { changed, observe, type Observed } from '../support/recovery.ts'
import { filesIn } from '../support/scratch.ts'

/** A fixture that the two implementations see differently. */
interface Difference {
  /** Why, by the ids of the hazards, faults and deviations. */
  readonly because: string
  /** What the reference sees when it rebuilds from segments: a number of rows, or its refusal. */
  readonly theirs: number | string
  /** What we see. */
  readonly ours: number | string
  readonly healed?: readonly Partial<Heal>[]
}

const unfinished =
  'D19, 23.3: a compaction that was begun is refused until this version finishes it'

const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'batch-swallowed': {
    because: 'D6, D-25, 23.2: batch state ends with the segment, so later events are not swallowed',
    theirs: 7,
    ours: 11,
    healed: [{ reason: 'OpenBatch', segmentId: 1 }],
  },
  'batch-swallowed-closed': {
    because: 'D6, D-25, 23.2: as batch-swallowed; the index file of the reference has all 12 too',
    theirs: 8,
    ours: 12,
    healed: [{ reason: 'OpenBatch', segmentId: 1 }],
  },
  'compaction-marker': { because: unfinished, theirs: 3, ours: 'DataDirMalformed' },
  'compaction-marker-stale': { because: unfinished, theirs: 12, ours: 'DataDirMalformed' },
  'compaction-merged': { because: unfinished, theirs: 9, ours: 'DataDirMalformed' },
  'compaction-partial': { because: unfinished, theirs: 2, ours: 'DataDirMalformed' },
  'compaction-set-aside': { because: unfinished, theirs: 7, ours: 'DataDirMalformed' },
  'compaction-torn': { because: unfinished, theirs: 'CorruptFrame', ours: 'DataDirMalformed' },
  'segment-empty': {
    because: 'Q11, 23.6: a last segment without a header is no reason to refuse the others',
    theirs: 'Io',
    ours: 6,
    healed: [{ reason: 'ShortHeader', segmentId: 2, offset: 0, bytesRemoved: 0 }],
  },
  'segment-header-short': {
    because: 'Q11, 23.6: as segment-empty',
    theirs: 'Io',
    ours: 5,
    healed: [{ reason: 'ShortHeader', segmentId: 2, offset: 0, bytesRemoved: 20 }],
  },
  'torn-frame-closed': {
    because: 'D6, D-26, 23.5: a tear is one in any segment without a footer',
    theirs: 'CorruptFrame',
    ours: 9,
    healed: [{ reason: 'TornTail', segmentId: 1, bytesRemoved: 255 }],
  },
  'torn-frame-killed': {
    because: 'D6, D-26, 23.5: as torn-frame-closed',
    theirs: 'CorruptFrame',
    ours: 8,
    healed: [{ reason: 'TornTail', segmentId: 1, bytesRemoved: 255 }],
  },
  'zero-tail': {
    because: 'D6, F9: zeros behind the last frame are space that was never written',
    theirs: 'CorruptSegment',
    ours: 5,
    healed: [{ reason: 'ZeroTail', segmentId: 1, bytesRemoved: 512 }],
  },
}

/** Heals that change no row that the reference sees. */
const HEALED_ALIKE: Readonly<Record<string, readonly Partial<Heal>[]>> = {
  'batch-killed': [{ reason: 'OpenBatch', segmentId: 1 }],
  'batch-torn-tail': [{ reason: 'OpenBatch', segmentId: 1 }],
  'hidden-range-beyond': [
    { reason: 'HiddenRangesBeyondLog', segmentId: 1, offset: 4, bytesRemoved: 3 },
  ],
  'torn-frame': [{ reason: 'TornTail', segmentId: 1, bytesRemoved: 255 }],
  'zero-tail-short': [{ reason: 'TornTail', segmentId: 1, bytesRemoved: 7 }],
}

/** Fixtures whose rows are the same but for some fields: tests of their own, below. */
const FIELDS_DIFFER = new Set([
  'compacted-retain',
  'compacted-tombstone',
  'duplicate-keys',
  'extensions-footer',
  'signed-writes',
])

const alike = fixtureNames.filter(
  (name) => DIFFERENCES[name] === undefined && !FIELDS_DIFFER.has(name),
)

describe.each(['openReadOnly', 'openUnlocked'] as const)('%s', (how) => {
  it.each(alike)('sees in %s what a rebuild of the reference sees (R-175)', (name) => {
    const { rebuild } = fixture(name)
    const dir = copyOfFixture(name)
    const before = filesIn(dir)
    if (rebuild.error !== undefined) {
      expect(outcome(dir, how)).toMatchObject({ error: rebuild.error.variant })
    } else {
      const { rows, next, healed } = observe(dir, how)
      expect(rows).toEqual(rebuild.rows)
      expect(next).toBe(rebuild.globalSequence)
      expect(healed).toMatchObject(HEALED_ALIKE[name] ?? [])
      expect(healed).toHaveLength(HEALED_ALIKE[name]?.length ?? 0)
    }
    expect(changed(filesIn(dir), before)).toEqual([])
  })

  it.each(Object.keys(DIFFERENCES))('differs in %s as listed', (name) => {
    const { theirs, ours, healed = [] } = DIFFERENCES[name]!
    const { rebuild } = fixture(name)
    expect(rebuild.error?.variant ?? rebuild.rows.length).toBe(theirs)
    const dir = copyOfFixture(name)
    const before = filesIn(dir)
    const seen = outcome(dir, how)
    expect(seen.error ?? seen.rows.length).toBe(ours)
    expect(seen.healed).toMatchObject(healed)
    expect(seen.healed).toHaveLength(healed.length)
    expect(changed(filesIn(dir), before)).toEqual([])
  })
})

describe('the numbers of an open', () => {
  it.each(alike.filter((name) => fixture(name).rebuild.error === undefined))(
    'of %s are those of the reference: counts, frontier and kinds that were replaced (R-173)',
    (name) => {
      const { rebuild } = fixture(name)
      // A clock that stands still at 0, as when the dumps were made.
      const store = openAtZero(copyOfFixture(name))
      const { openReport, eventCount, globalSequence, visibleSequence } = store.diagnostics()
      const { eventCount: rows } = rebuild
      expect({ eventCount, globalSequence, visibleSequence }).toEqual({
        eventCount: rows,
        globalSequence: rebuild.globalSequence,
        visibleSequence: rebuild.visibleSequence,
      })
      const theirs = rebuild.openReport
      expect(openReport.restoredEntries).toBe(theirs['restoredEntries'])
      expect(openReport).toMatchObject({ path: theirs['path'], tailEntries: theirs['tailEntries'] })
      for (const family of ['System', 'Effect'] as const) {
        const key = `unknownReserved${family}KindHistogram` as const
        expect(Object.fromEntries(openReport[key])).toEqual(theirs[key])
        expect(openReport[`unknownReserved${family}KindFallbacks`]).toBe(
          theirs[`unknownReserved${family}KindFallbacks`],
        )
      }
      const { wallMs, globalSequence: sequence } = rebuild.frontier['visible']!
      expect(store.frontier()).toMatchObject({
        visibleHlc: { wallMs, sequence },
        durableHlc: { wallMs, sequence },
      })
      store.close()
    },
  )
})

describe('rows that only we see', () => {
  it('of batch-swallowed-closed are those in the index file of the reference (D6, D-25)', () => {
    const { dump } = fixture('batch-swallowed-closed')
    expect(withValuesDropped(dump.rows)).toEqual(
      observe(copyOfFixture('batch-swallowed-closed')).rows,
    )
  })

  it('of batch-swallowed are those of the first process, then all of the second (D6, D-25)', () => {
    const { rows } = observe(copyOfFixture('batch-swallowed'))
    expect(rows.map(({ segmentId }) => segmentId)).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2])
    expect(rows.map(keyNumber)).toEqual([undefined, 1, 2, 3, undefined, 14, 15, 16, 17, 18, 19])
    // What the reference still sees is the end of it.
    const { rebuild } = fixture('batch-swallowed')
    expect(rebuild.rows.slice(4).map(keyNumber)).toEqual([17, 18, 19])
  })

  it('of torn-frame-closed are those in the index file of the reference (D-26)', () => {
    const { dump } = fixture('torn-frame-closed')
    expect(withValuesDropped(dump.rows)).toEqual(observe(copyOfFixture('torn-frame-closed')).rows)
  })

  it.each([
    ['torn-frame-killed', [undefined, 1, 2, 3, 4, undefined, 14, 15]],
    ['segment-empty', [undefined, 1, 2, 3, 4, undefined]],
    ['segment-header-short', [undefined, 1, 2, 3, 4]],
    ['zero-tail', [undefined, 1, 2, 3, 4]],
  ] as const)(
    'of %s are every event whose frame is complete, numbered without gaps',
    (name, keys) => {
      const { rows, next } = observe(copyOfFixture(name))
      expect(rows.map(keyNumber)).toEqual(keys)
      expect(rows.map((row) => row.globalSequence)).toEqual(rows.map((_, i) => i))
      expect(next).toBe(rows.length)
    },
  )
})

describe('fields that differ', () => {
  it('duplicate-keys: each row is its own event, by id the last one is found (D-7)', () => {
    const { rebuild } = fixture('duplicate-keys')
    const { rows } = observe(copyOfFixture('duplicate-keys'))
    const [first, second] = rows.filter((row) => row.eventId === rebuild.rows[2]!.eventId)
    expect([first!.globalSequence, second!.globalSequence]).toEqual([2, 3])
    expect([first!.entity, second!.entity]).toEqual(['order:1', 'order:2'])
    // The reference shows the second one twice.
    const theirs = rebuild.rows.filter((row) => row.eventId === first!.eventId)
    expect(theirs.map((row) => row.entity)).toEqual(['order:2', 'order:2'])
    expect(second).toEqual(theirs[1])
    const others = (all: readonly DumpRow[]): DumpRow[] =>
      all.filter((row) => row.eventId !== first!.eventId)
    expect(others(rows)).toEqual(others(rebuild.rows))
    const store = Store.openReadOnly({ dataDir: copyOfFixture('duplicate-keys') })
    expect(store.get(first!.eventId as never).entity).toBe('order:2')
    store.close()
  })

  it('extensions-footer: receipt extensions come from the frames, whatever the footer left out (DEV-15, R-175)', () => {
    const { rebuild } = fixture('extensions-footer')
    const { rows } = observe(copyOfFixture('extensions-footer'))
    const extensions = (row: DumpRow): string[] => Object.keys(row.extensions)
    expect(rebuild.rows.map(extensions)).toEqual([[], [], [], [], [], [], [], [], []])
    const [first, second, item] = [
      ['app.audit', 'app.trace'],
      ['a.first', 'z.last'],
      ['batch.item'],
    ]
    expect(rows.map(extensions)).toEqual([[], first, [], second, item, [], [], [], []])
    const bare = (row: DumpRow): DumpRow => ({ ...row, extensions: {} })
    expect(rows.map(bare)).toEqual(rebuild.rows)
    // The fixture `extensions` has the same events with an index file: extensions are right there.
    const same = new Map(
      fixture('extensions').dump.rows.map((row) => [row.eventId, row.extensions]),
    )
    for (const row of rows.filter(keyNumber)) {
      if (same.has(row.eventId)) expect(row.extensions).toEqual(same.get(row.eventId))
    }
  })

  it.each(['compacted-retain', 'compacted-tombstone'])(
    '%s: rewritten events are readable, as values, in the order of their frames (DEV-4, 23.4, R-28)',
    (name) => {
      const { dump, rebuild } = fixture(name)
      const originals = new Map(
        fixture('compacted-merge').dump.rows.map((row) => [row.eventId, row]),
      )
      const store = Store.openReadOnly({ dataDir: copyOfFixture(name) })
      const rows = rowsOf(store)
      // After a retention only their index file has the order in which events were written.
      expect(rows.map(indexFields)).toEqual(withValuesDropped(dump.rows).map(indexFields))
      const ids = (all: readonly DumpRow[]): string => all.map((row) => row.eventId).join()
      expect(ids(rebuild.rows) === ids(dump.rows)).toBe(name !== 'compacted-retain')
      let rewritten = 0
      for (const [i, theirs] of dump.rows.entries()) {
        if (theirs.readError === undefined) {
          expect(rows[i]).toEqual(withValuesDropped([theirs])[0])
          continue
        }
        expect(theirs.readError).toBe('Serialization')
        const event = store.get(theirs.eventId as never)
        expect(event.payloadRewritten).toBe(true)
        expect(event.payload).toEqual(expectedValue(event, originals.get(event.eventId)))
        rewritten += 1
      }
      expect(rewritten).toBeGreaterThan(5)
      store.close()
    },
  )
})

describe('ancestors and streams of an entity', () => {
  /** Where the nearest earlier event of equal payloads is not the first, or theirs stop too early. */
  const WALKS_DIFFER = new Set([
    'batch-options',
    'repeated-payloads',
    'payload-shapes',
    'reserved-kinds',
    'compacted-retain',
    'compacted-tombstone',
    'duplicate-keys',
  ])
  const readable = alike
    .concat(...FIELDS_DIFFER)
    .filter((name) => name !== 'compacted-retain' && fixture(name).rebuild.error === undefined)

  it.each(readable)('of %s are those of the reference, streams in commit order (DEV-2)', (name) => {
    const { rebuild } = fixture(name)
    const store = Store.openReadOnly({ dataDir: copyOfFixture(name) })
    for (const { entity, stream, ancestors } of rebuild.entities) {
      const ours = [...store.entries({ entity })].filter((entry) => entry.entity === entity)
      const sequences = ours.map((entry) => entry.sequence)
      expect(sequences).toEqual([...stream].sort((a, b) => a - b))
      if (name !== 'fence-committed') expect(sequences).toEqual(stream)
      if (ancestors === undefined || WALKS_DIFFER.has(name)) continue
      const walked = [...store.ancestors(ancestors[0] as never)]
      expect(walked.map((event) => event.eventId)).toEqual(ancestors)
    }
    store.close()
  })

  it('fence-committed: the reference lists order:1 by wall time and clock, we by commit (DEV-2)', () => {
    const stream = fixture('fence-committed').rebuild.entities.find(
      ({ entity }) => entity === 'order:1',
    )!.stream
    expect(stream).not.toEqual([...stream].sort((a, b) => a - b))
  })

  it('repeated-payloads: the parent is the nearest earlier event with the hash, not the first (DEV-6, D-13)', () => {
    const { rebuild, name } = fixture('repeated-payloads')
    const { entity, stream, ancestors } = rebuild.entities.find(
      (row) => row.ancestors?.length === 2 && row.stream.length === 6,
    )!
    const store = Store.openReadOnly({ dataDir: copyOfFixture(name) })
    const walked = [...store.ancestors(ancestors![0] as never)]
    expect(walked.map((event) => event.sequence)).toEqual([...stream].reverse())
    expect(new Set(walked.map((event) => event.entity))).toEqual(new Set([entity]))
    store.close()
  })

  it('payload-shapes: a walk passes payloads that have no value form, where theirs ends (DEV-6)', () => {
    const { rebuild } = fixture('payload-shapes')
    const entity = rebuild.entities.find(({ stream }) => stream.length > 20)!
    expect(entity.ancestors!.length).toBeLessThan(entity.stream.length)
    const store = Store.openReadOnly({ dataDir: copyOfFixture('payload-shapes') })
    const walked = [...store.ancestors(entity.ancestors![0] as never)]
    expect(walked).toHaveLength(entity.stream.length)
    store.close()
  })

  it('reserved-kinds: a walk passes an OPEN event whose histograms have integer keys (DEV-6, Q14)', () => {
    const { rebuild } = fixture('reserved-kinds')
    const { stream, ancestors } = rebuild.entities.find(({ entity }) => entity === 'batpak:store')!
    expect(ancestors).toHaveLength(1)
    const store = Store.openReadOnly({ dataDir: copyOfFixture('reserved-kinds') })
    const walked = [...store.ancestors(ancestors![0] as never)]
    expect(walked.map((event) => event.sequence)).toEqual([...stream].reverse())
    expect(walked.map((event) => event.payload)).toContainEqual(
      expect.objectContaining({ unknown_reserved_system_kind_histogram: { 66: 2 } }),
    )
    store.close()
  })
})

type Outcome = Partial<Observed> & {
  readonly rows: readonly DumpRow[]
  readonly error?: string
  readonly healed: readonly Heal[]
}

function outcome(dir: string, how: 'openReadOnly' | 'openUnlocked'): Outcome {
  try {
    return observe(dir, how)
  } catch (error) {
    if (!isStoreError(error)) throw error
    return { rows: [], healed: [], error: error.code }
  }
}

function openAtZero(dataDir: string): ReturnType<typeof Store.openReadOnly> {
  const clock = { nowUs: () => 0, nowWallNs: () => 0n, nowMonoNs: () => 0n, processBootNs: 0n }
  return Store.openReadOnly({ dataDir, clock })
}

function withValuesDropped(rows: readonly DumpRow[]): DumpRow[] {
  return rows.map(({ value: _value, valueError: _error, ...row }) => row)
}

/** The number in the idempotency key that the fixtures give their events. */
function keyNumber({ eventId }: DumpRow): number | undefined {
  const digits = /^018bcfe568007000(?:8000)(\d{12})$/.exec(eventId)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

function indexFields(row: DumpRow): Partial<DumpRow> {
  const {
    timestampUs: _t,
    flags: _f,
    contentHash: _c,
    payloadLength: _l,
    payload: _p,
    readError: _r,
    ...index
  } = row
  return index
}

/** The value of a rewritten event: that of its original, where another fixture has it. */
function expectedValue(event: StoredEvent, original: DumpRow | undefined): unknown {
  return original?.value ?? (expect.objectContaining({}) as unknown)
}
