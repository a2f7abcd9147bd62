/** A schema beside its record: nothing is read, so the whole report is determined. */
import { describe, expect, it } from 'vitest'
import { bodyHash, compareSchemaSnapshot, schemaSnapshot } from '../../src/evidence.ts'
import { hex } from '../support/evidence-bodies.ts'

const hash = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const recorded = {
  stableId: 'a',
  snapshotSchemaVersion: 1,
  schemaHash: hash(1),
  fixtureHash: hash(2),
}

describe('compareSchemaSnapshot', () => {
  it('R-143 has the hash that batpak 0.8.0 gives for another fixture', () => {
    const { body, bodyHash: observed } = compareSchemaSnapshot(recorded, {
      ...recorded,
      fixtureHash: hash(3),
    })
    expect(hex(observed)).toBe('fe1c1b61db3808991e5ac61da8d8c8be4d373edc8e607fff9900576ad2a614c4')
    expect(body).toEqual({
      stableId: 'a',
      observedStableId: 'a',
      schemaVersion: 1,
      expectedSnapshotSchemaVersion: 1,
      observedSnapshotSchemaVersion: 1,
      expectedSchemaHash: hash(1),
      observedSchemaHash: hash(1),
      expectedFixtureHash: hash(2),
      observedFixtureHash: hash(3),
      changeClass: 'Unknown',
      findings: [{ kind: 'FixtureHashMismatch' }],
    })
    expect(bodyHash(body)).toEqual(observed)
  })

  it('R-142 is Unchanged exactly without findings; each difference has its own', () => {
    const changed = [
      [{}, []],
      [{ stableId: 'b' }, ['StableIdMismatch']],
      [{ snapshotSchemaVersion: 2 }, ['SnapshotSchemaVersionMismatch']],
      [{ schemaHash: hash(9) }, ['SchemaHashMismatch']],
      [{ fixtureHash: hash(9) }, ['FixtureHashMismatch']],
      [
        { stableId: 'b', snapshotSchemaVersion: 2, schemaHash: hash(9), fixtureHash: hash(9) },
        [
          'StableIdMismatch',
          'SnapshotSchemaVersionMismatch',
          'SchemaHashMismatch',
          'FixtureHashMismatch',
        ],
      ],
    ] as const
    for (const [change, kinds] of changed) {
      const { body } = compareSchemaSnapshot(recorded, { ...recorded, ...change })
      expect(body.findings.map(({ kind }) => kind)).toEqual(kinds)
      expect(body.changeClass).toBe(kinds.length === 0 ? 'Unchanged' : 'Unknown')
    }
  })

  it('records the hashes of the bytes, and keeps nothing of the caller', () => {
    const bytes = new TextEncoder().encode('schema')
    const snapshot = schemaSnapshot('orders.v1', bytes, new Uint8Array(0))
    expect(hex(snapshot.fixtureHash)).toBe(
      'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262',
    )
    const { body } = compareSchemaSnapshot(snapshot, snapshot)
    snapshot.schemaHash.fill(0)
    expect(body.expectedSchemaHash).not.toEqual(snapshot.schemaHash)
    expect(body.changeClass).toBe('Unchanged')
  })

  it('refuses what is no record, naming the part', () => {
    expect(() => compareSchemaSnapshot(3 as never, recorded)).toThrow(/expected must be an object/)
    expect(() => compareSchemaSnapshot(recorded, { ...recorded, more: 1 } as never)).toThrow(/more/)
    expect(() =>
      compareSchemaSnapshot(recorded, { ...recorded, schemaHash: 'x' } as never),
    ).toThrow(
      expect.objectContaining({
        code: 'BodyEncoding',
        reason: 'schemaHash must be a Uint8Array of 32 bytes, got "x"',
      }),
    )
    expect(() => schemaSnapshot(1 as never, hash(0), hash(0))).toThrow(/stableId must be a string/)
    expect(() => schemaSnapshot('a', 'x' as never, hash(0))).toThrow(/schema must be a Uint8Array/)
    expect(() => schemaSnapshot('a', hash(0), [] as never)).toThrow(/fixture must be a Uint8Array/)
  })
})
