import { verifyDirectory, type VerifyStep } from '@batpak/core/inspect'
import { setImmediate, setTimeout } from 'node:timers/promises'
import type { VerifyCommandOptions } from '../args/store.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { Interrupt, OUTPUT_GRACE_MS } from '../interrupt.ts'
import { JsonStream } from '../output/json-stream.ts'
import { Progress } from '../output/progress.ts'
import type { Session } from '../output/session.ts'
import { storeDirectory, underLock, type StoreDirectory } from '../store/store-directory.ts'
import { Judge } from '../verify/judge.ts'
import { VerifyReport } from '../verify/report.ts'
import { findingJson, findingText, scopeText, suggestions, verdictText } from '../verify/text.ts'

/**
 * Checks a store. Exit 3: findings beyond notes; 1: something could not be read; 13: a format of a
 * later version.
 */
export async function verifyCommand(
  session: Session,
  given: string | undefined,
  options: VerifyCommandOptions,
): Promise<ExitCode> {
  if (options.quick === true && options.full === true) {
    throw usageError('--quick and --full exclude each other')
  }
  const place = storeDirectory(session, given)
  return underLock(session, place, options.unlocked === true, () => check(session, place, options))
}

async function check(
  session: Session,
  { dir, fs, files }: StoreDirectory,
  options: VerifyCommandOptions,
): Promise<ExitCode> {
  const level = options.full === true ? 'full' : 'quick'
  const report = new VerifyReport(dir, level)
  const judge = new Judge(files)
  const progress = new Progress(options.progress === true, session.options.quiet === true)
  const interrupt = new Interrupt()
  const json = session.json
    ? await JsonStream.begin(session, { dir, level }, 'findings')
    : undefined
  try {
    const allowGaps = options.allowGaps === true
    for (const seen of verifyDirectory(fs, dir, { level, allowGaps })) {
      const step = judge.judged(seen)
      if (step === undefined) continue
      report.take(step)
      await interrupt.race(show(session, step, progress, json))
      if (interrupt.requested) break
    }
  } finally {
    interrupt.dispose()
    progress.clear()
  }
  const exit = report.exit(interrupt.requested)
  const ending = finish(session, report, exit, json)
  // Under an interrupt nobody may be reading any more.
  if (exit === EXIT.interrupted) await Promise.race([ending, setTimeout(OUTPUT_GRACE_MS)])
  else await ending
  return exit
}

async function show(
  session: Session,
  step: VerifyStep,
  progress: Progress,
  json: JsonStream | undefined,
): Promise<void> {
  if (step.type === 'progress') {
    progress.update(step.checked.bytes, step.bytesTotal)
    await session.flush()
    await setImmediate()
    return
  }
  progress.clear()
  if (step.type === 'unchecked')
    session.warn(`${step.file} could not be checked: ${step.error.message}`)
  else if (json !== undefined) await json.item(findingJson(step.finding))
  else await session.write(findingText(session.paint, step.finding))
}

async function finish(
  session: Session,
  report: VerifyReport,
  exit: ExitCode,
  json: JsonStream | undefined,
): Promise<void> {
  const suggest = suggestions(report, exit)
  if (json !== undefined) {
    const interrupted = exit === EXIT.interrupted
    await json.end({ ok: exit === EXIT.ok, interrupted, ...report.toJson(), suggest })
    return
  }
  if (exit === EXIT.interrupted) {
    process.stderr.write(`interrupted: ${scopeText(report)}\n`)
    return
  }
  await session.write(`${scopeText(report)}\n${verdictText(session.paint, report, exit)}\n`)
  for (const command of suggest) await session.write(`next: ${command}\n`)
  await session.flush()
}
