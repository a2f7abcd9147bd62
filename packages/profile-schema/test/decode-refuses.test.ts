/**
 * Which files are no profiles. Every row was tried on batpak 0.8.0, which refuses it too, except
 * the rows of D13: arrays for structs and objects for plain variants, which 0.8.0 accepts.
 */
import { describe, expect, it } from 'vitest'
import { edit, failedWith, refusal, withMember } from './edits.ts'
import { bytesOf, unixProfile, unixText, utf8 } from './hosts.ts'

const sv = '"schema_version":1'
const fp = '"fingerprint_crc32":198181094'
const sync = '"parent_dir_sync":"UnixFsync","lock'
const host = '"host":{"monotonic_clock":"ProcessLocalInstantAnchor"}'

describe('DecodeJson is the answer to', () => {
  it.each<[name: string, file: Uint8Array | string, message: string]>([
    ['an empty file', '', 'expected a JSON value, found the end at line 1, column 1'],
    ['whitespace only', ' \r\n\t', 'found the end at line 2, column 2'],
    ['null', 'null', 'the profile must be object, found null'],
    ['an empty object', '{}', 'the profile has no schema_version'],
    ['the start of the seed case S2', '{not json', `expected '"', found 'n' at line 1, column 2`],
    ['a byte order mark', `\ufeff${unixText}`, 'expected a JSON value, found byte 0xef'],
    ['a form feed', `${unixText}\f`, 'expected the end of the document, found byte 0x0c'],
    ['a NUL', `${unixText}\0`, 'found byte 0x00'],
    ['a no-break space', `${unixText}\u00a0`, 'found byte 0xc2'],
    ['text after the value', `${unixText}x`, "found 'x'"],
    ['a second document', unixText + unixText, "expected the end of the document, found '{'"],
    ['a trailing comma', `${unixText.slice(0, -1)},}`, `expected '"', found '}'`],
    ['a line comment', `${unixText}//`, "found '/'"],
    ['a block comment', `/**/${unixText}`, "found '/'"],
    ['an unclosed object', unixText.slice(0, -1), "expected '}', found the end"],
    ['a missing colon', edit('"host":', '"host"'), "expected ':', found '{'"],

    ['a duplicate field at the top', withMember(sv), 'schema_version is given twice'],
    ['a duplicate field in another spelling', withMember('"\\u0068ost":{}'), 'host is given twice'],
    [
      'a duplicate field in host',
      edit('"}', '","monotonic_clock":"Unknown"}'),
      'host.monotonic_clock is given twice',
    ],
    [
      'a duplicate field in store_path',
      edit(sync, `"parent_dir_sync":"UnixFsync",${sync}`),
      'store_path.parent_dir_sync is given twice',
    ],
    [
      'a duplicate field in admission',
      edit('"admission":{', '"admission":{"mmap_index":"FileBacked",'),
      'admission.mmap_index is given twice',
    ],
    [
      'a duplicate variant',
      failedWith('{"ProbeFailed":{"reason":"a/b"},"ProbeFailed":{"reason":"a/b"}}'),
      'path_status.ProbeFailed is given twice',
    ],
    [
      'a duplicate reason',
      failedWith('{"ProbeFailed":{"reason":"a/b","reason":"a/b"}}'),
      'ProbeFailed.reason is given twice',
    ],

    [
      'a fingerprint in quotes',
      edit('198181094', '"198181094"'),
      'fingerprint_crc32 must be integer, found "198181094"',
    ],
    ['a fingerprint of null', edit('198181094', 'null'), 'fingerprint_crc32 must be integer'],
    [
      'a fingerprint with a fraction',
      edit('198181094', '198181094.0'),
      'fingerprint_crc32 must be written as a plain integer',
    ],
    [
      'a fingerprint with an exponent',
      edit('198181094', '198181094e0'),
      'fingerprint_crc32 must be written as a plain integer',
    ],
    ['a fingerprint of -1', edit('198181094', '-1'), 'fingerprint_crc32 must be >= 0, found -1'],
    [
      'a fingerprint of 2^32',
      edit('198181094', '4294967296'),
      'fingerprint_crc32 must be <= 4294967295',
    ],
    [
      'a fingerprint with a leading zero',
      edit('198181094', '0198181094'),
      'a number must not start with 0',
    ],
    [
      'a fingerprint with a plus sign',
      edit('198181094', '+198181094'),
      "expected a JSON value, found '+'",
    ],
    [
      'a fingerprint of 400 digits',
      edit('198181094', '9'.repeat(400)),
      'fingerprint_crc32 must be',
    ],
    ['a fingerprint in hexadecimal', edit('198181094', '0xbd000e6'), "expected '}', found 'x'"],
    [
      'a version of 1.0',
      edit(sv, '"schema_version":1.0'),
      'schema_version must be written as a plain integer',
    ],
    [
      'a version of -0',
      edit(sv, '"schema_version":-0'),
      'schema_version must be written as a plain integer',
    ],
    ['a version of -1', edit(sv, '"schema_version":-1'), 'schema_version must be >= 0'],
    ['a version of 65536', edit(sv, '"schema_version":65536'), 'schema_version must be <= 65535'],
    [
      'a version in quotes',
      edit(sv, '"schema_version":"1"'),
      'schema_version must be integer, found "1"',
    ],
    [
      'a version of true',
      edit(sv, '"schema_version":true'),
      'schema_version must be integer, found true',
    ],

    [
      'an unknown variant',
      edit('"UnixFsync"', '"Fsync"'),
      'store_path.parent_dir_sync must be one of UnixFsync, RenameOnly, Unknown, ProbeFailed, found Fsync',
    ],
    [
      'a variant in other case',
      edit('"AtomicNoFollow"', '"atomicNoFollow"'),
      'store_path.lock_leaf_symlink_protection must be one of',
    ],
    [
      'a variant of another family',
      edit('"admission":{"store_lock":"AtomicNoFollow"', '"admission":{"store_lock":"UnixFsync"'),
      'admission.store_lock must be one of AtomicNoFollow, BestEffortCheckThenOpen, Rejected, found UnixFsync',
    ],
    [
      'a number for a variant',
      edit('"UnixReadAt"', '1.5'),
      'active_segment_read must be one of UnixReadAt, LockedSeekRead, Unknown, ProbeFailed, found 1.5',
    ],
    ['a key in other case', edit('"host"', '"Host"'), 'the profile has no host'],
    [
      'ProbeFailed without its reason',
      edit('"ObservedDirectory"', '"ProbeFailed"'),
      'store_path.path_status must be ObservedDirectory',
    ],
    [
      'a failed probe with an empty object',
      failedWith('{"ProbeFailed":{}}'),
      'path_status.ProbeFailed has no reason',
    ],
    [
      'a reason that is no string',
      failedWith('{"ProbeFailed":{"reason":5}}'),
      'ProbeFailed.reason must be string, found 5',
    ],
    ['an empty path status', failedWith('{}'), 'store_path.path_status must be ObservedDirectory'],
    [
      'a path status of two variants',
      failedWith('{"ProbeFailed":{"reason":"a/b"},"x":1}'),
      'store_path.path_status has an unknown variant',
    ],
    [
      'a path status of an unknown variant',
      failedWith('{"Failed":{"reason":"a/b"}}'),
      'store_path.path_status has an unknown variant',
    ],
    [
      'an object for a variant',
      edit('"UnixFsync"', '{"UnixFsync":{}}'),
      'parent_dir_sync must be one of',
    ],

    [
      'a raw line feed in a value',
      edit('"UnixFsync"', '"Unix\nFsync"'),
      'a string holds the raw control byte 0x0a',
    ],
    [
      'a raw control in an ignored string',
      withMember('"x":"\u001f"'),
      'a string holds the raw control byte 0x1f',
    ],
    [
      'a raw control in a key inside an ignored value',
      withMember('"x":[{"a\u0001":1}]'),
      'a string holds the raw control byte 0x01',
    ],
    [
      'a raw control in reason',
      failedWith('{"ProbeFailed":{"reason":"a\tb"}}'),
      'a string holds the raw control byte 0x09',
    ],
    [
      'a lone high surrogate in reason',
      failedWith('{"ProbeFailed":{"reason":"\\ud83d"}}'),
      'a surrogate escape has no partner',
    ],
    [
      'a lone low surrogate in reason',
      failedWith('{"ProbeFailed":{"reason":"\\udE00"}}'),
      'a surrogate escape has no partner',
    ],
    [
      'two high surrogates in reason',
      failedWith('{"ProbeFailed":{"reason":"\\ud83d\\ud83d"}}'),
      'a surrogate escape has no partner',
    ],
    [
      'a high surrogate before a letter in reason',
      failedWith('{"ProbeFailed":{"reason":"\\ud83dx"}}'),
      'a surrogate escape has no partner',
    ],
    [
      'a high surrogate before a plain escape in reason',
      failedWith('{"ProbeFailed":{"reason":"\\ud83d\\n"}}'),
      'a surrogate escape has no partner',
    ],
    [
      'a lone surrogate in an unknown key at the top',
      withMember('"\\ud83d":1'),
      'a surrogate escape has no partner',
    ],
    [
      'a lone surrogate in an unknown key in host',
      edit('"host":{', '"host":{"\\udc00":1,'),
      'a surrogate escape has no partner',
    ],
    [
      'a lone surrogate in an unknown key beside reason',
      failedWith('{"ProbeFailed":{"\\ud83d":1,"reason":"a/b"}}'),
      'a surrogate escape has no partner',
    ],
    [
      'invalid UTF-8 in a key',
      bytesOf(withMember('"').slice(0, -1), [0xff], '":1}'),
      'a string is not valid UTF-8',
    ],
    [
      'an overlong form in a key',
      bytesOf(withMember('"').slice(0, -1), [0xc0, 0xaf], '":1}'),
      'a string is not valid UTF-8',
    ],
    [
      'an encoded surrogate in reason',
      bytesOf(
        failedWith('{"ProbeFailed":{"reason":"').split('"reason":"')[0] as string,
        '"reason":"',
        [0xed, 0xa0, 0xbd],
        '"}}}',
      ),
      'a string is not valid UTF-8',
    ],
    [
      'half a character in reason',
      bytesOf(
        failedWith('{"ProbeFailed":{"reason":"').split('"reason":"')[0] as string,
        '"reason":"',
        [0xc3],
        '"}}}',
      ),
      'a string is not valid UTF-8',
    ],
    ['invalid UTF-8 outside a string', bytesOf(unixText, [0xff]), 'found byte 0xff'],

    [
      'an unknown escape, also in an ignored string',
      withMember('"x":"\\q"'),
      `expected one of "\\/bfnrtu after a backslash, found 'q'`,
    ],
    [
      'a short escape, also in an ignored string',
      withMember('"x":"\\u12g4"'),
      "expected a hexadecimal digit, found 'g'",
    ],
    [
      'a leading zero, also in an ignored number',
      withMember('"x":01'),
      'a number must not start with 0',
    ],
    ['a bare fraction, also in an ignored number', withMember('"x":1.'), 'expected a digit'],
    ['a bare exponent, also in an ignored number', withMember('"x":1e+'), 'expected a digit'],
    ['a bare minus', withMember('"x":-'), 'expected a digit'],
    ['a number that begins with a point', withMember('"x":.5'), "expected a JSON value, found '.'"],
    ['a clipped literal', withMember('"x":nul'), "expected a JSON value, found 'n'"],
    ['a lengthened literal', withMember('"x":truex'), "expected '}', found 'x'"],
    ['NaN', withMember('"x":NaN'), "expected a JSON value, found 'N'"],
    [
      'a trailing comma in an ignored array',
      withMember('"x":[1,]'),
      "expected a JSON value, found ']'",
    ],
    [
      'a trailing comma in an ignored object',
      withMember('"x":{"a":1,}'),
      `expected '"', found '}'`,
    ],
    [
      'a leading comma in an ignored array',
      withMember('"x":[,1]'),
      "expected a JSON value, found ','",
    ],
    ['crossed brackets in an ignored value', withMember('"x":[{]}'), `expected '"', found ']'`],
    [
      'a missing comma in an ignored array',
      withMember('"x":[1 2]'),
      "expected ',' or ']', found '2'",
    ],
    [
      'a missing comma in an ignored object',
      withMember('"x":{"a":1 "b":2}'),
      `expected ',' or '}', found '"'`,
    ],
    [
      '5000 ignored arrays that do not close',
      withMember(`"x":${'['.repeat(5000)}`),
      "expected a JSON value, found '}'",
    ],
  ])('%s', (_name, file, message) => {
    const answer = refusal(typeof file === 'string' ? utf8(file) : file)
    expect(answer).toMatch(/^DecodeJson: /)
    expect(answer).toContain(message)
  })

  it.each(Object.keys(unixProfile))('a missing %s', (field) => {
    const rest = Object.entries(unixProfile).filter(([key]) => key !== field)
    const file = utf8(JSON.stringify(Object.fromEntries(rest)))
    expect(refusal(file)).toBe(`DecodeJson: the profile has no ${field}`)
  })

  it.each(
    (['host', 'store_path', 'admission'] as const).flatMap((group) =>
      Object.keys(unixProfile[group]).map((field) => [group, field] as const),
    ),
  )('a %s without %s', (group, field) => {
    const rest = Object.entries(unixProfile[group]).filter(([key]) => key !== field)
    const file = utf8(JSON.stringify({ ...unixProfile, [group]: Object.fromEntries(rest) }))
    expect(refusal(file)).toBe(`DecodeJson: ${group} has no ${field}`)
  })
})

