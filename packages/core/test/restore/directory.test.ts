/** What lies in a store directory beside its segments, and segments that are missing or no files. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Store, type EventId } from '../../src/index.ts'
import { eventFrame, segmentBytes } from '../support/raw-segment.ts'
import {
  closedStore,
  expectRecovery,
  expectRefusal,
  killedStore,
  observe,
  put,
  segment,
  segmentName,
  writeTo,
} from '../support/recovery.ts'
import { filesIn, scratchDir } from '../support/scratch.ts'

describe('names that are no segment', () => {
  // prettier-ignore
  const IGNORED = [
    'abc.fbat', '1x.fbat', '-2.fbat', '0x3.fbat', '18446744073709551616.fbat', '.fbat', '.tmpAbC123',
    '000009.fbat.healed-57', '000009.fbat.compact-src', '000009.FBAT', 'notes.txt', 'index.fbati',
    'index.ckpt',
  ]

  it('are ignored and left alone, malformed ones are told to the channel batpak:open', () => {
    const dir = closedStore(2)
    const { rows } = observe(dir)
    for (const name of IGNORED) writeFileSync(join(dir, name), `junk in ${name}`)
    mkdirSync(join(dir, 'cursors'))
    mkdirSync(join(dir, 'backup'))
    put(join(dir, 'backup'), segmentBytes(9, eventFrame()), 9)
    const told: string[] = []
    const listener = (message: unknown): void =>
      void told.push((message as { message: string }).message)
    subscribe('batpak:open', listener)
    try {
      expect(observe(dir)).toMatchObject({ rows, healed: [] })
    } finally {
      unsubscribe('batpak:open', listener)
    }
    expect(told).toEqual(
      ['-2.fbat', '0x3.fbat', '18446744073709551616.fbat', '1x.fbat', 'abc.fbat'].map(
        (name) => `${name} is named like a segment but has no number; it is ignored`,
      ),
    )
    expectRecovery(dir, { healed: [], rows })
  })

  it.each(['7.fbat', '+7.fbat', '00000007.fbat'])(
    '%s is read as segment 7 at the open, but not by number later (Q25)',
    (name) => {
      const dir = killedStore(1)
      const { rows } = observe(dir)
      writeFileSync(
        join(dir, name),
        segmentBytes(7, eventFrame({ eventId: 0x77n, entity: 'foreign' })),
      )
      const store = Store.open({ dataDir: dir })
      const entries = [...store.entries()]
      expect(entries.map((entry) => entry.entity)).toEqual([
        ...rows.map((row) => row.entity),
        'foreign',
        'batpak:store',
      ])
      expect(entries[2]!.diskPos.segmentId).toBe(7)
      expect(entries[3]!.diskPos.segmentId).toBe(8)
      expect(() => store.get(entries[2]!.eventId)).toThrow(expect.objectContaining({ code: 'Io' }))
      expect(store.get(rows[1]!.eventId as EventId).sequence).toBe(1)
      store.close()
    },
  )

  it('beside the canonical one of the same number give way to it', () => {
    const dir = killedStore(1)
    writeFileSync(join(dir, '1.fbat'), segmentBytes(1, eventFrame({ entity: 'foreign' })))
    expect(observe(dir).rows.map((row) => row.entity)).toEqual(['batpak:store', 'order:1'])
  })
})

describe('a segment', () => {
  it('that is a directory refuses every open with Io', () => {
    const dir = killedStore(1)
    mkdirSync(join(dir, segmentName(2)))
    expectRefusal(dir, { code: 'Io', path: join(dir, segmentName(2)) })
  })

  it('that is a symbolic link to nothing refuses every open with Io', () => {
    const dir = killedStore(1)
    symlinkSync(join(dir, 'nowhere'), join(dir, segmentName(2)))
    for (const how of ['open', 'openReadOnly', 'openUnlocked'] as const) {
      expect(() => Store[how]({ dataDir: dir })).toThrow(expect.objectContaining({ code: 'Io' }))
    }
  })

  it('with the highest number that can be counted leaves no room and is refused (Q28)', () => {
    for (const name of ['18446744073709551615.fbat', '4294967295.fbat']) {
      const dir = killedStore(1)
      writeFileSync(join(dir, name), segmentBytes(1))
      expectRefusal(dir, { code: 'DataDirMalformed', path: join(dir, name) })
    }
    const dir = killedStore(0)
    put(dir, segmentBytes(0xffff_fffd), 0xffff_fffd)
    writeTo(dir)
    expect(Object.keys(filesIn(dir))).toContain('4294967294.fbat')
    writeFileSync(join(dir, '4294967295.fbat'), segmentBytes(1))
    expectRefusal(dir, { code: 'DataDirMalformed' })
  })

  it('that is missing in the middle is not detected: what is there is numbered by its footers (disk format 16)', () => {
    const dir = closedStore(2)
    for (let life = 0; life < 2; life += 1) writeTo(dir)
    const { rows } = observe(dir)
    rmSync(join(dir, segmentName(2)))
    const seen = observe(dir)
    expect(seen.rows).toEqual(rows.filter((row) => row.segmentId !== 2))
    expect(seen.next).toBe(8)
    expect(seen.healed).toEqual([])
    expectRecovery(dir, { healed: [], rows: seen.rows })
  })

  it('that is missing before one without a footer: the rest is counted on', () => {
    const dir = closedStore(2)
    writeTo(dir)
    put(dir, segmentBytes(3, eventFrame({ entity: 'third' })), 3)
    rmSync(join(dir, segmentName(2)))
    expect(observe(dir).rows.at(-1)).toMatchObject({
      entity: 'third',
      globalSequence: 4,
      segmentId: 3,
    })
  })

  it('numbers are compared as numbers, whatever their digits', () => {
    const dir = scratchDir()
    for (const id of [1_000_000, 999_999, 7]) {
      put(dir, segmentBytes(id, eventFrame({ eventId: BigInt(id), entity: `from ${id}` })), id)
    }
    expect(observe(dir).rows.map((row) => row.entity)).toEqual([
      'from 7',
      'from 999999',
      'from 1000000',
    ])
    writeTo(dir)
    expect(Object.keys(filesIn(dir))).toContain('1000001.fbat')
    expect(segment(dir, 1_000_001).length).toBeGreaterThan(57)
  })

  it('0 is one like any other', () => {
    const dir = scratchDir()
    put(dir, segmentBytes(0, eventFrame({ entity: 'zero' })), 0)
    expect(observe(dir).rows).toMatchObject([{ entity: 'zero', segmentId: 0 }])
    writeTo(dir)
    expect(Object.keys(filesIn(dir)).sort()).toEqual(['000000.fbat', '000001.fbat'])
  })
})

describe('a directory', () => {
  it('without segments is an empty store for readers, and a writer begins with segment 1', () => {
    const dir = scratchDir()
    expect(observe(dir)).toEqual({ rows: [], healed: [], next: 0 })
    expect(Object.keys(filesIn(dir))).toEqual([])
    writeTo(dir)
    expect(Object.keys(filesIn(dir))).toEqual(['000001.fbat'])
  })

  it('with the marker of an unfinished compaction is refused, whatever the marker says (D19)', () => {
    for (const content of ['{"merged_id":1,"source_segment_ids":[1,2]}', 'junk', '']) {
      const dir = killedStore(1)
      writeFileSync(join(dir, 'compaction.pending.json'), content)
      expectRefusal(dir, { code: 'DataDirMalformed', path: join(dir, 'compaction.pending.json') })
    }
  })
})

describe.skipIf(process.platform === 'win32')('a pipe in a store directory', () => {
  const pipe = (path: string): void => void execFileSync('mkfifo', [path])

  it('named like a segment is DataDirMalformed, and no open waits for it', () => {
    const dir = closedStore(2)
    pipe(join(dir, segmentName(2)))
    expectRefusal(dir, { code: 'DataDirMalformed' })
  })

  it('named like the hidden ranges is HiddenRangesCorrupt, and no open waits for it', () => {
    const dir = closedStore(2)
    pipe(join(dir, 'visibility_ranges.fbv'))
    const open = (): unknown => Store.openUnlocked({ dataDir: dir })
    expect(open).toThrow(expect.objectContaining({ code: 'HiddenRangesCorrupt' }))
  })
})
