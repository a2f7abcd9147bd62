// `@batpak/core/inspect`: files, segments, frames and artifacts of a directory as plain values.
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodePlatform } from '@batpak/platform'
import { describe, expect, it, onTestFinished } from 'vitest'
import { crc32 } from '../src/encoding/crc.ts'
import { Store } from '../src/index.ts'
import {
  listStoreFiles,
  readArtifacts,
  readFrame,
  readFrames,
  readSegmentInfo,
  type ArtifactInfo,
} from '../src/inspect.ts'

const { fs } = nodePlatform()
const fixtures = fileURLToPath(new URL('../../../fixtures/abi/rust-0.8.0', import.meta.url))

function copyOf(shape: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'batpak-inspect-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  cpSync(join(fixtures, shape, 'store'), dir, { recursive: true })
  return dir
}

function edit(dir: string, file: string, change: (bytes: Buffer) => Buffer | void): void {
  const bytes = readFileSync(join(dir, file))
  writeFileSync(join(dir, file), change(bytes) ?? bytes)
}

describe('listStoreFiles', () => {
  it('classifies every name, segments first and by number', () => {
    const dir = copyOf('cursor')
    for (const name of [
      '1000000.fbat',
      '+7.fbat',
      'x.fbat',
      '000009.fbat.compact-src',
      '.tmpAb3xYz',
    ]) {
      writeFileSync(join(dir, name), '123')
    }
    for (const name of [
      '000001.fbat.healed-57',
      'compaction.pending.json',
      '.tmpshort',
      'README',
    ]) {
      writeFileSync(join(dir, name), '')
    }
    const files = listStoreFiles(fs, dir)
    expect(files.map(({ name, kind }) => [name, kind])).toEqual([
      ['000001.fbat', 'segment'],
      ['+7.fbat', 'segment'],
      ['1000000.fbat', 'segment'],
      ['.batpak.lock', 'lock'],
      ['.tmpAb3xYz', 'temporary'],
      ['.tmpshort', 'other'],
      ['000001.fbat.healed-57', 'healed'],
      ['000009.fbat.compact-src', 'compact-source'],
      ['README', 'other'],
      ['compaction.pending.json', 'compaction-marker'],
      ['cursors', 'cursors'],
      ['index.fbati', 'mmap-index'],
      ['x.fbat', 'malformed-segment'],
    ])
    expect(files.slice(0, 3)).toMatchObject([
      { segmentId: 1, canonical: true },
      { segmentId: 7, canonical: false, bytes: 3 },
      { segmentId: 1_000_000, canonical: true },
    ])
  })

  it('refuses a directory that is not there', () => {
    expect(() => listStoreFiles(fs, join(tmpdir(), 'no-such-directory'))).toThrow(
      expect.objectContaining({ code: 'Io' }),
    )
  })
})

describe('readSegmentInfo', () => {
  it('describes header and footer of a sealed segment', () => {
    const dir = copyOf('clean')
    expect(readSegmentInfo(fs, dir, 1)).toEqual({
      segmentId: 1,
      bytes: 6051,
      header: { version: 1, flags: 0, createdNs: 1_700_000_000_000_500_000n, segmentId: 1n },
      framesFrom: 57,
      framesEnd: 4673,
      sealed: true,
      footer: { entryCount: 8, stringCount: 6, usable: true, firstSequence: 0, lastSequence: 7 },
    })
  })

  it('of a killed process: frames up to the end', () => {
    const info = readSegmentInfo(fs, copyOf('killed'), 1)
    expect(info).toMatchObject({ sealed: false, framesEnd: info.bytes })
    expect(info).not.toHaveProperty('footer')
  })

  it('of a file that ends inside its header, or whose header is damaged', () => {
    const short = copyOf('segment-header-short')
    expect(readSegmentInfo(fs, short, 2)).toEqual({
      segmentId: 2,
      bytes: 20,
      framesFrom: 20,
      framesEnd: 20,
      sealed: false,
    })
    const dir = copyOf('killed')
    edit(dir, '000001.fbat', (bytes) => void (bytes[0] = 0))
    expect(readSegmentInfo(fs, dir, 1)).toMatchObject({
      headerError: { code: 'CorruptSegment', detail: 'bad magic' },
      framesFrom: 57,
    })
    const longer = copyOf('killed')
    edit(longer, '000001.fbat', (bytes) => void (bytes[6] = 0x40))
    expect(readSegmentInfo(fs, longer, 1)).toMatchObject({
      headerError: { code: 'CorruptSegment' },
      framesFrom: 57,
    })
  })

  it('says that a footer is not usable', () => {
    const dir = copyOf('clean')
    edit(dir, '000001.fbat', (bytes) => void bytes.writeUInt32LE(99, bytes.length - 8))
    expect(readSegmentInfo(fs, dir, 1)).toMatchObject({ footer: { usable: false, entryCount: 99 } })
  })

  it('Q25: reads a segment under another spelling of its number', () => {
    const dir = copyOf('clean')
    renameSync(join(dir, '000001.fbat'), join(dir, '1.fbat'))
    expect(readSegmentInfo(fs, dir, 1)).toMatchObject({ bytes: 6051 })
    expect([...readFrames(fs, dir, 1)]).toHaveLength(8)
  })

  it('is Io for a segment that is not there', () => {
    expect(() => readSegmentInfo(fs, copyOf('clean'), 2)).toThrow(
      expect.objectContaining({ code: 'Io' }),
    )
  })
})

