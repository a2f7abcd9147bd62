/**
 * The directory lock between processes.
 * Harness pattern: Runtime And Boundary Harness.
 * PROVES: one owner per directory across processes, whatever the kind of store; the lock ends with the
 *   process that holds it, however that ends.
 * CATCHES: a lock on another path or dropped by a second close (M39), a read-only open without a lock
 *   (M40), a lock file that is deleted on close (M41), a lock that outlives its process.
 * SEEDED: deterministic / no randomness.
 */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Noted, at } from '../support/api-events.ts'
import { storeChild } from '../support/api-child.ts'
import { refusal } from '../support/api-errors.ts'
import { freshDir, openReadOnly, openStore, openUnlocked } from '../support/api-store.ts'

const kinds = [
  ['open', openStore, 'Mutable'],
  ['openReadOnly', openReadOnly, 'ReadOnly'],
] as const

describe('a store in another process', () => {
  it.each(kinds)(
    'opened with %s keeps every owner out, and frees the directory when closed',
    async (how) => {
      const dataDir = freshDir()
      const child = await storeChild(dataDir, how)
      expect(child.outcome).toEqual({ opened: true })
      for (const [, open, mode] of kinds) {
        const error = refusal('StoreLocked', () => open({ dataDir }))
        expect([error.path, error.mode]).toEqual([dataDir, mode])
      }
      openUnlocked({ dataDir }).close()
      await child.run('close')
      openStore({ dataDir }).close()
      await child.exit()
    },
  )

  it.each(kinds)(
    'is kept out when it wants %s, and told which directory and mode',
    async (how, _, mode) => {
      const dataDir = freshDir()
      for (const [, open] of kinds) {
        const owner = open({ dataDir })
        const child = await storeChild(dataDir, how)
        expect(child.outcome).toEqual({ opened: false, code: 'StoreLocked', path: dataDir, mode })
        await child.kill()
        owner.close()
      }
    },
  )

  it.each(['kill', 'exit'] as const)(
    'frees the directory by %s; synced events are there',
    async (end) => {
      const dataDir = freshDir()
      const child = await storeChild(dataDir, 'open')
      await child.run('append 3')
      await child.run('sync')
      refusal('StoreLocked', () => openStore({ dataDir }))
      await child[end]()
      const store = openStore({ dataDir })
      expect(store.count({ entity: 'a' })).toBe(3)
      expect(store.append(at('a', 's'), Noted, { n: 9 }).clock).toBe(3)
    },
  )

  it('D6 that died in the middle of a frame is healed by the next mutable open, and only by that', async () => {
    const dataDir = freshDir()
    const child = await storeChild(dataDir, 'open')
    await child.run('append 2')
    await child.run('partial 3')
    await child.kill()
    const healed = { segmentId: 1, reason: 'TornTail', bytesRemoved: 3 }
    const reader = openReadOnly({ dataDir })
    expect(reader.diagnostics().openReport.healed).toMatchObject([healed])
    expect(reader.count({ entity: 'a' })).toBe(2)
    reader.close()
    const store = openStore({ dataDir })
    expect(store.diagnostics().openReport.healed).toMatchObject([healed])
    expect(store.count({ entity: 'a' })).toBe(2)
    store.close()
    expect(openStore({ dataDir }).diagnostics().openReport.healed).toEqual([])
  })

  it('Q17 whose lock file was removed does not notice; the next owner makes a new one', async () => {
    const dataDir = freshDir()
    const child = await storeChild(dataDir, 'open')
    rmSync(join(dataDir, '.batpak.lock'))
    const store = openStore({ dataDir })
    expect(readdirSync(dataDir)).toContain('.batpak.lock')
    refusal('StoreLocked', () => openReadOnly({ dataDir }))
    store.close()
    await child.kill()
  })
})
