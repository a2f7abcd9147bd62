/** Random programs: a store's options, and steps of the commands that this run has. */
import fc from 'fast-check'
import type { JsonObject } from '../core/law.ts'
import type { Command } from './command.ts'
import type { ModelOptions } from './model.ts'
import type { ModelProgram } from './run-program.ts'

/** Shorter ones would reach little; what a failure does not need is left out afterwards. */
const STEPS = { minLength: 12, maxLength: 60, size: 'max' } as const

/** Options that change how a store works, and nothing that a caller could see of an event. */
const NEUTRAL = {
  segmentMaxBytes: fc.integer({ min: 1024, max: 4096 }),
  syncEveryNEvents: fc.constantFrom(1, 2, 7, 1000),
  syncMode: fc.constantFrom('all' as const, 'data' as const),
  mmap: fc.constantFrom('auto' as const, 'off' as const),
  fdBudget: fc.constantFrom(1, 2, 64),
}

/** For a store that an application writes to: no limit that it could run into. */
export const APP_CONFIG: fc.Arbitrary<ModelOptions> = fc.record(NEUTRAL)

export const STORE_CONFIG: fc.Arbitrary<ModelOptions> = fc.record({
  ...NEUTRAL,
  batchMaxSize: fc.integer({ min: 1, max: 8 }),
  singleAppendMaxBytes: fc.constantFrom(800, 4096),
  requireIdempotencyKeys: fc.constantFrom(...new Array<boolean>(11).fill(false), true),
})

/** Each run has only some of the commands, so that each combination comes up alone sometime. */
export function programs<App>(
  commands: readonly Command<App>[],
  config: fc.Arbitrary<ModelOptions>,
): fc.Arbitrary<ModelProgram> {
  const on = fc.array(fc.nat(2), { minLength: commands.length, maxLength: commands.length })
  return fc.noShrink(on).chain((mask) => {
    const swarm = commands.filter((_, i) => mask[i] !== 0)
    const steps = fc.oneof(
      ...(swarm.length === 0 ? commands : swarm).map(({ name, args, weight }) => ({
        weight,
        arbitrary: args.map((given): JsonObject => ({ [name]: given })),
      })),
    )
    return fc.record({
      config,
      steps: fc.array(steps, STEPS),
    })
  })
}
