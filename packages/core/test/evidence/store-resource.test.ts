/** Store resources: the diagnostics as a body that can be hashed, without the path. */
import { blake3 } from '@noble/hashes/blake3.js'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeOpenPayload } from '../../src/open/lifecycle-event.ts'
import { bodyHash, canonicalBytes, storeResourceEvidence } from '../../src/evidence.ts'
import type { Reads } from '../../src/index.ts'
import { argumentError, refusal } from '../support/api-errors.ts'
import { Noted, at } from '../support/api-events.ts'
import { freshDir, openReadOnly, openStore, stateOf } from '../support/api-store.ts'
import { hex } from '../support/evidence-bodies.ts'

const pathHash = (path: string): string => hex(blake3(Buffer.from(path)))
const identity = (store: Reads): string =>
  hex(storeResourceEvidence(store).body.dataDirIdentityHash)

describe('storeResourceEvidence', () => {
  it('W-102 R-125 holds what diagnostics say; what has no meaning here has a fixed value', () => {
    const store = openStore({ segmentMaxBytes: 4096, fdBudget: 7 })
    store.append(at('a'), Noted, { n: 1 })
    const before = stateOf(store)
    const { body, bodyHash: reported } = storeResourceEvidence(store)
    expect(stateOf(store)).toEqual(before)
    const seen = store.diagnostics()
    const { healed: _, ...openReport } = seen.openReport
    const { oldestPendingWriteAgeMs: age, ...frontier } = body.frontier
    const { acceptedHlc, durableHlc, visibleHlc } = seen.frontier
    expect(age).toBeGreaterThanOrEqual(0)
    expect({ ...body, frontier }).toEqual({
      schemaVersion: 1,
      dataDirIdentityHash: body.dataDirIdentityHash,
      eventCount: 2,
      globalSequence: 2,
      visibleSequence: 2,
      segmentMaxBytes: 4096,
      fdBudget: 7,
      restartPolicy: { kind: 'Once' },
      writerPressure: { queueLen: 0, capacity: 0 },
      frontier: {
        acceptedWallMs: acceptedHlc.wallMs,
        acceptedGlobalSequence: 1,
        writtenWallMs: acceptedHlc.wallMs,
        writtenGlobalSequence: 1,
        durableWallMs: durableHlc.wallMs,
        durableGlobalSequence: 0,
        visibleWallMs: visibleHlc.wallMs,
        visibleGlobalSequence: 1,
        appliedWallMs: seen.frontier.appliedHlc.wallMs,
        appliedGlobalSequence: seen.frontier.appliedHlc.sequence,
        emittedWallMs: seen.frontier.emittedHlc.wallMs,
        emittedGlobalSequence: seen.frontier.emittedHlc.sequence,
        visibleMinusDurableSeq: 1,
      },
      indexTopology: 'aos',
      tileCount: 0,
      openReport,
      platformEvidence: seen.platformEvidence,
    })
    expect(bodyHash(body)).toEqual(reported)
  })

  it('the open report in it is, byte for byte, the payload of the OPEN event', () => {
    const store = openStore()
    const { body } = storeResourceEvidence(store)
    const payload = hex(encodeOpenPayload({ ...body.openReport!, healed: [] }))
    expect(hex(canonicalBytes(body))).toContain(payload)
    const [open] = [...store.events({ entity: 'batpak:store' })]
    expect(hex(open!.payloadBytes)).toBe(payload)
  })

  it('R-141 the directory is known by the hash of its canonical path, which is nowhere else', () => {
    const parent = freshDir()
    const dataDir = join(parent, 'store-ä')
    mkdirSync(dataDir)
    symlinkSync(dataDir, join(parent, 'link'), 'junction')
    const store = openStore({ dataDir })
    store.append(at('a'), Noted, { n: 1 })
    expect(identity(store)).toBe(pathHash(dataDir))
    const bytes = Buffer.from(canonicalBytes(storeResourceEvidence(store).body))
    expect(bytes.includes(Buffer.from('store-ä'))).toBe(false)
    expect(bytes.includes(Buffer.from(parent))).toBe(false)
    store.close()
    for (const spelling of [join(parent, 'link'), `${parent}/./store-ä/../store-ä`]) {
      const reader = openReadOnly({ dataDir: spelling })
      expect(identity(reader)).toBe(pathHash(dataDir))
      reader.close()
    }
    expect(identity(openStore())).not.toBe(pathHash(dataDir))
  })

  it('is refused for a closed store, and for what is none', () => {
    const store = openStore()
    store.close()
    refusal('StoreClosed', () => storeResourceEvidence(store))
    const noStore = (): unknown => storeResourceEvidence(3 as never)
    expect(argumentError(TypeError, noStore)).toMatch(/storeResourceEvidence: expected an open/)
  })
})
