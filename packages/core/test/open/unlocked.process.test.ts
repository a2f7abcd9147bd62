/**
 * Reading beside a live writer.
 * Harness pattern: Runtime And Boundary Harness.
 * PROVES: an unlocked reader sees the complete frames of the moment it opened, disturbs nobody and
 *   changes no file; what it saw stays readable while the writer goes on.
 * CATCHES: a reader that locks (M40), heals, or leaves a probe file (M08); one that takes an unfinished
 *   frame for an event or for damage.
 * SEEDED: deterministic / no randomness.
 */
import { appendFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Noted } from '../support/api-events.ts'
import { storeChild } from '../support/api-child.ts'
import { writeSegment } from '../support/api-segments.ts'
import { filesOf, freshDir, openReadOnly, openStore, openUnlocked } from '../support/api-store.ts'

describe('an unlocked reader', () => {
  it('sees what a writer in another process has written so far, synced or not', async () => {
    const dataDir = freshDir()
    const writer = await storeChild(dataDir, 'open')
    expect(await writer.run('append 3')).toEqual({ eventCount: 4, globalSequence: 4 })
    const before = filesOf(dataDir)
    const reader = openUnlocked({ dataDir })
    expect(reader.stats()).toEqual({ eventCount: 4, globalSequence: 4 })
    const values = (): number[] => [...reader.events({ entity: 'a' })].map((e) => Noted.decode(e).n)
    expect(values()).toEqual([0, 1, 2])
    reader.diagnostics()
    expect(filesOf(dataDir)).toEqual(before)
    await writer.run('append 2')
    expect(values()).toEqual([0, 1, 2])
    expect(openUnlocked({ dataDir }).count({ entity: 'a' })).toBe(5)
    await writer.run('close')
    expect(values()).toEqual([0, 1, 2])
    reader.close()
    await writer.exit()
  })

  it('passes over a frame that is not complete yet, and changes nothing', async () => {
    const dataDir = freshDir()
    const writer = await storeChild(dataDir, 'open')
    await writer.run('append 2')
    await writer.run('partial 4')
    const before = filesOf(dataDir)
    const reader = openUnlocked({ dataDir })
    expect(reader.count({ entity: 'a' })).toBe(2)
    expect(reader.diagnostics().openReport.healed).toMatchObject([{ reason: 'TornTail' }])
    reader.close()
    expect(filesOf(dataDir)).toEqual(before)
    await writer.kill()
  })

  it('sees every prefix of a segment as its complete frames', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    const ends = [0, 1, 2].map((n) => {
      const { diskPos } = store.append({ entity: 'a', scope: 's' }, Noted, { n })
      return diskPos.offset + diskPos.length
    })
    const whole = Buffer.from(filesOf(dataDir)['000001.fbat']!, 'hex')
    store.close()
    const copy = freshDir()
    const path = join(copy, '000001.fbat')
    writeFileSync(path, whole.subarray(0, ends[0]))
    for (let size = ends[0]!; size <= ends[2]!; size += 1) {
      if (size > ends[0]!) appendFileSync(path, whole.subarray(size - 1, size))
      const reader = openUnlocked({ dataDir: copy })
      const complete = ends.filter((end) => end <= size).length
      if (reader.count({ entity: 'a' }) !== complete) expect.fail(`at ${size} bytes`)
      reader.close()
    }
    expect(statSync(path).size).toBe(ends[2]!)
  })

  it('creates nothing, not even a lock file', () => {
    const dataDir = freshDir()
    writeSegment(dataDir, 1, [{ entity: 'a', payload: { n: 1 } }])
    const reader = openUnlocked({ dataDir })
    expect(reader.count()).toBe(1)
    reader.diagnostics()
    reader.close()
    expect(readdirSync(dataDir)).toEqual(['000001.fbat'])
  })

  it('takes no lock: owners come and go beside it', () => {
    const dataDir = freshDir()
    writeSegment(dataDir, 1, [{ entity: 'a', payload: { n: 1 } }])
    const readers = [openUnlocked({ dataDir }), openUnlocked({ dataDir })]
    openStore({ dataDir }).close()
    openReadOnly({ dataDir }).close()
    for (const reader of readers) expect(reader.count({ entity: 'a' })).toBe(1)
  })
})
