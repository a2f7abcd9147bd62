// Random programs of both in one directory: singles, batches, denials, fences, swaps, replays, kills
// and damaged tails. After each session both must see the same, and what was acknowledged.

import { test } from 'node:test'

import { chance } from '../chance.mjs'
import { tally } from '../tally.mjs'
import { withDirectory } from '../view.mjs'
import { live } from '../world.mjs'

const env = (name, fallback) => Number(process.env[`BATPAK_INTEROP_${name}`] ?? fallback)
const first = env('SEED', 1)
const programs = env('PROGRAMS', 10)
const generations = env('GENERATIONS', 7)

for (let seed = first; seed < first + programs; seed += 1) {
  test(`program ${seed}: ${generations} sessions of both sides`, () =>
    withDirectory((dir) => {
      try {
        live(dir, chance(seed), generations)
      } catch (error) {
        const replay = `node interop/run.mjs programs --seed ${seed} --programs 1`
        error.message = `replay: ${replay} --generations ${generations}\n${error.message}`
        throw error
      }
      tally('random programs')
    }))
}
