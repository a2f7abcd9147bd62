// `batpak verify`: what it finds, what it says, and which exit code follows.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { batpak, inParallel } from './support/run.ts'
import { copyStore, shapes, tempDir } from './support/stores.ts'

interface Report {
  readonly schema: string
  readonly ok: boolean
  readonly checked: Record<string, string>
  readonly counts: Record<'error' | 'warning' | 'note', number>
  readonly codes: Record<string, number>
  readonly findings: readonly Record<string, unknown>[]
  readonly unchecked: readonly unknown[]
  readonly suggest: readonly string[]
}

type Outcome = readonly [exit: number, codes: Readonly<Record<string, number>>]

// Shapes that are not named are clean. Everything that an open heals or the reference writes on
// purpose is a note; damage and contradictions are not.
const expected: Readonly<Record<string, Outcome>> = {
  // The reference failed in the middle of a batch and went on behind it: what follows is lost there.
  'batch-failed': [3, { BatchMismatch: 1, ChainGap: 1 }],
  'batch-killed': [0, { UnfinishedTail: 1 }],
  'batch-swallowed': [0, { UnfinishedTail: 1 }],
  'batch-swallowed-closed': [0, { UnfinishedTail: 1 }],
  'batch-torn-tail': [0, { UnfinishedTail: 1 }],
  'compacted-retain': [
    3,
    { SegmentMissing: 1, SequenceConflict: 2, ChainGap: 1, PayloadRewritten: 1 },
  ],
  'compacted-tombstone': [0, { PayloadRewritten: 1 }],
  'compaction-marker': [3, { CompactionPending: 1 }],
  'compaction-marker-stale': [3, { CompactionPending: 1 }],
  'compaction-merged': [3, { CompactionPending: 1 }],
  'compaction-partial': [3, { CompactionPending: 1 }],
  'compaction-set-aside': [3, { CompactionPending: 1 }],
  'compaction-torn': [3, { CompactionPending: 1 }],
  'fence-cancelled': [0, { ChainRestart: 4 }],
  'fence-cancelled-killed': [0, { ChainRestart: 5 }],
  'fence-committed': [0, { ChainRestart: 2 }],
  'fence-open-closed': [0, { ChainRestart: 2 }],
  'fence-open-killed': [0, { ChainRestart: 2 }],
  'fences-mixed': [0, { ChainRestart: 6 }],
  'flipped-frame': [3, { CrcMismatch: 1 }],
  'hidden-range-beyond': [0, { HiddenRangesBeyondLog: 1 }],
  'segment-empty': [3, { UnfinishedTail: 1 }],
  'segment-header-short': [0, { UnfinishedTail: 1 }],
  'sequence-gap': [0, { SequenceGap: 1 }],
  'torn-frame': [0, { UnfinishedTail: 1 }],
  'torn-frame-closed': [0, { UnfinishedTail: 1 }],
  'torn-frame-killed': [0, { UnfinishedTail: 1 }],
  'zero-tail': [0, { UnfinishedTail: 1 }],
  'zero-tail-short': [0, { UnfinishedTail: 1 }],
}

it('of every store that batpak 0.8.0 wrote: the exit code and the findings of the table', async () => {
  const parent = tempDir()
  const runs = await inParallel(shapes, async (shape) => {
    const run = await batpak(['verify', copyStore(shape, parent), '--full', '--json'])
    const { codes, ok } = JSON.parse(run.out) as Report
    expect(ok).toBe(run.code === 0)
    return [shape, [run.code, codes]] as const
  })
  const table = shapes.map((shape) => [shape, expected[shape] ?? [0, {}]] as const)
  expect(Object.fromEntries(runs)).toEqual(Object.fromEntries(table))
})

it('--quick, the default, leaves out payloads and chains', async () => {
  const dir = copyStore('compacted-retain')
  for (const options of [[], ['--quick']]) {
    const { out, code } = await batpak(['verify', dir, '--json', ...options])
    expect(code).toBe(3)
    expect(JSON.parse(out)).toMatchObject({
      level: 'quick',
      codes: { SegmentMissing: 1, SequenceConflict: 2 },
    })
    expect((JSON.parse(out) as Report).codes).not.toHaveProperty('ChainGap')
  }
})

describe('the words', () => {
  it('of a clean store: scope, verdict and the next command', async () => {
    const dir = copyStore('clean')
    const { code, out, err } = await batpak(['verify', dir])
    expect(code).toBe(0)
    expect(err).toBe('')
    expect(out.split('\n')).toEqual([
      'checked 1 segment, 8 events in 8 frames, 6 051 bytes: frames, checksums, batches, coordinates, footers, index file headers',
      'not checked: payload hashes, hash chains, index file entries, signatures',
      'no problems found',
      `next: batpak verify ${dir} --full`,
      '',
    ])
  })

  it('of a full check: chains are in the scope', async () => {
    const { out } = await batpak(['verify', copyStore('clean'), '--full'])
    expect(out).toMatch(
      /payload hashes, hash chains\nnot checked: index file entries, signatures\n/,
    )
  })

  it('of damage: where, what, how much of each, and a command that shows it', async () => {
    const dir = copyStore('flipped-frame')
    const { code, out } = await batpak(['verify', dir])
    expect(code).toBe(3)
    expect(out).toMatch(/^error +CrcMismatch +000001\.fbat offset 2615: .*checksum differs/m)
    expect(out).toMatch(/^found 1 error, 0 warnings: CrcMismatch 1$/m)
    const next = /^next: batpak (inspect .*)$/m.exec(out)![1]!
    const shown = await batpak(next.split(' '))
    expect(shown.code).toBe(0)
    expect(shown.out).toMatch(/state +damaged/)
  })

  it('of notes alone: no problems, and how many notes', async () => {
    const { code, out } = await batpak(['verify', copyStore('torn-frame')])
    expect(code).toBe(0)
    expect(out).toMatch(/^note +UnfinishedTail /m)
    expect(out).toMatch(/^no problems found, 1 note$/m)
  })
})

