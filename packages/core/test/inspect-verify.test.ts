// `verifyDirectory`: every code has a store that shows it, and a neighbour that does not.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodePlatform } from '@batpak/platform'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Store, defineEvent } from '../src/index.ts'
import {
  readFrames,
  verifyDirectory,
  type Finding,
  type VerifyCounts,
  type VerifyOptions,
} from '../src/inspect.ts'
import { crc32 } from '../src/encoding/crc.ts'
import { ChainCheck } from '../src/inspect/chain-check.ts'
import { FrameHead } from '../src/segment/frame-head.ts'

const { fs } = nodePlatform()
const fixtures = fileURLToPath(new URL('../../../fixtures/abi/rust-0.8.0', import.meta.url))

function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'batpak-verify-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

function copyOf(shape: string): string {
  const dir = tempDir()
  cpSync(join(fixtures, shape, 'store'), dir, { recursive: true })
  return dir
}

interface Outcome {
  readonly findings: readonly Finding[]
  readonly codes: readonly string[]
  readonly unchecked: readonly string[]
  readonly counts: VerifyCounts
}

function verify(dir: string, options: VerifyOptions = { level: 'full' }): Outcome {
  const findings: Finding[] = []
  const unchecked: string[] = []
  const steps = verifyDirectory(fs, dir, options)
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) {
      return { findings, codes: findings.map(({ code }) => code), unchecked, counts: step.value }
    }
    if (step.value.type === 'finding') findings.push(step.value.finding)
    if (step.value.type === 'unchecked') unchecked.push(step.value.file)
  }
}

function edit(dir: string, file: string, change: (bytes: Buffer) => Buffer | void): void {
  const bytes = readFileSync(join(dir, file))
  writeFileSync(join(dir, file), change(bytes) ?? bytes)
}

/** Changes a frame's content and makes its checksum right again. */
function editFrame(dir: string, frame: number, change: (bytes: Buffer) => void, segment = 1): void {
  const { offset, length } = [...readFrames(fs, dir, segment)][frame]!
  edit(dir, `00000${segment}.fbat`, (bytes) => {
    const content = bytes.subarray(offset + 8, offset + length)
    change(content)
    bytes.writeUInt32BE(crc32(content, 0, content.length), offset + 4)
  })
}

/** The place right behind a text in the bytes. */
const behind = (bytes: Buffer, text: string): number =>
  bytes.indexOf(text, 0, 'latin1') + text.length

it('a clean store has no findings, and counts what it holds', () => {
  const { findings, counts } = verify(copyOf('many-segments'))
  expect(findings).toEqual([])
  expect(counts).toMatchObject({ segments: 14, events: 16, frames: 18, batches: 1 })
  expect(verify(copyOf('batches')).counts).toMatchObject({ frames: 20, events: 12, batches: 4 })
})