describe('readFrames', () => {
  it('gives what the store gives, frame by frame', () => {
    const dir = copyOf('payload-shapes')
    const store = Store.openUnlocked({ dataDir: dir })
    const events = [...store.events()]
    store.close()
    const frames = [...readFrames(fs, dir, 1)].filter(
      (each) => each.state === 'frame' && each.frame.role === 'event',
    )
    expect(frames).toHaveLength(events.length)
    for (const [i, event] of events.entries()) {
      const { eventId, correlationId, entity, scope, kind, wallMs, clock, lane, depth } = event
      const { timestampUs, flags, contentHash, prevHash, eventHash } = event
      expect(frames[i]).toMatchObject({
        state: 'frame',
        offset: event.diskPos.offset,
        length: event.diskPos.length,
        frame: {
          role: 'event',
          eventId,
          correlationId,
          entity,
          scope,
          kind,
          wallMs,
          clock,
          lane,
          depth,
          timestampUs,
          flags,
          contentHash,
          prevHash,
          eventHash,
        },
      })
    }
  })

  it('covers every byte between header and footer, whatever is damaged', () => {
    for (const shape of ['flipped-frame', 'torn-frame', 'zero-tail', 'batches', 'clean']) {
      const dir = copyOf(shape)
      const { framesFrom, framesEnd } = readSegmentInfo(fs, dir, 1)
      let at = framesFrom
      for (const { offset, length } of readFrames(fs, dir, 1)) {
        expect(offset).toBe(at)
        at += length
      }
      expect(at).toBe(framesEnd)
    }
  })

  it('goes on behind damage', () => {
    const dir = copyOf('killed')
    const whole = [...readFrames(fs, dir, 1)]
    const victim = whole[2]!
    edit(dir, '000001.fbat', (bytes) => void (bytes[victim.offset + 100]! ^= 1))
    const states = [...readFrames(fs, dir, 1)].map(({ state }) => state)
    expect(states).toEqual(whole.map((_, i) => (i === 2 ? 'damaged' : 'frame')))
    edit(dir, '000001.fbat', (bytes) => void (bytes[victim.offset + 100]! ^= 1))
    edit(dir, '000001.fbat', (bytes) => void bytes.writeUInt32BE(0x0fffffff, victim.offset))
    const records = [...readFrames(fs, dir, 1)]
    expect(records[2]).toMatchObject({
      state: 'damaged',
      error: { code: 'CorruptFrame' },
      length: victim.length,
    })
    expect(records).toHaveLength(whole.length)
  })

  it('closes its file when it is left early', () => {
    const dir = copyOf('clean')
    const open = (): number => readdirSync('/proc/self/fd').length
    const before = process.platform === 'linux' ? open() : 0
    for (const _ of readFrames(fs, dir, 1)) break
    expect(process.platform === 'linux' ? open() : 0).toBe(before)
  })
})

describe('readFrame', () => {
  it('has bytes, extensions and payload', () => {
    const dir = copyOf('extensions')
    const record = [...readFrames(fs, dir, 1)].find(
      (each) => each.state === 'frame' && each.frame.extensionCount > 0,
    )!
    const detail = readFrame(fs, dir, 1, record.offset)
    expect(detail.record).toEqual(record)
    const file = readFileSync(join(dir, '000001.fbat'))
    expect(Buffer.from(detail.bytes)).toEqual(
      file.subarray(record.offset, record.offset + record.length),
    )
    const store = Store.openUnlocked({ dataDir: dir })
    const event = [...store.events()].find(({ diskPos }) => diskPos.offset === record.offset)!
    expect(detail.extensions).toEqual(event.extensions)
    expect(detail.payloadBytes).toEqual(event.payloadBytes)
    expect(detail.payload).toEqual(event.payload)
    store.close()
  })

  it('of a batch marker has no payload', () => {
    const detail = readFrame(fs, copyOf('batches'), 1, 1128)
    expect(detail).toMatchObject({ record: { frame: { role: 'batch-begin', payloadSize: 3 } } })
    expect(detail).not.toHaveProperty('payloadBytes')
  })

  it.each([56, 4673, -1, 57.5, Number.NaN])('refuses offset %d', (offset) => {
    expect(() => readFrame(fs, copyOf('clean'), 1, offset)).toThrow(RangeError)
  })
})

