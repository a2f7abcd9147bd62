// #region quickstart
import { Store, defineEvent, defineProjection } from '@batpak/core'
const Note = defineEvent<{ body: string }>({ name: 'Note', category: 0xf, typeId: 0x201 })
const Size = defineProjection({ name: 'Size', init: () => 0, on: (on) => [on(Note, (n) => n + 1)] })
const store = Store.open({ dataDir: './data', events: [Note] })
const at = { entity: 'note:1', scope: 'notebook' }
const first = store.append(at, Note, { body: 'first' })
store.append(at, Note, { body: 'second' }, { causationId: first.eventId })
const newest = store.page({ scope: 'notebook' }, { limit: 16 }).entries.at(-1)!
console.log(Note.decode(store.get(newest.eventId)).body)
console.log([...store.ancestors(newest.eventId)].map((event) => event.clock))
console.log(store.verify(first).outcome, store.project(Size, 'note:1'))
store.close()
// #endregion
