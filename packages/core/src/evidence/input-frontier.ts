/** Up to where a report's input goes. */
import type { EventIndex } from '../index-store/event-index.ts'
import type { InputFrontier } from './read-walk-body.ts'

/** The event with a sequence, hidden or not; undefined when there is none. */
export function frontierAt({ columns }: EventIndex, sequence: number): InputFrontier | undefined {
  const row = columns.lowerBound(sequence)
  if (row >= columns.count || columns.sequence(row) !== sequence) return undefined
  return { kind: 'Visible', wallMs: columns.wallMs(row), globalSequence: sequence }
}
