/**
 * The strict reader against JSON.parse.
 * Harness pattern: Property Harness.
 * PROVES: what the strict reader keeps is what JSON.parse would have built, and it keeps only known
 *   fields.
 * CATCHES: an escape, a chunk border or a nested field that is decoded wrongly.
 * SEEDED: fast-check; a failure prints its seed and path.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readStrictJson } from '../src/strict-json.ts'
import { wellFormedText } from './arbitraries.ts'
import { utf8 } from './hosts.ts'

/** A string literal of `text`, each character raw or escaped as `choices` say. */
function literal(text: string, choices: readonly boolean[]): string {
  let written = ''
  let index = 0
  for (const character of text) {
    const escape = choices[index++ % Math.max(choices.length, 1)] ?? false
    if (escape) {
      for (let unit = 0; unit < character.length; unit++) {
        written += `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`
      }
    } else {
      written += JSON.stringify(character).slice(1, -1)
    }
  }
  return `"${written}"`
}

it('a string means the same however it is written', () => {
  fc.assert(
    fc.property(wellFormedText, fc.array(fc.boolean()), (text, choices) => {
      const written = literal(text, choices)
      expect(readStrictJson(utf8(written), 'scalar')).toBe(text)
      expect(readStrictJson(utf8(written), 'scalar')).toBe(JSON.parse(written))
    }),
    { numRuns: 500 },
  )
})

it('every well-formed string that JSON.parse reads is read the same, every other is refused', () => {
  const pieces = String.raw`\ud83d \ude00 \uD800\uDC00 \udbff\udfff \n \u0041 x é \ `.split(' ')
  const piece = fc.constantFrom(...pieces)
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (chosen) => {
      const written = `"${chosen.join('')}"`
      let meant: string | undefined
      try {
        const parsed = JSON.parse(written) as string
        meant = /\p{Surrogate}/u.test(parsed) ? undefined : parsed
      } catch {
        meant = undefined // Not JSON: the reader must refuse it too.
      }
      if (meant === undefined) expect(() => readStrictJson(utf8(written), 'scalar')).toThrow()
      else expect(readStrictJson(utf8(written), 'scalar')).toBe(meant)
    }),
    { numRuns: 1000 },
  )
})

it('integers up to 2^53 are exact, and -0 is none', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      expect(readStrictJson(utf8(String(value)), 'integer')).toBe(value)
    }),
  )
  expect(() => readStrictJson(utf8('-0'), 'integer')).toThrow('must be written as a plain integer')
})

it('numbers in the place of other scalars are read as JSON.parse reads them', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(readStrictJson(utf8(String(value)), 'scalar')).toBe(Number(String(value)))
    }),
  )
})

it('known fields are kept at every level, unknown fields at none', () => {
  const shape = {
    fields: { a: 'scalar', b: { fields: { a: 'scalar', c: 'integer' }, unknown: 'ignore' } },
    unknown: 'ignore',
  } as const
  const plain = fc.oneof(fc.boolean(), fc.constant(null), wellFormedText)
  fc.assert(
    fc.property(plain, fc.integer(), fc.jsonValue(), (a, c, other) => {
      const text = JSON.stringify({ x: other, b: { x: other, c, a, B: other }, y: other, a })
      expect(readStrictJson(utf8(text), shape)).toStrictEqual({ b: { c, a }, a })
    }),
  )
})

it('says where the defect is: lines and columns from 1, columns in bytes', () => {
  const at = (text: string) => {
    try {
      readStrictJson(utf8(text), { fields: {}, unknown: 'ignore' })
      return 'read'
    } catch (error) {
      return /line \d+, column \d+/.exec(String(error))?.[0]
    }
  }
  expect(at('{"x":1}')).toBe('read')
  expect(at('!')).toBe('line 1, column 1')
  expect(at('{\n  "é": !\n}')).toBe('line 2, column 9')
  expect(at('{"x":1}\n\n x')).toBe('line 3, column 2')
})
