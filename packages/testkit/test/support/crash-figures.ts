/** What crash suites did, as lines of text. */
import type { CrashReport, FaultReport } from '../../src/index.ts'

type Named = readonly [name: string, report: CrashReport | FaultReport]

export function reportLines(reports: readonly Named[]): readonly string[] {
  const width = Math.max(...reports.map(([name]) => name.length))
  const lines = reports.map(([name, report]) => {
    const parts = [
      `${report.images} images`,
      `${report.second} of them of recoveries`,
      ...('faults' in report ? [`${report.faults} faults`] : []),
      ...(report.skipped > 0 ? [`${report.skipped} left out`] : []),
    ]
    return `${name.padEnd(width)}  ${parts.join(', ')}; marks: ${report.marks.join(' ')}`
  })
  return [
    ...lines,
    `laws asked: ${counts(reports.map(([, { laws }]) => laws))}`,
    `refused as damage: ${counts(reports.map(([, { refused }]) => refused))}`,
    `known defects met: ${counts(reports.map(([, { known }]) => known))}`,
    `images in all: ${reports.reduce((sum, [, { images }]) => sum + images, 0)}`,
  ]
}

function counts(all: readonly Readonly<Record<string, number>>[]): string {
  const sums = new Map<string, number>()
  for (const [name, count] of all.flatMap((each) => Object.entries(each))) {
    sums.set(name, (sums.get(name) ?? 0) + count)
  }
  return [...sums].map(([name, sum]) => `${name} ${sum}`).join(', ')
}
