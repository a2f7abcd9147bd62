/**
 * From a program that breaks a law to a small one: steps are left out, then arguments and options
 * become simpler, as long as the same law breaks.
 */
import type fc from 'fast-check'
import type { Json } from '../core/law.ts'
import type { BrokenLaw } from './broken-law.ts'
import type { ModelOptions } from './model.ts'
import type { ModelProgram, RunResult } from './run-program.ts'

/** Runs that one search may take. */
const BUDGET = 600

export interface Failure {
  readonly program: ModelProgram
  readonly broken: BrokenLaw
}

export interface Grammar {
  /** The arguments of each command. */
  readonly argsOf: (command: string) => fc.Arbitrary<Json>
  readonly config: fc.Arbitrary<ModelOptions>
}

export async function minimize(
  failure: Failure,
  grammar: Grammar,
  run: (program: ModelProgram) => Promise<RunResult>,
): Promise<Failure> {
  const search = new Search(failure, run)
  await search.dropSteps()
  await search.simplifySteps(grammar)
  await search.dropSteps()
  await search.simplifyConfig(grammar)
  return search.best
}

class Search {
  best: Failure
  #left = BUDGET
  readonly #run: (program: ModelProgram) => Promise<RunResult>

  constructor(failure: Failure, run: (program: ModelProgram) => Promise<RunResult>) {
    this.best = failure
    this.#run = run
  }

  /** Halves first, single steps last; what could not be done is left out by itself. */
  async dropSteps(): Promise<void> {
    for (let size = this.best.program.steps.length; size >= 1; size = size >> 1) {
      for (let from = this.best.program.steps.length - size; from > -size; from -= size) {
        const { steps } = this.best.program
        const fewer = steps.filter((_, i) => i < from || i >= from + size)
        if (fewer.length < steps.length) await this.#accepts({ steps: fewer })
      }
    }
  }

  async simplifySteps({ argsOf }: Grammar): Promise<void> {
    for (let i = 0; i < this.best.program.steps.length; i += 1) {
      const [[name, args]] = Object.entries(this.best.program.steps[i]!) as [[string, Json]]
      await this.#simplify(argsOf(name), args, (simpler) => {
        const steps = this.best.program.steps.with(i, { [name]: simpler })
        return { steps }
      })
    }
  }

  async simplifyConfig({ config }: Grammar): Promise<void> {
    await this.#simplify(config, this.best.program.config, (simpler) => ({ config: simpler }))
  }

  async #simplify<T>(
    arbitrary: fc.Arbitrary<T>,
    value: T,
    change: (simpler: T) => Partial<ModelProgram>,
  ): Promise<void> {
    let current: T | undefined = value
    while (current !== undefined && arbitrary.canShrinkWithoutContext(current)) {
      let next: T | undefined
      for (const simpler of arbitrary.shrink(current, undefined)) {
        if (this.#left === 0) return
        const length = this.best.program.steps.length
        if (!(await this.#accepts(change(simpler.value)))) continue
        // A step that could not be done any more has moved the others.
        if (this.best.program.steps.length < length) return
        next = simpler.value
        break
      }
      current = next
    }
  }

  async #accepts(change: Partial<ModelProgram>): Promise<boolean> {
    if (this.#left === 0) return false
    this.#left -= 1
    const program = { ...this.best.program, ...change }
    const { broken, done } = await this.#run(program)
    if (broken?.breach.law !== this.best.broken.breach.law) return false
    this.best = { program: { ...program, steps: done }, broken }
    return true
  }
}
