// The repository's own rules, as a test: `pnpm tidy`. Exits 1 with one line per finding.
// Usage: node scripts/tidy.mjs [--json] [--rules]    --rules: which rules tests name, and why not the others
import { pathToFileURL } from 'node:url'
import { bannedCalls, bannedWords, silentCatches } from './tidy/banned.mjs'
import { mappedFolders, packageLinks, readmeEntries } from './tidy/documents.mjs'
import { RULES, harnessHeaders, rulesNamed, unknownRules } from './tidy/harness.mjs'
import { hygiene, typecheckedProjects } from './tidy/hygiene.mjs'
import { deadFiles, importCycles, importDirection } from './tidy/imports.mjs'
import { sizeLimits } from './tidy/limits.mjs'
import { loadProject } from './tidy/project.mjs'
import { snippets } from './tidy/snippets.mjs'
import { unnamedRules, unnamedText } from './tidy/unnamed-rules.mjs'

const CHECKS = [
  importDirection,
  importCycles,
  deadFiles,
  bannedCalls,
  bannedWords,
  silentCatches,
  sizeLimits,
  harnessHeaders,
  unknownRules,
  unnamedRules,
  hygiene,
  typecheckedProjects,
  snippets,
  readmeEntries,
  packageLinks,
  mappedFolders,
]

/** All findings for the repository at `root`, and the rules of the specification its tests name. */
export function tidy(root) {
  const project = loadProject(root)
  const findings = CHECKS.flatMap((check) => [...check(project)])
  return { findings, rulesNamed: rulesNamed(project), files: project.files.length }
}

function main(options) {
  const result = tidy(process.cwd())
  if (options.includes('--json')) {
    process.stdout.write(
      `${JSON.stringify({ ok: result.findings.length === 0, ...result }, null, 2)}\n`,
    )
  } else {
    for (const { file, line, rule, message, fix } of result.findings) {
      process.stdout.write(`${file}:${line} ${rule} ${message} (${fix})\n`)
    }
    const { W, R } = result.rulesNamed
    const counts = `W ${W.length}/${RULES.W}, R ${R.length}/${RULES.R}`
    process.stdout.write(`tidy: rules named in tests: ${counts}\n`)
    if (options.includes('--rules')) process.stdout.write(`${ruleLists(result.rulesNamed)}\n`)
    const verdict =
      result.findings.length === 0 ? 'nothing to do' : `${result.findings.length} findings`
    process.stdout.write(`tidy: ${result.files} files, ${verdict}\n`)
  }
  return result.findings.length === 0 ? 0 : 1
}

function ruleLists(named) {
  return Object.entries(named)
    .flatMap(([family, numbers]) => {
      const all = Array.from({ length: RULES[family] }, (_, index) => index + 1)
      const missing = all.filter((number) => !numbers.includes(number))
      return [
        `${family} named: ${numbers.join(' ')}`,
        `${family} not named: ${missing.join(' ')}`,
        ...(family === 'W' ? unnamedText().map((line) => `  ${line}`) : []),
      ]
    })
    .join('\n')
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.exitCode = main(process.argv.slice(2))
}
