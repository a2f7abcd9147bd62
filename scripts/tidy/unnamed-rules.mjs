// W-rules that no test names, each with the reason. Every other W-rule is named in a test title.
import { finding } from './project.mjs'
import { RULES, rulesNamed } from './harness.mjs'

const LIST = 'scripts/tidy/unnamed-rules.mjs'

/** Inclusive ranges of rule numbers; they may not overlap with what tests name. */
export const UNNAMED = [
  { first: 69, reason: 'what a retaining compaction forgets (with the rest of W-136): not built' },
  { first: 102, reason: 'report bodies: not built' },
  { first: 138, last: 149, reason: 'outcome library, typestate and event contracts: not built' },
  { first: 150, last: 156, reason: 'evidence modules: not built' },
]

/** A rule that is neither named nor listed, and an entry that a test has made untrue. */
export function* unnamedRules(project, list = UNNAMED) {
  if (!project.files.includes(LIST)) return // a small repository of the tests
  const named = new Set(rulesNamed(project).W)
  const listed = new Set(list.flatMap(numbersOf))
  for (let number = 1; number <= RULES.W; number += 1) {
    const id = `W-${number}`
    if (named.has(number) && listed.has(number)) {
      yield finding('rule-list', LIST, `${id} is listed, but a test names it`, 'remove the entry')
    } else if (!named.has(number) && !listed.has(number)) {
      const fix = `name it in the title of its test, or list it in ${LIST} with the reason`
      yield finding('rule-list', LIST, `no test names ${id}`, fix)
    }
  }
  for (const { first, reason } of list) {
    if (!reason) yield finding('rule-list', LIST, `no reason for W-${first}`, 'say why')
  }
}

function numbersOf({ first, last = first }) {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

/** `W-58: chain-walk evidence reports: not built`, a line each. */
export function unnamedText(list = UNNAMED) {
  return list.map(({ first, last, reason }) => {
    const id = last === undefined ? `W-${first}` : `W-${first}..W-${last}`
    return `${id}: ${reason}`
  })
}
