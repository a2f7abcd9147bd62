// Writes the same history in the directory of the first argument, and dies as kill -9 does at the
// injection point of the second one; behind `fenced` it writes under a fence that stays open.
import { Store, defineEvent, draft } from '@batpak/core'
import { installHooks } from '@batpak/core/testing'

const [dataDir, point, fenced] = process.argv.slice(2)
const Noted = defineEvent({ name: 'test.Noted', category: 0xf, typeId: 1 })
const at = (entity) => ({ entity, scope: 's' })
const store = Store.open({ dataDir, segmentMaxBytes: point === 'SegmentRotation' ? 900 : 1 << 20 })

store.appendBatch([1, 2].map((n) => draft(at('a'), Noted, { n })))
const to = fenced === 'fenced' ? store.beginFence() : store
installHooks({ inject: (reached) => (reached.at === point ? 'kill' : undefined) })
to.append(at('a'), Noted, { n: 3 })
to.appendBatch([4, 5, 6].map((n) => draft(at(n === 5 ? 'b' : 'a'), Noted, { n })))
console.log('still alive')
