/** What a check has found so far, and the exit code that follows from it. */
import type { Finding, FindingCode, Severity, VerifyCounts, VerifyStep } from '@batpak/core/inspect'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { decimal } from '../output/wire.ts'

export class VerifyReport {
  readonly dir: string
  readonly level: 'quick' | 'full'
  checked: VerifyCounts = { segments: 0, frames: 0, events: 0, batches: 0, bytes: 0 }
  readonly severities: Record<Severity, number> = { error: 0, warning: 0, note: 0 }
  readonly codes: Map<FindingCode, number> = new Map()
  readonly unchecked: { readonly file: string; readonly message: string }[] = []
  /** The first finding that points at a frame. */
  firstPlace: Finding | undefined

  constructor(dir: string, level: 'quick' | 'full') {
    this.dir = dir
    this.level = level
  }

  take(step: VerifyStep): void {
    if (step.type === 'progress') this.checked = step.checked
    else if (step.type === 'unchecked') {
      this.unchecked.push({ file: step.file, message: step.error.message })
    } else this.#count(step.finding)
  }

  exit(interrupted: boolean): ExitCode {
    if (interrupted) return EXIT.interrupted
    if (this.unchecked.length > 0) return EXIT.failed
    if (this.codes.has('UnsupportedVersion')) return EXIT.version
    return this.severities.error + this.severities.warning > 0 ? EXIT.findings : EXIT.ok
  }

  toJson(): Record<string, unknown> {
    const { segments, frames, events, batches, bytes } = this.checked
    return {
      checked: {
        segments: decimal(segments),
        frames: decimal(frames),
        events: decimal(events),
        batches: decimal(batches),
        bytes: decimal(bytes),
      },
      counts: this.severities,
      codes: Object.fromEntries(this.codes),
      unchecked: this.unchecked,
    }
  }

  #count(finding: Finding): void {
    const { code, severity } = finding
    this.severities[severity] += 1
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1)
    if (severity === 'note' || finding.segmentId === undefined) return
    this.firstPlace ??= finding
  }
}
