/** What a write returns: evidence that can be checked against the store later. */
import { copyBytes } from '../encoding/bytes.ts'
import type { Coordinate } from '../event/coordinate.ts'
import type { EventId } from '../event/id.ts'
import type { EventKind } from '../event/kind.ts'

/** Where a frame lies; changes when segments are compacted. */
export interface DiskPos {
  readonly segmentId: number
  /** Bytes from the start of the segment. */
  readonly offset: number
  /** Bytes, prefix included. */
  readonly length: number
}

export type Extensions = ReadonlyMap<string, Uint8Array>

/** The hashes are of this receipt alone, but their `buffer` holds those of others as well. */
interface ReceiptFields {
  readonly eventId: EventId
  /** Store-wide commit number. */
  readonly sequence: number
  /** The entity's own counter, 0 for its first event. */
  readonly clock: number
  readonly kind: EventKind
  readonly coordinate: Coordinate
  /** BLAKE3 of the payload bytes. */
  readonly contentHash: Uint8Array
  /** The entity's previous event hash; 32 zeros for its first event. */
  readonly prevHash: Uint8Array
  readonly diskPos: DiskPos
  /** BLAKE3 of the signing public key; 32 zeros when unsigned. */
  readonly keyId: Uint8Array
  readonly signature?: Uint8Array
  readonly extensions: Extensions
  /** True when an idempotency key was known and nothing was written. */
  readonly replayed: boolean
}

export interface AppendReceipt extends ReceiptFields {
  readonly type: 'append'
}

export interface DenialReceipt extends ReceiptFields {
  readonly type: 'denial'
}

/** What a write of one event returns. */
export type Receipt = AppendReceipt | DenialReceipt

/** A receipt as it travels: without the position in this store's files. */
export type WireReceipt = Omit<AppendReceipt, 'diskPos'> | Omit<DenialReceipt, 'diskPos'>

export type AnyReceipt = Receipt | WireReceipt

export const NO_EXTENSIONS_MAP: Extensions = frozenEmptyMap()

/** Extensions that whoever gets them may change. */
export function copyExtensions(extensions: Extensions): Extensions {
  if (extensions.size === 0) return NO_EXTENSIONS_MAP
  return new Map([...extensions].map(([key, value]) => [key, copyBytes(value, 0, value.length)]))
}

function frozenEmptyMap(): Extensions {
  const map = new Map<string, Uint8Array>()
  const refuse = {
    value: (): never => {
      throw new TypeError('receipt extensions are read-only')
    },
  }
  return Object.defineProperties(map, { set: refuse, delete: refuse, clear: refuse })
}