describe('frames', () => {
  it('CrcMismatch, CorruptFrame: where, how long, and everything else is still checked', () => {
    const dir = copyOf('killed')
    const [, second, , fourth] = [...readFrames(fs, dir, 1)]
    edit(dir, '000001.fbat', (bytes) => void (bytes[second!.offset + 50]! ^= 4))
    edit(dir, '000001.fbat', (bytes) => void bytes.writeUInt32BE(0xffffffff, fourth!.offset))
    const { findings, counts } = verify(dir, { level: 'quick' })
    expect(findings).toMatchObject([
      { code: 'CrcMismatch', severity: 'error', offset: second!.offset, bytes: second!.length },
      { code: 'CorruptFrame', severity: 'error', offset: fourth!.offset, bytes: fourth!.length },
    ])
    expect(counts).toMatchObject({ events: 5, frames: 5 })
  })

  it('CorruptSegment: a frame whose checksum is right and whose content is none', () => {
    const dir = copyOf('killed')
    editFrame(dir, 1, (bytes) => void (bytes[0] = 0xc0))
    expect(verify(dir, { level: 'quick' }).findings).toMatchObject([{ code: 'CorruptSegment' }])
  })

  it('UnsafeInteger: a number that this implementation cannot hold', () => {
    const dir = copyOf('killed')
    editFrame(dir, 1, (bytes) => void bytes.writeUInt8(0x7f, behind(bytes, 'wall_ms') + 1))
    expect(verify(dir, { level: 'quick' }).findings).toMatchObject([{ code: 'UnsafeInteger' }])
  })

  it('InvalidCoordinate: what an open refuses', () => {
    const dir = copyOf('killed')
    editFrame(dir, 1, (bytes) => void bytes.write('=', behind(bytes, '\u00a6entity') + 2, 'latin1'))
    const { findings } = verify(dir, { level: 'quick' })
    expect(
      findings.some(({ code, severity }) => code === 'InvalidCoordinate' && severity === 'error'),
    ).toBe(true)
    expect(() => Store.openUnlocked({ dataDir: dir })).toThrow(
      expect.objectContaining({ code: 'Coordinate' }),
    )
  })

  it('PayloadHashMismatch, ContentHashMismatch: only under full', () => {
    const payload = copyOf('killed')
    editFrame(payload, 1, (bytes) => void (bytes[behind(bytes, '\u00a7payload') + 6]! ^= 1))
    expect(verify(payload, { level: 'quick' }).findings).toEqual([])
    expect(verify(payload).findings).toMatchObject([
      { code: 'PayloadHashMismatch', severity: 'error' },
    ])
    const claimed = copyOf('killed')
    editFrame(claimed, 1, (bytes) => {
      const at = bytes.indexOf(0x01, behind(bytes, 'content_hash') + 3)
      bytes[behind(bytes, 'content_hash') + 3 + (at < 0 ? 0 : 1)]! ^= 0x02
    })
    expect(verify(claimed).findings).toMatchObject([
      { code: 'ContentHashMismatch', severity: 'warning' },
    ])
  })
})

describe('headers', () => {
  it('UnfinishedTail for a short header of the last segment, CorruptSegment for any other', () => {
    const dir = copyOf('many-segments')
    const cut = (file: string): void => edit(dir, file, (bytes) => bytes.subarray(0, 20))
    cut('000014.fbat')
    rmSync(join(dir, 'index.fbati'))
    expect(verify(dir, { level: 'quick' }).findings).toMatchObject([
      { code: 'UnfinishedTail', severity: 'note', segmentId: 14, bytes: 20 },
    ])
    cut('000003.fbat')
    expect(verify(dir, { level: 'quick' }).codes).toContain('CorruptSegment')
  })

  it('a header whose length is damaged is no short header: its frames are there', () => {
    const dir = copyOf('killed')
    edit(dir, '000001.fbat', (bytes) => void (bytes[6] = 0x40))
    const { findings, counts } = verify(dir)
    expect(findings).toMatchObject([{ code: 'CorruptSegment', severity: 'error', offset: 0 }])
    expect(counts.events).toBe(7)
  })

  it('UnsupportedVersion, HeaderIdMismatch', () => {
    const version = copyOf('killed')
    edit(version, '000001.fbat', (bytes) => void (bytes[17] = 9))
    expect(verify(version).codes).toEqual(['UnsupportedVersion'])
    const id = copyOf('killed')
    edit(id, '000001.fbat', (bytes) => void (bytes[56] = 9))
    expect(verify(id).findings).toMatchObject([{ code: 'HeaderIdMismatch', severity: 'note' }])
  })
})

