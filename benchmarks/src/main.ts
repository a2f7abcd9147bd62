/**
 * Measures batpak beside its reference, interleaved in one run: A B C, A B C, … so that a change of
 * the machine's speed meets all of them. Prints medians and ratios; asserts nothing.
 *
 * Usage: node dist/main.js [append] [rebuild] [get] [hashes] [--rounds N] [--json FILE]
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bareWrites, buildReference, hashes, ours, reference, referencePinned } from './drivers.ts'
import { printTable, rowsOf, type Contender, type Row } from './table.ts'

const EVENTS = 100_000
const READS = 200_000

interface Entry {
  readonly name: string
  readonly run: (dir: string) => number
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, json: { type: 'string' } },
})
const rounds = Number(values.rounds)
const known = ['append', 'rebuild', 'get', 'hashes']
const unknown = positionals.find((name) => !known.includes(name))
if (unknown !== undefined || !(Number.isInteger(rounds) && rounds > 0)) {
  process.stderr.write(
    unknown === undefined
      ? `--rounds ${values.rounds}: a whole number from 1 is needed\n`
      : `unknown workload ${unknown}: known are ${known.join(', ')}\n`,
  )
  process.exit(2)
}
const work = mkdtempSync(join(tmpdir(), 'batpak-bench-'))
const results: Record<string, readonly Row[]> = {}
try {
  const wanted = (name: string): boolean => positionals.length === 0 || positionals.includes(name)
  const withReference = ['append', 'rebuild', 'get'].some(wanted) && buildReference()
  if (wanted('append')) {
    results['append'] = measure(`append, page cache, ${EVENTS} events of 197 bytes`, [
      { name: 'batpak (this)', run: (dir) => ours('append', dir, String(EVENTS)) },
      ...onlyIf<Entry>(withReference, [
        {
          name: 'reference, pinned to one core',
          run: (dir) => referencePinned('append', dir, String(EVENTS)),
        },
        { name: 'reference, as it comes', run: (dir) => reference('append', dir, String(EVENTS)) },
      ]),
      { name: 'bare pwrite of the same bytes', run: (dir) => bareWrites(dir, String(EVENTS)) },
    ])
  }
  if (wanted('rebuild')) {
    const killed = join(work, 'killed')
    ours('append', killed, String(EVENTS), 'kill')
    results['rebuild'] = measure(
      `open after a kill: frame scan of ${EVENTS} events`,
      [
        { name: 'batpak (this)', run: (dir) => ours('open', dir) },
        ...onlyIf<Entry>(withReference, [
          { name: 'reference, as it comes', run: (dir) => reference('open', dir) },
        ]),
      ],
      killed,
    )
  }
  if (wanted('get')) {
    const closed = join(work, 'closed')
    ours('append', closed, String(EVENTS))
    results['get'] = measure(
      `get of a random event of ${EVENTS}, payload decoded`,
      [
        { name: 'batpak (this)', run: (dir) => ours('get', dir, String(READS)) },
        ...onlyIf<Entry>(withReference, [
          { name: 'reference, as it comes', run: (dir) => reference('get', dir, String(READS)) },
        ]),
      ],
      closed,
    )
  }
  if (wanted('hashes')) {
    for (const size of ['200', '4096', '65536']) {
      results[`blake3-${size}`] = measure(`BLAKE3 of ${size} bytes`, [
        { name: 'blake3-jit (this)', run: () => hashes('blake3-jit', size) },
        { name: 'hash-wasm', run: () => hashes('hash-wasm', size) },
        { name: '@noble/hashes', run: () => hashes('@noble/hashes', size) },
      ])
    }
    for (const size of ['200', '700', '65536']) {
      results[`crc32-${size}`] = measure(`CRC-32 of ${size} bytes`, [
        { name: 'node:zlib (this)', run: () => hashes('node:zlib', size) },
        { name: 'crc-32', run: () => hashes('crc-32', size) },
      ])
    }
  }
  if (values.json !== undefined) {
    writeFileSync(
      values.json,
      `${JSON.stringify({ machine: machine(), rounds, results }, null, 2)}\n`,
    )
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}

/** Runs all entries in turn, each on a directory of its own: empty, or a copy of `from`. */
function measure(title: string, entries: readonly Entry[], from?: string): readonly Row[] {
  const contenders: (Contender & { readonly samples: number[] })[] = entries.map(({ name }) => ({
    name,
    samples: [],
  }))
  for (let round = 1; round <= rounds; round += 1) {
    for (const [i, entry] of entries.entries()) {
      process.stderr.write(`[bench] ${title}: round ${round}, ${entry.name}\n`)
      const dir = join(work, 'run')
      rmSync(dir, { recursive: true, force: true })
      if (from !== undefined) cpSync(from, dir, { recursive: true })
      contenders[i]!.samples.push(entry.run(dir))
    }
  }
  const rows = rowsOf(contenders)
  printTable(title, rows)
  return rows
}

function onlyIf<T>(condition: boolean, entries: readonly T[]): readonly T[] {
  return condition ? entries : []
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
