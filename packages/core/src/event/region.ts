/** Which events: entity namespace, scope, kind and clock, each optional, all of them together. */
import { checkOptionNames, describeType } from '../options.ts'
import type { AnyEventType } from './event-type.ts'
import { isEventKind, kindParts, type EventKind } from './kind.ts'

export interface Region {
  /** A namespace: `a` stands for the entities `a`, `a:b`, `a:b:c`, not for `ab`. */
  readonly entity?: string
  readonly scope?: string
  /** A kind, an event type, a whole category, or any. */
  readonly kind?: EventKind | AnyEventType | { readonly category: number } | 'any'
  /** Lowest and highest entity clock, both inclusive. */
  readonly clock?: readonly [min: number, max: number]
}

export type KindFilter =
  { readonly exact: EventKind } | { readonly category: number } | 'any' | undefined

/** @throws TypeError for a part of the wrong type */
export function checkRegion(region: unknown): asserts region is Region {
  checkOptionNames('region', region, REGION_NAMES)
  const { entity, scope, clock } = region as Region
  if (entity !== undefined && typeof entity !== 'string')
    throw partError('entity', 'a string', entity)
  if (scope !== undefined && typeof scope !== 'string') throw partError('scope', 'a string', scope)
  if (clock !== undefined && !isClockRange(clock)) {
    throw partError('clock', 'a pair of numbers [min, max]', clock)
  }
  kindFilter(region as Region)
}

/**
 * A frozen copy, each part read once: what the caller changes later, or a getter answers the second
 * time, is not in it.
 *
 * @throws TypeError as `checkRegion`
 */
export function fixRegion(region: unknown): Region {
  checkOptionNames('region', region, REGION_NAMES)
  const { entity, scope, kind, clock } = region as Region
  const fixed = Object.freeze({
    ...(entity === undefined ? {} : { entity }),
    ...(scope === undefined ? {} : { scope }),
    ...(kind === undefined ? {} : { kind: fixKind(kind) }),
    ...(clock === undefined ? {} : { clock: Array.isArray(clock) ? fixClock(clock) : clock }),
  })
  checkRegion(fixed)
  return fixed
}

function fixKind(kind: NonNullable<Region['kind']>): NonNullable<Region['kind']> {
  const filter = kindFilter({ kind })!
  if (filter === 'any') return filter
  return 'exact' in filter ? filter.exact : Object.freeze(filter)
}

function fixClock(clock: readonly unknown[]): NonNullable<Region['clock']> {
  return Object.freeze([...clock]) as unknown as NonNullable<Region['clock']>
}

/** The kind part in one of three forms. @throws TypeError for anything else */
export function kindFilter(region: Region): KindFilter {
  const { kind } = region
  if (kind === undefined || kind === 'any') return kind
  if (typeof kind === 'number') {
    if (isEventKind(kind)) return { exact: kind }
  } else if (typeof kind === 'object' && kind !== null) {
    if ('kind' in kind && isEventKind(kind.kind)) return { exact: kind.kind }
    if ('category' in kind && Number.isInteger(kind.category)) return { category: kind.category }
  }
  throw partError('kind', 'a kind (0 to 0xFFFF), an event type, { category } or "any"', kind)
}

/**
 * The identity string under which durable cursors remember a region, as batpak 0.8.0 writes it.
 *
 * @throws RangeError for an entity or scope that holds `|` or `=` or is `*`: its identity would be
 *   another region's; TypeError as every function that takes a region
 */
export function regionIdentity(region: Region): string {
  checkRegion(region)
  const clock = region.clock === undefined ? '*' : region.clock.map(identityClock).join('-')
  return `entity=${identityPart('entity', region.entity)}|scope=${identityPart('scope', region.scope)}|fact=${factOf(region)}|clock=${clock}`
}

const REGION_NAMES: ReadonlySet<string> = new Set(['entity', 'scope', 'kind', 'clock'])

function factOf(region: Region): string {
  const filter = kindFilter(region)
  if (filter === undefined) return 'none'
  if (filter === 'any') return 'any'
  if ('category' in filter) {
    const { category } = filter
    if (category >= 0 && category <= 0xf) return `category:${category.toString(16)}`
    throw new RangeError(`region: a category of ${category} has no identity, it must be 0 to 15`)
  }
  const { category, typeId } = kindParts(filter.exact)
  return `exact:${category.toString(16)}:${typeId.toString(16)}`
}

function identityPart(name: string, value: string | undefined): string {
  if (value === undefined) return '*'
  if (value === '*' || /[|=]/.test(value)) {
    throw new RangeError(`region: ${name} ${JSON.stringify(value)} has no unambiguous identity`)
  }
  return value
}

function identityClock(bound: number): string {
  if (Number.isInteger(bound) && bound >= 0 && bound <= 0xffff_ffff) return String(bound)
  throw new RangeError(`region: a clock of ${bound} has no identity, it must be 0 to 4294967295`)
}

function isClockRange(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    value.every((bound) => typeof bound === 'number' && !Number.isNaN(bound))
  )
}

function partError(name: string, expected: string, value: unknown): TypeError {
  const got = typeof value === 'number' ? String(value) : describeType(value)
  return new TypeError(`region: ${name} must be ${expected}, got ${got}`)
}
