/** A profile and an open that may not probe. */
import { expect, it } from 'vitest'
import { nodePlatform } from '@batpak/platform'
import { Store } from '../../src/index.ts'
import { profileFixture } from '../support/api-platforms.ts'
import { filesOf, freshDir, openStore } from '../support/api-store.ts'

const unix = process.platform !== 'win32'
const matching = profileFixture(unix ? 'linux_basic.profile' : 'non_unix_best_effort_lock.profile')
const other = profileFixture(unix ? 'non_unix_best_effort_lock.profile' : 'linux_basic.profile')

it('an unlocked open compares a profile, leaving out the maps it neither uses nor probes', () => {
  const dataDir = freshDir()
  openStore({ dataDir }).close()
  const before = filesOf(dataDir)
  const store = Store.openUnlocked({ dataDir, platformProfilePath: matching })
  expect(store.stats().eventCount).toBe(2)
  store.close()
  expect(() => Store.openUnlocked({ dataDir, platformProfilePath: other })).toThrow(
    expect.objectContaining({ code: 'PlatformProfileMismatch' }),
  )
  expect(filesOf(dataDir)).toEqual(before)
})

it('any other open compares the maps too', () => {
  const platform = nodePlatform()
  const unmapped = { ...platform, probe: (dir: string) => platform.probe(dir, { mmap: 'off' }) }
  expect(() =>
    Store.open({ dataDir: freshDir(), platformProfilePath: matching, platform: unmapped }),
  ).toThrow(expect.objectContaining({ code: 'PlatformProfileMismatch' }))
})
