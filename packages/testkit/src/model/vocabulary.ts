/** What the built-in commands write: entities, scopes, kinds and keys that no application has. */
import {
  defineEvent,
  defineProjection,
  idempotencyKey,
  type Coordinate,
  type EventType,
  type IdempotencyKey,
  type Projection,
} from '@batpak/core'

/** `n` makes a payload unique; `same` repeats one, so that hashes repeat as well. */
export interface Note {
  readonly n?: number
  readonly same?: number
  readonly pad?: string
}

export const NOTES: readonly EventType<Note>[] = [
  defineEvent<Note>({ name: 'testkit.model.Alpha', category: 0xf, typeId: 0xff0 }),
  defineEvent<Note>({ name: 'testkit.model.Beta', category: 0xf, typeId: 0xff1 }),
  defineEvent<Note>({ name: 'testkit.model.Gamma', category: 0xe, typeId: 0xff0 }),
]

/** Some are namespaces of others, some only look like it. */
export const ENTITIES: readonly string[] = [
  'testkit:a',
  'testkit:a:b',
  'testkit:ab',
  'testkit',
  'testkit:c:d:e',
]

export const SCOPES: readonly string[] = ['testkit', 'testkit.other']

export const KEYS: readonly IdempotencyKey[] = Array.from({ length: 8 }, (_, i) =>
  idempotencyKey('testkit', `key ${i}`),
)

/** An id that no event ever has. */
export const UNKNOWN_ID: IdempotencyKey = idempotencyKey('testkit', 'nobody')

/** Adds up what the notes of two kinds say, in an order that counts. */
export const SUM: Projection<NoteSum> = defineProjection<NoteSum>({
  name: 'testkit.model.Sum',
  init: () => ({ events: 0, digest: 0 }),
  on: (on) =>
    NOTES.slice(0, 2).map((type, i) => on(type, (state, note) => addNote(state, note, i))),
})

export interface NoteSum {
  readonly events: number
  readonly digest: number
}

export function addNote({ events, digest }: NoteSum, note: Note, kindIndex: number): NoteSum {
  const value = (note.n ?? 0) * 7 + (note.same ?? 0) * 3 + (note.pad?.length ?? 0) + kindIndex
  return { events: events + 1, digest: (digest * 31 + value) % 1_000_003 }
}

export function coordinateAt(entity: number, scope: number): Coordinate {
  return { entity: at(ENTITIES, entity), scope: at(SCOPES, scope) }
}

/** `list[index]`, the index taken modulo the length: shrinking breaks no reference. */
export function at<T>(list: readonly T[], index: number): T {
  return list[index % list.length]!
}
