/** Leaves out every step without which the same law is broken. */
import type { JsonObject } from '../core/law.ts'
import type { BrokenLaw } from './broken-law.ts'
import type { ModelProgram, RunResult } from './run-program.ts'

/** Runs that one search for the smallest program may take. */
const BUDGET = 300

export interface Failure {
  readonly program: ModelProgram
  readonly broken: BrokenLaw
}

export async function minimize(
  failure: Failure,
  run: (program: ModelProgram) => Promise<RunResult>,
): Promise<Failure> {
  let best = failure
  let left = BUDGET
  for (let size = Math.max(1, best.program.steps.length >> 1); ; size = Math.ceil(size / 2)) {
    for (let from = best.program.steps.length - size; from > -size; from -= size) {
      const steps = without(best.program.steps, Math.max(0, from), from + size)
      if (left === 0 || steps.length === best.program.steps.length) continue
      left -= 1
      const { broken, done } = await run({ ...best.program, steps })
      if (broken?.breach.law !== best.broken.breach.law) continue
      best = { program: { ...best.program, steps: done }, broken }
    }
    if (size === 1) return best
  }
}

function without(
  steps: readonly JsonObject[],
  from: number,
  to: number,
): readonly JsonObject[] {
  return steps.filter((_, i) => i < from || i >= to)
}
