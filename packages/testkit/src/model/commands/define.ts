import type fc from 'fast-check'
import type { Json } from '../../core/law.ts'
import type { Command } from '../command.ts'
import type { World } from '../world.ts'

/** A built-in command; `run` returns false when it cannot be done now. */
export function command<A extends Json>(
  name: string,
  weight: number,
  args: fc.Arbitrary<A>,
  run: (world: World, args: A) => boolean | void | Promise<boolean | void>,
): Command<unknown> {
  return {
    name,
    weight,
    args,
    run: async (world, json) => (await run(world, json as A)) !== false,
  }
}