describe('footers', () => {
  it('FooterMismatch: each field, an event too many, an event too few', () => {
    const entry = 162
    const fields: [string, number][] = [
      ['event id', 0],
      ['kind', 24],
      ['wall_ms', 26],
      ['clock', 34],
      ['lane', 38],
      ['depth', 42],
      ['prev_hash', 46],
      ['event_hash', 78],
      ['correlation id', 130],
      ['causation id', 146],
    ]
    for (const [name, at] of fields) {
      const dir = copyOf('clean')
      edit(dir, '000001.fbat', (bytes) => void (bytes[bytes.length - 16 - 7 * entry + at]! ^= 1))
      const { findings } = verify(dir, { level: 'quick' })
      expect(findings).toMatchObject([
        { code: 'FooterMismatch', severity: 'error', message: `the footer says another ${name}` },
      ])
    }
    for (const fromEnd of [7, 1]) {
      const moved = copyOf('clean')
      const at = 16 + fromEnd * entry - 110
      edit(moved, '000001.fbat', (bytes) => void (bytes[bytes.length - at]! ^= 1))
      expect(verify(moved, { level: 'quick' }).findings.map(({ message }) => message)).toEqual([
        'the footer does not list this event',
        'the footer lists an event where no committed frame begins',
      ])
    }
  })

  it('FooterUnusable: the frames are read instead', () => {
    const dir = copyOf('clean')
    edit(dir, '000001.fbat', (bytes) => void bytes.writeUInt32LE(0xffff, bytes.length - 8))
    const { findings, counts } = verify(dir)
    expect(findings).toMatchObject([{ code: 'FooterUnusable', severity: 'warning' }])
    expect(counts.events).toBe(8)
  })

  it('FooterUnusable also when only its end is damaged: it is no torn frame', () => {
    const dir = copyOf('clean')
    edit(dir, '000001.fbat', (bytes) => void (bytes[bytes.length - 1]! ^= 1))
    rmSync(join(dir, 'index.fbati'))
    expect(verify(dir).findings).toMatchObject([{ code: 'FooterUnusable' }])
    expect(verify(copyOf('torn-frame')).codes).toEqual(['UnfinishedTail'])
  })

  it('SegmentMissing where a segment and its sequences are gone, SequenceGap elsewhere', () => {
    const dir = copyOf('many-segments')
    rmSync(join(dir, '000005.fbat'))
    expect(verify(dir, { level: 'quick' }).findings).toMatchObject([
      { code: 'SegmentMissing', severity: 'warning', segmentId: 6 },
    ])
    expect(verify(copyOf('sequence-gap'), { level: 'quick' }).codes).toEqual(['SequenceGap'])
  })

  it('R-176: a gap that no footer shows is found in the chains', () => {
    const dir = copyOf('killed')
    const [, , third, fourth] = [...readFrames(fs, dir, 1)]
    edit(dir, '000001.fbat', (bytes) =>
      Buffer.concat([bytes.subarray(0, third!.offset), bytes.subarray(fourth!.offset)]),
    )
    expect(verify(dir, { level: 'quick' }).findings).toEqual([])
    const { findings } = verify(dir)
    expect(findings).toMatchObject([{ code: 'ChainGap', severity: 'warning' }])
    expect(verify(dir, { level: 'full', allowGaps: true }).findings).toMatchObject([
      { severity: 'note' },
    ])
  })
})

it('CloseHlcRegression: a close that is older than an earlier one, as an open refuses it', () => {
  const dir = tempDir()
  for (let life = 0; life < 2; life += 1) Store.open({ dataDir: dir }).close()
  const close = 1 // the frame behind OPEN
  edit(dir, '000002.fbat', (bytes) => bytes.subarray(0, -1)) // without a footer the frames count
  editFrame(dir, close, (bytes) => void (bytes[behind(bytes, 'wall_ms') + 3]! -= 1), 2)
  expect(verify(dir, { level: 'quick' }).codes).toContain('CloseHlcRegression')
  expect(() => Store.openUnlocked({ dataDir: dir })).toThrow(
    expect.objectContaining({ code: 'InvariantViolation' }),
  )
})

describe('batches', () => {
  const begin = 1 // frame number of the first BEGIN in the shape `batches`, with three items

  it('BatchMismatch: more or fewer items than announced, and its events do not count', () => {
    // With one announced the third item stands outside the batch, as recovery has it.
    for (const [items, events] of [
      [1, 10],
      [2, 9],
      [4, 9],
    ] as const) {
      const dir = copyOf('batches')
      editFrame(dir, begin, (bytes) => void (bytes[behind(bytes, 'payload_size')] = items))
      const { codes, counts } = verify(dir, { level: 'quick' })
      expect(codes).toContain('BatchMismatch')
      expect(counts.events).toBe(events)
      const store = Store.openUnlocked({ dataDir: dir })
      expect(store.stats().eventCount).toBe(events)
      store.close()
    }
  })

  it('CorruptSegment: a batch of nothing', () => {
    const dir = copyOf('batches')
    editFrame(dir, begin, (bytes) => void (bytes[behind(bytes, 'payload_size')] = 0))
    expect(verify(dir, { level: 'quick' }).codes[0]).toBe('CorruptSegment')
  })

  it('BatchUncommitted: a batch that another begins in is void and was never acknowledged', () => {
    const dir = copyOf('batches')
    const frames = [...readFrames(fs, dir, 1)]
    const commit = frames[begin + 4]!
    edit(dir, '000001.fbat', (bytes) =>
      Buffer.concat([
        bytes.subarray(0, commit.offset),
        bytes.subarray(commit.offset + commit.length),
      ]),
    )
    const { findings, counts } = verify(dir, { level: 'quick' })
    expect(findings).toMatchObject([
      { code: 'BatchUncommitted', severity: 'note', offset: frames[begin]!.offset },
    ])
    expect(counts.events).toBe(9)
  })

  it('damage inside a batch is reported once, not as a wrong count as well', () => {
    const dir = copyOf('batches')
    const item = [...readFrames(fs, dir, 1)][begin + 2]!
    edit(dir, '000001.fbat', (bytes) => void (bytes[item.offset + 60]! ^= 1))
    expect(verify(dir, { level: 'quick' }).codes).toEqual(['CrcMismatch'])
  })
})

