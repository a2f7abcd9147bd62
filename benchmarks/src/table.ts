/** Medians of interleaved rounds, with their spread and their ratio to ours. */

export interface Contender {
  readonly name: string
  readonly samples: readonly number[]
}

export interface Row {
  readonly name: string
  readonly median: number
  readonly min: number
  readonly max: number
  /** The contender's median over ours: above 1 means that ours is faster. */
  readonly ratio: number
}

/** The first contender is ours. */
export function rowsOf(contenders: readonly Contender[]): readonly Row[] {
  const own = median(contenders[0]!.samples)
  return contenders.map(({ name, samples }) => ({
    name,
    median: median(samples),
    min: Math.min(...samples),
    max: Math.max(...samples),
    ratio: median(samples) / own,
  }))
}

export function printTable(title: string, unit: string, rows: readonly Row[]): void {
  const width = Math.max(...rows.map((row) => row.name.length))
  process.stdout.write(`\n${title}\n`)
  for (const row of rows) {
    const figure = `${row.median.toFixed(2)} ${unit}`.padStart(16)
    const spread = `[${row.min.toFixed(2)} – ${row.max.toFixed(2)}]`
    process.stdout.write(
      `  ${row.name.padEnd(width)} ${figure}  ${spread.padEnd(26)} ${row.ratio.toFixed(2)}×\n`,
    )
  }
}

function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
