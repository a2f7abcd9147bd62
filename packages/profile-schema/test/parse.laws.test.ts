/**
 * Profiles against arbitrary and damaged bytes.
 * Harness pattern: Property Harness.
 * PROVES: no bytes make `parseProfile` throw, and no damage to a profile goes unnoticed: what is
 *   still accepted means the same.
 * CATCHES: a read past the end, an unbounded recursion, a field that neither the fingerprint nor a
 *   rule covers, an acceptance that JSON.parse or a reader of batpak 0.8.0 does not share.
 * SEEDED: fast-check; a failure prints its seed and path. The damage loops are exhaustive.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseProfile, profileFromEvidence, serializeProfile } from '../src/index.ts'
import { anyEvidence, consistentEvidence } from './arbitraries.ts'
import { failedFile, withMember } from './edits.ts'
import { unixProfile, unixText, utf8 } from './hosts.ts'

const kinds = [
  'DecodeJson',
  'UnsupportedSchemaVersion',
  'FingerprintMismatch',
  'InconsistentLockAdmission',
  'InconsistentParentDirSyncAdmission',
  'InconsistentMmapPath',
  'InconsistentMmapAdmission',
]

/** `same` if the bytes still mean `meaning`, else the kind of the issue; anything else fails. */
function verdict(bytes: Uint8Array, meaning: string): string {
  const result = parseProfile(bytes)
  if (!result.ok) return result.issue.kind
  return JSON.stringify(result.profile) === meaning ? 'same' : 'changed'
}

describe('a damaged file', () => {
  const pretty = utf8(`${JSON.stringify(unixProfile, null, 2)}\n`)

  it('is refused after every truncation but that of its last newline', () => {
    for (const file of [utf8(unixText), pretty, failedFile('Permission denied (os error 13)')]) {
      const meaning = JSON.stringify(JSON.parse(new TextDecoder().decode(file)))
      for (let length = 0; length < file.length; length++) {
        const isWhole = file === pretty && length === file.length - 1
        expect(verdict(file.subarray(0, length), meaning)).toBe(isWhole ? 'same' : 'DecodeJson')
      }
    }
  })

  it('is refused or means the same after every change of one byte to any other', () => {
    const seen = new Set<string>()
    const damage = (text: string, from: number, to: number) => {
      const bytes = utf8(text)
      for (let at = from; at < to; at++) {
        const original = bytes[at] as number
        for (let change = 1; change < 256; change++) {
          bytes[at] = original ^ change
          seen.add(verdict(bytes, text))
        }
        bytes[at] = original
      }
    }
    damage(unixText, 0, unixText.length)
    const failed = new TextDecoder().decode(failedFile('é\n'))
    damage(failed, failed.indexOf('{"ProbeFailed'), failed.indexOf('"parent_dir_sync"'))
    // A compact file has no byte to spare: CRC-32 sees each change of one byte of the body.
    expect([...seen].toSorted()).toStrictEqual([
      'DecodeJson',
      'FingerprintMismatch',
      'UnsupportedSchemaVersion',
    ])
  })

  it('is refused or means the same after a change of one byte between its tokens', () => {
    for (let at = 0; at < pretty.length; at++) {
      const original = pretty[at] as number
      for (const byte of [0x00, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x2c, 0x30, 0x5c, 0x7d, 0xa0, 0xff]) {
        pretty[at] = byte
        expect(verdict(pretty, unixText)).not.toBe('changed')
      }
      pretty[at] = original
    }
  })

  it('is refused or means the same after one byte was lost or doubled', () => {
    const file = utf8(unixText)
    for (let at = 0; at < file.length; at++) {
      const lost = Buffer.concat([file.subarray(0, at), file.subarray(at + 1)])
      const doubled = Buffer.concat([file.subarray(0, at + 1), file.subarray(at)])
      expect(verdict(lost, unixText)).not.toMatch(/same|changed/)
      expect(verdict(doubled, unixText)).not.toMatch(/same|changed/)
    }
  })
})

describe('parseProfile never throws', () => {
  const isAnswer = (bytes: Uint8Array) => {
    const result = parseProfile(bytes)
    if (!result.ok) expect(kinds).toContain(result.issue.kind)
  }

  it('for random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), isAnswer), { numRuns: 1000 })
  })

  it('for random bytes spliced into a profile', () => {
    const splice = fc.tuple(
      fc.nat(unixText.length),
      fc.nat(20),
      fc.oneof(
        fc.uint8Array({ maxLength: 8 }),
        fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', '\\u', 'null', '1e9').map(utf8),
      ),
    )
    const spliced = splice.map(([at, cut, insert]) => {
      const file = utf8(unixText)
      return Buffer.concat([file.subarray(0, at), insert, file.subarray(at + cut)])
    })
    fc.assert(fc.property(spliced, isAnswer), { numRuns: 2000 })
  })

  it('for nesting and strings as large as a file may be', () => {
    const MiB = 1024 * 1024
    for (const fill of ['[', '{"a":', '"', '9', ' ', '\\']) {
      isAnswer(utf8(`{"x":${fill.repeat(Math.floor((4 * MiB) / fill.length))}`))
    }
  })

  it('for any JSON value in the place of any field', () => {
    const places = ['schema_version', 'host', 'store_path', 'admission', 'fingerprint_crc32']
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue(), (place, value) => {
        isAnswer(utf8(JSON.stringify({ ...unixProfile, [place]: value })))
      }),
      { numRuns: 500 },
    )
  })
})

describe('the grammar is that of JSON.parse', () => {
  const accepts = (text: string) => {
    try {
      JSON.parse(text)
      return true
    } catch {
      return false // The question is only whether it is JSON.
    }
  }
  const words = String.raw`{ } [ ] , : " "" "a" "a": \ \n \u00e9 \ud83d 0 - 1 . e E+ -0 1.5e-3 01
    true false null nul é / ' \u12g4`.split(/\s+/)
  const spaces = [' ', '\t', '\r\n', '\f', '\u00a0', '\u007f', '\u0000', '\u{1F600}']
  const token = fc.constantFrom(...words, ...spaces)

  it('for token soup in an ignored value', () => {
    const soup = fc.array(token, { maxLength: 12 }).map((tokens) => tokens.join(''))
    fc.assert(
      fc.property(soup, (text) => {
        const file = withMember(`"x":${text}`)
        expect(parseProfile(utf8(file)).ok).toBe(accepts(file))
      }),
      { numRuns: 3000 },
    )
  })

  it('for JSON that lost, doubled or swapped a token', () => {
    const edited = fc
      .tuple(fc.json({ maxDepth: 4 }), fc.nat(), fc.nat(2), token)
      .map(([text, at, cut, insert]) => {
        const place = at % (text.length + 1)
        return text.slice(0, place) + insert + text.slice(place + cut)
      })
    fc.assert(
      fc.property(edited, (text) => {
        const file = withMember(`"x":[${text}]`)
        expect(parseProfile(utf8(file)).ok).toBe(accepts(file))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a profile made from evidence', () => {
  it('is accepted if the evidence does not contradict itself', () => {
    fc.assert(
      fc.property(consistentEvidence, (evidence) => {
        expect(parseProfile(serializeProfile(profileFromEvidence(evidence))).ok).toBe(true)
      }),
    )
  })

  it('is else refused for the contradiction between path and mmap alone', () => {
    fc.assert(
      fc.property(anyEvidence, (evidence) => {
        const result = parseProfile(serializeProfile(profileFromEvidence(evidence)))
        if (!result.ok) expect(result.issue.kind).toBe('InconsistentMmapPath')
      }),
    )
  })
})