describe('the document', () => {
  it('carries scope, counts, findings and suggestions, 64-bit numbers as text', async () => {
    const dir = copyStore('flipped-frame')
    const { out, code } = await batpak(['verify', dir, '--json'])
    const report = JSON.parse(out) as Report
    expect(code).toBe(3)
    expect(report).toEqual({
      schema: 'batpak.cli/verify@1',
      ok: false,
      interrupted: false,
      dir,
      level: 'quick',
      findings: [
        {
          code: 'CrcMismatch',
          severity: 'error',
          message: 'its bytes are not what was written: the checksum differs',
          file: '000001.fbat',
          segmentId: '1',
          offset: '2615',
          bytes: '505',
        },
      ],
      checked: { segments: '1', frames: '4', events: '4', batches: '0', bytes: '3120' },
      counts: { error: 1, warning: 0, note: 0 },
      codes: { CrcMismatch: 1 },
      unchecked: [],
      suggest: [`batpak inspect ${dir} --segment 1 --frame 2615`, `batpak verify ${dir} --full`],
    })
    expect(out.trimEnd().split('\n')).toHaveLength(1)
  })

  it('suggests commands that a shell takes as they are', async () => {
    const dir = join(tempDir(), "it's a store")
    copyStore('clean', dir)
    const { out } = await batpak(['verify', join(dir, 'clean'), '--json'])
    const [suggested] = (JSON.parse(out) as Report).suggest
    expect(suggested).toBe(`batpak verify '${join(dir, 'clean').replace("'", `'\\''`)}' --full`)
  })
})

describe('what makes a check incomplete or impossible', () => {
  it('is exit 1 for a segment that cannot be read, and the others are still checked', async () => {
    const dir = copyStore('many-segments')
    rmSync(join(dir, '000003.fbat'))
    mkdirSync(join(dir, '000003.fbat'))
    const { code, out, err } = await batpak(['verify', dir])
    expect(code).toBe(1)
    expect(err).toMatch(/000003\.fbat could not be checked: .*EISDIR/)
    expect(out).not.toMatch(/SegmentMissing/) // it is there
    expect(out).toMatch(/^not completed, 1 file could not be checked/m)
    expect(out).toMatch(/checked 13 segments/)
  })

  it('is exit 13 for a segment of a later format version', async () => {
    const dir = copyStore('clean')
    editByte(dir, '000001.fbat', 17, () => 2)
    const verified = await batpak(['verify', dir])
    expect(verified.code).toBe(13)
    expect(verified.out).toMatch(/UnsupportedVersion/)
    editByte(dir, '000001.fbat', -1, () => 0)
    const listed = await batpak(['log', dir, '--json'])
    expect(listed.code).toBe(13)
    expect(JSON.parse(listed.out)).toMatchObject({ schema: 'batpak.cli/log@1', ok: false })
  })
})

it('a gap in a chain is a warning, and a note under --allow-gaps', async () => {
  const dir = copyStore('compacted-retain')
  const strict = JSON.parse((await batpak(['verify', dir, '--full', '--json'])).out) as Report
  const lenient = JSON.parse(
    (await batpak(['verify', dir, '--full', '--allow-gaps', '--json'])).out,
  ) as Report
  const severity = ({ findings }: Report) =>
    findings.find(({ code }) => code === 'ChainGap')?.['severity']
  expect([severity(strict), severity(lenient)]).toEqual(['warning', 'note'])
})

it('a segment that is not there is missing, also beside one that cannot be read', async () => {
  const dir = copyStore('many-segments')
  rmSync(join(dir, '000003.fbat'))
  expect((await batpak(['verify', dir])).out).toMatch(/SegmentMissing/)
  rmSync(join(dir, '000004.fbat'))
  mkdirSync(join(dir, '000004.fbat'))
  expect((await batpak(['verify', dir])).out).toMatch(/SegmentMissing/)
})

it('a last segment without a byte is a warning: nobody can tell what was in it', async () => {
  const dir = copyStore('many-segments')
  const last = readdirSync(dir)
    .filter((name) => name.endsWith('.fbat'))
    .toSorted()
    .at(-1)!
  writeFileSync(join(dir, last), '')
  const { code, out } = await batpak(['verify', dir])
  expect(code).toBe(3)
  expect(out).toMatch(/^warning +UnfinishedTail .*its content is lost$/m)
  writeFileSync(join(dir, last), 'FBAT')
  const torn = await batpak(['verify', dir])
  expect(torn.out).toMatch(/^note +UnfinishedTail /m)
})

it('of a compaction that was not finished: an error, and log sends nobody in a circle', async () => {
  const dir = copyStore('compaction-marker')
  const checked = await batpak(['verify', dir])
  expect(checked.code).toBe(3)
  expect(checked.out).toMatch(/^error +CompactionPending /m)
  const { code, err } = await batpak(['log', dir])
  expect(code).toBe(1)
  expect(err).toMatch(/finish it with the program that began it/)
  expect(err).not.toMatch(/batpak verify/)
  const hint = /^hint: `batpak (inspect [^`]*)` shows/m.exec(err)![1]!
  expect((await batpak(hint.split(' '))).out).toMatch(/compaction/)
})

function editByte(dir: string, file: string, at: number, edit: (byte: number) => number): void {
  const path = join(dir, file)
  const bytes = readFileSync(path)
  const offset = at < 0 ? bytes.length + at : at
  bytes[offset] = edit(bytes[offset]!)
  writeFileSync(path, bytes)
}