describe('readArtifacts', () => {
  const artifact = (dir: string, kind: ArtifactInfo['kind']): ArtifactInfo =>
    readArtifacts(fs, dir).find((each) => each.kind === kind)!

  it('reads the headers of both index files', () => {
    const dir = copyOf('both-artifacts')
    expect(artifact(dir, 'mmap-index')).toMatchObject({ version: 5, entryCount: 10, allocated: 10 })
    expect(artifact(dir, 'checkpoint')).toMatchObject({ version: 6, entryCount: 5, allocated: 5 })
    for (const kind of ['mmap-index', 'checkpoint'] as const) {
      expect(artifact(dir, kind)).not.toHaveProperty('defect')
      expect(artifact(dir, kind)).toHaveProperty('watermark.segmentId')
    }
  })

  it.each([
    ['index.fbati', 'mmap-index', 'clean'],
    ['index.ckpt', 'checkpoint', 'clean-checkpoint'],
  ] as const)('%s: every damage has its defect', (file, kind, shape) => {
    const defects: [(bytes: Buffer) => Buffer | void, RegExp][] = [
      [(bytes) => void (bytes[0] = 0), /bad magic/],
      [(bytes) => bytes.subarray(0, 5), /bad magic/],
      [(bytes) => void (bytes[bytes.length - 1]! ^= 1), /checksum/],
      [(bytes) => Buffer.concat([bytes, Buffer.of(0)]), /checksum|describes/],
      [(bytes) => bytes.subarray(0, -1), /checksum|describes/],
      [(bytes) => void bytes.writeUInt16LE(99, 6), /unknown version 99/],
    ]
    for (const [change, defect] of defects) {
      const dir = copyOf(shape)
      edit(dir, file, change)
      expect(artifact(dir, kind)).toMatchObject({ defect: expect.stringMatching(defect) as string })
    }
    const dir = copyOf(shape)
    edit(dir, '000001.fbat', (bytes) => bytes.subarray(0, 100))
    expect(artifact(dir, kind)).toMatchObject({
      defect: expect.stringMatching(/watermark/) as string,
    })
    rmSync(join(dir, '000001.fbat'))
    expect(artifact(dir, kind)).toMatchObject({
      defect: expect.stringMatching(/not there/) as string,
    })
  })

  it('an index file of another length than its header says is passed over, whatever its checksum', () => {
    const dir = copyOf('clean')
    edit(dir, 'index.fbati', (bytes) => {
      const longer = Buffer.concat([bytes, Buffer.of(0)])
      longer.writeUInt32LE(crc32(longer, 12, longer.length), 8)
      return longer
    })
    expect(artifact(dir, 'mmap-index')).toMatchObject({
      defect: expect.stringMatching(/its header describes/) as string,
    })
  })

  it('reads hidden ranges, cursors and the compaction marker', () => {
    expect(artifact(copyOf('fence-cancelled'), 'hidden-ranges')).toMatchObject({
      ranges: [{ start: 4, end: 8 }],
    })
    expect(artifact(copyOf('cursor'), 'cursor')).toMatchObject({
      name: expect.stringMatching(/^cursors\/.+\.ckpt$/) as string,
      regionIdentity: expect.stringContaining('entity=') as string,
    })
    expect(artifact(copyOf('compaction-marker'), 'compaction-marker')).toMatchObject({
      marker: { mergedId: 1, sourceIds: [1, 2, 3] },
    })
  })

  it('what is damaged is described, not thrown', () => {
    const hidden = copyOf('fence-cancelled')
    edit(hidden, 'visibility_ranges.fbv', (bytes) => void (bytes[9]! ^= 1))
    expect(artifact(hidden, 'hidden-ranges')).toMatchObject({
      error: { code: 'HiddenRangesCorrupt' },
    })
    const cursor = copyOf('cursor')
    const [name] = readdirSync(join(cursor, 'cursors'))
    edit(cursor, `cursors/${name}`, (bytes) => bytes.subarray(0, 3))
    expect(artifact(cursor, 'cursor')).toMatchObject({
      defect: expect.stringMatching(/end/) as string,
    })
    for (const text of [
      '',
      '[]',
      'null',
      '{"merged_id":1}',
      '{"merged_id":-1,"source_segment_ids":[]}',
    ]) {
      const marker = copyOf('compaction-marker')
      writeFileSync(join(marker, 'compaction.pending.json'), text)
      expect(artifact(marker, 'compaction-marker')).toMatchObject({
        error: { code: 'DataDirMalformed' },
      })
    }
  })
})
