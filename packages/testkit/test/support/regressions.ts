/** The saved programs of fixtures/regressions. */
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Program } from '../../src/index.ts'

export interface Regression {
  readonly id: string
  readonly title: string
  /** The decisions and rules that it is about. */
  readonly rule: string
  /** Which law breaks when the mutant is in. */
  readonly law: string
  readonly program: Program
  /** Texts of built files: with all of them replaced the rule is switched off. */
  readonly mutant: readonly Patch[]
}

export interface Patch {
  /** Below `packages/`. */
  readonly file: string
  readonly replace: string
  readonly by: string
}

const FOLDER = fileURLToPath(new URL('../../../../fixtures/regressions/', import.meta.url))

export function savedRegressions(): readonly Regression[] {
  const number = (name: string): number => Number(name.replace(/\D/g, ''))
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .sort((a, b) => number(a) - number(b))
    .map((name) => JSON.parse(readFileSync(FOLDER + name, 'utf8')) as Regression)
}
