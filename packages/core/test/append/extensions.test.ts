/** Receipt extensions: which keys there may be, and that they travel with the event. */
import { describe, expect, it } from 'vitest'
import { Noted, at } from '../support/api-events.ts'
import { argumentError } from '../support/api-errors.ts'
import { freshDir, openStore, stateOf } from '../support/api-store.ts'
import { encodeExtensions } from '../../src/append/extensions.ts'

const BYTES = Uint8Array.of(1, 2, 255)

function extended(keys: Iterable<readonly [string, Uint8Array]>): Map<string, Uint8Array> {
  return new Map(keys)
}

describe('an extension key', () => {
  const longest = `a.${'b'.repeat(254)}`

  it.each([
    ['', 'Empty'],
    ['ä.b', 'NonAscii'],
    ['a.\u0080', 'NonAscii'],
    [`${longest}b`, 'TooLong'],
    ['x', 'InvalidNamespaceFormat'],
    ['a.', 'InvalidNamespaceFormat'],
    ['.b', 'InvalidNamespaceFormat'],
    ['.', 'InvalidNamespaceFormat'],
    ['a.b.c', 'InvalidNamespaceFormat'],
    ['batpak.x', 'ReservedNamespace'],
    // The order of the checks.
    [`ä${'b'.repeat(300)}`, 'NonAscii'],
    ['b'.repeat(257), 'TooLong'],
    ['batpak.x.y', 'InvalidNamespaceFormat'],
  ])('W-126 %j is refused as %s', (key, defect) => {
    const store = openStore()
    const before = stateOf(store)
    const extensions = extended([
      ['acme.fine', BYTES],
      [key, BYTES],
    ])
    const message = argumentError(RangeError, () =>
      store.append(at('a'), Noted, { n: 1 }, { extensions }),
    )
    expect(message.startsWith(`${defect}: `)).toBe(true)
    expect(stateOf(store)).toEqual(before)
  })

  it.each([longest, 'a.b', 'batpak2.x', 'BATPAK.x', 'a b.c d', '\u0001.\u007f'])(
    'W-126 %j is taken',
    (key) => {
      const store = openStore()
      const extensions = extended([[key, BYTES]])
      const { eventId } = store.append(at('a'), Noted, { n: 1 }, { extensions })
      expect(store.get(eventId).extensions).toEqual(extensions)
    },
  )

  it.each([
    [new Map([['a.b', 'text']]), '"a.b"'],
    [new Map([['a.b', [1, 2]]]), '"a.b"'],
    [new Map([[5, BYTES]]), 'strings as keys'],
  ])('and its value have types: %s', (extensions, named) => {
    const append = (): unknown =>
      openStore().append(at('a'), Noted, { n: 1 }, { extensions: extensions as never })
    expect(argumentError(TypeError, append)).toContain(named)
  })
})

describe('extensions', () => {
  const extensions = extended([
    ['b.y', Uint8Array.of(9)],
    ['a.z', new Uint8Array(0)],
    ['a.b', BYTES],
  ])
  const keys = ['a.b', 'a.z', 'b.y']

  it('W-127 are encoded as a sorted map of integer lists', () => {
    const hex = (map: Map<string, Uint8Array>): string =>
      Buffer.from(encodeExtensions(map)).toString('hex')
    expect(hex(new Map([['acme.t', BYTES]]))).toBe('81a661636d652e74930102ccff')
    expect(hex(new Map())).toBe('80')
  })

  it('W-127 come back sorted by key, in receipts, entries and events', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    const receipt = store.append(at('a'), Noted, { n: 1 }, { extensions })
    expect([...receipt.extensions.keys()]).toEqual(keys)
    expect(receipt.extensions).toEqual(extensions)
    expect([...store.entry(receipt.eventId)!.extensions.keys()]).toEqual(keys)
    expect([...store.get(receipt.eventId).extensions.keys()]).toEqual(keys)
    store.close()
    const reopened = openStore({ dataDir })
    expect([...reopened.entry(receipt.eventId)!.extensions.keys()]).toEqual(keys)
    expect(reopened.entry(receipt.eventId)!.extensions).toEqual(extensions)
    expect(reopened.get(receipt.eventId).extensions).toEqual(extensions)
    expect(reopened.verify(receipt).outcome).toBe('unsigned_accepted')
  })

  it('W-127 are none for an event without', () => {
    const store = openStore()
    const { eventId, extensions: none } = store.append(at('a'), Noted, { n: 1 })
    expect([none.size, store.entry(eventId)!.extensions.size]).toEqual([0, 0])
  })

  it('R-17 are copies on the way in and on the way out', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    const given = extended([['acme.t', Buffer.from([7])]])
    const receipt = store.append(at('a'), Noted, { n: 1 }, { extensions: given })
    given.get('acme.t')![0] = 8
    given.set('acme.more', BYTES)
    const expected = new Map([['acme.t', Uint8Array.of(7)]])
    expect(receipt.extensions).toEqual(expected)
    const fromStore = [
      receipt.extensions,
      store.entry(receipt.eventId)!.extensions,
      store.get(receipt.eventId).extensions,
    ]
    const wire = structuredClone({ ...receipt, extensions: new Map(receipt.extensions) })
    for (const map of fromStore as Map<string, Uint8Array>[]) {
      map.get('acme.t')![0] = 99
      map.set('acme.evil', BYTES)
    }
    expect(store.entry(receipt.eventId)!.extensions).toEqual(expected)
    expect(store.get(receipt.eventId).extensions).toEqual(expected)
    expect(store.verify(wire).outcome).toBe('unsigned_accepted')
  })
})
