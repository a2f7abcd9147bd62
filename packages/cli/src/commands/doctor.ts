import { doctor, type BackendReport, type DoctorReport, type Repair } from '@batpak/platform'
import { admissionFor } from '@batpak/profile-schema/evidence'
import { directoryFor } from '../store/directory.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { Session } from '../output/session.ts'
import { fields, printable } from '../output/text.ts'
import { decimal } from '../output/wire.ts'

/** Exit 12 when nothing locks: no store can be opened for writing here. */
export async function doctorCommand(
  session: Session,
  given: string | undefined,
): Promise<ExitCode> {
  const dataDir = directoryFor(session, given)
  const report = doctor(dataDir === undefined ? {} : { dataDir })
  const locks = report.backends.lock.backend !== 'none'
  if (session.json) await session.document(locks, documentOf(report))
  else await session.print(textOf(session, report))
  return locks ? EXIT.ok : EXIT.platform
}

function documentOf(report: DoctorReport): object {
  const { directory, ...rest } = report
  if (directory === undefined) return rest
  const { path, evidence } = directory
  const marker = decimal(evidence.host.processClockEpochMarkerNs)
  const host = { ...evidence.host, processClockEpochMarkerNs: marker }
  const admission = admissionFor(evidence)
  return { ...rest, directory: { path, evidence: { ...evidence, host }, admission } }
}

function textOf(session: Session, report: DoctorReport): string {
  const { runtime, packageManager, backends, directory, repairs } = report
  const head = fields([
    [
      'runtime',
      `${runtime.name} ${runtime.version} (ABI ${runtime.abi}), ${runtime.platform} ${runtime.arch}`,
    ],
    ['packages', `${packageManager.name} (${packageManager.source})`],
  ])
  return [
    head,
    needText(session, 'lock', backends.lock.backend, report.lock),
    needText(session, 'memory map', backends.mmap.backend, report.mmap),
    directory === undefined ? '' : directoryText(directory),
    repairText(session, repairs),
    `\n${verdictOf(session, report)}\n`,
  ].join('')
}

function needText(
  { paint }: Session,
  need: string,
  used: string,
  candidates: readonly BackendReport[],
): string {
  const mark = used === 'none' ? paint.red('none') : paint.green(printable(used))
  const lines = candidates.map(
    (candidate) => [`  ${candidate.label ?? candidate.name}`, stateOf(candidate)] as const,
  )
  return `\n${need}: ${mark}\n${fields(lines)}`
}

function stateOf({ used, loaded, reason }: BackendReport): string {
  if (used) return 'used'
  if (loaded) return 'works too, not needed'
  const [first = 'does not load'] = (reason ?? '').split('\n')
  return first.startsWith('Cannot find module') ? 'not installed' : first
}

function directoryText({ path, evidence }: NonNullable<DoctorReport['directory']>): string {
  const admission = Object.entries(admissionFor(evidence))
  const shown = (value: unknown): string =>
    typeof value === 'string' ? value : JSON.stringify(value)
  const facts = Object.entries(evidence.storePath).map(
    ([name, value]) => [`  ${name}`, shown(value)] as const,
  )
  const verdicts = admission.map(([name, value]) => [`  admits ${name}`, value] as const)
  return `\ndirectory ${printable(path)}:\n${fields([...facts, ...verdicts])}`
}

function repairText({ paint }: Session, repairs: readonly Repair[]): string {
  if (repairs.length === 0) return ''
  const blocks = repairs.map(({ for: whom, steps }) => {
    const lines = steps.map((step) =>
      'run' in step
        ? `    ${step.run}\n`
        : `    ${step.file}:\n${step.lines.map((line) => `      ${line}\n`).join('')}`,
    )
    return `  ${paint.dim(`${whom}:`)}\n${lines.join('')}`
  })
  return `\nrepair, one of:\n${blocks.join('')}`
}

function verdictOf({ paint }: Session, { backends }: DoctorReport): string {
  if (backends.lock.backend === 'none') {
    return paint.red('nothing can lock here: no store can be opened for writing')
  }
  if (backends.mmap.backend === 'none') {
    return 'stores open here; segments are read by position, because nothing can map them'
  }
  return paint.green('stores open here, with everything they can use')
}
