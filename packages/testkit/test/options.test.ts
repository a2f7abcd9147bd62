/** Misspelt options of the kit: a test that tests nothing must not pass. */
import { expect, it } from 'vitest'
import { Store } from '@batpak/core'
import {
  appCommand,
  crashSuite,
  defineHost,
  expectOpen,
  faultSweep,
  fc,
  openLaneSuite,
  profileFixture,
  runOpenLane,
  simClock,
  simIds,
  simPlatform,
  storeSuite,
} from '../src/index.ts'

const test = (): void => undefined
const open = (): Store => Store.open({ dataDir: '' })

it.each<readonly [name: string, call: () => unknown, told: string]>([
  ['simPlatform', () => simPlatform('linux', { sed: 1 } as never), "did you mean 'seed'"],
  ['simClock', () => simClock({ startus: 1 } as never), "did you mean 'startUs'"],
  ['simIds', () => simIds('x' as never), 'seed must be an integer'],
  ['defineHost', () => defineHost({ bas: 'linux' } as never), "did you mean 'base'"],
  [
    'behaviour of defineHost',
    () => defineHost({ behaviour: { fault: [] } } as never),
    "did you mean 'faults'",
  ],
  ['evidence of defineHost', () => defineHost({ evidence: { mmap: 1 } } as never), 'mmapIndex'],
  ['profileFixture', () => profileFixture({ st: {} } as never), "did you mean 'set'"],
  ['runOpenLane', () => runOpenLane({ hst: 'linux' } as never), "did you mean 'host'"],
  ['expectOpen', () => expectOpen(3 as never), 'options must be an object'],
  ['openLaneSuite', () => openLaneSuite(test, 'x', { open, host: [] } as never), "'hosts'"],
  ['crashSuite', () => crashSuite(test, 'x', { open, scenaro: test } as never), "'scenario'"],
  ['crashSuite without open', () => crashSuite(test, 'x', {} as never), 'open must be a function'],
  ['faultSweep', () => faultSweep(test, 'x', { open, call: [] } as never), "'calls'"],
  ['storeSuite', () => storeSuite(test, 'x', { open, command: [] } as never), "'commands'"],
  ['appCommand', () => appCommand('x', fc.nat(), test, { wen: test } as never), "'when'"],
])('%s refuses them and names the nearest', (_, call, told) => {
  expect(call).toThrow(TypeError)
  expect(call).toThrow(told)
})
