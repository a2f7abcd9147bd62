/** Help texts: purpose, usage, three examples, arguments, options, exit codes, in this order. */
import type { Command, Help } from 'commander'
import { EXIT_MEANINGS, type ExitCode } from '../exit-codes.ts'

export interface HelpParts {
  readonly purpose: string
  readonly examples: readonly string[]
  readonly exits: readonly ExitCode[]
}

/** The same width everywhere, so that texts can be compared and copied. */
const WIDTH = 100

export function helpFormatter(parts: HelpParts): (cmd: Command, helper: Help) => string {
  return (cmd, helper) => {
    helper.helpWidth = WIDTH
    const terms = [
      ...helper.visibleCommands(cmd).map((c) => helper.subcommandTerm(c)),
      ...helper.visibleArguments(cmd).map((a) => helper.argumentTerm(a)),
      ...helper.visibleOptions(cmd).map((o) => helper.optionTerm(o)),
      ...helper.visibleGlobalOptions(cmd).map((o) => helper.optionTerm(o)),
    ]
    const width = Math.max(...terms.map((term) => term.length))
    const item = (term: string, text: string): string =>
      helper.formatItem(term, width, text, helper)
    const sections: (readonly [string, readonly string[]])[] = [
      ['Examples', parts.examples.map((example) => `  ${example}`)],
      [
        'Commands',
        helper
          .visibleCommands(cmd)
          .map((c) => item(helper.subcommandTerm(c), helper.subcommandDescription(c))),
      ],
      [
        'Arguments',
        helper
          .visibleArguments(cmd)
          .map((a) => item(helper.argumentTerm(a), helper.argumentDescription(a))),
      ],
      [
        'Options',
        helper
          .visibleOptions(cmd)
          .map((o) => item(helper.optionTerm(o), helper.optionDescription(o))),
      ],
      [
        'Global options',
        helper
          .visibleGlobalOptions(cmd)
          .map((o) => item(helper.optionTerm(o), helper.optionDescription(o))),
      ],
      ['Exit codes', parts.exits.map((exit) => exitLine(exit))],
    ]
    const filled = sections.filter(([, lines]) => lines.length > 0)
    const head = `${parts.purpose}.\n\nUsage: ${helper.commandUsage(cmd)}\n`
    return head + filled.map(([title, lines]) => `\n${title}:\n${lines.join('\n')}\n`).join('')
  }
}

function exitLine(exit: ExitCode): string {
  return `  ${String(exit).padStart(3)}  ${EXIT_MEANINGS[exit]}`
}
