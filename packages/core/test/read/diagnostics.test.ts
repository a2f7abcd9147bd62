/** Statistics and diagnostics: what a store is, and what its host guarantees. */
import { readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Noted, at } from '../support/api-events.ts'
import { FakeClock } from '../support/api-clock.ts'
import { filesOf, freshDir, openReadOnly, openStore, openUnlocked } from '../support/api-store.ts'

describe('stats', () => {
  it('R-178 of a fresh directory are one event, the open itself', () => {
    const store = openStore()
    expect(store.stats()).toEqual({ eventCount: 1, globalSequence: 1 })
    expect(store.diagnostics().visibleSequence).toBe(1)
  })

  it('R-178 of an empty directory opened read-only are nothing', () => {
    const store = openReadOnly({ dataDir: freshDir() })
    expect(store.stats()).toEqual({ eventCount: 0, globalSequence: 0 })
    expect(store.diagnostics()).toMatchObject({ visibleSequence: 0, globalSequence: 0 })
    expect([...store.entries()]).toEqual([])
  })

  it('R-179 keep visible at or below allocated', () => {
    const dataDir = freshDir()
    for (let i = 0; i < 3; i += 1) {
      const store = openStore({ dataDir })
      store.append(at('a'), Noted, { n: i })
      const { visibleSequence, globalSequence, eventCount } = store.diagnostics()
      expect([visibleSequence, globalSequence, eventCount]).toEqual([
        3 * i + 2,
        3 * i + 2,
        3 * i + 2,
      ])
      store.close()
    }
  })
})

describe('diagnostics', () => {
  it('have exactly the documented fields', () => {
    const store = openStore({ segmentMaxBytes: 4096, fdBudget: 7, clock: new FakeClock() })
    const diagnostics = store.diagnostics()
    expect(Object.keys(diagnostics).sort()).toEqual([
      'backends',
      'dataDir',
      'eventCount',
      'fdBudget',
      'frontier',
      'globalSequence',
      'openReport',
      'platformEvidence',
      'segmentMaxBytes',
      'visibleSequence',
    ])
    expect(diagnostics).toMatchObject({
      segmentMaxBytes: 4096,
      fdBudget: 7,
      eventCount: 1,
      frontier: store.frontier(),
      platformEvidence: { host: { processClockEpochMarkerNs: 4_200n } },
    })
    expect(Object.keys(diagnostics.platformEvidence).sort()).toEqual([
      'admission',
      'host',
      'storePath',
    ])
    for (const need of ['mmap', 'lock'] as const) {
      expect(diagnostics.backends[need]).toEqual({
        backend: expect.any(String),
        probe: expect.any(String),
      })
    }
    expect(diagnostics.backends.lock.probe).toBe('ok')
  })

  it('name the canonical directory', () => {
    const dataDir = freshDir()
    const link = join(freshDir(), 'link')
    symlinkSync(dataDir, link)
    expect(openStore({ dataDir: `${link}/./` }).diagnostics().dataDir).toBe(realpathSync(dataDir))
  })

  it('hold the open report of a fresh store', () => {
    const { openReport } = openStore({ clock: new FakeClock() }).diagnostics()
    const none = new Map()
    expect(openReport).toMatchObject({
      path: 'Rebuild',
      restoredEntries: 0,
      tailEntries: 0,
      unknownReservedSystemKindFallbacks: 0,
      unknownReservedSystemKindHistogram: none,
      unknownReservedEffectKindFallbacks: 0,
      unknownReservedEffectKindHistogram: none,
      cumulativeUnknownReservedSystemKindFallbacks: 0,
      cumulativeUnknownReservedEffectKindFallbacks: 0,
      healed: [],
    })
  })

  it('R-177 report phases that do not exceed the whole', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    for (let n = 0; n < 100; n += 1) store.append(at('a'), Noted, { n })
    store.close()
    const report = openStore({ dataDir }).diagnostics().openReport
    const phases =
      report.phasePlanBuildUs +
      report.phaseInternerUs +
      report.phaseRestoreIndexUs +
      report.phaseHiddenRangesUs
    expect(phases).toBeLessThanOrEqual(report.elapsedUs)
    expect(report.elapsedUs).toBeGreaterThan(0)
    expect(report.restoredEntries).toBe(102)
  })

  it('R-180 Q3 change no file and leave none behind, on every kind of store', () => {
    const dataDir = freshDir()
    openStore({ dataDir }).close()
    for (const open of [openStore, openReadOnly, openUnlocked]) {
      const store = open({ dataDir })
      const before = filesOf(dataDir)
      for (let i = 0; i < 3; i += 1) store.diagnostics()
      expect(filesOf(dataDir)).toEqual(before)
      expect(readdirSync(dataDir).filter((name) => name.startsWith('.tmp'))).toEqual([])
      store.close()
    }
  })

  it('R-180 see the directory as it is now, even when it is gone', () => {
    const dataDir = freshDir()
    openStore({ dataDir }).close()
    const store = openUnlocked({ dataDir })
    const status = (): unknown => store.diagnostics().platformEvidence.storePath.pathStatus
    expect(status()).toBe('ObservedDirectory')
    rmSync(dataDir, { recursive: true })
    expect(status()).toBe('UnknownMissing')
  })
})
