/** Coordinates: which pairs of strings may name a stream, and in which order that is checked. */
import { describe, expect, it } from 'vitest'
import { isStoreError, type Coordinate, type StoreError } from '../../src/index.ts'
import { assertCoordinate } from '../../src/event/coordinate.ts'
import { encodeNames } from '../../src/segment/frame-encode.ts'
import { Noted, at } from '../support/api-events.ts'
import { argumentError, refusal, thrownBy } from '../support/api-errors.ts'
import { filesOf, freshDir, openReadOnly, openStore } from '../support/api-store.ts'
import { writeSegment } from '../support/api-segments.ts'

const LONG = 'x'.repeat(1025)

/** What a refused coordinate is refused for, in one word. */
function issueOf(entity: string, scope: string): string {
  const error = thrownBy(() => assertCoordinate(entity, scope))
  if (!isStoreError(error)) throw error
  return nameOf(error)
}

function nameOf(error: StoreError): string {
  if (error.code !== 'Coordinate') return error.code
  return 'component' in error.issue
    ? `${error.issue.kind} ${error.issue.component}`
    : error.issue.kind
}

describe('a coordinate is refused', () => {
  it.each<readonly [entity: string, scope: string, issue: string]>([
    ['', 's', 'EmptyEntity'],
    ['a', '', 'EmptyScope'],
    [LONG, 's', 'EntityTooLong'],
    ['a', LONG, 'ScopeTooLong'],
    ['a\0', 's', 'CoordinateNulByte'],
    ['a', '\0s', 'CoordinateNulByte'],
    ['a\u0001', 's', 'CoordinateControlChar'],
    ['a\u001f', 's', 'CoordinateControlChar'],
    ['a\u007f', 's', 'CoordinateControlChar'],
    ['a', 's\n', 'CoordinateControlChar'],
    ['a/b', 's', 'CoordinatePathTraversal'],
    ['..', 's', 'CoordinatePathTraversal'],
    ['a', 's..t', 'CoordinatePathTraversal'],
    ['a|b', 's', 'ForbiddenSeparator entity'],
    ['a=b', 's', 'ForbiddenSeparator entity'],
    ['a', 's|t', 'ForbiddenSeparator scope'],
    ['a', 's=t', 'ForbiddenSeparator scope'],
  ])('W-7 for entity %j and scope %j: %s', (entity, scope, issue) => {
    expect(issueOf(entity, scope)).toBe(issue)
  })

  it.each<readonly [entity: string, scope: string, issue: string]>([
    ['', '', 'EmptyEntity'],
    [LONG, '', 'EmptyScope'],
    [LONG, LONG, 'EntityTooLong'],
    ['\0', LONG, 'ScopeTooLong'],
    ['\u0001\0', '\0', 'CoordinateControlChar'],
    ['\0\u0001', '\n', 'CoordinateNulByte'],
    ['/\n', 's', 'CoordinateControlChar'],
    ['|/', 's', 'CoordinatePathTraversal'],
    ['|', '\0', 'ForbiddenSeparator entity'],
    ['=', '/', 'ForbiddenSeparator entity'],
    ['a', '/\0', 'CoordinateNulByte'],
    ['a', '=..', 'CoordinatePathTraversal'],
  ])('W-7 for the first rule it breaks: %j and %j as %s', (entity, scope, issue) => {
    expect(issueOf(entity, scope)).toBe(issue)
  })

  it('W-7 above 1024 bytes of UTF-8, not of UTF-16', () => {
    for (const [char, bytes] of [
      ['x', 1],
      ['ü', 2],
      ['€', 3],
      ['😀', 4],
    ] as const) {
      const longest = char.repeat(Math.floor(1024 / bytes)) + 'x'.repeat(1024 % bytes)
      expect(Buffer.byteLength(longest)).toBe(1024)
      assertCoordinate(longest, longest)
      const error = refusal('Coordinate', () => assertCoordinate(`${longest}x`, 's'))
      expect(error.issue).toEqual({ kind: 'EntityTooLong', len: 1025, max: 1024 })
      expect(error.message).toContain('1025')
      const scope = refusal('Coordinate', () => assertCoordinate('a', `${longest}x`))
      expect(scope.issue).toEqual({ kind: 'ScopeTooLong', len: 1025, max: 1024 })
    }
  })

  it('W-10 with a code of its own for three rules, and Coordinate for the others', () => {
    for (const component of ['entity', 'scope'] as const) {
      const bad = (text: string): (() => void) => {
        const [entity, scope] = component === 'entity' ? [text, 's'] : ['a', text]
        return () => assertCoordinate(entity, scope)
      }
      const nul = refusal('CoordinateNulByte', bad('\0'))
      expect([nul.component, nul.message]).toEqual([
        component,
        expect.stringContaining('forbidden NUL byte'),
      ])
      const control = refusal('CoordinateControlChar', bad('\n'))
      expect([control.component, control.message]).toEqual([
        component,
        expect.stringContaining('forbidden ASCII control character'),
      ])
      const path = refusal('CoordinatePathTraversal', bad('/'))
      expect([path.component, path.message]).toEqual([
        component,
        expect.stringContaining('forbidden path-traversal substring'),
      ])
      const separator = refusal('Coordinate', bad('|'))
      expect([separator.issue, separator.message]).toEqual([
        { kind: 'ForbiddenSeparator', component },
        expect.stringContaining('coordinate error'),
      ])
    }
  })

  it('W-8 when it holds a lone surrogate, before anything else is looked at', () => {
    for (const text of ['\ud800', 'a\udc00', '\ud800\0', '\ud800'.repeat(2000)]) {
      expect(refusal('InvalidUnicode', () => assertCoordinate(text, '')).what).toBe('entity')
      expect(refusal('InvalidUnicode', () => assertCoordinate('a', text)).what).toBe('scope')
    }
    assertCoordinate('😀', '😀')
  })
})

