/** A check in words: findings, scope, verdict and what to run next. */
import type { Finding, Severity } from '@batpak/core/inspect'
import type { Paint } from '../output/color.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { counted, grouped, printable, shellWord } from '../output/text.ts'
import type { VerifyReport } from './report.ts'
import { decimal, present } from '../output/wire.ts'

/** `error    CrcMismatch       000001.fbat offset 2615: …` */
export function findingText(paint: Paint, finding: Finding): string {
  const { code, severity, message, file, offset, eventId, entity } = finding
  const colour: Readonly<Record<Severity, (text: string) => string>> = {
    error: paint.red,
    warning: paint.yellow,
    note: paint.dim,
  }
  const place = [file, offset === undefined ? undefined : `offset ${offset}`]
    .filter((part) => part !== undefined)
    .join(' ')
  const event =
    eventId === undefined ? '' : ` (event ${eventId}${entity === undefined ? '' : ` of ${entity}`})`
  const text = `${place}: ${message}${event}`
  return `${colour[severity](severity.padEnd(7))}  ${code.padEnd(19)}  ${printable(text)}\n`
}

export function findingJson(finding: Finding): object {
  const { segmentId, offset, bytes, ...rest } = finding
  return present({
    ...rest,
    segmentId: segmentId === undefined ? undefined : decimal(segmentId),
    offset: offset === undefined ? undefined : decimal(offset),
    bytes: bytes === undefined ? undefined : decimal(bytes),
  })
}

/** What was looked at, and what was not: two lines. */
export function scopeText({ checked, level }: VerifyReport): string {
  const { segments, events, frames, bytes } = checked
  const amount = `${counted(segments, 'segment')}, ${counted(events, 'event')} in ${counted(frames, 'frame')}, ${counted(bytes, 'byte')}`
  const done = [...ALWAYS, ...(level === 'full' ? FULL : [])]
  const left = [...(level === 'full' ? [] : FULL), ...NEVER]
  return `checked ${amount}: ${done.join(', ')}\nnot checked: ${left.join(', ')}`
}

const ALWAYS = ['frames', 'checksums', 'batches', 'coordinates', 'footers', 'index file headers']
const FULL = ['payload hashes', 'hash chains']
const NEVER = ['index file entries', 'signatures']

export function verdictText(paint: Paint, report: VerifyReport, exit: ExitCode): string {
  const { error, warning, note } = report.severities
  const notes = note === 0 ? '' : `, ${counted(note, 'note')}`
  if (exit === EXIT.ok) return paint.green(`no problems found${notes}`)
  const found = `${counted(error, 'error')}, ${counted(warning, 'warning')}${notes}`
  const codes = [...report.codes].map(([code, n]) => `${code} ${grouped(n)}`).join(', ')
  const list = codes === '' ? '' : `: ${codes}`
  if (exit === EXIT.failed) {
    return paint.red(
      `not completed, ${counted(report.unchecked.length, 'file')} could not be checked; so far ${found}${list}`,
    )
  }
  return paint.red(`found ${found}${list}`)
}

/** Commands that lead on from here; the first is the best. */
export function suggestions(report: VerifyReport, exit: ExitCode): readonly string[] {
  const dir = shellWord(report.dir)
  if (exit === EXIT.interrupted) {
    return [`batpak verify ${dir}${report.level === 'full' ? ' --full' : ''}`]
  }
  if (exit === EXIT.ok && report.level === 'quick') return [`batpak verify ${dir} --full`]
  if (exit === EXIT.ok) return [`batpak inspect ${dir}`]
  const place = report.firstPlace
  const inspect =
    place?.offset === undefined
      ? `batpak inspect ${dir}`
      : `batpak inspect ${dir} --segment ${place.segmentId} --frame ${place.offset}`
  const full =
    report.level === 'quick' && exit === EXIT.findings ? [`batpak verify ${dir} --full`] : []
  return [inspect, ...full]
}
