/** Bits that flip in a footer, which has no checksum: noticed at the open, or when the event is read. */
import { describe, expect, it } from 'vitest'
import { Store } from '../../src/index.ts'
import { nodePlatform } from '@batpak/platform'
import { verifyDirectory } from '../../src/inspect.ts'
import { filesIn, scratchDir } from '../support/scratch.ts'
import { frameOffsets } from '../support/raw-segment.ts'
import { appendOne, closedStore, observe, put, segment, writeTo } from '../support/recovery.ts'

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

  it('a flipped bit in any field but the sequence changes nothing: frames say what events are', () => {
    for (let field = 0; field < 162; field += 1) {
      if (field >= 122 && field < 130) continue
      const { dir, rows } = damaged((bytes, at) => {
        bytes[at + 2 * ENTRY + field]! ^= 1 << (field & 7)
      })
      expect(observe(dir).rows, `byte ${field} of an entry`).toEqual(rows)
    }
  })

  it('a sequence that does not ascend is not believed: the frames give every event', () => {
    for (let bit = 0; bit < 64; bit += 1) {
      const { dir, rows } = damaged((bytes, at) => {
        bytes[at + 2 * ENTRY + 122 + (bit >> 3)]! ^= 1 << (bit & 7)
      })
      expect(observe(dir).rows, `bit ${bit}`).toEqual(rows)
    }
  })

  it('a name of another entity in the string table changes nothing', () => {
    const { dir, rows } = damaged((bytes) => {
      bytes[bytes.lastIndexOf('order:1')]! ^= 1
    })
    expect(observe(dir).rows).toEqual(rows)
  })

  it('a damaged frame is still listed by its footer, and refused when it is read', () => {
    const { dir, rows } = damaged((bytes) => {
      bytes[bytes.indexOf('payload', frameOffsets(bytes)[3]) + 9]! ^= 1
    })
    const store = Store.openReadOnly({ dataDir: dir })
    expect([...store.entries()].map(({ eventId }) => eventId)).toEqual(
      rows.map(({ eventId }) => eventId),
    )
    expect(() => [...store.events()]).toThrow(expect.objectContaining({ code: 'CrcMismatch' }))
    store.close()
  })

  it('a string that no coordinate can be is not believed: the frames give every event', () => {
    const { dir, rows } = damaged((bytes) => {
      bytes[bytes.lastIndexOf('order:1')] = 0x01
    })
    expect(observe(dir).rows).toEqual(rows)
  })
})

describe('a segment that lost its end, with another behind it', () => {
  /** Four segments of a store that was closed; the second one is cut to `size(bytes)`. */
  function cut(size: (bytes: Buffer) => number): string {
    const dir = scratchDir()
    const store = Store.open({ dataDir: dir, segmentMaxBytes: 3000 })
    for (let n = 0; n < 20; n += 1) appendOne(store, n)
    store.close()
    const bytes = Buffer.from(segment(dir, 2))
    put(dir, bytes.subarray(0, size(bytes)), 2)
    return dir
  }

  it.each([
    ['inside a frame', (bytes: Buffer) => frameOffsets(bytes)[2]! + 100],
    ['between two frames', (bytes: Buffer) => frameOffsets(bytes)[2]!],
    ['behind its header', (bytes: Buffer) => frameOffsets(bytes)[0]!],
  ])('%s is refused: acknowledged events are missing (D6)', (_, size) => {
    const dir = cut(size)
    const before = filesIn(dir)
    expect(() => Store.open({ dataDir: dir })).toThrow(
      expect.objectContaining({
        code: 'CorruptSegment',
        segmentId: 2,
        message: expect.stringMatching(/missing at its end: the next segment begins with event/),
      }),
    )
    expect(filesIn(dir)).toEqual(before)
    const steps = [...verifyDirectory(nodePlatform().fs, dir)]
    expect(steps.flatMap((step) => (step.type === 'finding' ? step.finding.code : []))).toContain(
      'EventsMissing',
    )
  })

  it('of its footer alone opens with every event', () => {
    const dir = cut((bytes) => bytes.length - 1)
    expect(observe(dir).rows.length).toBeGreaterThan(20)
  })
})
