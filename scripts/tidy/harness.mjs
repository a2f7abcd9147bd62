// Headers of harness files, and which rules of the specification test titles name.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { closing } from './lexer.mjs'
import { finding } from './project.mjs'

const LEDGER = 'docs/testing.md'
const PATTERNS = [
  'State-Machine Harness',
  'Equivalence Harness',
  'Fault-Injection Harness',
  'Property Harness',
  'Oracle Harness',
  'Runtime And Boundary Harness',
  'Structural Harness',
]
const LAST_MUTANT = 45
/** Highest number of each family of rules: W = writing, R = reading. */
export const RULES = { W: 168, R: 180 }

export const isHarness = (file) => /\.(?:model|crash|lane|process|laws)\.test\.ts$/.test(file)
const isTest = (file) => /\.test\.(?:[cm]?ts|mjs)$/.test(file)

export function* harnessHeaders(project) {
  const ledger = existsSync(join(project.root, LEDGER)) ? project.text(LEDGER) : undefined
  for (const file of project.files.filter(isHarness)) {
    const { text, comments } = project.source(file)
    const header = comments[0]?.text.startsWith('/**') ? comments[0].text : ''
    for (const [message, fix] of headerProblems(header, ledger)) {
      yield finding('harness', file, message, fix, text, 0)
    }
  }
}

function* headerProblems(header, ledger) {
  const pattern = /Harness pattern:\s*([^.(\n]+)/.exec(header)?.[1]?.trim()
  if (!PATTERNS.includes(pattern)) {
    yield [`harness pattern ${pattern ?? 'missing'}`, `one of ${PATTERNS.join(', ')}`]
  }
  for (const field of ['PROVES', 'CATCHES', 'SEEDED']) {
    if (!new RegExp(`\\b${field}:[ \\t]*\\S`).test(header)) {
      yield [`header without ${field}`, `add \`${field}: …\` to the first comment`]
    }
  }
  for (const [id] of header.matchAll(/\bM\d+\b/g)) {
    const number = Number(id.slice(1))
    if (number < 1 || number > LAST_MUTANT || id.length !== 3) {
      yield [`unknown mutant ${id}`, `mutants are M01 to M${LAST_MUTANT}`]
    }
  }
  for (const [id] of header.matchAll(/\bINV-[A-Z0-9-]+\*?/g)) {
    if (ledger !== undefined && !ledger.includes(id.replace('*', ''))) {
      yield [`unknown invariant ${id}`, `list it in ${LEDGER}`]
    }
  }
}

/** Titles that name a rule which does not exist. */
export function* unknownRules(project) {
  for (const { file, line, family, number } of namedRules(project)) {
    if (number >= 1 && number <= RULES[family]) continue
    const message = `unknown rule ${family}-${number}`
    yield {
      ...finding('rule-id', file, message, `${family}-1 to ${family}-${RULES[family]}`),
      line,
    }
  }
}

/** Rules named in test titles: `{ W: [1, 7, …], R: […] }`, ascending. */
export function rulesNamed(project) {
  const all = [...namedRules(project)]
  const numbers = (family) =>
    [...new Set(all.filter((rule) => rule.family === family).map(({ number }) => number))]
      .filter((number) => number <= RULES[family])
      .sort((a, b) => a - b)
  return { W: numbers('W'), R: numbers('R') }
}

function* namedRules(project) {
  for (const file of project.files.filter(isTest)) {
    if (file.startsWith('scripts/')) continue // the tests of these rules name made-up ids
    for (const { value, line } of titles(project.source(file))) {
      for (const [family, number] of idsIn(value)) yield { file, line, family, number }
    }
  }
}

/** `W-7`, `W-7..W-10`, `W-7..10`, `W-7 to W-10`, `W-7, W-9`: pairs of family and number. */
export function* idsIn(title) {
  const pattern = /\b([WR])-(\d+)(?:\s*(?:\.\.+|–|…|to)\s*(?:\1-)?(\d+))?/g
  for (const [, family, first, last] of title.matchAll(pattern)) {
    for (let number = Number(first); number <= Number(last ?? first); number += 1) {
      yield [family, number]
    }
  }
}

// The first argument of it(…), test.each(…)(…), describe.skipIf(…)(…) where it is a literal.
function* titles({ text, code, literals }) {
  const starts = new Map(literals.map((literal) => [literal.start, literal.value]))
  let line = 1
  let counted = 0
  for (const match of code.matchAll(/\b(?:it|test|describe)\b/g)) {
    let at = match.index + match[0].length
    for (let part; (part = /^\s*(?:\.\w+|\((?!\s*['"`]))/.exec(code.slice(at, at + 200)));) {
      at = part[0].endsWith('(') ? closing(code, at + part[0].length - 1) : at + part[0].length
    }
    const start = at + (/^\s*\(\s*/.exec(code.slice(at, at + 200))?.[0].length ?? 0)
    for (; counted < match.index; counted += 1) if (text[counted] === '\n') line += 1
    if (start > at && starts.has(start)) yield { value: starts.get(start), line }
  }
}