describe('chains', () => {
  const Noted = defineEvent<{ n: number }>({ name: 'Noted', category: 0xf, typeId: 1 })

  it('ChainBroken: prev_hash that is no hash of a predecessor', () => {
    const dir = tempDir()
    const store = Store.open({ dataDir: dir })
    for (const n of [1, 2, 3]) store.append({ entity: 'note:1', scope: 's' }, Noted, { n })
    store.close()
    const footerless = (bytes: Buffer): Buffer => bytes.subarray(0, -1)
    edit(dir, '000001.fbat', footerless)
    editFrame(dir, 2, (bytes) => void (bytes[behind(bytes, 'prev_hash') + 3]! ^= 1))
    const broken = verify(dir).findings.filter(({ code }) => code.startsWith('Chain'))
    expect(broken).toMatchObject([{ code: 'ChainBroken', severity: 'error', entity: 'note:1' }])
  })

  it.each([
    [
      'the last event',
      [
        [0, '-'],
        [1, 'a0'],
        [2, 'b1'],
      ],
      [],
    ],
    [
      'not the one before it',
      [
        [0, '-'],
        [1, 'a0'],
        [2, 'a0'],
      ],
      ['ChainBroken'],
    ],
    [
      'another clock',
      [
        [0, '-'],
        [1, 'a0'],
        [1, 'a0'],
      ],
      ['ChainBroken'],
    ],
    [
      'a gap',
      [
        [0, '-'],
        [2, 'b1'],
      ],
      ['ChainGap'],
    ],
    ['a gap at the beginning', [[3, 'd2']], ['ChainGap']],
    ['a first event with a predecessor', [[0, 'a0']], ['ChainBroken']],
    [
      'what is visible, behind hidden ones',
      [
        [0, '-'],
        [1, 'a0', 'hidden'],
        [2, 'b1', 'hidden'],
        [1, 'a0'],
      ],
      [],
    ],
    [
      'not what is hidden two events ago',
      [
        [0, '-'],
        [1, 'a0', 'hidden'],
        [2, 'b1', 'hidden'],
        [2, 'b1'],
      ],
      ['ChainBroken'],
    ],
    [
      'a new beginning',
      [
        [0, '-'],
        [1, 'a0'],
        [0, '-'],
        [1, 'a0'],
      ],
      ['ChainRestart'],
    ],
    [
      'the branch before a new beginning',
      [
        [0, '-'],
        [1, 'a0'],
        [0, '-'],
        [2, 'b1'],
      ],
      ['ChainRestart'],
    ],
  ] as [string, [clock: number, prev: string, hidden?: string][], string[]][])(
    'an event goes on from %s',
    (_what, events, wanted) => {
      const hash = (name: string): Uint8Array =>
        new Uint8Array(32).fill(name === '-' ? 0 : name.charCodeAt(0))
      const check = new ChainCheck()
      const codes = events.flatMap(([clock, prev, hidden]) => {
        const head = new FrameHead()
        head.entity = 'e'
        head.clock = clock
        head.prevHash.set(hash(prev))
        head.eventHash.set(hash('abcdefgh'[clock]!)) // equal payloads have equal hashes
        return check.check(head, hidden === undefined)?.code ?? []
      })
      expect(codes).toEqual(wanted)
    },
  )

  it('D9, W-91: events behind a cancelled fence go on from the last that is visible', () => {
    // What the reference wrote restarts instead, which is a note.
    const { findings } = verify(copyOf('fence-cancelled'))
    expect(new Set(findings.map(({ code, severity }) => `${code} ${severity}`))).toEqual(
      new Set(['ChainRestart note']),
    )
  })

  it('PayloadRewritten: once per segment, because nothing can be checked there', () => {
    const { findings } = verify(copyOf('compacted-tombstone'))
    expect(findings).toMatchObject([{ code: 'PayloadRewritten', severity: 'note', segmentId: 1 }])
  })
})

