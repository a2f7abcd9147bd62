/** after close every call says so, on each kind of store; only `close` and `closed` go on. */
import { describe, expect, it } from 'vitest'
import {
  EventId,
  Store,
  defineProjection,
  type AppendReceipt,
  type ReadOnlyStore,
  type Reads,
} from '../../src/index.ts'
import { Noted, at, hexId } from '../support/api-events.ts'
import { refusal } from '../support/api-errors.ts'
import { filesOf, freshDir } from '../support/api-store.ts'

const ID = EventId.fromHex(hexId(1))
const P = defineProjection<number>({ name: 'P', init: () => 0, on: () => [] })

const reads: readonly (readonly [
  name: string,
  call: (store: Reads, receipt: AppendReceipt) => unknown,
])[] = [
  ['get', (store) => store.get(ID)],
  ['find', (store) => store.find(ID)],
  ['entry', (store) => store.entry(ID)],
  ['has', (store) => store.has(ID)],
  ['entries', (store) => store.entries()],
  ['events', (store) => store.events()],
  ['page', (store) => store.page({}, { limit: 1 })],
  ['count', (store) => store.count()],
  ['ancestors', (store) => store.ancestors(ID)],
  ['causes', (store) => store.causes(ID)],
  ['effects', (store) => store.effects(ID)],
  ['correlated', (store) => store.correlated(ID)],
  ['entity', (store) => store.entity('a')],
  ['project', (store) => store.project(P, 'a')],
  ['verify', (store, receipt) => store.verify(receipt)],
  ['stats', (store) => store.stats()],
  ['frontier', (store) => store.frontier()],
  ['diagnostics', (store) => store.diagnostics()],
]
const writes: readonly (readonly [name: string, call: (store: Store) => unknown])[] = [
  ['append', (store) => store.append(at('a'), Noted, { n: 1 })],
  ['appendBytes', (store) => store.appendBytes(at('a'), Noted.kind, new Uint8Array(1))],
  ['sync', (store) => store.sync()],
]

function prepared(): { dataDir: string; receipt: AppendReceipt } {
  const dataDir = freshDir()
  const store = Store.open({ dataDir })
  const receipt = store.append(at('a'), Noted, { n: 1 })
  store.close()
  return { dataDir, receipt }
}

describe('a closed store', () => {
  it.each(['open', 'openReadOnly', 'openUnlocked'] as const)(
    'R-164 D14 of Store.%s refuses every read with StoreClosed that names the call',
    (how) => {
      const { dataDir, receipt } = prepared()
      const store: Store | ReadOnlyStore = Store[how]({ dataDir })
      expect(store.closed).toBe(false)
      for (const [, call] of reads) {
        try {
          call(store, receipt)
        } catch (error) {
          expect(error).toMatchObject({ code: 'NotFound' })
        }
      }
      store.close()
      expect(store.closed).toBe(true)
      for (const [name, call] of reads) {
        expect(refusal('StoreClosed', () => call(store, receipt)).operation, name).toBe(name)
      }
    },
  )

  it('R-164 D14 refuses every write with StoreClosed that names the call', () => {
    const { dataDir } = prepared()
    const store = Store.open({ dataDir })
    store.close()
    const files = filesOf(dataDir)
    for (const [name, call] of writes) {
      const error = refusal('StoreClosed', () => call(store))
      expect(error.operation).toBe(name)
      expect(error.message).toContain(name)
    }
    expect(filesOf(dataDir)).toEqual(files)
  })

  it('R-164 is refused before its arguments are looked at', () => {
    const { dataDir } = prepared()
    const store = Store.open({ dataDir })
    store.close()
    refusal('StoreClosed', () => store.get(undefined as never))
    refusal('StoreClosed', () => store.page(undefined as never, undefined as never))
    refusal('StoreClosed', () => store.append(undefined as never, undefined as never, 1))
    refusal('StoreClosed', () => store.verify(undefined as never))
    refusal('StoreClosed', () => store.entity(undefined as never))
    refusal('StoreClosed', () => store.effects(undefined as never))
  })

  it('R-162 a read-only store has no member that writes', () => {
    const { dataDir } = prepared()
    for (const how of ['openReadOnly', 'openUnlocked'] as const) {
      const store = Store[how]({ dataDir })
      for (const [name] of writes) expect(name in store, name).toBe(false)
      store.close()
    }
  })

  it('keeps extensions that were not read yet out of reach, and says so', () => {
    const { dataDir } = prepared()
    const store = Store.open({ dataDir })
    const [entry] = [...store.entries({ entity: 'a' })]
    const [read] = [...store.entries({ entity: 'a' })]
    expect(read!.extensions.size).toBe(0)
    store.close()
    refusal('StoreClosed', () => entry!.extensions)
    expect(read!.extensions.size).toBe(0)
  })
})
