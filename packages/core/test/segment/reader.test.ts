/** Point reads of frames: what is checked, and that files and maps stay within the budget. */
import { ftruncateSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodePlatform, type PlatformFs } from '@batpak/platform'
import { describe, expect, it } from 'vitest'
import { payloadOf } from '../../src/segment/frame-decode.ts'
import { segmentFileName } from '../../src/segment/name.ts'
import { SegmentReader, type SealedReads } from '../../src/segment/reader.ts'
import { hex } from '../support/raw-msgpack.ts'
import {
  eventFrame,
  frame,
  payloadOf as payload,
  segmentBytes,
  segmentHeader,
} from '../support/raw-segment.ts'
import { scratchDir } from '../support/scratch.ts'

const START = segmentHeader(1).length
const FRAME = eventFrame({ eventId: 5n, payload: payload(5) })

/** The platform's files, counting how many are open or mapped. */
function counting(): { readonly fs: PlatformFs; readonly live: () => number } {
  const { fs } = nodePlatform()
  let live = 0
  const counted: PlatformFs = {
    ...fs,
    open: (...args) => {
      const fd = fs.open(...args)
      live += 1
      return fd
    },
    close: (fd) => {
      live -= 1
      fs.close(fd)
    },
    map: (...args) => {
      const view = fs.map(...args)
      live += 1
      return view
    },
    unmap: (view) => {
      live -= 1
      fs.unmap(view)
    },
  }
  return { fs: counted, live: () => live }
}

const MODES: readonly SealedReads[] = ['positional', 'preferred']

function withReader(
  mode: SealedReads,
  bytes: Uint8Array,
  use: (reader: SegmentReader, path: string) => void,
): void {
  const dir = scratchDir()
  const path = join(dir, segmentFileName(1))
  writeFileSync(path, bytes)
  const { fs, live } = counting()
  const reader = new SegmentReader(fs, dir, mode, 4)
  try {
    use(reader, path)
  } finally {
    reader.close()
    expect(live()).toBe(0)
  }
}

describe.each(MODES)('a point read, %s', (mode) => {
  it('gives the frame at the offset, of the length that the index has or a larger one', () => {
    const second = eventFrame({ eventId: 6n, payload: payload(6) })
    withReader(mode, segmentBytes(1, FRAME, second), (reader) => {
      for (const extra of [0, 1, second.length]) {
        reader.read(1, START, FRAME.length + extra)
        expect(reader.head.eventId[3]).toBe(5)
        expect(hex(payloadOf(reader.buf, reader.head))).toBe(hex(payload(5)))
      }
      reader.read(1, START + FRAME.length, second.length)
      expect(reader.head.eventId[3]).toBe(6)
    })
  })

  it('refuses lengths out of bounds, too short for the frame, and beyond the file (R-23)', () => {
    withReader(mode, segmentBytes(1, FRAME), (reader) => {
      const corrupt = (detail: RegExp): unknown =>
        expect.objectContaining({
          code: 'CorruptSegment',
          segmentId: 1,
          detail: expect.stringMatching(detail),
        })
      for (const length of [0, 7, 268_435_456 + 9]) {
        expect(() => reader.read(1, START, length)).toThrow(corrupt(/impossible length/))
      }
      expect(() => reader.read(1, START, FRAME.length - 1)).toThrow(
        corrupt(/longer than its index entry/),
      )
      expect(() => reader.read(1, START, FRAME.length + 1)).toThrow(corrupt(/unexpected EOF/))
      expect(() => reader.read(1, 1_000_000, 100)).toThrow(corrupt(/unexpected EOF/))
      reader.read(1, START, FRAME.length)
    })
  })

  it('verifies the checksum every time: any changed byte is CrcMismatch (R-23)', () => {
    for (let i = 4; i < FRAME.length; i += 7) {
      const damaged = Buffer.from(FRAME)
      damaged[i]! ^= 0x10
      withReader(mode, segmentBytes(1, damaged), (reader) => {
        expect(() => reader.read(1, START, FRAME.length)).toThrow(
          expect.objectContaining({ code: 'CrcMismatch', segmentId: 1, offset: START }),
        )
      })
    }
  })

  it('refuses a frame that is none, and a file that is not there', () => {
    const none = frame('text')
    withReader(mode, segmentBytes(1, none), (reader) => {
      expect(() => reader.read(1, START, none.length)).toThrow(
        expect.objectContaining({ code: 'CorruptSegment', segmentId: 1 }),
      )
      expect(() => reader.read(2, START, none.length)).toThrow(
        expect.objectContaining({ code: 'Io', operation: 'read segment 2' }),
      )
    })
  })

  it('gives the same frames however few files may be open, in any order (R-26)', () => {
    const dir = scratchDir()
    const ids = Array.from({ length: 20 }, (_, i) => i + 1)
    const lengths = ids.map((id) => {
      const bytes = eventFrame({ eventId: BigInt(id), payload: payload(id) })
      writeFileSync(join(dir, segmentFileName(id)), segmentBytes(id, bytes))
      return bytes.length
    })
    for (const budget of [1, 2, 7, 64]) {
      const { fs, live } = counting()
      const reader = new SegmentReader(fs, dir, mode, budget)
      for (let i = 0; i < 100; i += 1) {
        const id = ((i * 7) % 20) + 1
        reader.read(id, segmentHeader(id).length, lengths[id - 1]!)
        expect(reader.head.eventId[3]).toBe(id)
        expect(hex(payloadOf(reader.buf, reader.head))).toBe(hex(payload(id)))
        expect(live()).toBeLessThanOrEqual(budget)
      }
      reader.close()
      expect(live()).toBe(0)
    }
  })
})

