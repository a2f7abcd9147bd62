import type { CommandSpec, OptionSpec } from './spec.ts'

export interface InspectOptions {
  readonly segment?: number
  readonly frame?: number
}

export interface ReadOptions {
  readonly unlocked?: boolean
}

export interface LogOptions extends ReadOptions {
  readonly after?: number
  readonly limit?: number
  readonly entity?: string
  readonly scope?: string
  readonly kind?: string
  readonly reverse?: boolean
}

export interface CatOptions extends ReadOptions {
  readonly raw?: boolean
}

export interface VerifyCommandOptions extends ReadOptions {
  readonly quick?: boolean
  readonly full?: boolean
  readonly allowGaps?: boolean
  readonly progress?: boolean
}

const DIR = ['[dir]', 'the store directory (default: -C or BATPAK_DIR)'] as const

const UNLOCKED: OptionSpec = {
  flags: '--unlocked',
  description: 'take no lock: read beside whoever owns the store',
}

export const STORE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'inspect',
    purpose: 'Show what lies in a store directory, damaged or not, without taking its lock',
    arguments: [DIR],
    options: [
      {
        flags: '--segment <n>',
        description: 'one segment: header, footer, every frame',
        value: 'number',
      },
      {
        flags: '--frame <offset>',
        description: 'with --segment: the frame at this offset, with its bytes',
        value: 'number',
      },
    ],
    examples: [
      'batpak inspect ./data',
      'batpak inspect ./data --segment 1',
      'batpak inspect ./data --segment 1 --frame 57',
    ],
    exits: [0, 1, 2, 4, 10],
    run: (session, [dir], options: InspectOptions) =>
      import('../commands/inspect.ts').then(({ inspectCommand }) =>
        inspectCommand(session, dir, options),
      ),
  },
  {
    name: 'log',
    purpose: 'List events in commit order',
    arguments: [DIR],
    options: [
      { flags: '--after <sequence>', description: 'only behind this sequence', value: 'number' },
      { flags: '--limit <n>', description: 'at most so many events', value: 'count' },
      {
        flags: '--entity <name>',
        description: 'an entity and those below it: a is a, a:b, a:b:c',
        value: 'name',
      },
      { flags: '--scope <name>', description: 'only this scope', value: 'name' },
      { flags: '--kind <kind>', description: '0xF001, a name such as TOMBSTONE, or category:0xF' },
      { flags: '--reverse', description: 'newest first; --after then means before' },
      UNLOCKED,
    ],
    examples: [
      'batpak log ./data --limit 20',
      'batpak log ./data --entity order:1 --reverse',
      'batpak log ./data --after 1000 --json',
    ],
    exits: [0, 1, 2, 10, 11, 13, 130],
    run: (session, [dir], options: LogOptions) =>
      import('../commands/log.ts').then(({ logCommand }) => logCommand(session, dir, options)),
  },
  {
    name: 'cat',
    purpose: 'Print one event: header, receipt fields and payload',
    arguments: [DIR, ['<event-id>', '32 hex digits, with or without event: in front']],
    options: [
      { flags: '--raw', description: 'the payload bytes alone, as they are stored' },
      UNLOCKED,
    ],
    examples: [
      'batpak cat ./data 018bcfe5680070008000000000000001',
      'batpak cat ./data 018bcfe5680070008000000000000001 --raw > payload.msgpack',
      'BATPAK_DIR=./data batpak cat event:018bcfe5680070008000000000000001 --json',
    ],
    exits: [0, 1, 2, 4, 10, 11, 13],
    run: (session, args, options: CatOptions) =>
      import('../commands/cat.ts').then(({ catCommand }) => catCommand(session, args, options)),
  },
  {
    name: 'verify',
    purpose: 'Check a store and list everything that is wrong with it',
    arguments: [DIR],
    options: [
      {
        flags: '--quick',
        description: 'frames, checksums, batches, coordinates, footers (default)',
      },
      {
        flags: '--full',
        description: 'also payload hashes, and clocks and hash chain of every entity',
      },
      {
        flags: '--allow-gaps',
        description: 'with --full: events dropped by a retaining compaction are no finding',
      },
      {
        flags: '--progress',
        description: 'show progress even where standard error is no terminal',
      },
      UNLOCKED,
    ],
    examples: [
      'batpak verify ./data',
      'batpak verify ./data --full',
      'batpak verify ./data --full --json > report.json',
    ],
    exits: [0, 1, 2, 3, 10, 11, 13, 130],
    run: (session, [dir], options: VerifyCommandOptions) =>
      import('../commands/verify.ts').then(({ verifyCommand }) =>
        verifyCommand(session, dir, options),
      ),
  },
]
