// Sizes: 400 lines a source file, 500 a harness test, 70 a function, and the list of named debts.
import { readFileSync } from 'node:fs'
import { bodies } from './functions.mjs'
import { isHarness } from './harness.mjs'
import { finding, lineAt } from './project.mjs'

export const DEBTS = 'scripts/tidy/debt.json'
const FILE_LINES = 400
const HARNESS_LINES = 500
const FUNCTION_LINES = 70

/**
 * Measures files in any `src` folder, scripts and harness tests. A debt
 * `{ rule, file, name?, lines, reason }` allows one finding up to `lines`; a debt that allows
 * nothing any more, or gives no reason, is itself a finding.
 */
export function* sizeLimits(project, debts = readDebts(project)) {
  const used = new Set()
  for (const size of sizesOf(project)) {
    const debt = debts.find(
      ({ rule, file, name }) => rule === size.rule && file === size.file && name === size.name,
    )
    if (debt) used.add(debt)
    if (debt && size.lines <= debt.lines) continue
    const what = size.name ? `${size.name} has` : 'has'
    const limit = debt ? `its debt allows ${debt.lines}` : `the limit is ${size.limit}`
    yield {
      ...finding(size.rule, size.file, `${what} ${size.lines} lines, ${limit}`, size.fix),
      line: size.line,
    }
  }
  for (const debt of debts) {
    const title = `debt ${debt.rule} ${debt.file} ${debt.name ?? ''}`.trim()
    if (!used.has(debt)) yield finding('debt', DEBTS, `stale: ${title}`, 'remove the entry')
    else if (!debt.reason) yield finding('debt', DEBTS, `no reason: ${title}`, 'say why')
  }
}

function readDebts({ root }) {
  try {
    return JSON.parse(readFileSync(`${root}/${DEBTS}`, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return []
    throw error
  }
}

function* sizesOf(project) {
  for (const file of project.files) {
    if (!/\.(?:[cm]?ts|mjs)$/.test(file)) continue
    const inSource = /(?:^|\/)src\//.test(file) || file.startsWith('scripts/')
    if (!inSource && !isHarness(file)) continue
    const { text, code } = project.source(file)
    const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
    const limit = inSource ? FILE_LINES : HARNESS_LINES
    if (lines > limit)
      yield { rule: 'file-lines', file, line: 1, lines, limit, fix: 'split it by concept' }
    if (!inSource) continue
    for (const { name, start, end } of bodies(code)) {
      const line = lineAt(text, start)
      const length = lineAt(text, end - 1) - line + 1
      if (length <= FUNCTION_LINES) continue
      const fix = 'extract the steps'
      yield { rule: 'function-lines', file, name, line, lines: length, limit: FUNCTION_LINES, fix }
    }
  }
}
