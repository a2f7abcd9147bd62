/**
 * Which files are profiles, however they are written. Every row was tried on batpak 0.8.0, which
 * accepts it too.
 */
import { describe, expect, it } from 'vitest'
import { parseProfile } from '../src/index.ts'
import { edit, failedFile, failedProfile, failedWith, refusal, withMember } from './edits.ts'
import { bytesOf, unixProfile, unixText, utf8 } from './hosts.ts'

const pretty = JSON.stringify(unixProfile, null, 2)
const MiB = 1024 * 1024

describe('a file is accepted', () => {
  it.each<[name: string, file: Uint8Array | string]>([
    ['compact', unixText],
    ['pretty', pretty],
    ['pretty with CR LF and tabs', pretty.replaceAll('\n', '\r\n').replaceAll('  ', '\t')],
    ['with whitespace around it', ` \t\r\n${unixText}\n\r\t `],
    ['with whitespace around every token', unixText.replaceAll(/[{}:,]/g, ' \t\r\n$& \t\r\n')],
    ['with all keys reversed', JSON.stringify(reversed(unixProfile))],
    ['with an unknown field at the top', withMember('"x":1')],
    ['with an unknown field in host', edit('"host":{', '"host":{"x":{"host":1},')],
    ['with an unknown field in store_path', edit('"store_path":{', '"store_path":{"x":"y",')],
    ['with an unknown field in admission', edit('"admission":{', '"admission":{"x":null,')],
    ['with the same unknown field twice', withMember('"x":1,"x":2')],
    ['with duplicates inside an unknown field', withMember('"x":{"host":1,"host":2}')],
    [
      'with an unknown field 5000 arrays deep',
      withMember(`"x":${'['.repeat(5000)}${']'.repeat(5000)}`),
    ],
    [
      'with 5000 nested unknown objects',
      withMember(`"x":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`),
    ],
    ['with 100000 nested unknown arrays', withMember(`"x":${'['.repeat(1e5)}0${']'.repeat(1e5)}`)],
    ['with the unknown number 1e999999', withMember('"x":1e999999')],
    ['with unknown numbers of every form', withMember('"x":[0,-0,-1,1.5,-0.0e-0,1E+5,10e0]')],
    ['with unknown literals and empty containers', withMember('"x":[true,false,null,{},[ ],{ }]')],
    ['with a lone surrogate in an unknown string', withMember('"x":"\\ud83d"')],
    [
      'with every escape in an unknown string',
      withMember('"x":"\\"\\\\\\/\\b\\f\\n\\r\\t\\uAbCd"'),
    ],
    [
      'with invalid UTF-8 in an unknown string',
      bytesOf(withMember('"x":"').slice(0, -1), [0xff], '"}'),
    ],
    ['with a lone surrogate in a key inside an unknown value', withMember('"x":{"\\ud83d":1}')],
    [
      'with invalid UTF-8 in a key inside an unknown value',
      bytesOf(withMember('"x":{"').slice(0, -1), [0xc0], '":1}}'),
    ],
    ['with an escaped key', edit('"host"', '"\\u0068ost"')],
    ['with an escaped value', edit('"UnixFsync"', '"\\u0055nixFsync"')],
    ['with a __proto__ key at the top', withMember('"__proto__":{"host":null}')],
    [
      'with a __proto__ key in host',
      edit('"host":{', '"host":{"__proto__":{"monotonic_clock":1},'),
    ],
    ['with keys that every object inherits', withMember('"constructor":1,"toString":2')],
    ['with a byte order mark inside an unknown key', withMember('"\ufeffhost":1')],
    ['with U+007F and U+2028 in an unknown string', withMember('"x":"\u007f\u2028"')],
  ])('%s', (_name, file) => {
    const result = parseProfile(typeof file === 'string' ? utf8(file) : file)
    expect(result).toStrictEqual({ ok: true, profile: unixProfile })
  })

  it('with 8 MiB of trailing spaces, within a second', () => {
    const file = utf8(unixText + ' '.repeat(8 * MiB))
    const start = performance.now()
    expect(parseProfile(file).ok).toBe(true)
    expect(performance.now() - start).toBeLessThan(1000)
  })

  it('up to 16 MiB, and refused with one byte more', () => {
    const file = utf8(unixText.padEnd(16 * MiB + 1, ' '))
    expect(parseProfile(file.subarray(0, -1)).ok).toBe(true)
    expect(refusal(file)).toBe(
      'DecodeJson: 16777217 bytes are no profile, at most 16777216 are read',
    )
  })

  it('and comes back in canonical order, without unknown fields', () => {
    const result = parseProfile(utf8(JSON.stringify(reversed({ ...unixProfile, x: 1 }))))
    expect(result.ok && JSON.stringify(result.profile)).toBe(unixText)
  })
})

describe('the reason of a failed probe', () => {
  it.each([
    ['plain', '{"ProbeFailed":{"reason":"a/b"}}'],
    ['with an escaped slash', '{"ProbeFailed":{"reason":"a\\/b"}}'],
    ['with an escaped letter', '{"ProbeFailed":{"reason":"\\u0061/b"}}'],
    ['with an escaped key and variant', '{"Probe\\u0046ailed":{"re\\u0061son":"a/b"}}'],
    ['with whitespace', ' { "ProbeFailed" : { "reason" : "a/b" } } '],
    ['with unknown fields beside it', '{"ProbeFailed":{"x":[{"reason":1}],"reason":"a/b","y":0}}'],
  ])('is accepted %s, and the fingerprint covers only what it means', (_name, status) => {
    const result = parseProfile(utf8(failedWith(status)))
    expect(result).toStrictEqual({ ok: true, profile: failedProfile })
  })

  it.each([
    ['\u001f', '\\u001F'],
    ['\u{1F600}', '\\ud83d\\uDE00'],
    ['\u0000\b\f\n\r\t"\\', '\\u0000\\b\\f\\n\\r\\t\\"\\\\'],
    ['\u{1F600}\u{10FFFF}', '\u{1F600}\\udbff\\udfff'],
    ['\ufeff', '\ufeff'],
    ['', ''],
  ])('%j is accepted when written %s', (reason, written) => {
    const text = new TextDecoder().decode(failedFile(reason))
    const file = text.replace(/"reason":"[^}]*"\}/, () => `"reason":"${written}"}`)
    const result = parseProfile(utf8(file))
    expect(result.ok && result.profile.store_path.path_status).toStrictEqual({
      ProbeFailed: { reason },
    })
  })
})

function reversed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, reversed(inner)]),
  )
}
