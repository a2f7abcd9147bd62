/**
 * batpak's own store beside a model in memory.
 * Harness pattern: State-Machine Harness.
 * PROVES: whatever is done to a store, in any order and over any number of closes, kills and reopens, it shows exactly the events that a simple model says, with the same numbers, clocks, chains, receipts and frontiers.
 * CATCHES: M09 M10 M23 M26 M27 M29 M30 M33; a fence that shows or loses what it holds, a key that is forgotten, a batch that is applied in part.
 * SEEDED: programs and options from the suite's name; BATPAK_SEED changes them, BATPAK_RUNS makes more, a failure prints the smallest program and the line that repeats it.
 */
import { Store } from '@batpak/core'
import { storeSuite } from '@batpak/testkit'
import { test } from 'vitest'

const report = storeSuite(test, 'core', {
  open: (env, config) => Store.open({ ...config, platform: env.platform }),
})
test('print', () => console.log(report.runs, report.marks, JSON.stringify(report.commands, null, 1)))
