import { breach, type Breach, type LawId } from '../core/law.ts'

/** Thrown inside a run, where nobody knows the program yet. */
export class BrokenLaw extends Error {
  readonly breach: Breach

  constructor(law: LawId, what: string, expected: unknown, actual: unknown) {
    super(`law ${law}: ${what}`)
    this.breach = breach(law, what, expected, actual)
  }
}

/** @throws BrokenLaw unless `holds` */
export function require(
  holds: boolean,
  law: LawId,
  what: string,
  expected: unknown,
  actual: unknown,
): asserts holds {
  if (!holds) throw new BrokenLaw(law, what, expected, actual)
}
