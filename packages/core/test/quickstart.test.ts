/** The path that every user walks, as the README shows it. */
import { expect, it } from 'vitest'
// #region quickstart-import
import { Store, defineEvent, defineProjection } from '../src/index.ts'
// #endregion
import { freshDir } from './support/api-store.ts'

it('opens, appends, pages, reads, walks, verifies, projects and closes in eight lines', () => {
  const dataDir = freshDir()
  const walked: number[] = []
  const console = { log: (sequence: number): void => void walked.push(sequence) }

  // #region quickstart
  const NoteAdded = defineEvent<{ body: string }>({
    name: 'notes.NoteAdded',
    category: 0xf,
    typeId: 0x201,
  })
  const NoteStream = defineProjection({
    name: 'NoteStream',
    version: 1,
    init: () => ({ count: 0, last: '' }),
    on: (on) => [on(NoteAdded, (s, note) => ({ count: s.count + 1, last: note.body }))],
  })

  using store = Store.open({ dataDir, events: [NoteAdded] })
  const at = { entity: 'note:1', scope: 'notebook' }
  const first = store.append(at, NoteAdded, { body: 'first' })
  store.append(at, NoteAdded, { body: 'second' }, { causationId: first.eventId })
  const page = store.page({ scope: 'notebook' }, { limit: 16 })
  const event = store.get(page.entries[0]!.eventId)
  const note = NoteAdded.decode(event)
  for (const e of store.ancestors(page.entries[1]!.eventId)) console.log(e.sequence)
  const { outcome } = store.verify(first)
  const state = store.project(NoteStream, 'note:1')
  store.close()
  // #endregion

  expect(page.entries.map(({ sequence }) => sequence)).toEqual([1, 2])
  expect(page.entries[1]!.causationId).toBe(first.eventId)
  expect(page).not.toHaveProperty('next')
  expect(note).toEqual({ body: 'first' })
  expect(walked).toEqual([2, 1])
  expect(outcome).toBe('unsigned_accepted')
  expect(state).toEqual({ count: 2, last: 'second' })
  expect(store.closed).toBe(true)

  const again = Store.openReadOnly({ dataDir })
  expect(again.project(NoteStream, 'note:1')).toEqual(state)
  again.close()
})
