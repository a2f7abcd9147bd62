/** Text for people: nothing a store contains may move their cursor, and tables keep their columns. */

/** Makes control and direction characters visible: `\u{1b}`. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`)
}

// C0, DEL, C1, line separators, and what turns the direction of text around.
const UNSAFE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** `1 204 331` */
export function grouped(n: number | bigint): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ' ')
}

/** `1 segment`, `2 segments` */
export function counted(n: number, noun: string): string {
  return `${grouped(n)} ${noun}${n === 1 ? '' : 's'}`
}

/** Columns that a terminal gives the text. */
export function displayWidth(text: string): number {
  let width = 0
  for (const char of text) {
    if (ZERO_WIDTH.test(char)) continue
    width += WIDE.test(char) ? 2 : 1
  }
  return width
}

const ZERO_WIDTH = /\p{Mn}|\p{Me}|\u200b|\u200d|\ufe0f/u
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u

/** At most `width` columns, ending in `…` where something was cut; undefined width cuts nothing. */
export function fitted(text: string, width: number | undefined): string {
  if (width === undefined || displayWidth(text) <= width) return text
  let out = ''
  let used = 0
  for (const char of text) {
    const next = used + displayWidth(char)
    if (next > width - 1) break
    out += char
    used = next
  }
  return `${out}…`
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)))
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text
}

export interface Column {
  readonly title: string
  readonly align?: 'right'
}

/** A table with a head; every line at most `width` columns. The last column is not padded. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(printable))]
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => displayWidth(row[i] ?? ''))))
  return cells.map((row) => `${fitted(line(columns, row, widths), width)}\n`).join('')
}

function line(
  columns: readonly Column[],
  row: readonly string[],
  widths: readonly number[],
): string {
  return columns
    .map(({ align }, i) => {
      const cell = row[i] ?? ''
      if (align === 'right') return padStart(cell, widths[i]!)
      return i === columns.length - 1 ? cell : padEnd(cell, widths[i]!)
    })
    .join('  ')
    .trimEnd()
}

/** Two columns without a head: names and what they are. Values are never cut: they get copied. */
export function fields(
  pairs: readonly (readonly [name: string, value: string | undefined])[],
): string {
  const shown = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined)
  const names = Math.max(0, ...shown.map(([name]) => displayWidth(name)))
  return shown.map(([name, value]) => `${padEnd(name, names)}  ${printable(value)}\n`).join('')
}

/** A word that a shell takes as it is, quoted only if it must be. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
