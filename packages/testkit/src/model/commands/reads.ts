/** Queries, walks and folds, each beside a slow and obvious one. */
import type { IndexEntry, Region } from '@batpak/core'
import fc from 'fast-check'
import type { JsonObject } from '../../core/law.ts'
import { require } from '../broken-law.ts'
import type { Command } from '../command.ts'
import { labelOf, type ModelEvent } from '../model-event.ts'
import { syncOutcomeOf } from '../outcome.ts'
import { same } from '../store-laws.ts'
import { ENTITIES, NOTES, SCOPES, SUM, UNKNOWN_ID, addNote, at, type Note } from '../vocabulary.ts'
import type { World } from '../world.ts'
import { command } from './define.ts'

interface RegionArgs extends JsonObject {
  readonly e?: number
  readonly s?: number
  readonly kind?: number
  readonly clock?: readonly [number, number]
}

const AXES = {
  e: fc.nat(7),
  s: fc.nat(2),
  kind: fc.nat(6),
  clock: fc.tuple(fc.nat(6), fc.nat(12)),
}

/** Mostly one axis or two: with all four nothing would be left. */
const region = fc.oneof(
  fc.record({}),
  fc.record({ e: AXES.e }),
  fc.record({ kind: AXES.kind }),
  fc.record({ e: AXES.e, kind: AXES.kind }),
  fc.record({ e: AXES.e, s: AXES.s }),
  fc.record(AXES, { requiredKeys: [] }),
) as fc.Arbitrary<RegionArgs>

const window = fc.record(
  { after: fc.nat(80), limit: fc.nat(12), reverse: fc.boolean() },
  { requiredKeys: [] },
) as fc.Arbitrary<WindowArgs>

/** Mostly to the end. */
const limit = fc.constantFrom(1000, 1000, 1000, 2, 1, 0)

export const READS: readonly Command<unknown>[] = [
  command('entries', 3, fc.record({ region, window }), entries),
  command('page', 3, fc.record({ region, limit: fc.integer({ min: 1, max: 9 }) }), pages),
  command('ancestors', 3, fc.record({ ix: fc.nat(80), limit }), ancestors),
  command('causes', 1, fc.record({ ix: fc.nat(80), limit }), causes),
  command('project', 1, fc.record({ e: fc.nat(5) }), project),
  command('get', 1, fc.record({ ix: fc.nat(80) }), unknownId),
]

interface WindowArgs extends JsonObject {
  readonly after?: number
  readonly limit?: number
  readonly reverse?: boolean
}

function entries(
  { store, model, count }: World,
  { region: args, window: options }: { readonly region: RegionArgs; readonly window: WindowArgs },
): void {
  const asked = regionOf(args)
  const inRegion = model.visible.filter((event) => matches(event, asked))
  const { after, limit = Infinity, reverse = false } = options
  const ordered = reverse ? inRegion.toReversed() : inRegion
  const behind = ordered.filter(({ sequence }) => {
    return after === undefined || (reverse ? sequence < after : sequence > after)
  })
  const what = `entries of ${JSON.stringify(args)} with ${JSON.stringify(options)}`
  sameList(what, behind.slice(0, limit), [...store.entries(asked, options)])
  same('L-QUERY', `the count of ${JSON.stringify(args)}`, inRegion.length, store.count(asked))
  const events = [...store.events(asked, options)]
  sameList(`events, as ${what}`, behind.slice(0, limit), events)
  count('entries')
}

/** Page by page, without a gap or a repetition. */
function pages(
  { store, model, count }: World,
  { region: args, limit }: { readonly region: RegionArgs; readonly limit: number },
): void {
  const asked = regionOf(args)
  const expected = model.visible.filter((event) => matches(event, asked))
  const seen: IndexEntry[] = []
  let after: number | undefined
  do {
    const page = store.page(asked, { limit, ...(after !== undefined && { after }) })
    const full = page.entries.length === limit || page.next === undefined
    require(full, 'L-QUERY', 'a page is short and not the last', limit, page.entries.length)
    seen.push(...page.entries)
    after = page.next
  } while (after !== undefined && seen.length <= expected.length)
  sameList(`pages of ${JSON.stringify(args)}, ${limit} each`, expected, seen)
  count('page')
}

/** Along the hash chain: the model knows the predecessor of every event (W-56, W-57). */
function ancestors(world: World, { ix, limit }: { ix: number; limit: number }): boolean {
  const start = world.pickVisible(ix)
  if (start === undefined) return false
  const expected: ModelEvent[] = []
  for (let event: ModelEvent | undefined = start; event; event = event.previous)
    expected.push(event)
  const walked = [...world.store.ancestors(start.told!.eventId, { limit })]
  sameList(`ancestors of ${labelOf(start)}`, expected.slice(0, limit), walked, 'L-ORDER')
  world.count('ancestors')
  return true
}

