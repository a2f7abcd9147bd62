/** The command line of the demo. */
import { parseArgs } from 'node:util'

export const USAGE = `Records the git history of this checkout as a causal graph of events and checks all of it.

usage: npm run demo [-- OPTIONS]
  --data DIR   where the store lives (default: .batpak/git-history in this checkout)
  --json       the report as JSON; npm run --silent demo -- --json prints nothing else
  --help       this text
`

export interface Arguments {
  readonly data?: string
  readonly json: boolean
  readonly help: boolean
}

export function readArguments(argv: readonly string[]): Arguments | { readonly refused: string } {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        data: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false, short: 'h' },
      },
    })
    return values
  } catch (error) {
    // The parser says what it did not understand; the usage says the rest.
    return { refused: (error as Error).message }
  }
}
