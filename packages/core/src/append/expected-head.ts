/** Compare-and-swap by the head itself: what a decision was made on must still be the newest. */
import type { Engine } from '../engine.ts'
import { StoreError } from '../errors.ts'
import type { EntityHead } from '../errors/fields.ts'
import type { EntityRecord } from '../index-store/names.ts'

/** The row that must be an entity's newest when something is written; -1 for none. */
export interface ExpectedHead {
  readonly entity: EntityRecord
  readonly head: number
}

/** @throws StoreError `SequenceMismatch` when the entity has got another head since */
export function assertHead({ index }: Engine, { entity, head }: ExpectedHead): void {
  if (entity.head === head) return
  const clock = (row: number): EntityHead => (row < 0 ? 'empty' : index.columns.clock(row))
  const fields = { entity: entity.name, expected: clock(head), actual: clock(entity.head) }
  throw new StoreError('SequenceMismatch', fields)
}
