/** `docs/errors.md` against the error table: the same codes, classes and fields, in both directions. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { StoreErrorCode } from '../src/index.ts'
import { ERROR_TABLE } from '../src/errors/table.ts'
import { SAMPLES } from './support/api-error-samples.ts'

const text = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')

interface Entry {
  readonly class: string
  readonly fields: readonly string[]
  readonly body: string
}

const entries = new Map<string, Entry>(
  text
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [, code, facts, body] = /^`(\w+)`\n\n(_[^]*?)\n\n([^]*)$/.exec(section) ?? []
      const [first, ...rest] = facts!.split(' · ')
      const fields = rest.filter((part) => part.startsWith('`')).join(', ')
      return [
        code!,
        {
          class: first!.replaceAll('_', ''),
          fields: [...fields.matchAll(/`(\w+\??)`/g)].map(([, name]) => name!),
          body: body!,
        },
      ]
    }),
)

/** Fields that an error of the code may lack. */
const OPTIONAL: Partial<Record<StoreErrorCode, readonly string[]>> = {
  Io: ['path', 'syscall'],
  InvalidCoordinate: ['index'],
  CursorCheckpointRegionMismatch: ['stored'],
  DecodeFailure: ['eventId', 'entity'],
}

describe('docs/errors.md', () => {
  it('W-163 has a heading for every code, and for nothing else', () => {
    expect([...entries.keys()].toSorted()).toEqual(Object.keys(ERROR_TABLE).toSorted())
    expect(text.match(/^### /gm)).toHaveLength(entries.size)
  })

  it.each(Object.keys(ERROR_TABLE) as StoreErrorCode[])(
    'tells class and fields of %s, when and what to do',
    (code) => {
      const entry = entries.get(code)!
      expect(entry.class).toBe(ERROR_TABLE[code].class)
      const optional = OPTIONAL[code] ?? []
      const fields = Object.keys(SAMPLES[code].fields)
      expect(entry.fields).toEqual(
        fields.map((name) => (optional.includes(name) ? `${name}?` : name)),
      )
      expect(entry.body).toMatch(/^- \*\*When\*\*: \S/)
      expect(entry.body).toMatch(/^- \*\*Do\*\*: \S/m)
    },
  )

  it('tells what an open leaves behind, naming every code that an open may give', () => {
    const table = /## What an open leaves behind([^]*?)\n## /.exec(text)![1]!
    for (const code of [
      'EventPayloadRegistry',
      'Io',
      'Configuration',
      'PlatformAdmissionFailed',
      'StoreLocked',
      'PlatformProfileInvalid',
      'PlatformProfileMismatch',
      'CorruptSegment',
      'CorruptFrame',
      'CrcMismatch',
      'Coordinate',
      'InvalidUnicode',
      'UnsafeInteger',
      'DataDirMalformed',
      'HiddenRangesCorrupt',
      'InvariantViolation',
    ] satisfies readonly StoreErrorCode[]) {
      expect(table).toContain(`\`${code}\``)
    }
  })
})
