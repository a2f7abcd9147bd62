import { AssertionError } from 'node:assert'

/**
 * What a harness checks. The two tables of the open lane stand beside the laws: `order table` (which
 * refusal comes first) and `admission table` (what evidence admits). `invariant`: one of the application.
 */
export type LawId =
  | 'L-ATOM'
  | 'L-AVAIL'
  | 'L-CLOSED'
  | 'L-CONT'
  | 'L-DELIVER'
  | 'L-DUR'
  | 'L-FOLD'
  | 'L-FRONT'
  | 'L-FSYNC'
  | 'L-GHOST'
  | 'L-HIDE'
  | 'L-IDEMP'
  | 'L-LOCK'
  | 'L-OPEN'
  | 'L-ORDER'
  | 'L-PATH'
  | 'L-QUERY'
  | 'L-READ'
  | 'L-REOPEN'
  | 'L-SEQ'
  | 'admission table'
  | 'invariant'
  | 'order table'
  | 'repeatability'

export type Json = null | boolean | number | string | readonly Json[] | JsonObject

export interface JsonObject {
  readonly [key: string]: Json | undefined
}

/** What was done, as plain JSON: enough to do it again without a generator. */
export interface Program {
  readonly suite: string
  readonly version: 1
  /** Options of the store, where the program opens one of batpak's own. */
  readonly config?: JsonObject
  readonly steps: readonly JsonObject[]
}

/** A law that does not hold, before anybody knows in which suite. */
export interface Breach {
  readonly law: LawId
  /** What happened, in one sentence. */
  readonly what: string
  readonly expected: unknown
  readonly actual: unknown
}

export function breach(law: LawId, what: string, expected: unknown, actual: unknown): Breach {
  return { law, what, expected, actual }
}

/** What was thrown, in a few words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : JSON.stringify(error)
}

/**
 * A law was broken. Test runners print `expected` and `actual` as a difference; the message holds
 * the program and the line that repeats it.
 */
export class LawViolation extends AssertionError {
  readonly law: LawId
  readonly repro: string
  readonly program: Program

  constructor(breach: Breach, program: Program, repro: string) {
    const { law, what, expected, actual } = breach
    const lines = [
      `law ${law} violated: ${what}`,
      ...program.steps.map((step) => `  program   ${JSON.stringify(step)}`),
      `  expected  ${inWords(expected)}`,
      `  actual    ${inWords(actual)}`,
      `  repro     ${repro}`,
    ]
    super({ message: lines.join('\n'), expected, actual, operator: law })
    this.name = 'LawViolation'
    this.law = law
    this.repro = repro
    this.program = program
  }
}

function inWords(value: unknown): string {
  if (typeof value === 'string') return value
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part))
}
