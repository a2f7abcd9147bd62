/** What `serializeProfile` writes, `parseProfile` reads, and both keep the canonical order. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  parseProfile,
  type PlatformProfile,
  profileFromEvidence,
  serializeProfile,
} from '../src/index.ts'
import { consistentEvidence } from './arbitraries.ts'
import { evidenceWith, unixEvidence, unixProfile, unixText, utf8 } from './hosts.ts'

describe('profileFromEvidence', () => {
  it('makes the Unix profile of Unix evidence, in canonical order', () => {
    const profile = profileFromEvidence(unixEvidence)
    expect(profile).toStrictEqual(unixProfile)
    expect(JSON.stringify(profile)).toBe(unixText)
  })

  it('does not take the epoch marker into the profile', () => {
    const { storePath, host } = unixEvidence
    const later = { storePath, host: { ...host, processClockEpochMarkerNs: 1n } }
    expect(profileFromEvidence(later)).toStrictEqual(unixProfile)
  })

  it('copies the reason of a failed probe', () => {
    const evidence = evidenceWith({ pathStatus: { ProbeFailed: { reason: 'x' } } })
    const { path_status } = profileFromEvidence(evidence).store_path
    expect(path_status).toStrictEqual({ ProbeFailed: { reason: 'x' } })
    expect(path_status).not.toBe(evidence.storePath.pathStatus)
  })

  it('describes evidence that contradicts itself and leaves the judgement to parseProfile', () => {
    const profile = profileFromEvidence(evidenceWith({ pathStatus: 'UnknownMissing' }))
    expect(profile.fingerprint_crc32).toBe(4040084275)
    expect(parseProfile(serializeProfile(profile))).toMatchObject({
      ok: false,
      issue: { kind: 'InconsistentMmapPath' },
    })
  })

  it.each([
    ['nothing', undefined, 'evidence must be an object, got undefined'],
    ['evidence without host', { ...unixEvidence, host: null }, 'evidence.host must be an object'],
    ['evidence without path', { host: unixEvidence.host }, 'evidence.storePath must be an object'],
    [
      'evidence without a clock',
      { ...unixEvidence, host: {} },
      'host.monotonic_clock must be a string, got undefined',
    ],
    [
      'a reason with a lone surrogate',
      evidenceWith({ pathStatus: { ProbeFailed: { reason: '\udc00' } } }),
      'reason has a lone surrogate at index 0',
    ],
  ])('refuses %s with a TypeError', (_name, evidence, message) => {
    const call = () => profileFromEvidence(evidence as never)
    expect(call).toThrow(TypeError)
    expect(call).toThrow(message)
  })
})

describe('serializeProfile', () => {
  const fixture = (name: string) =>
    readFileSync(new URL(`../../../fixtures/platform/${name}.profile`, import.meta.url))

  it('writes the compact form by default', () => {
    expect(serializeProfile(unixProfile)).toStrictEqual(utf8(unixText))
    expect(serializeProfile(unixProfile, { pretty: undefined })).toStrictEqual(utf8(unixText))
  })

  it('writes the pretty form of the fixture linux_basic: two spaces, LF, no newline at the end', () => {
    const bytes = serializeProfile(unixProfile, { pretty: true })
    expect(bytes.length).toBe(559)
    expect(Buffer.compare(bytes, fixture('linux_basic'))).toBe(0)
  })

  it('orders the keys itself and drops what is not part of a profile', () => {
    const scattered = {
      extra: 1,
      ...Object.fromEntries(Object.entries(unixProfile).toReversed()),
      store_path: Object.fromEntries(Object.entries(unixProfile.store_path).toReversed()),
    }
    expect(serializeProfile(scattered as unknown as PlatformProfile)).toStrictEqual(utf8(unixText))
  })

  it('writes a wrong fingerprint as it is', () => {
    const bytes = serializeProfile({ ...unixProfile, fingerprint_crc32: 0 })
    expect(parseProfile(bytes)).toMatchObject({ issue: { kind: 'FingerprintMismatch' } })
  })

  it.each<[name: string, profile: unknown, options: unknown, message: string]>([
    ['no profile', undefined, {}, 'profile must be an object'],
    ['an unknown option', unixProfile, { prety: true }, 'unknown option prety'],
    ['options of null', unixProfile, null, 'options must be an object, got null'],
    ['a pretty that is no boolean', unixProfile, { pretty: 2 }, 'options.pretty must be a boolean'],
    ...[-1, 2 ** 32, 1.5, undefined, '1'].map((crc): [string, unknown, unknown, string] => [
      `a fingerprint of ${String(crc)}`,
      { ...unixProfile, fingerprint_crc32: crc },
      {},
      `fingerprint_crc32 must be an integer from 0 to 4294967295, got ${String(crc)}`,
    ]),
  ])('refuses %s with a TypeError', (_name, profile, options, message) => {
    const call = () => serializeProfile(profile as never, options as never)
    expect(call).toThrow(TypeError)
    expect(call).toThrow(message)
  })

  it('and parseProfile are inverse for every profile a probe could give', () => {
    fc.assert(
      fc.property(consistentEvidence, fc.boolean(), (evidence, pretty) => {
        const profile = profileFromEvidence(evidence)
        const bytes = serializeProfile(profile, { pretty })
        const parsed = parseProfile(bytes)
        expect(parsed).toStrictEqual({ ok: true, profile })
        const text = new TextDecoder().decode(bytes)
        expect(text).toBe(JSON.stringify(profile, null, pretty ? 2 : undefined))
        const again = parsed.ok ? serializeProfile(parsed.profile, { pretty }) : undefined
        expect(new TextDecoder().decode(again)).toBe(text)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the fixtures', () => {
  it.each([
    ['linux_basic', 559, 198181094],
    ['non_unix_best_effort_lock', 584, 352735033],
    ['mmap_unavailable', 575, 1810418857],
    ['profile_mismatch', 548, 2024719236],
  ])('%s is a valid profile of %i bytes', (name, length, crc) => {
    const bytes = readFileSync(
      new URL(`../../../fixtures/platform/${name}.profile`, import.meta.url),
    )
    expect(bytes.length).toBe(length)
    const parsed = parseProfile(bytes)
    expect(parsed).toMatchObject({ ok: true, profile: { fingerprint_crc32: crc } })
    const newline = name === 'linux_basic' ? '' : '\n'
    const written = parsed.ok ? serializeProfile(parsed.profile, { pretty: true }) : []
    expect(bytes.toString()).toBe(Buffer.from(written).toString() + newline)
  })
})
