/** Regions: what they match is tested in read/; here their identity and what is no region. */
import { describe, expect, it } from 'vitest'
import { Kind, kind, regionIdentity, type Region } from '../../src/index.ts'
import { Counted, Noted, at } from '../support/api-events.ts'
import { argumentError } from '../support/api-errors.ts'
import { openStore } from '../support/api-store.ts'

describe('the identity of a region', () => {
  it.each<readonly [region: Region, identity: string]>([
    [{}, 'entity=*|scope=*|fact=none|clock=*'],
    [{ kind: 'any' }, 'entity=*|scope=*|fact=any|clock=*'],
    [{ entity: 'ent:a', kind: kind(0xf, 1) }, 'entity=ent:a|scope=*|fact=exact:f:1|clock=*'],
    [{ kind: Noted }, 'entity=*|scope=*|fact=exact:f:1|clock=*'],
    [{ kind: kind(0xa, 0xbcd) }, 'entity=*|scope=*|fact=exact:a:bcd|clock=*'],
    [{ kind: Kind.SYSTEM_OPEN_COMPLETED }, 'entity=*|scope=*|fact=exact:0:8|clock=*'],
    [{ kind: { category: 0xc } }, 'entity=*|scope=*|fact=category:c|clock=*'],
    [{ scope: 's t', clock: [0, 4294967295] }, 'entity=*|scope=s t|fact=none|clock=0-4294967295'],
    [{ entity: '', scope: '' }, 'entity=|scope=|fact=none|clock=*'],
    [{ entity: '**', scope: 'a*' }, 'entity=**|scope=a*|fact=none|clock=*'],
  ])('W-17 R-9 of %j is %s', (region, identity) => {
    expect(regionIdentity(region)).toBe(identity)
  })

  it('W-17 tells every pair of different regions apart', () => {
    const entities = [undefined, 'a', 'a:b', 'ab']
    const scopes = [undefined, 'a', 'b']
    const kinds = [undefined, 'any', { category: 1 }, kind(1, 0), kind(1, 1), Counted] as const
    const clocks = [undefined, [0, 1], [0, 10], [1, 10]] as const
    const identities = new Set<string>()
    let count = 0
    for (const entity of entities) {
      for (const scope of scopes) {
        for (const ofKind of kinds) {
          for (const clock of clocks) {
            count += 1
            identities.add(
              regionIdentity({
                ...(entity === undefined ? {} : { entity }),
                ...(scope === undefined ? {} : { scope }),
                ...(ofKind === undefined ? {} : { kind: ofKind }),
                ...(clock === undefined ? {} : { clock }),
              }),
            )
          }
        }
      }
    }
    expect(identities.size).toBe(count)
  })

  it.each<readonly [name: string, region: Region]>([
    ['entity', { entity: '*' }],
    ['entity', { entity: 'a|b' }],
    ['entity', { entity: 'a=b' }],
    ['scope', { scope: '*' }],
    ['scope', { scope: '|' }],
    ['scope', { scope: '=' }],
  ])('W-18 is refused for the ambiguous %s of %j, which a query takes', (name, region) => {
    expect(argumentError(RangeError, () => regionIdentity(region))).toContain(`region: ${name}`)
    expect([...openStore().entries(region)]).toEqual([])
  })
})

it.each<Region>([
  { clock: [0, Infinity] },
  { clock: [-1, 5] },
  { clock: [0.5, 5] },
  { clock: [0, 4294967296] },
  { kind: { category: 16 } },
  { kind: { category: -1 } },
])('W-17 a region that no checkpoint of the reference could hold has no identity: %j', (region) => {
  expect(argumentError(RangeError, () => regionIdentity(region))).toContain('no identity')
  expect(() => [...openStore().entries(region)]).not.toThrow()
})

describe('a region', () => {
  const wrong: readonly (readonly [name: string, region: unknown])[] = [
    ['entity', { entity: 5 }],
    ['entity', { entity: null }],
    ['entity', { entity: ['a'] }],
    ['scope', { scope: 5 }],
    ['scope', { scope: {} }],
    ['kind', { kind: 0x10000 }],
    ['kind', { kind: -1 }],
    ['kind', { kind: 1.5 }],
    ['kind', { kind: 'all' }],
    ['kind', { kind: null }],
    ['kind', { kind: {} }],
    ['kind', { kind: { category: 'f' } }],
    ['clock', { clock: 5 }],
    ['clock', { clock: [1] }],
    ['clock', { clock: [1, 2, 3] }],
    ['clock', { clock: [1, Number.NaN] }],
    ['clock', { clock: ['1', '2'] }],
    ['clock', { clock: { min: 1, max: 2 } }],
  ]

  it.each(wrong)('R-10 is refused with a TypeError that names %s: %j', (name, region) => {
    const store = openStore()
    for (const use of [
      (): unknown => regionIdentity(region as Region),
      (): unknown => store.entries(region as Region),
      (): unknown => store.page(region as Region, { limit: 1 }),
      (): unknown => store.count(region as Region),
    ]) {
      expect(argumentError(TypeError, use)).toMatch(new RegExp(`^region: ${name} must be`))
    }
  })

  it.each([null, 5, 'a', [], true])('R-10 is refused with a TypeError when it is %j', (region) => {
    const store = openStore()
    expect(argumentError(TypeError, () => store.entries(region as never))).toContain(
      'region must be an object',
    )
  })

  it('names the nearest part when one is misspelled', () => {
    const misspelled = { entitty: 'a' } as Region
    const message = argumentError(TypeError, () => openStore().entries(misspelled))
    expect(message).toContain("'entitty'")
    expect(message).toContain("'entity'")
  })

  it('R-10 may name what no event can have, and matches nothing', () => {
    const store = openStore()
    store.append(at('a'), Noted, { n: 1 })
    for (const region of [
      { entity: 'a/b' },
      { entity: '' },
      { scope: '' },
      { kind: { category: 16 } },
      { kind: { category: -1 } },
      { clock: [5, 1] },
      { clock: [-5, -1] },
    ] as const) {
      expect(store.count(region), JSON.stringify(region)).toBe(0)
      expect(store.count({ ...region, kind: { category: 99 } })).toBe(0)
    }
  })
})
