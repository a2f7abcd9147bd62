// Every document is described by the schema that the package ships, and has no field beside it.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { COMMANDS } from '../src/args/program.ts'
import { batpak, inParallel } from './support/run.ts'
import { copyStore, firstEventId, tempDir } from './support/stores.ts'

type Schema = Record<string, unknown>
type Validate = ((value: unknown) => boolean) & { readonly errors?: readonly object[] | null }

// ajv is a dependency of the package that validates profiles.
const fromThere = createRequire(createRequire(import.meta.url).resolve('@batpak/profile-schema'))
const ajv = 'ajv/dist/2020.js'
const { Ajv2020 } = fromThere(ajv) as {
  readonly Ajv2020: new (options: object) => { compile(schema: Schema): Validate }
}
const schema = JSON.parse(
  readFileSync(new URL('../schemas/cli.v1.schema.json', import.meta.url), 'utf8'),
) as Schema

const validate = new Ajv2020({ strict: true }).compile(schema)
/** As the shipped schema, but no field may be undescribed. */
const exact = new Ajv2020({ strict: false }).compile(closed(schema) as Schema)

const fixture = fileURLToPath(
  new URL('../../../fixtures/platform/linux_basic.profile', import.meta.url),
)

async function documents(args: readonly string[], cwd: string): Promise<Schema[]> {
  const { out } = await batpak([...args, '--json'], { cwd })
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Schema)
}

it('describes all that the commands print', async () => {
  const cwd = tempDir()
  const shapes = [
    'cursor',
    'fence-cancelled',
    'torn-frame',
    'flipped-frame',
    'compaction-set-aside',
    'both-artifacts',
    'extensions',
    'compacted-tombstone',
    'batches',
  ]
  for (const shape of shapes) copyStore(shape, cwd)
  const frames = await documents(['inspect', 'compacted-tombstone', '--segment', '1'], cwd)
  const rewritten = (frames[0]!['frames'] as { kind: string; eventId: string }[]).find(
    ({ kind }) => kind === '0x0FFE',
  )!
  const calls: (readonly string[])[] = [
    ['--version'],
    ['doctor'],
    ['doctor', 'cursor'],
    ['profile', 'capture', 'cursor'],
    ['profile', 'verify', fixture, 'gone'],
    ['profile', 'show', fixture],
    ['profile', 'diff', fixture, 'gone-too'],
    ['nonsense'],
    ['help', 'log'],
    ['cat', 'cursor', 'f'.repeat(32)],
    ['log', 'flipped-frame'],
    ['log', 'extensions'],
    ['cat', 'extensions', firstEventId],
    ['cat', 'compacted-tombstone', rewritten.eventId],
    ['inspect', 'batches', '--segment', '1', '--frame', '1128'],
    ['inspect', 'extensions', '--segment', '1', '--frame', '57'],
    ['inspect', 'flipped-frame', '--segment', '1', '--frame', '2615'],
    ...shapes.map((shape) => ['inspect', shape]),
    ...['torn-frame', 'flipped-frame', 'batches'].map((shape) => [
      'inspect',
      shape,
      '--segment',
      '1',
    ]),
    ...shapes.map((shape) => ['verify', shape, '--full']),
  ]
  const printed = (await inParallel(calls, (call) => documents(call, cwd))).flat()
  for (const document of printed) {
    expect({ document, errors: validate(document) ? [] : validate.errors }).toEqual({
      document,
      errors: [],
    })
    expect({ document, errors: exact(document) ? [] : exact.errors }).toEqual({
      document,
      errors: [],
    })
  }
  const kinds = new Set(printed.map((document) => document['schema']))
  const commands = COMMANDS.map(({ name }) => `batpak.cli/${name.replace(' ', '-')}@1`)
  expect(kinds).toEqual(
    new Set([...commands, 'batpak.cli/error@1', 'batpak.cli/help@1', 'batpak.cli/version@1']),
  )
})

it('refuses documents that lack a field or have a number where text belongs', async () => {
  const dir = join(tempDir(), 'store')
  copyStore('clean', dir)
  const [document] = await documents(['verify', join(dir, 'clean')], dir)
  expect(validate(document)).toBe(true)
  expect(validate({ ...document, counts: undefined })).toBe(false)
  expect(
    validate({ ...document, checked: { ...(document!['checked'] as object), bytes: 6051 } }),
  ).toBe(false)
  expect(exact({ ...document, extra: 1 })).toBe(false)
})

/** `unevaluatedProperties: false` wherever properties are listed, but not in what others build on. */
function closed(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => closed(each))
  if (typeof value !== 'object' || value === null) return value
  const copy = Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, closed(member, key)]),
  )
  const lists = 'properties' in copy && 'type' in copy && name !== 'entry'
  return lists ? { ...copy, unevaluatedProperties: false } : copy
}
