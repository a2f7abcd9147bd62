/** An event as somebody was told of it: by a receipt, or by reading. */
import type { Coordinate, DiskPos, EventId, IndexEntry, Store } from '@batpak/core'

export interface Told {
  readonly eventId: EventId
  readonly sequence: number
  readonly entity: string
  readonly scope: string
  readonly kind: number
  readonly clock: number
  readonly wallMs: number
  /** Hex. */
  readonly eventHash: string
  /** Hex. */
  readonly prevHash: string
  /** Where its frame lies. */
  readonly place: DiskPos
  /** What was appended, where the kit knows it. */
  readonly content?: Content
}

/** An event that was read back. */
export type Row = Told & { readonly content: Content }

/** Coordinate, kind and payload in one text: equal for equal appends, and for nothing else. */
export type Content = string & { readonly content: never }

/** @param payload undefined stands for any, of events that batpak itself encodes */
export function contentOf(
  { entity, scope }: Coordinate,
  kind: number,
  payload: Uint8Array | undefined,
): Content {
  const text = payload === undefined ? ANY : Buffer.from(payload).toString('latin1')
  return `${entity}\n${scope}\n${kind}\n${text}` as Content
}

const ANY = '(any payload)'

/** The content that stands for any payload of such an event. */
export function anyContentOf({ entity, scope, kind }: Told): Content {
  return contentOf({ entity, scope }, kind, undefined)
}

export function toldOf(entry: IndexEntry, content?: Content): Told {
  const { eventId, sequence, entity, scope, kind, clock, wallMs } = entry
  const hashes = { eventHash: hex(entry.eventHash), prevHash: hex(entry.prevHash) }
  const told = {
    eventId,
    sequence,
    entity,
    scope,
    kind,
    clock,
    wallMs,
    place: entry.diskPos,
    ...hashes,
  }
  return content === undefined ? told : { ...told, content }
}

/** Everything that readers see, in commit order, payloads included. @throws as `store.get` */
export function rowsOf(store: Pick<Store, 'entries' | 'get'>): Row[] {
  return [...store.entries()].map((entry) => {
    const { payloadBytes } = store.get(entry.eventId)
    return toldOf(entry, contentOf(entry, entry.kind, payloadBytes)) as Row
  })
}

/** Entity and clock: how messages name an event. */
export function labelOf({ entity, clock }: { entity: string; clock: number }): string {
  return `${entity}#${clock}`
}

/** batpak's own events of opening and closing. */
export function isLifecycle({ entity, scope }: { entity: string; scope: string }): boolean {
  return entity === 'batpak:store' && scope === 'batpak:lifecycle'
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}
