/** From the words of the command line to an exit code. */
import { setTimeout } from 'node:timers/promises'
import { CommanderError } from 'commander'
import { COMMANDS, buildProgram, type Chosen } from './args/program.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { failureOf, type Failure } from './failure.ts'
import { OUTPUT_GRACE_MS } from './interrupt.ts'
import { Session } from './output/session.ts'
import { versions } from './version.ts'

/** Runs the command that `argv` (without node and script) names, and sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  endQuietlyOnClosedPipe()
  const exit = await run(argv)
  process.exitCode = exit
  if (exit !== EXIT.interrupted) return
  // Whoever reads the output may have stopped.
  await Promise.race([flushed(), setTimeout(OUTPUT_GRACE_MS)])
  process.exit(exit)
}

async function run(argv: readonly string[]): Promise<ExitCode> {
  let out = ''
  let err = ''
  let chosen: Chosen | undefined
  const program = buildProgram(
    { out: (text) => (out += text), err: (text) => (err += text) },
    (choice) => (chosen = choice),
  )
  const words = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  const early = new Session({ json: words.includes('--json') }, 'error')
  try {
    program.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) return fail(early, failureOf(error))
    if (error.code === 'commander.version' && early.json) {
      await new Session(early.options, 'version').document(true, versions())
      return EXIT.ok
    }
    if (error.exitCode === 0) return showHelp(early, out)
    if (error.code === 'commander.help') {
      if (early.json) return fail(early, usageFailure('no command given', helpFor(words)))
      process.stderr.write(err)
      return EXIT.usage
    }
    return fail(early, usageFailure(error.message, helpFor(words)))
  }
  return chosen === undefined ? showHelp(early, out) : execute(chosen)
}

async function showHelp(early: Session, text: string): Promise<ExitCode> {
  if (early.json) await new Session(early.options, 'help').document(true, { text })
  else await early.print(text)
  return EXIT.ok
}

async function execute({ spec, args, options }: Chosen): Promise<ExitCode> {
  const session = new Session(options, spec.name.replace(' ', '-'))
  try {
    return await spec.run(session, args, options as never)
  } catch (error) {
    return fail(session, failureOf(error))
  }
}

async function fail(session: Session, failure: Failure): Promise<ExitCode> {
  await session.fail(failure)
  return failure.exit
}

/** `error: unknown command 'verfy'\n(Did you mean verify?)` */
function usageFailure(text: string, help: string): Failure {
  const [message = '', suggestion] = text.replace(/^error: /, '').split('\n')
  const meant = /\(Did you mean (.*)\?\)/.exec(suggestion ?? '')?.[1]
  const hint = meant === undefined ? `see \`${help}\`` : `did you mean ${meant}? See \`${help}\``
  return { exit: EXIT.usage, code: 'Usage', message, hint }
}

/** The help that fits the words, as far as they name a command. */
function helpFor(words: readonly string[]): string {
  const plain = words.filter((word) => !word.startsWith('-'))
  const spec = COMMANDS.find(({ name }) => `${plain.join(' ')} `.startsWith(`${name} `))
  if (spec !== undefined) return `batpak help ${spec.name}`
  return plain[0] === 'profile' ? 'batpak help profile' : 'batpak --help'
}

/** `batpak log | head`: that nobody reads on is no failure. */
function endQuietlyOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok)
    process.stderr.write(`batpak: standard output: ${error.message}\n`)
    process.exit(EXIT.failed)
  })
  process.stderr.on('error', () => {
    // Nobody reads what goes wrong: the exit code still says it.
  })
}

function flushed(): Promise<void> {
  return new Promise((resolve) => process.stdout.write('', () => resolve()))
}