describe('the segment that is written', () => {
  it('is read through the writer’s descriptor, as it grows (R-25)', () => {
    const dir = scratchDir()
    const path = join(dir, segmentFileName(1))
    writeFileSync(path, segmentHeader(1))
    const { fs } = nodePlatform()
    const fd = fs.open(path, 'read-write')
    const reader = new SegmentReader(fs, dir, 'preferred', 4)
    reader.setActive(1, fd)
    for (let i = 0; i < 3; i += 1) {
      const bytes = eventFrame({ eventId: BigInt(i) })
      const at = START + i * bytes.length
      fs.pwrite(fd, bytes, at)
      reader.read(1, at, bytes.length)
      expect(reader.head.eventId[3]).toBe(i)
    }
    rmSync(path)
    reader.read(1, START, eventFrame({ eventId: 0n }).length)
    ftruncateSync(fd, START)
    expect(() => reader.read(1, START, 100)).toThrow(
      expect.objectContaining({ code: 'CorruptSegment' }),
    )
    reader.close()
    fs.close(fd)
  })
})

describe('sealed segments where maps are required', () => {
  it('and none is admitted are refused by name, and no file is opened (D11)', () => {
    withReader('refused', segmentBytes(1, FRAME), (reader) => {
      expect(() => reader.read(1, START, FRAME.length)).toThrow(
        expect.objectContaining({
          code: 'PlatformAdmissionFailed',
          capability: 'sealed segment mmap',
        }),
      )
    })
  })

  it('that cannot be mapped fall back to positions under `preferred` alone (D11)', () => {
    const dir = scratchDir()
    writeFileSync(join(dir, segmentFileName(1)), segmentBytes(1, FRAME))
    const { fs, live } = counting()
    const noMaps: PlatformFs = {
      ...fs,
      map: () => {
        throw Object.assign(new Error('no maps left'), { code: 'ENOMEM' })
      },
    }
    const preferred = new SegmentReader(noMaps, dir, 'preferred', 4)
    preferred.read(1, START, FRAME.length)
    expect(preferred.head.eventId[3]).toBe(5)
    preferred.close()
    const mapped = new SegmentReader(noMaps, dir, 'mapped', 4)
    expect(() => mapped.read(1, START, FRAME.length)).toThrow(
      expect.objectContaining({ code: 'Io' }),
    )
    mapped.close()
    expect(live()).toBe(0)
  })
})
