// Wrong usage is exit 2, with the next step on standard error and nothing but a document on the other.
import { expect, it } from 'vitest'
import { batpak } from './support/run.ts'
import { copyStore, tempDir } from './support/stores.ts'

it.each([
  ['an unknown command', ['verfy', '.'], /unknown command 'verfy'/, /did you mean verify\?/],
  ['an unknown command of a group', ['profile', 'captur'], /unknown command 'captur'/, /capture/],
  [
    'an unknown option',
    ['verify', '.', '--ful'],
    /unknown option '--ful'/,
    /did you mean --full\?/,
  ],
  ['an option far from any', ['log', '--zzzzzz'], /unknown option '--zzzzzz'/, /batpak help log/],
  [
    'a missing argument',
    ['profile', 'verify'],
    /missing required argument 'file'/,
    /help profile verify/,
  ],
  ['one argument too many', ['log', 'a', 'b'], /too many arguments/, /help log/],
  ['no number', ['log', '.', '--limit', '1.5'], /--limit.*at least 1/, /help log/],
  ['a limit of nothing', ['log', '.', '--limit', '0'], /--limit.*at least 1/, /help log/],
  [
    'a number beyond 2^53-1',
    ['log', '.', '--after', '9007199254740992'],
    /--after.*2\^53-1/,
    /help log/,
  ],
  [
    'an unknown colour mode',
    ['doctor', '--color', 'red'],
    /--color.*auto, always, never/,
    /help doctor/,
  ],
  ['no directory at all', ['verify'], /no store directory given/, /-C or BATPAK_DIR/],
  ['--frame alone', ['inspect', '.', '--frame', '57'], /--frame needs --segment/, undefined],
  ['--quick and --full', ['verify', '.', '--quick', '--full'], /exclude each other/, undefined],
  ['--raw and --json', ['cat', '.', 'x', '--raw', '--json'], /exclude each other/, undefined],
  ['no event id', ['cat', '.', 'abc'], /'abc' is no event id/, /batpak log/],
  ['an empty entity', ['log', '.', '--entity', ''], /--entity.*must not be empty/, /help log/],
  ['an empty scope', ['log', '.', '--scope='], /--scope.*must not be empty/, /help log/],
  ['no kind', ['log', '.', '--kind', '0x10000'], /'0x10000' is no kind/, /TOMBSTONE/],
  [
    'an empty file name',
    ['profile', 'capture', '.', '--out', ''],
    /--out must name a file/,
    undefined,
  ],
] as const)('%s', async (_what, args, message, hint) => {
  const { code, out, err } = await batpak(args, { cwd: tempDir() })
  const json = (args as readonly string[]).includes('--json')
  expect(code).toBe(2)
  if (!json) expect(out).toBe('')
  expect(err).toMatch(message)
  if (hint !== undefined) expect(err).toMatch(hint)
  expect(err).toMatch(/^batpak: /)
})

it('nothing at all prints the help, as an error', async () => {
  for (const args of [[], ['profile']]) {
    const { code, out, err } = await batpak(args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/Usage: batpak/)
  }
})

it('under --json every failure is exactly one document, wherever the option stands', async () => {
  const cases: [string[], string, string, number][] = [
    [['--json', 'verfy'], 'batpak.cli/error@1', 'Usage', 2],
    [['log', '--json', '--limit', 'x'], 'batpak.cli/error@1', 'Usage', 2],
    [['log', '--json'], 'batpak.cli/log@1', 'Usage', 2],
    [['--json'], 'batpak.cli/error@1', 'Usage', 2],
    [['profile', '--json'], 'batpak.cli/error@1', 'Usage', 2],
    [['verify', 'nowhere', '--json'], 'batpak.cli/verify@1', 'NoStore', 10],
    [
      ['profile', 'verify', 'nothing', '--json'],
      'batpak.cli/profile-verify@1',
      'PlatformProfileInvalid',
      12,
    ],
  ]
  for (const [args, schema, error, exit] of cases) {
    const { code, out } = await batpak(args, { cwd: tempDir() })
    expect(code).toBe(exit)
    expect(out.trimEnd().split('\n')).toHaveLength(1)
    expect(JSON.parse(out)).toMatchObject({ schema, ok: false, error: { code: error } })
  }
})

it('an argument called --json behind -- is no option', async () => {
  const { out, code } = await batpak(['log', '--', '--json'], { cwd: tempDir() })
  expect({ out, code }).toEqual({ out: '', code: 10 })
})

it('-C and BATPAK_DIR give the directory; the argument wins, then -C', async () => {
  const parent = tempDir()
  copyStore('clean', parent)
  copyStore('empty', parent)
  const events = async (args: string[], dir?: string): Promise<number> => {
    const env = dir === undefined ? {} : { BATPAK_DIR: dir }
    const { out, code } = await batpak(['log', ...args], { cwd: parent, env })
    expect(code).toBe(0)
    return out.split('\n').length - 1
  }
  expect(await events(['clean'])).toBe(8)
  expect(await events(['-C', 'clean'])).toBe(8)
  expect(await events([], 'clean')).toBe(8)
  expect(await events(['-C', 'empty'], 'clean')).toBe(2)
  expect(await events(['clean', '-C', 'empty'], 'empty')).toBe(8)
})

it.each([
  ['nothing there', 'nowhere'],
  ['a file', 'file'],
  ['below a file', 'file/below'],
  ['a directory without a store', '.'],
])('%s is exit 10', async (_what, dir) => {
  const cwd = tempDir()
  const { writeFileSync } = await import('node:fs')
  writeFileSync(`${cwd}/file`, '')
  for (const command of ['inspect', 'log', 'verify']) {
    const { code, err } = await batpak([command, dir], { cwd })
    expect(code).toBe(10)
    expect(err).toMatch(/NoStore/)
  }
})
