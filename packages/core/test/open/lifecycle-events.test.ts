/** The events that a store writes about itself: when, with what content, and when not. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Kind, Store, type StoredEvent } from '../../src/index.ts'
import { abandon } from '../../src/testing.ts'
import { readTrailer } from '../../src/segment/sidx.ts'
import { FileWindow } from '../../src/segment/window.ts'
import { nodePlatform } from '@batpak/platform'
import { Noted, at } from '../support/api-events.ts'
import { FakeClock, START_US } from '../support/api-clock.ts'
import { FaultPlatform } from '../support/api-faults.ts'
import { filesOf, freshDir, openReadOnly, openStore, openUnlocked } from '../support/api-store.ts'
import { unix } from '../support/api-platforms.ts'

const START_MS = START_US / 1000

function lifecycle(store: Pick<Store, 'events'>): StoredEvent[] {
  return [...store.events({ entity: 'batpak:store', scope: 'batpak:lifecycle' })]
}

/** How many events the footer of a segment lists; undefined without a footer. */
function footerCount(path: string): number | undefined {
  const { fs } = nodePlatform()
  const fd = fs.open(path, 'read')
  try {
    return readTrailer(new FileWindow(fs, fd, fs.fstat(fd).size))?.count
  } finally {
    fs.close(fd)
  }
}

describe('the OPEN event', () => {
  it('W-157 is the first event of a mutable open, with the report as payload in its order', () => {
    const store = openStore({ clock: new FakeClock(START_US + 999) })
    const [open] = lifecycle(store)
    expect(Object.keys(open!.payload as object)).toEqual([
      'path',
      'restored_entries',
      'tail_entries',
      'elapsed_us',
      'phase_plan_build_us',
      'phase_interner_us',
      'phase_restore_index_us',
      'phase_hidden_ranges_us',
      'mmap_load_status',
      'checkpoint_load_status',
      'unknown_reserved_system_kind_fallbacks',
      'unknown_reserved_system_kind_histogram',
      'unknown_reserved_effect_kind_fallbacks',
      'unknown_reserved_effect_kind_histogram',
      'cumulative_unknown_reserved_system_kind_fallbacks',
      'cumulative_unknown_reserved_system_kind_histogram',
      'cumulative_unknown_reserved_effect_kind_fallbacks',
      'cumulative_unknown_reserved_effect_kind_histogram',
    ])
    const { openReport } = store.diagnostics()
    expect(open!.payload).toMatchObject({
      path: openReport.path,
      restored_entries: 0,
      elapsed_us: openReport.elapsedUs,
      mmap_load_status: openReport.mmapLoadStatus,
      cumulative_unknown_reserved_effect_kind_histogram: {},
    })
    expect(open).toMatchObject({
      sequence: 0,
      clock: 0,
      kind: Kind.SYSTEM_OPEN_COMPLETED,
      entity: 'batpak:store',
      scope: 'batpak:lifecycle',
      wallMs: START_MS,
      timestampUs: START_US,
      flags: 0,
      lane: 0,
      depth: 0,
      correlationId: open!.eventId,
    })
    expect(open).not.toHaveProperty('causationId')
    expect(open!.extensions.size).toBe(0)
  })

  it('W-157 is durable when open returns', () => {
    const platform = new FaultPlatform()
    const store = openStore({ platform })
    const calls = platform.calls
      .filter(({ file, name }) => file === '000001.fbat' && (name === 'pwrite' || name === 'fsync'))
      .map(({ name }) => name)
    expect(calls).toEqual(['pwrite', 'fsync'])
    const { durableHlc, visibleHlc } = store.frontier()
    expect(durableHlc).toEqual(visibleHlc)
  })

  it('W-158 has a fresh UUIDv7 of the store clock', () => {
    const ids = [1, 2, 3].map(() => {
      const [open] = lifecycle(openStore({ clock: new FakeClock() }))
      return open!.eventId
    })
    expect(new Set(ids).size).toBe(3)
    for (const id of ids) expect(Number.parseInt(id.slice(0, 12), 16)).toBe(START_MS)
  })

  it('reports what was restored', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    store.append(at('a'), Noted, { n: 1 })
    store.close()
    const opens = lifecycle(openStore({ dataDir })).filter(
      ({ kind }) => kind === Kind.SYSTEM_OPEN_COMPLETED,
    )
    expect(opens.map(({ payload }) => payload)).toMatchObject([
      { restored_entries: 0 },
      { restored_entries: 3 },
    ])
  })
})

