/** Event kinds: 4 bits of category, 12 bits of type id, and who may use which. */
import { describe, expect, it } from 'vitest'
import { Kind, defineEvent, formatKind, kind, kindParts, type EventKind } from '../../src/index.ts'
import { restoredKind } from '../../src/event/kind.ts'
import { argumentError, refusal } from '../support/api-errors.ts'
import { at } from '../support/api-events.ts'
import { openStore } from '../support/api-store.ts'

const ALL = Array.from({ length: 0x10000 }, (_, raw) => raw as EventKind)
const RESERVED = [0x0, 0xd]
const NIL = Uint8Array.of(0xc0)

describe('a kind', () => {
  it('W-19 splits into category and type id and back for all 65536 values', () => {
    for (const raw of ALL) {
      const { category, typeId } = kindParts(raw)
      if (category * 4096 + typeId !== raw || category > 15 || typeId > 4095) {
        expect.fail(`${raw} splits into ${category} and ${typeId}`)
      }
      if (!RESERVED.includes(category) && kind(category, typeId) !== raw) {
        expect.fail(`${raw} is not built again from its parts`)
      }
    }
  })

  it('W-19 is shown as 0x and four upper-case hex digits', () => {
    expect(formatKind(kind(0xf, 1))).toBe('0xF001')
    expect(formatKind(Kind.SYSTEM_OPEN_COMPLETED)).toBe('0x0008')
    expect(formatKind(kind(0xa, 0xbcd))).toBe('0xABCD')
  })

  it('W-21 of category 0 is the system, of 0xD an effect', () => {
    const named = Object.entries(Kind)
    expect(named.length).toBe(18)
    for (const [name, raw] of named) {
      const category = name.startsWith('EFFECT_') ? 0xd : name === 'DATA' ? 0x1 : 0x0
      expect(kindParts(raw).category, name).toBe(category)
    }
  })
})

describe('building a kind', () => {
  const refused: readonly (readonly [number, number, string])[] = [
    [16, 0, 'CategoryOutOfRange'],
    [-1, 0, 'CategoryOutOfRange'],
    [1.5, 0, 'CategoryOutOfRange'],
    [Number.NaN, 0, 'CategoryOutOfRange'],
    [0, 1, 'ReservedSystemCategory'],
    [0xd, 1, 'ReservedEffectCategory'],
    [1, 0x1000, 'TypeIdOutOfRange'],
    [1, -1, 'TypeIdOutOfRange'],
    [1, 0.5, 'TypeIdOutOfRange'],
    [1, Number.NaN, 'TypeIdOutOfRange'],
    // The order of the checks.
    [16, 0x1000, 'CategoryOutOfRange'],
    [0, 0x1000, 'ReservedSystemCategory'],
    [0xd, 0x1000, 'ReservedEffectCategory'],
  ]

  it.each(refused)('W-20 refuses category %s with type id %s as %s', (category, typeId, name) => {
    expect(argumentError(RangeError, () => kind(category, typeId))).toMatch(new RegExp(`^${name}`))
    const define = (): unknown => defineEvent({ name: 'x', category, typeId })
    expect(argumentError(RangeError, define)).toMatch(new RegExp(`^${name}`))
  })

  it('W-20 refuses what is no number', () => {
    expect(argumentError(RangeError, () => kind('1' as never, 0))).toContain('CategoryOutOfRange')
    expect(argumentError(RangeError, () => kind(1, '0' as never))).toContain('TypeIdOutOfRange')
  })

  it('W-20 takes every product category from type id 0 to 0xFFF', () => {
    const categories = ALL.slice(0, 16).filter((category) => !RESERVED.includes(category))
    expect(categories.length).toBe(14)
    for (const category of categories) {
      for (const typeId of [0, 0xfff]) {
        expect(kindParts(kind(category, typeId))).toEqual({ category, typeId })
        expect(defineEvent({ name: 'x', category, typeId }).kind).toBe(kind(category, typeId))
      }
    }
  })
})

describe('appending a kind', () => {
  it('W-22 refuses the six kinds that only batpak writes', () => {
    const store = openStore()
    const before = store.stats()
    const refused = [0x0006, 0x0007, 0x0008, 0x0009, 0x000f, 0x0ffe]
    for (const raw of refused) {
      const error = refusal('ReservedKind', () => store.appendBytes(at('a'), raw as EventKind, NIL))
      expect(error.kind).toBe(raw)
      expect(error.message).toContain(formatKind(raw as EventKind))
      const type = { ...defineEvent({ name: 'x', category: 1, typeId: 1 }), kind: raw as EventKind }
      refusal('ReservedKind', () => store.append(at('a'), { ...type, encode: () => NIL }, null))
    }
    expect(store.stats()).toEqual(before)
  })

  it.each([
    0x0001, 0x0002, 0x0003, 0x0004, 0x0005, 0x1000, 0xd001, 0xd002, 0xd004, 0xd005, 0xd006, 0xd007,
    0xfa01, 0xfa02, 0x1001, 0xcfff, 0xe000, 0xffff,
  ])('W-22 takes kind %d', (raw) => {
    const store = openStore()
    const { eventId } = store.appendBytes(at('a'), raw as EventKind, NIL)
    expect(store.get(eventId).kind).toBe(raw)
  })

  it.each([0x10000, -1, 1.5, Number.NaN, '4096', null, undefined])(
    'refuses %s as a kind with a TypeError',
    (raw) => {
      const store = openStore()
      const append = (): unknown => store.appendBytes(at('a'), raw as never, NIL)
      expect(argumentError(TypeError, append)).toContain('kind must be an event kind')
    },
  )
})

describe('a kind restored from a binary index', () => {
  const known = new Set<number>(Object.values(Kind))

  it('W-23 is itself unless it is an unknown reserved one, for all 65536 values', () => {
    const wrong = ALL.filter((raw) => {
      const { category } = kindParts(raw)
      const restored = restoredKind(raw)
      if (!RESERVED.includes(category) || known.has(raw)) {
        return restored.kind !== raw || restored.fallback !== undefined
      }
      if (category === 0xd) {
        return restored.kind !== Kind.EFFECT_ERROR || restored.fallback !== 'effect'
      }
      const counted = raw === 0 ? undefined : 'system'
      return restored.kind !== Kind.DATA || restored.fallback !== counted
    })
    expect(wrong).toEqual([])
  })
})
