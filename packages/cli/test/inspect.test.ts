// `batpak inspect`: what lies in a directory, damaged or not.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { batpak, inParallel } from './support/run.ts'
import { copyStore, shapes, sharedTempDir } from './support/stores.ts'

interface Document {
  readonly schema: string
  readonly ok: boolean
  readonly segments: readonly Record<string, unknown>[]
  readonly artifacts: readonly Record<string, unknown>[]
  readonly otherFiles: readonly Record<string, unknown>[]
}

const parent = sharedTempDir()

async function inspected(dir: string): Promise<Document> {
  const { code, out } = await batpak(['inspect', dir, '--json'])
  expect(code).toBe(0)
  return JSON.parse(out) as Document
}

describe('a directory', () => {
  it('is shown in words: segments, index file, hidden ranges', async () => {
    const { code, out } = await batpak(['inspect', copyStore('fence-cancelled', parent)])
    expect(code).toBe(0)
    expect(out).toMatch(/^lock +(free|not known: .*)$/m)
    expect(out).toMatch(/^content +12 events in 1 segment, \d \d{3} bytes$/m)
    expect(out).toMatch(/^index\.fbati +version 5, 12 entries, up to segment 1 offset \d+$/m)
    expect(out).toMatch(/^visibility_ranges\.fbv +sequences 4 to 7 hidden$/m)
    expect(out).toMatch(/^ +1 +\d \d{3} +12 +0\.\.11 +2023-11-14T22:13:20\.\d{9}Z +sealed$/m)
  })

  it('has one row per segment, counted from footers or frames', async () => {
    const { segments } = await inspected(copyStore('many-segments', parent))
    expect(segments).toHaveLength(14)
    expect(segments.reduce((sum, { events }) => sum + Number(events), 0)).toBe(16)
    expect(segments[0]).toMatchObject({
      segmentId: '1',
      sealed: true,
      footer: { usable: true, firstSequence: '0' },
    })
  })

  it('names both index files, cursors and foreign files', async () => {
    const both = await inspected(copyStore('both-artifacts', parent))
    expect(both.artifacts.map(({ kind, version }) => [kind, version])).toEqual([
      ['checkpoint', 6],
      ['mmap-index', 5],
    ])
    const dir = copyStore('cursor', parent)
    writeFileSync(join(dir, '.tmpAb3xYz'), 'x')
    writeFileSync(join(dir, 'notes.txt'), 'xy')
    writeFileSync(join(dir, 'old.fbat'), '')
    const { artifacts, otherFiles } = await inspected(dir)
    const cursors = artifacts.filter(({ kind }) => kind === 'cursor')
    expect(cursors.length).toBeGreaterThan(0)
    expect(cursors[0]).toMatchObject({
      name: expect.stringMatching(/^cursors\/.*\.ckpt$/) as string,
    })
    expect(otherFiles).toEqual([
      { name: '.tmpAb3xYz', kind: 'temporary', bytes: '1' },
      { name: 'notes.txt', kind: 'other', bytes: '2' },
      { name: 'old.fbat', kind: 'malformed-segment', bytes: '0' },
    ])
  })

  it('says why an index file is not usable', async () => {
    const dir = copyStore('clean-checkpoint', parent)
    const path = join(dir, 'index.ckpt')
    const bytes = readFileSync(path)
    bytes[bytes.length - 1] = bytes[bytes.length - 1]! ^ 1
    writeFileSync(path, bytes)
    expect((await inspected(dir)).artifacts).toMatchObject(
      [{ defect: /checksum/ }].map(() => ({ kind: 'checkpoint' })),
    )
    expect((await batpak(['inspect', dir])).out).toMatch(
      /^index\.ckpt +not usable: its checksum is/m,
    )
  })

  it('never fails on what batpak 0.8.0 left behind', async () => {
    const damaged = shapes.filter((shape) =>
      /^(batch-t|compaction|flip|hid|read|seg|torn|zero)/.test(shape),
    )
    const dirs = damaged.map((shape) => copyStore(shape, join(parent, 'all')))
    const runs = await inParallel(dirs, (dir) => batpak(['inspect', dir]))
    expect(runs.filter(({ code }) => code !== 0)).toEqual([])
    const states = (shape: string): string => runs[damaged.indexOf(shape)]!.out
    expect(states('torn-frame')).toMatch(/no footer, TornTail of 255 bytes/)
    expect(states('segment-header-short')).toMatch(/short header/)
    expect(states('flipped-frame')).toMatch(/damaged at 2615/)
    expect(states('compaction-set-aside')).toMatch(
      /^compaction\.pending\.json +compaction of segments 1, 2, 3 into 1 pending$/m,
    )
    expect(states('compaction-set-aside')).toMatch(/^000001\.fbat\.compact-src +compact-source/m)
  })
})

