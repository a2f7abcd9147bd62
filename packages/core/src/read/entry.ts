/** What reads return: flat values that stay as they are, whatever the store does later. */
import type { DiskPos, Extensions } from '../append/receipt.ts'
import type { CausationId, CorrelationId, EventId } from '../event/id.ts'
import type { EventKind } from '../event/kind.ts'

/** A committed event without its payload: reading one touches no file. */
export interface IndexEntry {
  readonly eventId: EventId
  /** Store-wide commit number: the order to page and resume by. */
  readonly sequence: number
  readonly entity: string
  readonly scope: string
  readonly kind: EventKind
  /** The entity's own counter, 0 for its first event. */
  readonly clock: number
  /** Hybrid wall time, milliseconds since the Unix epoch. */
  readonly wallMs: number
  readonly lane: number
  readonly depth: number
  readonly correlationId: CorrelationId
  readonly causationId?: CausationId
  /** BLAKE3 of the payload bytes. */
  readonly eventHash: Uint8Array
  /** The entity's previous event hash; 32 zeros for its first event. */
  readonly prevHash: Uint8Array
  /**
   * Receipt extensions; empty for most events. After a reopen the first access reads the frame.
   * @throws StoreError as `get` does
   */
  readonly extensions: Extensions
  readonly diskPos: DiskPos
}

/** A committed event with its payload. */
export interface StoredEvent<P = unknown> extends IndexEntry {
  /**
   * The payload as a value, decoded on first access. Integers beyond 2^53 are bigints.
   * @throws StoreError `Serialization` when the bytes have no value form
   */
  readonly payload: P
  /** The payload exactly as it was appended. */
  readonly payloadBytes: Uint8Array
  /** The store clock at the append, microseconds since the Unix epoch. */
  readonly timestampUs: number
  readonly flags: number
  /** The hash the header claims: BLAKE3 of the payload bytes in an undamaged event. */
  readonly contentHash: Uint8Array
  /**
   * Present when a compaction of batpak 0.8.0 replaced the payload bytes by the value: `payload` is
   * that value, `payloadBytes` its encoding, which need not hash to `contentHash`.
   */
  readonly payloadRewritten?: true
}
