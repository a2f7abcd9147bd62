import type { CommandSpec } from './spec.ts'

export interface CaptureOptions {
  readonly out?: string
  readonly force?: boolean
}

export const PROFILE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'profile capture',
    purpose: 'Describe what this host guarantees in a directory, as a platform profile',
    arguments: [['[dir]', 'the store directory; created if missing (default: .)']],
    options: [
      {
        flags: '--out <file>',
        description: 'where to write it; - is standard output (default: -)',
      },
      { flags: '--force', description: 'replace an existing file' },
    ],
    examples: [
      'batpak profile capture ./data --out ./batpak.profile',
      'batpak profile capture ./data --out ./batpak.profile --force',
      'batpak profile capture ./data | tee ./batpak.profile',
    ],
    exits: [0, 1, 2, 10],
    run: (session, [dir], options: CaptureOptions) =>
      import('../commands/profile-capture.ts').then(({ profileCapture }) =>
        profileCapture(session, dir, options),
      ),
  },
  {
    name: 'profile verify',
    purpose: 'Check that a profile is valid and that this host still matches it',
    arguments: [
      ['<file>', 'the profile'],
      ['[dir]', 'the store directory to compare with (default: .)'],
    ],
    options: [],
    examples: [
      'batpak profile verify ./batpak.profile ./data',
      'batpak profile verify ./batpak.profile ./data --json',
      'BATPAK_DIR=./data batpak profile verify ./batpak.profile',
    ],
    exits: [0, 1, 2, 12],
    run: (session, [file, dir]) =>
      import('../commands/profile-verify.ts').then(({ profileVerify }) =>
        profileVerify(session, file!, dir),
      ),
  },
  {
    name: 'profile show',
    purpose: 'Print a profile, or what the profile of a directory would say now',
    arguments: [['<file-or-dir>', 'a profile, or a directory to examine']],
    options: [],
    examples: [
      'batpak profile show ./batpak.profile',
      'batpak profile show ./data',
      'batpak profile show ./batpak.profile --json',
    ],
    exits: [0, 1, 2, 12],
    run: (session, [subject]) =>
      import('../commands/profile-show.ts').then(({ profileShow }) =>
        profileShow(session, subject!),
      ),
  },
  {
    name: 'profile diff',
    purpose: 'List the fields in which two profiles differ',
    arguments: [
      ['<a>', 'a profile, or a directory to examine'],
      ['<b>', 'another one'],
    ],
    options: [],
    examples: [
      'batpak profile diff ./staging.profile ./production.profile',
      'batpak profile diff ./batpak.profile ./data',
      'batpak profile diff ./a.profile ./b.profile --json',
    ],
    exits: [0, 1, 2, 12],
    run: (session, [a, b]) =>
      import('../commands/profile-diff.ts').then(({ profileDiff }) => profileDiff(session, a!, b!)),
  },
]