/** Along causation, which may lead nowhere, or in a circle (W-52, W-59). */
function causes(world: World, { ix, limit }: { ix: number; limit: number }): boolean {
  const start = world.pickVisible(ix)
  if (start === undefined) return false
  const byId = new Map(world.model.visible.map((event) => [event.told!.eventId, event]))
  const expected: ModelEvent[] = []
  const seen = new Set<ModelEvent>([start])
  for (let event = causeOf(start, byId); event && !seen.has(event); event = causeOf(event, byId)) {
    expected.push(event)
    seen.add(event)
  }
  const walked = [...world.store.causes(start.told!.eventId, { limit })]
  sameList(`causes of ${labelOf(start)}`, expected.slice(0, limit), walked)
  world.count('causes')
  return true
}

function causeOf(
  { cause }: ModelEvent,
  byId: ReadonlyMap<string, ModelEvent>,
): ModelEvent | undefined {
  const id = typeof cause === 'object' ? cause.told?.eventId : cause
  return id === undefined ? undefined : byId.get(id)
}

function project({ store, model, count }: World, { e }: { e: number }): void {
  const entity = at([...ENTITIES, 'testkit:nobody'], e)
  const kinds = NOTES.slice(0, 2).map(({ kind }) => kind)
  const events = model.visible.filter((event) => {
    return event.at.entity === entity && kinds.includes(event.kind)
  })
  let sum = events.length === 0 ? undefined : SUM.init()
  for (const event of events) {
    const note = store.get(event.told!.eventId).payload as Note
    sum = addNote(sum!, note, kinds.indexOf(event.kind))
  }
  const folded = JSON.stringify(store.project(SUM, entity))
  same('L-FOLD', `the projection of ${entity}`, JSON.stringify(sum), folded)
  count('project')
}

/** Nobody's id, or that of an event that is hidden. */
function unknownId({ store, model, count }: World, { ix }: { ix: number }): void {
  const hidden = model.events.flatMap(({ state, told, key }) => {
    const id = told?.eventId ?? key
    return state === 'visible' || id === undefined || model.known(id)?.state === 'visible' ? [] : id
  })
  const id = at([...hidden, UNKNOWN_ID as string as (typeof hidden)[number]], ix)
  const outcome = syncOutcomeOf(() => store.get(id))
  const answer = outcome.kind === 'ok' ? 'an event' : outcome.code
  same('L-HIDE', `get of ${id}`, 'NotFound', answer)
  same('L-HIDE', `find of ${id}`, undefined, store.find(id))
  same('L-HIDE', `entry of ${id}`, undefined, store.entry(id))
  same('L-HIDE', `ancestors of ${id}`, 0, [...store.ancestors(id)].length)
  count('get')
}

function sameList(
  what: string,
  expected: readonly ModelEvent[],
  actual: readonly { readonly sequence: number }[],
  law: 'L-QUERY' | 'L-ORDER' = 'L-QUERY',
): void {
  const sequences = expected.map(({ sequence }) => sequence).join()
  same(law, what, sequences, actual.map(({ sequence }) => sequence).join())
}

/** Some regions name nothing. */
function regionOf({ e, s, kind, clock }: RegionArgs): Region {
  const entities = [...ENTITIES, 'testkit:c', 'test', 'batpak']
  const kinds = [...NOTES, { category: 0xf }, 'any', 0x0008, { category: 0x3 }] as Region['kind'][]
  return {
    ...(e !== undefined && { entity: at(entities, e) }),
    ...(s !== undefined && { scope: at([...SCOPES, 'nowhere'], s) }),
    ...(kind !== undefined && { kind: at(kinds, kind)! }),
    ...(clock !== undefined && { clock }),
  }
}

/** The linear filter that a query must equal. */
function matches(event: ModelEvent, { entity, scope, kind, clock }: Region): boolean {
  if (entity !== undefined && event.at.entity !== entity) {
    if (!event.at.entity.startsWith(`${entity}:`)) return false
  }
  if (scope !== undefined && event.at.scope !== scope) return false
  if (clock !== undefined && (event.clock < clock[0] || event.clock > clock[1])) return false
  if (kind === undefined || kind === 'any') return true
  if (typeof kind === 'number') return event.kind === kind
  return 'category' in kind ? event.kind >> 12 === kind.category : event.kind === kind.kind
}
