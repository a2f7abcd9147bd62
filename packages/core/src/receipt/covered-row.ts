/** What a signature of a committed event covers, from the index. */
import { encodeExtensions } from '../append/extensions.ts'
import type { Engine } from '../engine.ts'
import type { Covered } from './cover.ts'

/** @throws StoreError when the extensions must be read from a damaged segment */
export function coveredRow(engine: Engine, row: number): Covered {
  const { columns, names } = engine.index
  const eventId = new Uint32Array(4)
  columns.copyEventId(row, eventId)
  return {
    eventId,
    sequence: columns.sequence(row),
    coordinate: {
      entity: names.text(columns.entityId(row)),
      scope: names.text(columns.scopeId(row)),
    },
    kind: columns.kind(row),
    prevHash: columns.prevHash(row),
    contentHash: columns.eventHash(row),
    extensions: encodeExtensions(engine.extensionsOf(row)),
  }
}