describe('a coordinate is taken', () => {
  it.each([
    'a b',
    ' ',
    '.',
    'a.b',
    'a\\b',
    'a:b',
    ':',
    'a:',
    '*',
    '\u0080',
    '\u00a0',
    'ü',
    '名',
    '😀',
  ])('W-7 with the text %j', (text) => {
    const store = openStore()
    const { eventId } = store.append(at(text, text), Noted, { n: 1 })
    const { entity, scope } = store.get(eventId)
    expect([entity, scope]).toEqual([text, text])
  })

  it('W-7 without normalisation: NFC and NFD are two entities', () => {
    const store = openStore()
    const [nfc, nfd] = ['\u00e9', 'e\u0301']
    store.append(at(nfc), Noted, { n: 1 })
    expect(store.append(at(nfd), Noted, { n: 2 }).clock).toBe(0)
    expect([store.count({ entity: nfc }), store.count({ entity: nfd })]).toEqual([1, 1])
  })

  it('W-12 with one clock and one chain per entity, whatever the scope', () => {
    const store = openStore()
    const first = store.append(at('a', 's1'), Noted, { n: 1 })
    const second = store.append(at('a', 's2'), Noted, { n: 2 }, { expected: 0 })
    expect(second.clock).toBe(1)
    expect(second.prevHash).toEqual(first.contentHash)
    refusal('SequenceMismatch', () =>
      store.append(at('a', 's3'), Noted, { n: 3 }, { expected: 'empty' }),
    )
    expect(store.append(at('b', 's1'), Noted, { n: 1 }).clock).toBe(0)
  })
})

describe('an append', () => {
  it.each<readonly [what: string, at: unknown]>([
    ['at', null],
    ['at', undefined],
    ['at', 'a'],
    ['at', 5],
    ['at.entity', {}],
    ['at.entity', { entity: 5, scope: 's' }],
    ['at.scope', { entity: 'a' }],
    ['at.scope', { entity: 'a', scope: null }],
  ])('names the argument %s when the coordinate is %j', (name, coordinate) => {
    const store = openStore()
    const append = (): unknown => store.append(coordinate as Coordinate, Noted, { n: 1 })
    expect(argumentError(TypeError, append)).toMatch(new RegExp(`^${name} must be`))
  })

  it('W-9 and a rebuild apply the same rules to what stands on disk', () => {
    for (const [entity, code] of [
      ['a\0', 'CoordinateNulByte'],
      ['a/b', 'CoordinatePathTraversal'],
      ['a\n', 'CoordinateControlChar'],
      ['a=b', 'Coordinate'],
      [LONG, 'Coordinate'],
    ] as const) {
      const dataDir = freshDir()
      writeSegment(dataDir, 1, [{ entity }])
      refusal(code, () => openReadOnly({ dataDir }))
    }
    const dataDir = freshDir()
    writeSegment(dataDir, 1, [{ entity: 'a', scope: 's|' }])
    refusal('Coordinate', () => openReadOnly({ dataDir }))
  })

  it('W-11 stores both names in the order entity, scope', () => {
    const bytes = Buffer.from(encodeNames('a', 's')).toString('hex')
    expect(bytes.startsWith('a6656e74697479a161a573636f7065a173')).toBe(true)
  })

  it('W-13 refuses the coordinates that batpak itself writes, and only those', () => {
    const store = openStore()
    const before = filesOf(store.diagnostics().dataDir)
    for (const [entity, scope] of [
      ['batpak:store', 'batpak:lifecycle'],
      ['_batch', '_system'],
    ] as const) {
      const error = refusal('ReservedCoordinate', () =>
        store.append(at(entity, scope), Noted, { n: 1 }),
      )
      expect([error.entity, error.scope]).toEqual([entity, scope])
      refusal('ReservedCoordinate', () =>
        store.appendBytes(at(entity, scope), Noted.kind, Uint8Array.of(0xc0)),
      )
    }
    expect(filesOf(store.diagnostics().dataDir)).toEqual(before)
    store.append(at('batpak:store', 'mine'), Noted, { n: 1 })
    store.append(at('_batch', '_batch'), Noted, { n: 1 })
    store.append(at('mine', 'batpak:lifecycle'), Noted, { n: 1 })
    expect(store.count({ kind: Noted })).toBe(3)
  })

  it('leaves nothing behind when the coordinate is refused', () => {
    const store = openStore()
    const before = store.stats()
    refusal('Coordinate', () => store.append(at(''), Noted, { n: 1 }))
    expect(store.stats()).toEqual(before)
    expect(store.append(at('a'), Noted, { n: 1 }).sequence).toBe(before.globalSequence)
  })
})
