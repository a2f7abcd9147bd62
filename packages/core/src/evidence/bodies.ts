/** The bodies of all reports, and what makes bytes and hashes of them. */
import { describeType } from '../options.ts'
import { CHAIN_WALK_BODY, type ChainWalkBody } from './chain-walk-body.ts'
import { COMPACTION_BODY, type CompactionBody } from './compaction-report.ts'
import { PROJECTION_RUN_BODY, type ProjectionRunBody } from './projection-run-body.ts'
import { READ_WALK_BODY, type ReadWalkBody } from './read-walk-body.ts'
import { hashOf } from './report.ts'
import { SCHEMA_SNAPSHOT_BODY, type SchemaSnapshotBody } from './schema-snapshot.ts'
import { encodeShape, type Shape } from './shape.ts'
import { SNAPSHOT_BODY, type SnapshotBody } from './snapshot-report.ts'
import { STORE_RESOURCE_BODY, type StoreResourceBody } from './store-resource-body.ts'
import { SUBSCRIBER_FRONTIER_BODY, type SubscriberFrontierBody } from './subscriber-frontier.ts'

export type ReportBody =
  | ChainWalkBody
  | ReadWalkBody
  | ProjectionRunBody
  | SubscriberFrontierBody
  | StoreResourceBody
  | SnapshotBody
  | CompactionBody
  | SchemaSnapshotBody

/** By a field that no other body has: a body that was copied, or built anew, is known as well. */
const SHAPES: Readonly<Record<string, Shape<never>>> = {
  walkDigest: CHAIN_WALK_BODY,
  proofRefs: READ_WALK_BODY,
  projectionId: PROJECTION_RUN_BODY,
  availableFrontierSequence: SUBSCRIBER_FRONTIER_BODY,
  dataDirIdentityHash: STORE_RESOURCE_BODY,
  snapshotId: SNAPSHOT_BODY,
  compactionId: COMPACTION_BODY,
  changeClass: SCHEMA_SNAPSHOT_BODY,
}

/**
 * The bytes of a report's body: MessagePack with the field names of the format, in its order, findings
 * sorted. They are what is hashed, and what to hand on.
 *
 * @throws TypeError for anything but a body; StoreError `BodyEncoding` for a value the format cannot
 *   hold
 */
export function canonicalBytes(body: ReportBody): Uint8Array {
  return encodeShape(shapeOf('canonicalBytes', body), body)
}

/** BLAKE3 of `canonicalBytes(body)`: a report is genuine when this is its `bodyHash`. @throws as there */
export function bodyHash(body: ReportBody): Uint8Array {
  return hashOf(shapeOf('bodyHash', body), body)
}

function shapeOf(operation: string, body: ReportBody): Shape<ReportBody> {
  if (typeof body === 'object' && body !== null) {
    for (const [field, shape] of Object.entries(SHAPES)) {
      if (Object.hasOwn(body, field)) return shape
    }
  }
  throw new TypeError(`${operation}: expected the body of a report, got ${describeType(body)}`)
}
