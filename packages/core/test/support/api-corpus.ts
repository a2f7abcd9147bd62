import { kind, type EventKind, type Region, type Store } from '../../src/index.ts'
import { at } from './api-events.ts'

/** Entities whose names are prefixes of each other, with and without the colon. */
export const ENTITIES: readonly string[] = [
  'a',
  'a:',
  'a:b',
  'a:b:c',
  'ab',
  'a-b',
  ':',
  ':x',
  'b',
  'é',
]
export const SCOPES: readonly string[] = ['s', 's:t', 'st']
export const KINDS: readonly EventKind[] = [
  kind(1, 1),
  kind(1, 2),
  kind(0xf, 1),
  0xd001 as EventKind,
]

/** Everything that a region may name, and some of what no event has. */
export const REGION_ENTITIES: readonly (string | undefined)[] = [
  undefined,
  ...ENTITIES,
  '',
  'a:b:',
  'none',
  '*',
  'A',
  'e\u0301',
]
export const REGION_SCOPES: readonly (string | undefined)[] = [undefined, ...SCOPES, '', 'none']
export const REGION_KINDS: readonly Region['kind'][] = [
  undefined,
  'any',
  ...KINDS,
  kind(2, 2),
  { category: 1 },
  { category: 0xd },
  { category: 0 },
  { category: 16 },
]
export const REGION_CLOCKS: readonly Region['clock'][] = [
  undefined,
  [0, 0],
  [1, 3],
  [2, Infinity],
  [3, 1],
]

/** A region of these parts; an undefined part is left out. */
export function regionOf(
  entity: string | undefined,
  scope: string | undefined,
  ofKind: Region['kind'],
  clock: Region['clock'],
): Region {
  return {
    ...(entity === undefined ? {} : { entity }),
    ...(scope === undefined ? {} : { scope }),
    ...(ofKind === undefined ? {} : { kind: ofKind }),
    ...(clock === undefined ? {} : { clock }),
  }
}

/** One event, chosen by three numbers. */
export function appendChosen(store: Store, entity: number, scope: number, ofKind: number): void {
  const name = ENTITIES[entity % ENTITIES.length]!
  const label = SCOPES[scope % SCOPES.length]!
  const chosen = KINDS[ofKind % KINDS.length]!
  store.appendBytes(at(name, label), chosen, Uint8Array.of(0xc0))
}

interface Row {
  readonly entity: string
  readonly scope: string
  readonly kind: number
  readonly clock: number
}

/** The definition of a region, written down as plainly as it goes. */
export function matches(row: Row, region: Region): boolean {
  const { entity, scope, kind: wanted, clock } = region
  if (entity !== undefined && row.entity !== entity && !row.entity.startsWith(`${entity}:`))
    return false
  if (scope !== undefined && row.scope !== scope) return false
  if (clock !== undefined && (row.clock < clock[0] || row.clock > clock[1])) return false
  if (wanted === undefined || wanted === 'any') return true
  if (typeof wanted === 'number') return row.kind === wanted
  return 'category' in wanted
    ? Math.floor(row.kind / 4096) === wanted.category
    : row.kind === wanted.kind
}
