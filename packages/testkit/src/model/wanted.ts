/** From the arguments of a step to what an append or a draft is given. */
import {
  draft,
  draftBytes,
  prior,
  type AppendOptions,
  type Coordinate,
  type Draft,
  type EventId,
  type EventType,
} from '@batpak/core'
import fc from 'fast-check'
import type { JsonObject } from '../core/law.ts'
import type { Wanted } from './model-event.ts'
import { KEYS, NOTES, at, coordinateAt, type Note } from './vocabulary.ts'
import type { World } from './world.ts'

/** Of one event; everything but the entity can be left out. */
export interface EventArgs extends JsonObject {
  readonly e: number
  readonly s?: number
  readonly kind?: number
  readonly pad?: number
  /** A payload that others have as well; without `pad`. */
  readonly same?: number
  /** The payload as bytes, which nothing encodes. */
  readonly raw?: boolean
  readonly flags?: number
  readonly lane?: number
  readonly ext?: number
  readonly correlation?: number
  readonly cause?: number
}

const EVENT_FIELDS = {
  e: fc.nat(4),
  s: fc.nat(1),
  kind: fc.nat(2),
  pad: fc.oneof(fc.nat(30), fc.nat(400)),
  same: fc.nat(2),
  raw: fc.boolean(),
  flags: fc.nat(255),
  lane: fc.nat(3),
  ext: fc.nat(40),
  correlation: fc.nat(60),
  cause: fc.nat(60),
}

export function eventArgs<X extends Record<string, fc.Arbitrary<unknown>>>(
  more: X,
): fc.Arbitrary<EventArgs & { [K in keyof X]?: X[K] extends fc.Arbitrary<infer T> ? T : never }> {
  const fields = { ...EVENT_FIELDS, ...more }
  return fc.record(fields, { requiredKeys: ['e'] }) as unknown as ReturnType<typeof eventArgs<X>>
}

/** What is to be written, as the model sees it and as the store is given it. */
export interface Proposal {
  readonly wanted: Wanted
  readonly at: Coordinate
  readonly type: EventType<Note>
  readonly value: Note
  readonly raw: boolean
  readonly options: AppendOptions
}

export function proposalOf(world: World, args: EventArgs, key?: number): Proposal {
  const coordinate = coordinateAt(args.e, args.s ?? 0)
  const type = at(NOTES, args.kind ?? 0)
  const content = args.same === undefined ? { n: world.nextNonce() } : { same: args.same }
  const padded = args.pad !== undefined && args.same === undefined
  const value: Note = { ...content, ...(padded && { pad: 'x'.repeat(args.pad) }) }
  const { lane = 0, flags = 0, ext = 0 } = args
  const extensions = new Map<string, Uint8Array>()
  if (ext > 20) extensions.set('testkit.extra', new Uint8Array(ext).fill(ext))
  const correlationId = args.correlation === undefined ? undefined : world.pickId(args.correlation)
  const causationId = args.cause === undefined ? undefined : world.pickId(args.cause)
  const id = key === undefined ? undefined : at(KEYS, key)
  const payload = type.encode(value)
  return {
    at: coordinate,
    type,
    value,
    raw: args.raw ?? false,
    options: {
      ...(id !== undefined && { idempotencyKey: id }),
      ...(correlationId !== undefined && { correlationId }),
      ...(causationId !== undefined && { causationId }),
      ...(args.lane !== undefined && { position: { lane, depth: lane * 2 } }),
      ...(args.flags !== undefined && { flags }),
      ...(extensions.size > 0 && { extensions }),
    },
    wanted: {
      at: coordinate,
      kind: type.kind,
      payload,
      flags,
      lane,
      depth: lane * 2,
      extensions,
      ...(id !== undefined && { key: id as string as EventId }),
      ...(correlationId !== undefined && { correlationId }),
      ...(causationId !== undefined && { cause: causationId }),
    },
  }
}

export interface ItemArgs extends EventArgs {
  /** Caused by an earlier item instead of an id. */
  readonly prior?: number
}

/** The wanted events of a batch and its drafts. */
export interface BatchProposal {
  readonly wanted: readonly Wanted[]
  readonly drafts: readonly Draft[]
}

/** @param keyOf the index of an item's key, undefined for none */
export function batchOf(
  world: World,
  items: readonly ItemArgs[],
  keyOf: (index: number) => number | undefined = (): undefined => undefined,
): BatchProposal {
  const made = items.map((item, i) => itemOf(world, item, i, keyOf(i)))
  return { wanted: made.map(({ wanted }) => wanted), drafts: made.map(({ draft }) => draft) }
}

function itemOf(
  world: World,
  item: ItemArgs,
  index: number,
  key: number | undefined,
): { wanted: Wanted; draft: Draft } {
  const proposal = proposalOf(world, item, key)
  const earlier = item.prior === undefined || index === 0 ? undefined : item.prior % index
  return withCause(proposal, earlier)
}

/** @param priorIndex the item that is named as its cause, whether or not it may be */
export function withCause(
  { wanted, at: coordinate, type, value, raw, options }: Proposal,
  priorIndex: number | undefined,
): { wanted: Wanted; draft: Draft } {
  const { causationId, ...rest } = options
  const causedBy = priorIndex === undefined ? causationId : prior(priorIndex)
  const draftOptions = { ...rest, ...(causedBy !== undefined && { causedBy }) }
  return {
    wanted: priorIndex === undefined ? wanted : { ...wanted, cause: { prior: priorIndex } },
    draft: raw
      ? draftBytes(coordinate, type.kind, type.encode(value), draftOptions)
      : draft(coordinate, type, value, draftOptions),
  }
}
