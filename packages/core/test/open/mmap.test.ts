/** Maps are an accelerator: what a host does not admit is read by position, unless maps are required. */
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { systemError } from '@batpak/platform'
import type { EventId, StoreOptions } from '../../src/index.ts'
import { Noted, at } from '../support/api-events.ts'
import { refusal } from '../support/api-errors.ts'
import { FaultPlatform } from '../support/api-faults.ts'
import { mappingPlatform, platformWithEvidence } from '../support/api-platforms.ts'
import { freshDir, openReadOnly, openStore, openUnlocked } from '../support/api-store.ts'

function filled(): { dataDir: string; ids: EventId[] } {
  const dataDir = freshDir()
  const store = openStore({ dataDir, segmentMaxBytes: 1 })
  const ids = [0, 1, 2].map((n) => store.append(at('a'), Noted, { n }).eventId)
  store.close()
  return { dataDir, ids }
}

const noMaps = platformWithEvidence({ mmapIndex: 'ProbeFailed', sealedSegmentMmap: 'ProbeFailed' })

describe('on a host whose maps are not admitted', () => {
  it.each(['ProbeFailed', 'ObservedUnsupported', 'Unknown'] as const)(
    'D11 mmap "required" opens but refuses sealed reads (%s)',
    (sealedSegmentMmap) => {
      const { dataDir, ids } = filled()
      const platform = platformWithEvidence({ sealedSegmentMmap })
      for (const open of [openStore, openReadOnly]) {
        const store = open({ dataDir, platform, mmap: 'required' })
        const error = refusal('PlatformAdmissionFailed', () => store.get(ids[0]!))
        expect(error.capability).toBe('sealed segment mmap')
        expect(error.message).toContain('admission failed')
        refusal('PlatformAdmissionFailed', () => [...store.events({ entity: 'a' })])
        expect([...store.entries({ entity: 'a' })]).toHaveLength(3)
        expect(store.has(ids[0]!)).toBe(true)
        store.close()
      }
    },
  )

  it('D11 mmap "required" still reads the active segment', () => {
    const { dataDir } = filled()
    const store = openStore({ dataDir, platform: noMaps, mmap: 'required' })
    const { eventId } = store.append(at('b'), Noted, { n: 9 })
    expect(store.get(eventId).payload).toEqual({ n: 9 })
  })

  it.each(['auto', undefined] as const)(
    'D11 mmap %s reads by position, and the evidence says so',
    (mmap) => {
      const { dataDir, ids } = filled()
      const platform = new FaultPlatform(noMaps)
      const options: StoreOptions =
        mmap === undefined ? { dataDir, platform } : { dataDir, platform, mmap }
      const store = openStore(options)
      expect(ids.map((id) => store.get(id).payload)).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }])
      expect(platform.filesOf('map')).toEqual([])
      const { storePath, admission } = store.diagnostics().platformEvidence
      expect([storePath.sealedSegmentMmap, admission.sealedSegmentMmap]).toEqual([
        'ProbeFailed',
        'Rejected',
      ])
    },
  )
})

describe('on a host that maps', () => {
  it.each(['auto', 'required'] as const)(
    'mmap "%s" maps each sealed segment once, and unmaps it',
    (mmap) => {
      const { dataDir, ids } = filled()
      const platform = new FaultPlatform(mappingPlatform(dataDir))
      const store = openReadOnly({ dataDir, platform, mmap })
      platform.forget()
      for (const id of [...ids, ...ids]) store.get(id)
      expect(platform.filesOf('map')).toHaveLength(3)
      expect(platform.filesOf('pread')).toEqual([])
      store.close()
      expect(platform.filesOf('unmap')).toHaveLength(3)
    },
  )

  it('R-26 keeps at most fdBudget maps alive', () => {
    const { dataDir, ids } = filled()
    const platform = new FaultPlatform(mappingPlatform(dataDir))
    const store = openReadOnly({ dataDir, platform, fdBudget: 1 })
    platform.forget()
    for (const id of ids) {
      store.get(id)
      expect(platform.filesOf('map').length - platform.filesOf('unmap').length).toBe(1)
    }
    store.close()
    expect(platform.filesOf('unmap')).toHaveLength(3)
  })

  it('what was read stays readable after its map is gone', () => {
    const { dataDir, ids } = filled()
    const store = openReadOnly({ dataDir, platform: mappingPlatform(dataDir), fdBudget: 1 })
    const events = ids.map((id) => store.get(id))
    store.close()
    expect(events.map((event) => event.payload)).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }])
    expect(events.map((event) => event.payloadBytes.length)).toEqual([4, 4, 4])
  })

  it('a map that fails at last is replaced by positional reads under "auto", and is Io under "required"', () => {
    const { dataDir, ids } = filled()
    for (const mmap of ['auto', 'required'] as const) {
      const platform = new FaultPlatform(mappingPlatform(dataDir))
      const store = openReadOnly({ dataDir, platform, mmap })
      platform.fs.map = (): never => {
        throw systemError('ENOMEM', 'mmap')
      }
      const read = (): unknown => store.get(ids[0]!).payload
      if (mmap === 'auto') expect(read()).toEqual({ n: 0 })
      else expect(refusal('Io', read).message).toContain('ENOMEM')
      platform.forget()
      store.close()
      expect(platform.filesOf('close').filter((name) => name.endsWith('.fbat'))).toHaveLength(
        mmap === 'auto' ? 1 : 0,
      )
    }
  })
})

describe('mmap "off"', () => {
  it('D21 never maps, probes nothing and says Unknown', () => {
    const { dataDir, ids } = filled()
    const platform = new FaultPlatform(mappingPlatform(dataDir))
    const probed: unknown[] = []
    const { probe } = platform
    Object.assign(platform, {
      probe: (dir: string, options?: { mmap?: 'off' }) => {
        probed.push(options)
        return probe(dir, options)
      },
    })
    const store = openReadOnly({ dataDir, platform, mmap: 'off' })
    expect(store.get(ids[0]!).payload).toEqual({ n: 0 })
    expect(store.diagnostics().platformEvidence.storePath.sealedSegmentMmap).toBe('Unknown')
    expect(platform.filesOf('map')).toEqual([])
    expect(probed.every((options) => (options as { mmap?: string }).mmap === 'off')).toBe(true)
  })
})

describe('an unlocked reader', () => {
  it('never maps, whatever the option says', () => {
    const { dataDir, ids } = filled()
    for (const mmap of ['auto', 'required', 'off'] as const) {
      const platform = new FaultPlatform(mappingPlatform(dataDir))
      const store = openUnlocked({ dataDir, platform, mmap })
      expect(store.get(ids[1]!).payload).toEqual({ n: 1 })
      store.diagnostics()
      expect(platform.filesOf('map')).toEqual([])
      expect(platform.calls.filter(({ name }) => name === 'pwrite' || name === 'fsync')).toEqual([])
    }
  })
})

describe('the probe', () => {
  it('Q3 M08 leaves no file in the directory', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    store.diagnostics()
    expect(readdirSync(dataDir).sort()).toEqual(['.batpak.lock', '000001.fbat'])
  })

  it('M42 is made once per open: sealed reads write nothing', () => {
    const { dataDir, ids } = filled()
    const platform = new FaultPlatform(mappingPlatform(dataDir))
    const store = openReadOnly({ dataDir, platform })
    platform.forget()
    for (const id of ids) store.get(id)
    const names = new Set(platform.calls.map(({ name }) => name))
    for (const name of ['pwrite', 'unlink', 'rename', 'ftruncate'] as const) {
      expect(names.has(name), name).toBe(false)
    }
  })
})
