/** Closing: everything is released whatever fails, the first failure is told, and twice is once. */
import { describe, expect, it } from 'vitest'
import { systemError } from '@batpak/platform'
import { Store } from '../../src/index.ts'
import { abandon } from '../../src/testing.ts'
import { Noted, at } from '../support/api-events.ts'
import { refusal } from '../support/api-errors.ts'
import { FaultPlatform } from '../support/api-faults.ts'
import { messagesOn } from '../support/api-channel.ts'
import { filesOf, freshDir, openReadOnly, openStore, openUnlocked } from '../support/api-store.ts'

describe('close', () => {
  it('D14 twice is once', () => {
    const dataDir = freshDir()
    for (const open of [openStore, openReadOnly, openUnlocked]) {
      const store = open({ dataDir })
      store.close()
      const files = filesOf(dataDir)
      store.close()
      store[Symbol.dispose]()
      expect(store.closed).toBe(true)
      expect(filesOf(dataDir)).toEqual(files)
    }
  })

  it('does not close what somebody else opened since', () => {
    const dataDir = freshDir()
    const first = openStore({ dataDir })
    first.close()
    const second = openStore({ dataDir })
    first.close()
    second.append(at('a'), Noted, { n: 1 })
    refusal('StoreLocked', () => openStore({ dataDir }))
  })

  it.each(['fsync', 'pwrite'] as const)(
    'that fails in %s releases the lock all the same',
    (name) => {
      const dataDir = freshDir()
      const platform = new FaultPlatform()
      const store = openStore({ dataDir, platform })
      store.append(at('a'), Noted, { n: 1 })
      platform.refuse = (call) => (call.name === name ? 'EIO' : undefined)
      if (name === 'fsync') refusal('Io', () => store.close())
      // Neither a CLOSE event nor a footer is missed by the next open (Q13).
      else store.close()
      platform.refuse = undefined
      expect(store.closed).toBe(true)
      expect(openStore({ dataDir }).count({ entity: 'a' })).toBe(1)
    },
  )

  it('that cannot close a file tries the rest, and tells the first failure as Io', () => {
    const dataDir = freshDir()
    const platform = new FaultPlatform()
    const store = openStore({ dataDir, platform, segmentMaxBytes: 1, mmap: 'off' })
    const { eventId } = store.append(at('a'), Noted, { n: 1 })
    store.append(at('a'), Noted, { n: 2 })
    store.get(eventId)
    const closed: string[] = []
    platform.override('close', (close) => (fd) => {
      const before = platform.calls.length
      close(fd)
      const { file } = platform.calls[before]!
      closed.push(file)
      if (!file.endsWith('.lock')) throw systemError('EIO', 'close', `closing ${file}`)
    })
    const error = refusal('Io', () => store.close())
    expect(error.message).toContain('EIO')
    expect(closed.at(-1)).toBe('.batpak.lock')
    expect(closed.length).toBeGreaterThanOrEqual(3)
    openStore({ dataDir })
  })

  it('D21 of a broken writer tells WriterCrashed even when releasing fails as well', () => {
    const dataDir = freshDir()
    const platform = new FaultPlatform()
    const store = openStore({ dataDir, platform })
    platform.refuse = (call) => (call.name === 'fsync' ? 'EIO' : undefined)
    refusal('Io', () => store.sync())
    platform.override('close', (close) => (fd) => {
      close(fd)
      throw systemError('EIO', 'close')
    })
    refusal('WriterCrashed', () => store.close())
    openStore({ dataDir })
  })
})

describe('abandon', () => {
  it('releases the lock even when a file cannot be closed', () => {
    const dataDir = freshDir()
    const platform = new FaultPlatform()
    const store = openStore({ dataDir, platform, segmentMaxBytes: 1, mmap: 'off' })
    const { eventId } = store.append(at('a'), Noted, { n: 1 })
    store.append(at('a'), Noted, { n: 2 })
    store.get(eventId)
    const told = messagesOn('batpak:close')
    platform.override('close', (close) => (fd) => {
      const before = platform.calls.length
      close(fd)
      if (!platform.calls[before]!.file.endsWith('.lock')) throw systemError('EIO', 'close')
    })
    abandon(store)
    expect(told).toMatchObject([{ error: { code: 'Io' } }])
    openStore({ dataDir })
  })
})

describe('disposal', () => {
  it('W-161 D14 at the end of a using block closes the store', () => {
    const dataDir = freshDir()
    let kept: Store
    {
      using store = Store.open({ dataDir })
      store.append(at('a'), Noted, { n: 1 })
      kept = store
    }
    expect(kept.closed).toBe(true)
    {
      using reader = Store.openReadOnly({ dataDir })
      expect(reader.count({ entity: 'batpak' })).toBe(2)
    }
    {
      using reader = Store.openUnlocked({ dataDir })
      expect(reader.count({ entity: 'a' })).toBe(1)
    }
    Store.open({ dataDir }).close()
  })

  it('D14 closes on the way out of an exception, which is what the caller sees', () => {
    const dataDir = freshDir()
    const boom = new Error('boom')
    expect(() => {
      using store = Store.open({ dataDir })
      store.append(at('a'), Noted, { n: 1 })
      throw boom
    }).toThrow(boom)
    expect(openStore({ dataDir }).count({ entity: 'batpak' })).toBe(3)
  })

  it('D14 never throws: what close would throw goes to the channel batpak:close', () => {
    const told = messagesOn('batpak:close')
    const dataDir = freshDir()
    const platform = new FaultPlatform()
    const store = openStore({ dataDir, platform })
    platform.refuse = (call) => (call.name === 'fsync' ? 'EIO' : undefined)
    store[Symbol.dispose]()
    platform.refuse = undefined
    expect(store.closed).toBe(true)
    expect(told).toMatchObject([{ dataDir, error: { code: 'Io' } }])
    openStore({ dataDir })
  })
})
