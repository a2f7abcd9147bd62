/** Whether a schema is still the one that was recorded. */
import { blake3 } from '../event/hash.ts'
import { sorted, struct, UNIT, variants } from './composite-shapes.ts'
import { checkOptionNames, describeType } from '../options.ts'
import { reportOf, type EvidenceReport } from './report.ts'
import { HASH, TEXT, U16, choice } from './scalar-shapes.ts'
import { encodeShape, type Shape } from './shape.ts'

/** What is recorded of a schema: its identity, and hashes of its text and of an example. */
export interface SchemaSnapshot {
  readonly stableId: string
  readonly snapshotSchemaVersion: number
  readonly schemaHash: Uint8Array
  readonly fixtureHash: Uint8Array
}

export type SchemaSnapshotFinding =
  | { readonly kind: 'StableIdMismatch' }
  | { readonly kind: 'SnapshotSchemaVersionMismatch' }
  | { readonly kind: 'SchemaHashMismatch' }
  | { readonly kind: 'FixtureHashMismatch' }

export interface SchemaSnapshotBody {
  /** The expected one's. */
  readonly stableId: string
  readonly observedStableId: string
  readonly schemaVersion: number
  readonly expectedSnapshotSchemaVersion: number
  readonly observedSnapshotSchemaVersion: number
  readonly expectedSchemaHash: Uint8Array
  readonly observedSchemaHash: Uint8Array
  readonly expectedFixtureHash: Uint8Array
  readonly observedFixtureHash: Uint8Array
  /** `Unknown` with any finding; nothing says `Changed` yet. */
  readonly changeClass: 'Unchanged' | 'Changed' | 'Unknown'
  readonly findings: readonly SchemaSnapshotFinding[]
}

const SNAPSHOT: Shape<SchemaSnapshot> = struct<SchemaSnapshot>({
  stableId: TEXT,
  snapshotSchemaVersion: U16,
  schemaHash: HASH,
  fixtureHash: HASH,
})

export const SCHEMA_SNAPSHOT_BODY: Shape<SchemaSnapshotBody> = struct<SchemaSnapshotBody>({
  stableId: TEXT,
  observedStableId: TEXT,
  schemaVersion: U16,
  expectedSnapshotSchemaVersion: U16,
  observedSnapshotSchemaVersion: U16,
  expectedSchemaHash: HASH,
  observedSchemaHash: HASH,
  expectedFixtureHash: HASH,
  observedFixtureHash: HASH,
  changeClass: choice('Unchanged', 'Changed', 'Unknown'),
  findings: sorted(
    variants<SchemaSnapshotFinding>({
      StableIdMismatch: UNIT,
      SnapshotSchemaVersionMismatch: UNIT,
      SchemaHashMismatch: UNIT,
      FixtureHashMismatch: UNIT,
    }),
  ),
})

/**
 * The record of a schema: BLAKE3 of its bytes and of the bytes of a fixture that follows it.
 *
 * @throws TypeError for arguments of the wrong type
 */
export function schemaSnapshot(
  stableId: string,
  schema: Uint8Array,
  fixture: Uint8Array,
): SchemaSnapshot {
  if (typeof stableId !== 'string') throw wrong('stableId', 'a string', stableId)
  if (!(schema instanceof Uint8Array)) throw wrong('schema', 'a Uint8Array', schema)
  if (!(fixture instanceof Uint8Array)) throw wrong('fixture', 'a Uint8Array', fixture)
  return {
    stableId,
    snapshotSchemaVersion: 1,
    schemaHash: blake3(schema),
    fixtureHash: blake3(fixture),
  }
}

/**
 * Compares a schema with its record. Nothing is read or written.
 *
 * @returns `changeClass` is `Unchanged` exactly when there is no finding
 * @throws TypeError for anything but snapshots; StoreError `BodyEncoding` for values the format cannot
 *   hold
 */
export function compareSchemaSnapshot(
  expected: SchemaSnapshot,
  observed: SchemaSnapshot,
): EvidenceReport<SchemaSnapshotBody> {
  const [a, b] = [checked('expected', expected), checked('observed', observed)]
  const findings: SchemaSnapshotFinding[] = []
  if (a.stableId !== b.stableId) findings.push({ kind: 'StableIdMismatch' })
  if (a.snapshotSchemaVersion !== b.snapshotSchemaVersion) {
    findings.push({ kind: 'SnapshotSchemaVersionMismatch' })
  }
  if (!Buffer.from(a.schemaHash).equals(b.schemaHash)) findings.push({ kind: 'SchemaHashMismatch' })
  if (!Buffer.from(a.fixtureHash).equals(b.fixtureHash)) {
    findings.push({ kind: 'FixtureHashMismatch' })
  }
  return reportOf(SCHEMA_SNAPSHOT_BODY, {
    stableId: a.stableId,
    observedStableId: b.stableId,
    schemaVersion: 1,
    expectedSnapshotSchemaVersion: a.snapshotSchemaVersion,
    observedSnapshotSchemaVersion: b.snapshotSchemaVersion,
    expectedSchemaHash: a.schemaHash,
    observedSchemaHash: b.schemaHash,
    expectedFixtureHash: a.fixtureHash,
    observedFixtureHash: b.fixtureHash,
    changeClass: findings.length === 0 ? 'Unchanged' : 'Unknown',
    findings,
  })
}

/** A copy with hashes of its own, so that the caller's arrays can change. @throws as above */
function checked(name: string, snapshot: SchemaSnapshot): SchemaSnapshot {
  checkOptionNames(name, snapshot, NAMES)
  const { stableId, snapshotSchemaVersion, schemaHash, fixtureHash } = snapshot
  const copy = { stableId, snapshotSchemaVersion, schemaHash, fixtureHash }
  encodeShape(SNAPSHOT, copy)
  return { ...copy, schemaHash: schemaHash.slice(), fixtureHash: fixtureHash.slice() }
}

const NAMES: ReadonlySet<string> = new Set([
  'stableId',
  'snapshotSchemaVersion',
  'schemaHash',
  'fixtureHash',
])

function wrong(name: string, expected: string, value: unknown): TypeError {
  return new TypeError(`schemaSnapshot: ${name} must be ${expected}, got ${describeType(value)}`)
}
