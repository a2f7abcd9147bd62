/**
 * Random programs of writes against a store on a real directory and a model of plain lists.
 * Harness pattern: State-Machine Harness.
 * PROVES: after any interleaving of appends, compare-and-swap, keys, batches, outboxes, fences,
 *   denials, full disks, syncs, closes, abandons and crash copies, readers see exactly what was
 *   published, sequences are dense, chains unbroken, frontiers ordered, every receipt that was given
 *   out verifies, and no cancelled event comes back (W-41 to W-113).
 * CATCHES: burned sequences (M09), failed writes that leave bytes (M11), heads that forget pending or
 *   cancelled events, hidden ranges that are lost (M10, M28), compare-and-swap off by one (M26), keys
 *   that are found or free at the wrong time (M27), a cadence that counts the wrong commands, a sync
 *   that is left out (M15).
 * SEEDED: fast-check. A failure prints BATPAK_MODEL_SEED and BATPAK_MODEL_PATH, which replay it:
 *   `BATPAK_MODEL_SEED=1 BATPAK_MODEL_PATH=0:1 pnpm vitest run --project core write/model`.
 *   BATPAK_MODEL_RUNS sets the number of programs, 25 by default.
 */
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { program, type Program } from './model-program.ts'
import { ModelRun } from './model-run.ts'

const RUNS = Number(process.env['BATPAK_MODEL_RUNS'] ?? 25)
const SEED = process.env['BATPAK_MODEL_SEED']
const PATH = process.env['BATPAK_MODEL_PATH']

function run(made: Program): void {
  const running = new ModelRun(made)
  for (const step of made.steps) running.step(step)
  running.finish()
}

function report(details: fc.RunDetails<[Program]>): void {
  if (!details.failed) return
  const { seed, counterexamplePath, counterexample, errorInstance } = details
  const replay = `BATPAK_MODEL_SEED=${seed} BATPAK_MODEL_PATH=${counterexamplePath}`
  const made = JSON.stringify(counterexample?.[0], undefined, 1)
  throw new Error(`replay with: ${replay}\n${made}`, { cause: errorInstance })
}

describe('W-43 W-68 W-76 W-91 W-106 the write side and its model', () => {
  it(
    'agree after every step of any program, and after every way of ending the process',
    { timeout: 10_000 + RUNS * 1000 },
    () => {
      fc.assert(fc.property(program, run), {
        numRuns: RUNS,
        reporter: report,
        ...(SEED === undefined ? {} : { seed: Number(SEED) }),
        ...(PATH === undefined ? {} : { path: PATH }),
      })
    },
  )
})