describe('the CLOSE event', () => {
  it('W-158 says where the visible frontier stood before it', () => {
    const dataDir = freshDir()
    const clock = new FakeClock()
    const store = openStore({ dataDir, clock })
    clock.us += 5_432_100
    store.append(at('a'), Noted, { n: 1 })
    clock.us += 9_000_000
    const { visibleHlc } = store.frontier()
    store.close()
    const close = lifecycle(openReadOnly({ dataDir })).at(-1)!
    expect(close.kind).toBe(Kind.SYSTEM_CLOSE_COMPLETED)
    expect(Object.keys(close.payload as object)).toEqual(['wall_ms', 'global_sequence'])
    expect(close.payload).toEqual({
      wall_ms: visibleHlc.wallMs,
      global_sequence: visibleHlc.sequence,
    })
    expect(visibleHlc).toEqual({ wallMs: START_MS + 5432, sequence: 1 })
    expect(close).toMatchObject({
      sequence: 2,
      clock: 1,
      wallMs: visibleHlc.wallMs,
      timestampUs: visibleHlc.wallMs * 1000,
      correlationId: close.eventId,
    })
  })

  it('W-158 chains to the events before it, over all lives of the store', () => {
    const dataDir = freshDir()
    for (let i = 0; i < 3; i += 1) openStore({ dataDir }).close()
    const store = openReadOnly({ dataDir })
    const events = lifecycle(store)
    expect(events.map(({ clock }) => clock)).toEqual([0, 1, 2, 3, 4, 5])
    for (const [i, event] of events.entries()) {
      if (i > 0) expect(event.prevHash).toEqual(events[i - 1]!.eventHash)
    }
    expect([...store.ancestors(events[5]!.eventId)]).toHaveLength(6)
  })

  it('is not appended by a read-only or unlocked store, which change no file at all (W-160)', () => {
    const dataDir = freshDir()
    openStore({ dataDir }).close()
    const before = filesOf(dataDir)
    for (const open of [openReadOnly, openUnlocked]) {
      const store = open({ dataDir })
      store.get([...store.entries()][0]!.eventId)
      store.close()
      expect(filesOf(dataDir)).toEqual(before)
    }
  })

  it('Q13 that cannot be written does not fail the close', () => {
    const dataDir = freshDir()
    const platform = new FaultPlatform()
    const store = openStore({ dataDir, platform })
    store.append(at('a'), Noted, { n: 1 })
    let refused = 0
    platform.refuse = (call) => {
      if (call.name !== 'pwrite' || refused > 0) return undefined
      refused += 1
      return 'ENOSPC'
    }
    store.close()
    platform.refuse = undefined
    const reader = openReadOnly({ dataDir })
    expect(lifecycle(reader).map(({ kind }) => kind)).toEqual([Kind.SYSTEM_OPEN_COMPLETED])
    expect(reader.count({ entity: 'a' })).toBe(1)
    expect(reader.diagnostics().openReport.healed).toEqual([])
  })
})

describe('a directory after a clean close', () => {
  it('holds the lock file and the segment, which ends in a footer', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    store.append(at('a'), Noted, { n: 1 })
    store.close()
    expect(readdirSync(dataDir).sort()).toEqual(['.batpak.lock', '000001.fbat'])
    const path = join(dataDir, '000001.fbat')
    expect(footerCount(path)).toBe(3)
    if (unix) expect(statSync(path).mode & 0o777).toBe(0o666 & ~process.umask())
  })

  it('leaves no temporary file, whichever way it was opened (M08)', () => {
    const dataDir = freshDir()
    openStore({ dataDir, segmentMaxBytes: 1 }).close()
    openReadOnly({ dataDir }).close()
    openUnlocked({ dataDir }).close()
    expect(
      readdirSync(dataDir).filter((name) => !/^(\.batpak\.lock|\d{6}\.fbat)$/.test(name)),
    ).toEqual([])
  })
})

describe('abandon', () => {
  it('W-160 W-161 writes footer and syncs but no CLOSE event, and releases the lock', () => {
    const dataDir = freshDir()
    const platform = new FaultPlatform()
    const store = openStore({ dataDir, platform })
    store.append(at('a'), Noted, { n: 1 })
    platform.forget()
    abandon(store)
    expect(platform.filesOf('pwrite')).toEqual(['000001.fbat'])
    expect(platform.filesOf('fsync')).toEqual(['000001.fbat', '000001.fbat'])
    expect(store.closed).toBe(true)
    store.close()
    abandon(store)
    expect(footerCount(join(dataDir, '000001.fbat'))).toBe(2)
    const reopened = openStore({ dataDir })
    expect(lifecycle(reopened).map(({ kind }) => kind)).toEqual([
      Kind.SYSTEM_OPEN_COMPLETED,
      Kind.SYSTEM_OPEN_COMPLETED,
    ])
    expect(reopened.diagnostics().openReport.healed).toEqual([])
  })

  it('refuses what is no mutable store with a TypeError', () => {
    const dataDir = freshDir()
    openStore({ dataDir }).close()
    for (const store of [undefined, null, {}, openReadOnly({ dataDir })]) {
      expect(() => abandon(store as never)).toThrow(TypeError)
    }
  })
})

describe('the kinds of store', () => {
  it('R-165 a store that is neither closed nor abandoned is as after a crash: its synced events are there', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    store.append(at('a'), Noted, { n: 1 }, { until: 'durable' })
    const reader = openUnlocked({ dataDir })
    expect(reader.count({ entity: 'a' })).toBe(1)
    expect(reader.diagnostics().openReport.healed).toEqual([])
  })

  it('cannot be constructed', () => {
    for (const make of [
      (): unknown => new (Store as never as new () => Store)(),
      (): unknown => new (openReadOnlyClass())(),
    ]) {
      expect(make).toThrow(/Store.open/)
    }
  })
})

function openReadOnlyClass(): new () => unknown {
  const dataDir = freshDir()
  return openReadOnly({ dataDir }).constructor as new () => unknown
}
