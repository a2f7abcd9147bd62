// Text and JSON forms of values.
import { describe, expect, it } from 'vitest'
import { hexView } from '../src/inspect/hex-view.ts'
import {
  counted,
  displayWidth,
  fields,
  fitted,
  grouped,
  printable,
  shellWord,
  table,
} from '../src/output/text.ts'
import { payloadJson, timeOfMs, timeOfNs, timeOfUs } from '../src/output/wire.ts'

describe('printable', () => {
  it.each([
    ['plain äöü 字 🎉', 'plain äöü 字 🎉'],
    ['a\u001b[31m', 'a\\u{1b}[31m'],
    ['\u0000\u007f\u0085\u009b', '\\u{0}\\u{7f}\\u{85}\\u{9b}'],
    ['x\u202ey\u2066z\u2028', 'x\\u{202e}y\\u{2066}z\\u{2028}'],
  ])('%j is %j', (text, shown) => expect(printable(text)).toBe(shown))
})

it('grouped sets thousands apart', () => {
  expect([0, 999, 1000, 1_204_331].map(grouped)).toEqual(['0', '999', '1 000', '1 204 331'])
  expect([counted(1, 'event'), counted(1000, 'event')]).toEqual(['1 event', '1 000 events'])
})

describe('width', () => {
  it('wide characters take two columns, combining ones none', () => {
    expect(['abc', '字字', 'e\u0301', '🎉', '한'].map(displayWidth)).toEqual([3, 4, 1, 2, 2])
  })

  it.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdef', 5, 'abcd…'],
    ['字字字', 5, '字字…'],
    ['字字字', 4, '字…'],
    ['abc', undefined, 'abc'],
  ] as const)('%j in %j columns is %j', (text, width, shown) => {
    expect(fitted(text, width)).toBe(shown)
    if (width !== undefined) expect(displayWidth(shown)).toBeLessThanOrEqual(width)
  })

  it('columns of a table line up, also behind wide characters', () => {
    const columns = [{ title: 'N', align: 'right' as const }, { title: 'NAME' }, { title: 'X' }]
    const text = table(
      columns,
      [
        ['10', '字', 'a'],
        ['9', 'abcd', 'b'],
      ],
      undefined,
    )
    expect(text).toBe(' N  NAME  X\n10  字    a\n 9  abcd  b\n')
  })

  it('fields without a value are left out', () => {
    expect(
      fields([
        ['a', '1'],
        ['long', undefined],
        ['bc', '2'],
      ]),
    ).toBe('a   1\nbc  2\n')
  })
})

it('shellWord quotes only what a shell would take apart', () => {
  expect(['./data', 'a b', "it's", '', '$x'].map(shellWord)).toEqual([
    './data',
    "'a b'",
    `'it'\\''s'`,
    "''",
    "'$x'",
  ])
})

describe('times', () => {
  it('have the digits that their unit has', () => {
    expect(timeOfMs(1_700_000_000_004)).toBe('2023-11-14T22:13:20.004Z')
    expect(timeOfUs(1_700_000_000_004_500)).toBe('2023-11-14T22:13:20.004500Z')
    expect(timeOfNs(1_700_000_000_000_500_001n)).toBe('2023-11-14T22:13:20.000500001Z')
  })

  it('before 1970 count backwards, and beyond what dates hold there is none', () => {
    expect(timeOfUs(-1)).toBe('1969-12-31T23:59:59.999999Z')
    expect(timeOfNs(-1n)).toBe('1969-12-31T23:59:59.999999999Z')
    expect(timeOfMs(Number.MAX_SAFE_INTEGER)).toBeUndefined()
    expect(timeOfUs(Number.MAX_SAFE_INTEGER)).toBe('2255-06-05T23:47:34.740991Z')
  })
})

it('payloads keep what JSON has no form for', () => {
  const value = {
    big: 2n ** 63n,
    bytes: new Uint8Array([1, 255]),
    odd: [Number.NaN, -Infinity, 1.5],
    none: null,
  }
  expect(payloadJson(value)).toEqual({
    big: { $int: '9223372036854775808' },
    bytes: { $bytes: '01ff' },
    odd: [{ $float: 'NaN' }, { $float: '-Infinity' }, 1.5],
    none: null,
  })
  const tricky = JSON.parse('{"__proto__": {"a": 1}}') as object
  expect(JSON.stringify(payloadJson(tricky))).toBe('{"__proto__":{"a":1}}')
})

it('a hex view has sixteen bytes a row, and shows ASCII', () => {
  const bytes = Uint8Array.from({ length: 18 }, (_, i) => i + 0x2f)
  expect(hexView(bytes, 0x100)).toBe(
    '00000100  2f 30 31 32 33 34 35 36  37 38 39 3a 3b 3c 3d 3e  |/0123456789:;<=>|\n' +
      '00000110  3f 40                                             |?@|\n',
  )
})
