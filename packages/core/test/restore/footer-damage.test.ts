/** Bits that flip in a footer, which has no checksum: noticed at the open, or when the event is read. */
import { describe, expect, it } from 'vitest'
import { Store } from '../../src/index.ts'
import { closedStore, observe, put, segment, writeTo } from '../support/recovery.ts'

const ENTRY = 162

/** A closed store of six rows whose footer is changed by `edit`. */
function damaged(edit: (bytes: Buffer, entriesAt: number) => void): {
  readonly dir: string
  readonly rows: ReturnType<typeof observe>['rows']
} {
  const dir = closedStore(4)
  writeTo(dir)
  const { rows } = observe(dir)
  const bytes = Buffer.from(segment(dir))
  edit(bytes, bytes.length - 16 - 6 * ENTRY)
  put(dir, bytes)
  return { dir, rows }
}

describe('a damaged footer entry (hazard 23.9)', () => {
  it.each([
    ['a frame length that leaves a gap', 118, 0x40],
    ['a frame offset that leaves a gap', 110, 0x01],
  ])('%s is not believed: the frames give every event', (_, field, bit) => {
    const { dir, rows } = damaged((bytes, at) => {
      bytes[at + 2 * ENTRY + field]! ^= bit
    })
    expect(observe(dir).rows).toEqual(rows)
  })

  it.each([
    ['the kind', 24],
    ['the clock', 34],
    ['the event hash', 78],
    ['the event id', 0],
  ])(
    'a flipped bit in %s is CorruptSegment when the event is read, never another event',
    (_, field) => {
      const { dir } = damaged((bytes, at) => {
        bytes[at + 2 * ENTRY + field]! ^= 1
      })
      const store = Store.openReadOnly({ dataDir: dir })
      const read = (): unknown => [...store.events()]
      expect(read).toThrow(expect.objectContaining({ code: 'CorruptSegment', segmentId: 1 }))
      store.close()
    },
  )

  it('a name of another entity in the string table is CorruptSegment when the event is read', () => {
    const { dir } = damaged((bytes) => {
      bytes[bytes.lastIndexOf('order:1')]! ^= 1
    })
    const store = Store.openReadOnly({ dataDir: dir })
    expect(() => [...store.events()]).toThrow(expect.objectContaining({ code: 'CorruptSegment' }))
    store.close()
  })

  it('a string that no coordinate can be is not believed: the frames give every event', () => {
    const { dir, rows } = damaged((bytes) => {
      bytes[bytes.lastIndexOf('order:1')] = 0x01
    })
    expect(observe(dir).rows).toEqual(rows)
  })
})
