/** An event as somebody was told of it: by a receipt, or by reading. */
import type { AppendReceipt, Coordinate, EventId, IndexEntry } from '@batpak/core'

export interface Told {
  readonly eventId: EventId
  readonly sequence: number
  readonly entity: string
  readonly scope: string
  readonly kind: number
  readonly clock: number
  /** Hex. */
  readonly eventHash: string
  /** Hex. */
  readonly prevHash: string
  /** What was appended, where the kit saw it. */
  readonly content?: Content
  /** To be verified against every later store. */
  readonly receipt?: AppendReceipt
}

/** Coordinate, kind and payload in one text: equal for equal appends, and for nothing else. */
export type Content = string & { readonly content: never }

export function contentOf(
  { entity, scope }: Coordinate,
  kind: number,
  payload: Uint8Array,
): Content {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  return `${entity}\n${scope}\n${kind}\n${bytes.toString('latin1')}` as Content
}

export function toldByEntry(entry: IndexEntry, known?: Partial<Told>): Told {
  const { eventId, sequence, entity, scope, kind, clock, eventHash, prevHash } = entry
  const hashes = { eventHash: hex(eventHash), prevHash: hex(prevHash) }
  return { ...known, eventId, sequence, entity, scope, kind, clock, ...hashes }
}

export function toldByReceipt(receipt: AppendReceipt, content: Content | undefined): Told {
  const { eventId, sequence, kind, clock, coordinate, contentHash, prevHash } = receipt
  return {
    eventId,
    sequence,
    ...coordinate,
    kind,
    clock,
    eventHash: hex(contentHash),
    prevHash: hex(prevHash),
    receipt,
    ...(content !== undefined && { content }),
  }
}

/** Entity and clock: how messages name an event. */
export function labelOf({ entity, clock }: { entity: string; clock: number }): string {
  return `${entity}#${clock}`
}

/** batpak's own events of opening and closing. */
export function isLifecycle({ entity, scope }: { entity: string; scope: string }): boolean {
  return entity === 'batpak:store' && scope === 'batpak:lifecycle'
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}
