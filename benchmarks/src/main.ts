/**
 * Measures batpak beside its reference, interleaved in one run: A B C, A B C, … so that a change of
 * the machine's speed meets all of them. Prints medians and ratios; asserts nothing.
 *
 * Usage: node dist/main.js [WORKLOAD …] [--rounds N] [--json FILE]
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildReference } from './drivers.ts'
import { printTable, rowsOf, type Row } from './table.ts'
import { WORKLOADS, type Measurement } from './workloads.ts'

const { rounds, names, json } = readArguments()
const measurements = names.flatMap((name) => WORKLOADS[name]!)
const withReference =
  measurements.some(({ contenders }) => contenders.some((c) => c.isReference)) && buildReference()
const work = mkdtempSync(join(tmpdir(), 'batpak-bench-'))
try {
  const results: Record<string, readonly Row[]> = {}
  for (const measurement of measurements) results[measurement.key] = measure(measurement)
  if (json !== undefined) {
    writeFileSync(json, `${JSON.stringify({ machine: machine(), rounds, results }, null, 2)}\n`)
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}

/** Runs all contenders in turn, each in a directory of its own: empty, or a copy of what was prepared. */
function measure({ title, unit, contenders, prepare }: Measurement): readonly Row[] {
  const prepared = join(work, 'prepared')
  rmSync(prepared, { recursive: true, force: true })
  prepare?.(prepared)
  const entries = contenders
    .filter(({ isReference }) => withReference || !isReference)
    .map(({ name, run }) => ({ name, run, samples: new Array<number>() }))
  for (let round = 1; round <= rounds; round += 1) {
    for (const { name, run, samples } of entries) {
      process.stderr.write(`[bench] ${title}: round ${round}, ${name}\n`)
      const dir = join(work, 'run')
      rmSync(dir, { recursive: true, force: true })
      if (prepare) cpSync(prepared, dir, { recursive: true })
      samples.push(run(dir))
    }
  }
  const rows = rowsOf(entries)
  printTable(title, unit, rows)
  return rows
}

function readArguments(): { rounds: number; names: readonly string[]; json: string | undefined } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string', default: '5' }, json: { type: 'string' } },
  })
  const rounds = Number(values.rounds)
  const known = Object.keys(WORKLOADS)
  const unknown = positionals.find((name) => !known.includes(name))
  if (unknown !== undefined) refuse(`unknown workload ${unknown}: known are ${known.join(', ')}`)
  if (!(Number.isInteger(rounds) && rounds > 0)) {
    refuse(`--rounds ${values.rounds}: a whole number from 1 is needed`)
  }
  return { rounds, names: positionals.length === 0 ? known : positionals, json: values.json }
}

function refuse(reason: string): never {
  process.stderr.write(`${reason}\n`)
  process.exit(2)
}

function machine(): Record<string, string | number> {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch} ${release()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  }
}
