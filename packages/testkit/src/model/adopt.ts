/** Events that others have written: batpak's own, and those of the application's commands. */
import type { ModelEvent } from './model-event.ts'
import { require } from './broken-law.ts'
import type { World } from './world.ts'

/**
 * Takes what was written since the last step into the model. What is not visible was cancelled.
 *
 * @returns the events that are new
 * @throws BrokenLaw
 */
export function adoptWrites({ store, model }: World): readonly ModelEvent[] {
  const { globalSequence } = store.stats()
  const known = model.events.length
  require(globalSequence >= known, 'L-SEQ', 'sequences were given back', known, globalSequence)
  const adopted: ModelEvent[] = []
  const after = known === 0 ? {} : { after: known - 1 }
  for (const entry of store.entries({}, after)) {
    const free = entry.sequence >= model.events.length && entry.sequence < globalSequence
    const what = `a new event has sequence ${entry.sequence}`
    require(free, 'L-SEQ', what, `${model.events.length} to ${globalSequence - 1}`, entry.sequence)
    while (model.events.length < entry.sequence) model.adoptHidden()
    adopted.push(model.adopt(entry))
  }
  while (model.events.length < globalSequence) model.adoptHidden()
  return adopted
}
