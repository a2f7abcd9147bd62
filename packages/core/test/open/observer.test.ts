/** The open report observer: told once, between the index and the first event, and never in the way. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { OpenReport } from '../../src/index.ts'
import { messagesOn } from '../support/api-channel.ts'
import { FakeClock } from '../support/api-clock.ts'
import {
  freshDir,
  openReadOnly,
  openStore,
  openUnlocked,
  segmentNames,
} from '../support/api-store.ts'

describe('the observer', () => {
  it('R-159 is told once per open, on every kind of store, what the diagnostics then say', () => {
    const dataDir = freshDir()
    for (const open of [openStore, openReadOnly, openUnlocked, openStore]) {
      const reports: OpenReport[] = []
      const store = open({
        dataDir,
        openReportObserver: (report) => void reports.push(report),
      })
      expect(reports).toEqual([store.diagnostics().openReport])
      store.close()
      expect(reports).toHaveLength(1)
    }
  })

  it('Q15 is told when the new segment exists and holds nothing but its header', () => {
    const dataDir = freshDir()
    let seen: unknown
    const store = openStore({
      dataDir,
      clock: new FakeClock(),
      openReportObserver: () => {
        const names = segmentNames(dataDir)
        seen = [names, readFileSync(join(dataDir, names[0]!)).length]
      },
    })
    const offset = [...store.entries()][0]!.diskPos.offset
    expect(seen).toEqual([['000001.fbat'], offset])
  })

  it('cannot fail the open: what it throws goes to the channel batpak:open', () => {
    const told = messagesOn('batpak:open')
    const boom = new Error('boom')
    for (const open of [openStore, openReadOnly]) {
      const dataDir = freshDir()
      const store = open({
        dataDir,
        openReportObserver: () => {
          throw boom
        },
      })
      expect(told.splice(0)).toMatchObject([{ dataDir, error: boom }])
      expect(store.closed).toBe(false)
    }
  })

  it('cannot change what is recorded', () => {
    const dataDir = freshDir()
    const store = openStore({
      dataDir,
      openReportObserver: (report) => {
        const writable = report as unknown as Record<string, unknown>
        for (const key of Object.keys(writable)) writable[key] = 'evil'
      },
    })
    expect(store.diagnostics().openReport.path).toBe('Rebuild')
    const [open] = [...store.events()]
    expect(open!.payload).toMatchObject({ path: 'Rebuild', restored_entries: 0 })
  })
})
