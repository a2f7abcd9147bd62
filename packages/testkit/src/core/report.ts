/** What a suite did; it fills while the tests of the suite run. */
export interface Report {
  /** Programs executed. */
  readonly runs: number
  /** How often each kind of step was executed. */
  readonly commands: Readonly<Record<string, number>>
  /** What this suite does not check here, and why. */
  readonly notChecked: readonly string[]
}

/** The report as its suite writes it. */
export class RunningReport implements Report {
  runs = 0
  readonly commands: Record<string, number> = {}
  readonly notChecked: string[] = []

  count(command: string): void {
    this.commands[command] = (this.commands[command] ?? 0) + 1
  }
}
