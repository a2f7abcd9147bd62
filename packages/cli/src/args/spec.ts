/** What a command is: its words, its help, and where its code is. Nothing here loads that code. */
import type { ExitCode } from '../exit-codes.ts'
import type { Session } from '../output/session.ts'

export interface CommandSpec {
  /** One or two words: `verify`, `profile capture`. */
  readonly name: string
  /** One line, without full stop. */
  readonly purpose: string
  readonly arguments: readonly (readonly [usage: string, description: string])[]
  readonly options: readonly OptionSpec[]
  readonly examples: readonly [string, string, string]
  readonly exits: readonly ExitCode[]
  /** Loads the command and runs it; the result is the exit code. */
  readonly run: (
    session: Session,
    args: readonly (string | undefined)[],
    options: never,
  ) => Promise<ExitCode>
}

export interface OptionSpec {
  readonly flags: string
  readonly description: string
  /** What the value must be; default: any text. */
  readonly value?: 'count' | 'number' | 'name'
}