describe('a segment', () => {
  it('lists its frames, batch markers included', async () => {
    const { code, out } = await batpak(['inspect', copyStore('batches', parent), '--segment', '1'])
    expect(code).toBe(0)
    expect(out).toMatch(/^frames +from 57 to \d+$/m)
    expect(out).toMatch(/^ +1128 +329 {2}batch of 3 begins$/m)
    expect(out).toMatch(/^ +2978 +329 {2}batch is committed$/m)
    expect(out.match(/0xA007/g)).toHaveLength(11)
  })

  it('is one document, damaged stretches included', async () => {
    const dir = copyStore('torn-frame', join(parent, 'segment'))
    const { code, out } = await batpak(['inspect', dir, '--segment', '1', '--json'])
    expect(code).toBe(0)
    const document = JSON.parse(out) as { ok: boolean; frames: Record<string, unknown>[] }
    expect(document).toMatchObject({
      schema: 'batpak.cli/inspect@1',
      ok: true,
      segment: { segmentId: '1', header: { version: 1, segmentId: '1' }, framesFrom: '57' },
    })
    expect(document.frames).toHaveLength(6)
    expect(document.frames.at(-1)).toEqual({
      state: 'unfinished',
      offset: '3122',
      length: '255',
      reason: 'TornTail',
    })
  })

  it('that is not there is exit 4, with those that are', async () => {
    const { code, err } = await batpak(['inspect', join(parent, 'batches'), '--segment', '7'])
    expect(code).toBe(4)
    expect(err).toMatch(/no segment 7; there are 1 /)
  })
})

describe('a frame', () => {
  const dir = copyStore('clean', join(parent, 'frame'))

  it('is shown decoded and in hex', async () => {
    const { code, out } = await batpak(['inspect', dir, '--segment', '1', '--frame', '1126'])
    expect(code).toBe(0)
    expect(out).toMatch(/^offset +1126 \(0x466\)$/m)
    expect(out).toMatch(/^entity +order:2$/m)
    expect(out).toMatch(/^\{ n: 1, note: 'event 1 of order:2' \}$/m)
    const rows = out.split('\n').filter((line) => /^[0-9a-f]{8} {2}/.test(line))
    const bytes = readFileSync(join(dir, '000001.fbat')).subarray(1126, 1126 + 489)
    expect(
      Buffer.from(rows.map((row) => row.slice(10, 58).replaceAll(' ', '')).join(''), 'hex'),
    ).toEqual(bytes)
  })

  it('at an offset where none begins is shown as damage', async () => {
    const { code, out } = await batpak([
      'inspect',
      dir,
      '--segment',
      '1',
      '--frame',
      '0x467',
      '--json',
    ])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ ok: true, frame: { state: 'damaged', offset: '1127' } })
  })

  it('outside the frames is exit 4', async () => {
    for (const offset of ['56', '6051', '9999999']) {
      const { code, err } = await batpak(['inspect', dir, '--segment', '1', '--frame', offset])
      expect(code).toBe(4)
      expect(err).toMatch(/is not among the frames of segment 1, 57 to \d+/)
    }
  })
})
