/** What a chain walk reports. */
import type { EventId } from '../event/id.ts'
import { fieldsOf, list, sorted, struct, variants } from './composite-shapes.ts'
import { HASH, ID, TEXT, U16, U64, choice, optional } from './scalar-shapes.ts'
import type { Shape } from './shape.ts'

export type ChainWalkFinding =
  /** Nothing may be checked. */
  | { readonly kind: 'InvalidLimit'; readonly limit: number }
  | { readonly kind: 'MissingStart'; readonly eventId: EventId }
  /** An event that was found by its hash is not found by its id. */
  | { readonly kind: 'MissingChainEntry'; readonly eventId: EventId }
  /** The start is another event than the receipt says. */
  | HashMismatch<'StartHashMismatch'>
  /** The stored payload is not the one that was committed. */
  | HashMismatch<'EntryHashMismatch'>
  | {
      readonly kind: 'MissingParentLink'
      readonly childEventId: EventId
      readonly expectedParentHash: Uint8Array
    }
  /** Several earlier events of the entity have that hash; the nearest was taken. */
  | {
      readonly kind: 'ParentHashAmbiguous'
      readonly childEventId: EventId
      readonly expectedParentHash: Uint8Array
      readonly selectedParentEventId: EventId
      readonly matchingParentCount: number
    }
  | {
      readonly kind: 'OrderingRegression'
      readonly childEventId: EventId
      readonly parentEventId: EventId
      readonly childSequence: number
      readonly parentSequence: number
    }
  | { readonly kind: 'CycleDetected'; readonly eventId: EventId }
  /** The event cannot be read. */
  | {
      readonly kind: 'StoppedEarlyReadFailure'
      readonly eventId: EventId
      readonly reason: string
    }
  /** The limit was reached and an unchecked parent remains. */
  | {
      readonly kind: 'TruncatedByLimit'
      readonly limit: number
      readonly nextParentHash: Uint8Array
    }
  | { readonly kind: 'EndNotReached'; readonly expectedEndEventId: EventId }

interface HashMismatch<K extends string> {
  readonly kind: K
  readonly eventId: EventId
  readonly expected: Uint8Array
  readonly observed: Uint8Array
}

export interface ChainWalkBody {
  readonly schemaVersion: number
  readonly mode: 'Linear'
  readonly checkedCount: number
  readonly firstRef?: EventId
  readonly lastRef?: EventId
  /** BLAKE3 over the ids and hashes of the checked events, in the order of the walk. */
  readonly walkDigest: Uint8Array
  /** Sorted: by kind in the order above, then by their fields. */
  readonly findings: readonly ChainWalkFinding[]
}

const ONE_ID = { eventId: ID }
const HASHES = { eventId: ID, expected: HASH, observed: HASH }

export const CHAIN_WALK_FINDING: Shape<ChainWalkFinding> = variants<ChainWalkFinding>({
  InvalidLimit: fieldsOf({ limit: U64 }),
  MissingStart: fieldsOf(ONE_ID),
  MissingChainEntry: fieldsOf(ONE_ID),
  StartHashMismatch: fieldsOf(HASHES),
  EntryHashMismatch: fieldsOf(HASHES),
  MissingParentLink: fieldsOf({ childEventId: ID, expectedParentHash: HASH }),
  ParentHashAmbiguous: fieldsOf({
    childEventId: ID,
    expectedParentHash: HASH,
    selectedParentEventId: ID,
    matchingParentCount: U64,
  }),
  OrderingRegression: fieldsOf({
    childEventId: ID,
    parentEventId: ID,
    childSequence: U64,
    parentSequence: U64,
  }),
  CycleDetected: fieldsOf(ONE_ID),
  StoppedEarlyReadFailure: fieldsOf({ eventId: ID, reason: TEXT }),
  TruncatedByLimit: fieldsOf({ limit: U64, nextParentHash: HASH }),
  EndNotReached: fieldsOf({ expectedEndEventId: ID }),
})

export const CHAIN_WALK_BODY: Shape<ChainWalkBody> = struct<ChainWalkBody>({
  schemaVersion: U16,
  mode: choice('Linear'),
  checkedCount: U64,
  firstRef: optional(ID),
  lastRef: optional(ID),
  walkDigest: HASH,
  findings: sorted(CHAIN_WALK_FINDING),
})

/** Id and event hash of a checked event. */
export type CheckedEntry = readonly [eventId: EventId, eventHash: Uint8Array]

/** What `walkDigest` is the hash of. */
export const CHECKED_ENTRIES: Shape<readonly CheckedEntry[]> = list<CheckedEntry>({
  write(out, [eventId, eventHash]) {
    out.arrayHeader(2)
    ID.write(out, eventId)
    HASH.write(out, eventHash)
  },
  compare: (a, b) => ID.compare(a[0], b[0]) || HASH.compare(a[1], b[1]),
})