describe('D13: what batpak 0.8.0 accepts and we refuse', () => {
  const array = (value: object) => JSON.stringify(Object.values(value))
  it.each([
    [
      'the profile as an array',
      JSON.stringify([1, ...Object.values(unixProfile).slice(1)]),
      'the profile must be object, found an array',
    ],
    [
      'host as an array',
      edit(host, `"host":${array(unixProfile.host)}`),
      'host must be object, found an array',
    ],
    [
      'store_path as an array',
      JSON.stringify({ ...unixProfile, store_path: Object.values(unixProfile.store_path) }),
      'store_path must be object',
    ],
    [
      'admission as an array',
      JSON.stringify({ ...unixProfile, admission: Object.values(unixProfile.admission) }),
      'admission must be object',
    ],
    [
      'a plain variant as an object',
      edit('"UnixFsync"', '{"UnixFsync":null}'),
      'store_path.parent_dir_sync must be one of',
    ],
    [
      'a plain path status as an object',
      edit('"ObservedDirectory"', '{"ObservedDirectory":null}'),
      'store_path.path_status has an unknown variant',
    ],
    [
      'the reason as an array',
      failedWith('{"ProbeFailed":["a/b"]}'),
      'ProbeFailed must be object, found an array',
    ],
  ])('%s', (_name, file, message) => {
    const answer = refusal(utf8(file))
    expect(answer).toMatch(/^DecodeJson: /)
    expect(answer).toContain(message)
  })

  it('arrays with an element too few or too many', () => {
    for (const clock of ['[]', '["ProcessLocalInstantAnchor",1]']) {
      expect(refusal(utf8(edit(host, `"host":${clock}`)))).toMatch(
        /^DecodeJson: host must be object/,
      )
    }
    expect(refusal(utf8(edit(fp, `${fp},"x":[]`)))).toBe('accepted')
  })
})
