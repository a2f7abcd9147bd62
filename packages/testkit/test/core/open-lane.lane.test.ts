/**
 * The open lane of core.
 * Harness pattern: State-Machine Harness (profile/admission/open failure lane).
 * PROVES: INV-PLATFORM-EVIDENCE-NOT-MEANING; an open refuses at the first step that must refuse, and a refusal before the first segment leaves nothing but the directory and a free lock file.
 * CATCHES: M01 M02 M03 M04 M05 M06 M07 M08; a refusal that leaves a lock, a segment, a temporary file, an open file or a report behind; an admission that the evidence does not give.
 * SEEDED: every directory state × host, every two faults, every profile field × value, every truncation and the evidence product are enumerated; profile × host pairs come from fast-check with the suite's name as seed (BATPAK_SEED, BATPAK_RUNS).
 */
import { ReadOnlyStore, Store } from '@batpak/core'
import { openLaneSuite } from '@batpak/testkit'
import { expect, test } from 'vitest'

const report = openLaneSuite<Store | ReadOnlyStore>(test, 'core', {
  open: (env, config) => Store.open({ ...config, platform: env.platform }),
  openReadOnly: (env, config) => Store.openReadOnly({ ...config, platform: env.platform }),
  registry: true,
})

test('the lane of core leaves nothing out', () => {
  expect(report.notChecked).toEqual([])
})
