/** Sequences are numbers that JavaScript holds exactly (D3). */
import { StoreError } from '../errors.ts'

/** @throws StoreError `UnsafeInteger` when `sequence` is none that an event could have */
export function assertNumberable(sequence: number): void {
  if (sequence <= Number.MAX_SAFE_INTEGER) return
  throw new StoreError('UnsafeInteger', {
    what: 'the sequence of a further event',
    value: String(sequence),
  })
}
