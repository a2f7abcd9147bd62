/** The command line as a whole, made of the specs. */
import { Command, Option } from 'commander'
import type { ExitCode } from '../exit-codes.ts'
import { EXIT_MEANINGS } from '../exit-codes.ts'
import type { GlobalOptions } from '../output/session.ts'
import { versionText } from '../version.ts'
import { DOCTOR_COMMAND } from './doctor.ts'
import { helpFormatter } from './help.ts'
import { PROFILE_COMMANDS } from './profile.ts'
import type { CommandSpec, OptionSpec } from './spec.ts'
import { STORE_COMMANDS } from './store.ts'
import { nonEmptyName, positiveCount, wholeNumber } from './values.ts'

export const COMMANDS: readonly CommandSpec[] = [
  ...PROFILE_COMMANDS,
  DOCTOR_COMMAND,
  ...STORE_COMMANDS,
]

/** What the command line asks for. */
export interface Chosen {
  readonly spec: CommandSpec
  readonly args: readonly (string | undefined)[]
  readonly options: GlobalOptions
}

export interface ProgramOutput {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

/** @param choose receives the command; nothing is run here */
export function buildProgram(output: ProgramOutput, choose: (chosen: Chosen) => void): Command {
  const program = new Command('batpak')
  settle(program, output, {
    purpose: 'batpak on the command line: capture platform profiles, look into stores, verify them',
    examples: ['batpak doctor', 'batpak verify ./data --full', 'batpak help log'],
    exits: Object.keys(EXIT_MEANINGS).map((exit) => Number(exit) as ExitCode),
  })
  program
    .usage('<command> [options]')
    .option('-C, --dir <dir>', 'the directory of commands that are given none (also: BATPAK_DIR)')
    .option('--json', 'print one JSON document (log: one per line), also on failure')
    .addOption(
      new Option('--color <when>', 'colour the output').choices(['auto', 'always', 'never']),
    )
    .option('--quiet', 'no notes and hints')
    .option('--verbose', 'say what is done, and show where errors come from')
    .version(versionText(), '--version', 'print the versions of batpak and of its formats')
    .helpOption('-h, --help', 'print this text')
    .helpCommand(false)
    .allowExcessArguments(false)
  const profile = program.command('profile')
  settle(profile, output, {
    purpose: 'Capture, verify, show and compare platform profiles',
    examples: PROFILE_COMMANDS.slice(0, 3).map(({ examples }) => examples[0]),
    exits: [0, 1, 2, 10, 12],
  })
  profile.usage('<command> [options]').helpCommand(false)
  for (const spec of COMMANDS) {
    const [group, name] = spec.name.split(' ')
    const command = name === undefined ? program.command(group!) : profile.command(name)
    addCommand(command, spec, output, choose)
  }
  addHelp(program, output)
  return program
}

/** `help log` prints what `log --help` prints. */
function addHelp(program: Command, output: ProgramOutput): void {
  const purpose = 'Print the help of a command'
  const examples = ['batpak help', 'batpak help verify', 'batpak help profile capture']
  const help = program.command('help')
  settle(help, output, { purpose, examples, exits: [0, 2] })
  help
    .usage('[command]')
    .argument('[command...]', 'the command, in one or two words')
    .action((words: readonly string[]) => {
      let subject = program
      for (const word of words) {
        const next = subject.commands.find((command) => command.name() === word)
        // Left to the parser: it knows the nearest name.
        if (next === undefined && subject.commands.length > 0)
          program.parse(words, { from: 'user' })
        subject = next ?? subject
      }
      output.out(subject.helpInformation())
    })
}

function addCommand(
  command: Command,
  spec: CommandSpec,
  output: ProgramOutput,
  choose: (chosen: Chosen) => void,
): void {
  settle(command, output, spec)
  command.usage([...spec.arguments.map(([usage]) => usage), '[options]'].join(' '))
  for (const [usage, description] of spec.arguments) {
    // `cat ID` with a default directory has one argument: the command sorts it out.
    command.argument(
      spec.name === 'cat' ? usage.replace(/[<[](.*)[\]>]/, '[$1]') : usage,
      description,
    )
  }
  for (const option of spec.options) command.addOption(optionOf(option))
  command.allowExcessArguments(false).action(() => {
    choose({ spec, args: command.processedArgs as string[], options: command.optsWithGlobals() })
  })
}

function settle(
  command: Command,
  { out, err }: ProgramOutput,
  parts: { readonly purpose: string } & Parameters<typeof helpFormatter>[0],
): void {
  command
    .description(parts.purpose)
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({ writeOut: out, writeErr: err, outputError: () => undefined })
    .configureHelp({ showGlobalOptions: true, formatHelp: helpFormatter(parts) })
}

function optionOf({ flags, description, value }: OptionSpec): Option {
  const option = new Option(flags, description)
  if (value === 'number') option.argParser(wholeNumber)
  if (value === 'count') option.argParser(positiveCount)
  if (value === 'name') option.argParser(nonEmptyName)
  return option
}
