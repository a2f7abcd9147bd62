/**
 * batpak's own store, crashed and with failing disks.
 * Harness pattern: Fault-Injection Harness.
 * PROVES: whatever a kill, a loss of power or a failing call leaves behind, no durable event is lost, none appears that was not written, batches stay whole, cancelled fences stay hidden, chains and numbers stay as told, and the recovered store works.
 * CATCHES: M09 M11 M14 M15 M16 M17 M18 M19 M20 M25 M28; a batch that counts without its marker; a recovery that is only right the first time.
 * SEEDED: every kind of crash at every operation, then random mixtures from the suite's name; BATPAK_SEED changes them, `npm run test:crash` makes more of them and prints the figures.
 */
import { afterAll, expect, it, test } from 'vitest'
import { crashSuite, faultSweep, type CrashReport } from '../../src/index.ts'
import { reportLines } from '../support/crash-figures.ts'
import { SCENARIOS, plainApp } from '../support/scenarios.ts'

const full = process.env['BATPAK_CRASH'] === 'full'
const budget = full ? { images: 4000, again: 12 } : { images: 90, again: 1 }
const reports: [name: string, report: CrashReport][] = []

for (const [name, { options, scenario, marks }] of Object.entries(SCENARIOS)) {
  const app = { ...plainApp(options), scenario }
  reports.push([name, crashSuite(test, name, { ...app, marks, budget })])
  if (full) {
    const swept = { ...app, crashes: 14 }
    const marks = ['write.undone', 'writer.poisoned'] as const
    reports.push([`${name}, faults`, faultSweep(test, name, { ...swept, marks })])
    const sticky = { ...swept, mode: 'sticky' } as const
    reports.push([`${name}, sticky faults`, faultSweep(test, `${name} sticky`, sticky)])
  }
}

if (!full) {
  const few = {
    errors: ['EIO', { late: 'EIO' }, { short: 'half', next: 'ENOSPC' }],
    crashes: 2,
  } as const
  const marks = ['write.undone', 'writer.poisoned'] as const
  for (const name of ['rotation', 'batch']) {
    const { options, scenario } = SCENARIOS[name]!
    const sweep = { ...plainApp(options), scenario, marks, ...few }
    reports.push([`${name}, faults`, faultSweep(test, name, sweep)])
  }
}

it('every scenario was crashed, every law was asked, and open stores were crashed again', () => {
  for (const [name, { images, laws }] of reports) {
    expect(images, name).toBeGreaterThan(30)
    expect(Object.keys(laws).length, name).toBeGreaterThan(8)
  }
  const { images, second } = reports[0]![1]
  expect(second).toBeGreaterThan(images / 4)
})

afterAll(() => {
  if (full) console.log(reportLines(reports).join('\n'))
})