describe('what stands beside the segments', () => {
  it('IndexFileInvalid, CursorInvalid, HiddenRangesCorrupt', () => {
    const dir = copyOf('cursor')
    edit(dir, 'index.fbati', (bytes) => void (bytes[100]! ^= 1))
    writeFileSync(join(dir, 'cursors', 'bad.ckpt'), 'x')
    writeFileSync(join(dir, 'visibility_ranges.fbv'), 'x')
    expect(verify(dir, { level: 'quick' }).findings).toMatchObject([
      { code: 'CursorInvalid', severity: 'warning', file: 'cursors/bad.ckpt' },
      { code: 'IndexFileInvalid', severity: 'warning', file: 'index.fbati' },
      { code: 'HiddenRangesCorrupt', severity: 'error' },
    ])
  })

  it('LeftoverFile, SegmentNameMalformed, SegmentNameAlias', () => {
    const dir = copyOf('clean')
    for (const name of ['.tmpAb3xYz', '000001.fbat.healed-57', 'old.fbat'])
      writeFileSync(join(dir, name), '')
    cpSync(join(dir, '000001.fbat'), join(dir, '1.fbat'))
    const { findings, counts } = verify(dir)
    expect(findings.map(({ code, file }) => `${code} ${file}`).toSorted()).toEqual([
      'LeftoverFile .tmpAb3xYz',
      'LeftoverFile 000001.fbat.healed-57',
      'SegmentNameAlias 1.fbat',
      'SegmentNameMalformed old.fbat',
    ])
    expect(counts.segments).toBe(1)
  })

  it('D19: an unfinished compaction is read around, no event twice and none missing', () => {
    for (const shape of [
      'compaction-marker',
      'compaction-set-aside',
      'compaction-partial',
      'compaction-torn',
      'compaction-merged',
    ]) {
      const { codes, counts, findings } = verify(copyOf(shape))
      expect({ shape, codes, events: counts.events }).toEqual({
        shape,
        codes: ['CompactionPending'],
        events: 9,
      })
      expect(findings[0]!.severity).toBe('error') // an open refuses
      expect(() => Store.openUnlocked({ dataDir: copyOf(shape) })).toThrow(/a compaction was begun/)
    }
  })

  it('D8: a merged segment under a fresh id replaces its sources', () => {
    const dir = copyOf('compaction-marker')
    cpSync(join(dir, '000001.fbat'), join(dir, '000005.fbat'))
    writeFileSync(
      join(dir, 'compaction.pending.json'),
      '{"merged_id":5,"source_segment_ids":[1,2,3]}',
    )
    const { counts } = verify(dir, { level: 'quick' })
    expect(counts.segments).toBe(2) // 4 and 5
  })

  it('DataDirMalformed: a marker that is none', () => {
    const dir = copyOf('compaction-marker')
    writeFileSync(join(dir, 'compaction.pending.json'), '{')
    expect(verify(dir, { level: 'quick' }).codes).toEqual(['DataDirMalformed'])
  })
})

it('what cannot be read is said, and the rest is checked', () => {
  const dir = copyOf('many-segments')
  rmSync(join(dir, '000002.fbat'))
  mkdirSync(join(dir, '000002.fbat'))
  const { unchecked, counts } = verify(dir)
  expect(unchecked).toEqual(['000002.fbat'])
  expect(counts.segments).toBe(13)
})

it('a caller can stop anywhere, and the file is closed', () => {
  const dir = copyOf('clean')
  let closed = 0
  const counting = { ...fs, close: (fd: number) => ((closed += 1), fs.close(fd)) }
  let opened = 0
  const watched = {
    ...counting,
    open: (...args: Parameters<typeof fs.open>) => ((opened += 1), fs.open(...args)),
  }
  edit(dir, '000001.fbat', (bytes) => void (bytes[0] = 0))
  for (const step of verifyDirectory(watched, dir)) if (step.type === 'finding') break
  expect(closed).toBe(opened)
  expect(opened).toBeGreaterThan(0)
})
