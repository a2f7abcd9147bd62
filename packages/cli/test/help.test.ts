// Help texts are part of the contract: one line of purpose, usage, three examples, options, exits.
import { describe, expect, it } from 'vitest'
import { COMMANDS, buildProgram, type Chosen } from '../src/args/program.ts'
import { batpak } from './support/run.ts'

const silent = { out: () => undefined, err: () => undefined }

function parsed(words: readonly string[]): Chosen | undefined {
  let chosen: Chosen | undefined
  buildProgram(silent, (choice) => (chosen = choice)).parse([...words], { from: 'user' })
  return chosen
}

function helpOf(words: readonly string[]): string {
  let text = ''
  const program = buildProgram({ ...silent, out: (more) => (text += more) }, () => undefined)
  expect(() => program.parse([...words, '--help'], { from: 'user' })).toThrow(/outputHelp/)
  return text
}

it('of the program as a whole', async () => {
  const { code, out, err } = await batpak(['--help'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toBe(helpOf([]))
  expect(out).toMatchSnapshot()
})

describe.each(COMMANDS.map((spec) => [spec.name, spec] as const))('%s', (name, spec) => {
  const words = name.split(' ')

  it('has the agreed parts in the agreed order', () => {
    const text = helpOf(words)
    expect(text).toMatchSnapshot()
    expect(text.split('\n')[0]).toBe(`${spec.purpose}.`)
    const parts = ['Usage:', 'Examples:', '\nOptions:', 'Global options:', 'Exit codes:']
    const places = parts.map((part) => text.indexOf(part))
    expect(places).not.toContain(-1)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(text.split('\n').filter((line) => line.length > 100)).toEqual([])
  })

  it('has three different examples that the parser takes', () => {
    expect(new Set(spec.examples).size).toBe(3)
    for (const example of spec.examples) {
      const command = /(?:^|\s)batpak ([^|>]*)/.exec(example)![1]!.trim()
      expect(parsed(command.split(/\s+/))?.spec.name).toBe(name)
    }
  })

  it('lists 0 and 2 and no code twice', () => {
    expect(spec.exits).toEqual(expect.arrayContaining([0, 2]))
    expect(new Set(spec.exits).size).toBe(spec.exits.length)
  })
})

describe('batpak help', () => {
  it.each([['verify'], ['profile', 'capture'], ['profile'], []])(
    '%s %s is --help',
    async (...words) => {
      const { code, out } = await batpak(['help', ...words.filter((word) => word !== undefined)])
      expect(code).toBe(0)
      expect(out).toBe(helpOf(words.filter((word) => word !== undefined)))
    },
  )

  it.each([
    [['help', 'log', '--json']],
    [['log', '--help', '--json']],
    [['--json', 'help', 'log']],
  ])('%j is one document with the same text', async (args) => {
    const { code, out, err } = await batpak(args)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out)).toEqual({
      schema: 'batpak.cli/help@1',
      ok: true,
      text: helpOf(['log']),
    })
  })

  it('of an unknown command names the nearest', async () => {
    const { code, out, err } = await batpak(['help', 'verfy'])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/unknown command 'verfy'[^]*did you mean verify\?/)
  })
})

it('--version names the package and its formats, also as a document', async () => {
  const text = await batpak(['--version'])
  expect(text.code).toBe(0)
  expect(text.out).toMatch(
    /^batpak \d+\.\d+\.\d+[^]*segment 1, footer SDX2[^]*platform profile 1\n$/,
  )
  const { code, out } = await batpak(['--json', '--version'])
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({
    schema: 'batpak.cli/version@1',
    ok: true,
    formats: { segment: 1, mmapIndex: 5, checkpoint: 6 },
  })
})
