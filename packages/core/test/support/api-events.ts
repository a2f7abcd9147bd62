import { defineEvent, type Coordinate, type EventType } from '../../src/index.ts'

export interface Note {
  readonly n: number
}

/** Two product kinds for tests to which the payload does not matter. */
export const Noted: EventType<Note> = defineEvent<Note>({
  name: 'test.Noted',
  category: 0xf,
  typeId: 1,
})
export const Counted: EventType<Note> = defineEvent<Note>({
  name: 'test.Counted',
  category: 0xe,
  typeId: 2,
})

export function at(entity: string, scope = 'scope'): Coordinate {
  return { entity, scope }
}

/** The bytes 0, 1, 2 … as an id of 32 hex digits: a different one for each number. */
export function hexId(n: number): string {
  return n.toString(16).padStart(32, '0')
}
