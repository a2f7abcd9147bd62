/** The published schema: a valid schema, the same as file and as value, and true to parseProfile. */
import { readFileSync, writeFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { profileFromEvidence, profileJsonSchema } from '../src/index.ts'
import { consistentEvidence } from './arbitraries.ts'
import { type BodyChanges, fileOf, unixProfile } from './hosts.ts'

const file = new URL('../src/platform-profile.v1.schema.json', import.meta.url)

describe('profileJsonSchema', () => {
  it('equals the published file', () => {
    if (process.env['GOLDEN_UPDATE'] === 'I_KNOW_WHAT_IM_DOING') {
      writeFileSync(file, `${JSON.stringify(profileJsonSchema, null, 2)}\n`)
    }
    const published: unknown = JSON.parse(readFileSync(file, 'utf8'))
    // As text, so that the order of the keys counts too.
    expect(JSON.stringify(published)).toBe(JSON.stringify(profileJsonSchema))
  })

  it('is a valid schema of draft 2020-12 under its stable name', () => {
    const ajv = new Ajv2020({ strict: true })
    expect(ajv.validateSchema(profileJsonSchema)).toBe(true)
    ajv.compile(profileJsonSchema)
    const id = 'https://batpak.dev/schemas/platform-profile.v1.schema.json'
    expect(ajv.getSchema(id)).toBeDefined()
    expect(profileJsonSchema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema')
  })

  const validate = new Ajv2020({ strict: true }).compile(profileJsonSchema)

  it('accepts every profile a probe could give, with unknown fields too', () => {
    fc.assert(
      fc.property(consistentEvidence, (evidence) => {
        const profile = profileFromEvidence(evidence)
        const host = { ...profile.host, x: 1 }
        expect(validate({ ...profile, host, x: [] })).toBe(true)
      }),
    )
  })

  it.each<[name: string, value: unknown]>([
    ['another version', parsed({ schema_version: 2 })],
    ['a version in quotes', { ...unixProfile, schema_version: '1' }],
    ['a negative fingerprint', { ...unixProfile, fingerprint_crc32: -1 }],
    ['a fingerprint of 2^32', { ...unixProfile, fingerprint_crc32: 2 ** 32 }],
    ['an unknown variant', parsed({ store_path: { mmap_index: 'Mapped' as 'Unknown' } })],
    ['a missing part', { ...unixProfile, admission: undefined }],
    ['an array for a part', { ...unixProfile, host: ['ProcessLocalInstantAnchor'] }],
    ['a failed probe without reason', withStatus({ ProbeFailed: {} })],
    ['a failed probe of two variants', withStatus({ ProbeFailed: { reason: '' }, x: 1 })],
    ['ProbeFailed as a plain word', withStatus('ProbeFailed')],
  ])('refuses %s', (_name, value) => {
    expect(validate(JSON.parse(JSON.stringify(value)))).toBe(false)
  })
})

function parsed(changes: BodyChanges): unknown {
  return JSON.parse(new TextDecoder().decode(fileOf(changes)))
}

function withStatus(path_status: unknown): unknown {
  return { ...unixProfile, store_path: { ...unixProfile.store_path, path_status } }
}
