/** Stores of batpak 0.8.0, opened by us for writing: what is healed, kept and added. */
import { describe, expect, it } from 'vitest'
import type { Heal, HealReason } from '../../src/index.ts'
import { copyOfFixture, fixtureNames } from '../support/fixture-stores.ts'
import {
  appendOne,
  changed,
  expectRecovery,
  expectRefusal,
  lastSegmentId,
  observe,
  segmentName,
  writeTo,
} from '../support/recovery.ts'
import { filesIn } from '../support/scratch.ts'

/** Refused: damage, and compactions that this version does not finish. */
const REFUSED: Readonly<Record<string, object>> = {
  'flipped-frame': { code: 'CrcMismatch', segmentId: 1, offset: 2615 },
  ...Object.fromEntries(
    fixtureNames
      .filter((name) => name.startsWith('compaction-'))
      .map((name) => [name, { code: 'DataDirMalformed' }]),
  ),
}

/** Every fixture that is healed; offsets in some vary from one generation of it to the next. */
const HEALED: Readonly<Record<string, HealReason>> = {
  'batch-killed': 'OpenBatch',
  'batch-swallowed': 'OpenBatch',
  'batch-swallowed-closed': 'OpenBatch',
  'batch-torn-tail': 'OpenBatch',
  'hidden-range-beyond': 'HiddenRangesBeyondLog',
  'segment-empty': 'ShortHeader',
  'segment-header-short': 'ShortHeader',
  'torn-frame': 'TornTail',
  'torn-frame-closed': 'TornTail',
  'torn-frame-killed': 'TornTail',
  'zero-tail': 'ZeroTail',
  'zero-tail-short': 'TornTail',
}

describe('a store of the reference', () => {
  it.each(Object.keys(REFUSED))('%s is refused, and no byte of it changes (R-171, D19)', (name) => {
    expectRefusal(copyOfFixture(name), REFUSED[name]!)
  })

  it.each(Object.keys(HEALED))(
    '%s is healed once, and nothing else changes (D6, W-167, W-168)',
    (name) => {
      const dir = copyOfFixture(name)
      const { rows, healed } = observe(dir)
      expect(healed.map(({ reason }) => reason)).toEqual([HEALED[name]])
      expectRecovery(dir, { rows, healed })
    },
  )

  const whole = fixtureNames.filter(
    (name) => REFUSED[name] === undefined && HEALED[name] === undefined,
  )
  it.each(whole)('%s is continued: no file of it changes, no row moves (R-155)', (name) => {
    const dir = copyOfFixture(name)
    const before = filesIn(dir)
    const { rows, next } = observe(dir)
    let appended = ''
    const healed: readonly Heal[] = writeTo(dir, (store) => {
      appended = appendOne(store)
      expect(store.stats().globalSequence).toBe(next + 2)
    })
    expect(healed).toEqual([])
    const after = filesIn(dir)
    expect(changed(before, after)).toEqual([segmentName(lastSegmentId(before) + 1)])
    const seen = observe(dir)
    expect(seen.rows.slice(0, rows.length)).toEqual(rows)
    expect(
      seen.rows.slice(rows.length).map(({ globalSequence, kind }) => [globalSequence, kind]),
    ).toEqual([
      [next, 8],
      [next + 1, 0xf001],
      [next + 2, 9],
    ])
    expect(seen.rows[rows.length + 1]!.eventId).toBe(appended)
  })

  it('of every fixture is in one of the three groups', () => {
    expect([...whole, ...Object.keys(REFUSED), ...Object.keys(HEALED)].sort()).toEqual(fixtureNames)
  })
})

describe('an entity after a fence of the reference was cancelled', () => {
  it.each(['fence-cancelled', 'fence-cancelled-killed', 'fence-open-closed'])(
    '%s: goes on from its newest event that is not cancelled (W-91, DEV-5, 23.8)',
    (name) => {
      const dir = copyOfFixture(name)
      const { rows } = observe(dir)
      const newest = rows.filter((row) => row.entity === 'order:1').at(-1)!
      writeTo(dir, (store) => {
        const receipt = store.appendBytes(
          { entity: 'order:1', scope: 'x' },
          0xf001 as never,
          Uint8Array.of(1),
          {
            expected: newest.clock,
          },
        )
        expect(receipt.clock).toBe(newest.clock + 1)
        expect(Buffer.from(receipt.prevHash).toString('hex')).toBe(newest.eventHash)
      })
    },
  )
})
