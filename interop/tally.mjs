// What a run has compared. Test files are processes of their own: they add lines to one file.

import { appendFileSync, existsSync, readFileSync } from 'node:fs'

const file = process.env.BATPAK_INTEROP_TALLY

/** Adds `count` of `what`. */
export function tally(what, count = 1) {
  if (file && count > 0) appendFileSync(file, `${JSON.stringify([what, count])}\n`)
}

/** A line per thing that was counted, in alphabetical order. */
export function report(path) {
  const totals = new Map()
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
  for (const line of lines.filter((text) => text !== '')) {
    const [what, count] = JSON.parse(line)
    totals.set(what, (totals.get(what) ?? 0) + count)
  }
  return [...totals]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([what, count]) => `${String(count).padStart(8)}  ${what}`)
}
