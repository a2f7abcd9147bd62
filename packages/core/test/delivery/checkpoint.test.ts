/** Durable cursors: the file, its refusals, and what a crash leaves. */
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { regionIdentity, type Region } from '../../src/index.ts'
import { encodeCheckpoint } from '../../src/delivery/checkpoint-file.ts'
import { Noted, at } from '../support/api-events.ts'
import { argumentError, refusal } from '../support/api-errors.ts'
import { unix } from '../support/api-platforms.ts'
import { freshDir, openReadOnly, openStore, openUnlocked } from '../support/api-store.ts'
import { codesOf, diskCalls, rig } from '../write/rig.ts'

const NOTES: Region = { kind: Noted }
const GOLDEN =
  '84a8706f736974696f6ecd012ca773746172746564c3af70726f636573735f626f6f745f6e73c0' +
  'af726567696f6e5f6964656e74697479d922656e746974793d617c73636f70653d2a7c666163743d6e6f6e657c636c6f636b3d2a'

/** A store with `count` notes, closed. */
function written(count = 6): string {
  const dataDir = freshDir()
  const store = openStore({ dataDir })
  for (let n = 0; n < count; n += 1) store.append(at('e'), Noted, { n })
  store.close()
  return dataDir
}

function put(dataDir: string, id: string, bytes: Uint8Array): string {
  mkdirSync(join(dataDir, 'cursors'), { recursive: true })
  const path = join(dataDir, 'cursors', `${id}.ckpt`)
  writeFileSync(path, bytes)
  return path
}

describe('a checkpoint', () => {
  it('has the bytes that batpak 0.8.0 writes (R-83)', () => {
    const bytes = encodeCheckpoint(300, 'entity=a|scope=*|fact=none|clock=*')
    expect(Buffer.from(bytes).toString('hex')).toBe(GOLDEN)
  })

  it('is written by commit, durably, and continued by the next cursor of its name (R-83, L-DELIVER)', () => {
    const dataDir = written()
    const store = openStore({ dataDir })
    const cursor = store.cursor(NOTES, { checkpoint: 'mailer' })
    const [first] = cursor.pollBatch(1)
    expect(readdirSync(dataDir)).not.toContain('cursors')
    cursor.commit()
    const file = join(dataDir, 'cursors', 'mailer.ckpt')
    expect(Uint8Array.from(readFileSync(file))).toEqual(
      encodeCheckpoint(first!.sequence, regionIdentity(NOTES)),
    )
    cursor.pollBatch(2) // delivered, not committed
    store.close()
    const next = openStore({ dataDir }).cursor(NOTES, { checkpoint: 'mailer' })
    expect(next.position).toBe(first!.sequence)
    expect(next.poll()?.sequence).toBe(first!.sequence + 1)
    next.rollback()
    expect(next.position).toBe(first!.sequence)
    expect(readdirSync(join(dataDir, 'cursors'))).toEqual(['mailer.ckpt'])
  })

  it('makes the log durable up to its position first, then file, name and directory', () => {
    const { store, platform } = rig({ syncEveryNEvents: 1000 })
    store.append(at('e'), Noted, { n: 1 })
    const cursor = store.cursor(NOTES, { checkpoint: 'c' })
    cursor.poll()
    diskCalls(platform)
    cursor.commit()
    expect(diskCalls(platform)).toEqual([
      'fsync 000001.fbat all',
      expect.stringMatching(/^fsyncDir /),
      'pwrite temp',
      'fsync temp all',
      'rename temp',
      'fsyncDir cursors',
    ])
    cursor.commit()
    expect(diskCalls(platform)).toEqual([]) // nothing was delivered since
    store.append(at('e'), Noted, { n: 2 })
    store.sync()
    cursor.poll()
    diskCalls(platform)
    cursor.commit()
    expect(diskCalls(platform)).toEqual([
      'pwrite temp',
      'fsync temp all',
      'rename temp',
      'fsyncDir cursors',
    ])
  })

  it('begins at the beginning when its file is missing (R-84)', () => {
    const store = openStore({ dataDir: written() })
    expect(store.cursor(NOTES, { checkpoint: 'new' }).position).toBeUndefined()
  })

  it.each([
    ['no MessagePack', Buffer.from([0xc1])],
    ['empty', Buffer.alloc(0)],
    ['cut short', Buffer.from(GOLDEN, 'hex').subarray(0, 40)],
    ['without a position', Buffer.from('81a773746172746564c3', 'hex')],
    ['at a number beyond 2^53', Buffer.from(GOLDEN.replace('cd012c', 'cfffffffffffffffff'), 'hex')],
  ])('that is %s is CursorCheckpointCorrupt, never a rewind (R-84)', (_, bytes) => {
    const dataDir = written()
    const path = put(dataDir, 'bad', bytes)
    const store = openStore({ dataDir })
    const error = refusal('CursorCheckpointCorrupt', () =>
      store.cursor({ entity: 'a' }, { checkpoint: 'bad' }),
    )
    expect(error.path).toBe(path)
    expect(readFileSync(path)).toEqual(bytes)
    // The refused cursor does not hold the name.
    refusal('CursorCheckpointCorrupt', () => store.cursor({ entity: 'a' }, { checkpoint: 'bad' }))
  })

  it('of another region, or of none, is CursorCheckpointRegionMismatch (R-84, R-9)', () => {
    const dataDir = written()
    put(dataDir, 'other', encodeCheckpoint(3, 'entity=a|scope=*|fact=none|clock=*'))
    put(dataDir, 'none', Buffer.from('82a8706f736974696f6e03a773746172746564c3', 'hex'))
    const store = openStore({ dataDir })
    const other = refusal('CursorCheckpointRegionMismatch', () =>
      store.cursor({ entity: 'a', kind: 'any' }, { checkpoint: 'other' }),
    )
    expect(other.stored).toBe('entity=a|scope=*|fact=none|clock=*')
    expect(other.expected).toBe('entity=a|scope=*|fact=any|clock=*')
    const none = refusal('CursorCheckpointRegionMismatch', () =>
      store.cursor({}, { checkpoint: 'none' }),
    )
    expect('stored' in none).toBe(false)
    expect(store.cursor({ entity: 'a' }, { checkpoint: 'other' }).position).toBe(3)
  })

  it('that was not started begins at the beginning, whatever its position', () => {
    const dataDir = written()
    const bytes = Buffer.from(encodeCheckpoint(4, regionIdentity({})))
    bytes[bytes.indexOf(0xc3)] = 0xc2
    put(dataDir, 'unstarted', bytes)
    expect(openStore({ dataDir }).cursor({}, { checkpoint: 'unstarted' }).poll()?.sequence).toBe(0)
  })

  it('ahead of the log is refused: the store is an older copy; unlocked readers may lag behind', () => {
    const dataDir = written()
    const path = put(dataDir, 'ahead', encodeCheckpoint(500, regionIdentity(NOTES)))
    const store = openStore({ dataDir })
    const error = refusal('CursorCheckpointCorrupt', () =>
      store.cursor(NOTES, { checkpoint: 'ahead' }),
    )
    expect(error.message).toContain(path)
    expect(error.message).toMatch(/sequence 500, but the log ends before \d+/)
    store.close()
    const last = openStore({ dataDir })
    const { globalSequence } = last.stats()
    put(dataDir, 'ahead', encodeCheckpoint(globalSequence - 1, regionIdentity(NOTES)))
    expect(last.cursor(NOTES, { checkpoint: 'ahead' }).position).toBe(globalSequence - 1)
    put(dataDir, 'beside', encodeCheckpoint(500, regionIdentity(NOTES)))
    expect(openUnlocked({ dataDir }).cursor(NOTES, { checkpoint: 'beside' }).position).toBe(500)
  })

  it.each([
    ['', 'Empty'],
    ['x'.repeat(1025), 'TooLong'],
    [`${'é'.repeat(512)}x`, 'TooLong'],
    ['a\0\n/|', 'NulByte'],
    ['a\n/|', 'ControlChar'],
    ['a\u007f', 'ControlChar'],
    ['a/b|', 'PathTraversal'],
    ['..|', 'PathTraversal'],
    ['a|b', 'ForbiddenSeparator'],
    ['a=b', 'ForbiddenSeparator'],
  ])('named %j is refused as %s, before anything is read (R-85)', (id, kind) => {
    const store = openStore()
    const error = refusal('CheckpointId', () => store.cursor({}, { checkpoint: id }))
    expect(error.issue.kind).toBe(kind)
    if (error.issue.kind === 'TooLong') {
      expect(error.issue).toEqual({ kind, len: Buffer.byteLength(id), max: 1024 })
    }
  })

  it('may have a name with spaces and of any language, up to what the file system takes (R-85)', () => {
    const { store, dataDir } = rig()
    store.append(at('e'), Noted, { n: 1 })
    const cursor = store.cursor(NOTES, { checkpoint: 'Bestände über Nacht' })
    cursor.poll()
    cursor.commit()
    expect(readdirSync(join(dataDir, 'cursors'))).toEqual(['Bestände über Nacht.ckpt'])
    refusal('InvalidUnicode', () => store.cursor({}, { checkpoint: '\ud800' }))
    expect(argumentError(TypeError, () => store.cursor({}, { checkpoint: 7 as never }))).toMatch(
      /checkpoint/,
    )
    expect(
      argumentError(RangeError, () => store.cursor({ entity: '*' }, { checkpoint: 'x' })),
    ).toMatch(/identity/)
  })

  it('that cannot be written is CheckpointWriteFailed: the position stays uncommitted (R-89)', () => {
    const { store, platform } = rig()
    store.append(at('e'), Noted, { n: 1 })
    const cursor = store.cursor(NOTES, { checkpoint: 'full' })
    const entry = cursor.poll()!
    platform.refuse = ({ name }) => (name === 'rename' ? 'ENOSPC' : undefined)
    const error = refusal('CheckpointWriteFailed', () => cursor.commit())
    expect(error.id).toBe('full')
    expect(codesOf(error)).toEqual(['CheckpointWriteFailed', 'Io', 'ENOSPC'])
    expect(cursor.position).toBe(entry.sequence)
    platform.refuse = undefined
    cursor.commit() // again, and now it works
    cursor.rollback()
    expect(cursor.position).toBe(entry.sequence)
    // Most file systems hold names of 255 bytes: told before anything is handled.
    if (!unix) return
    const long = refusal('Io', () => store.cursor(NOTES, { checkpoint: 'x'.repeat(300) }))
    expect(codesOf(long)).toContain('ENAMETOOLONG')
  })

  it('is not saved past what a failed sync may have lost', () => {
    const { store, platform, dataDir } = rig()
    store.append(at('e'), Noted, { n: 1 })
    const cursor = store.cursor(NOTES, { checkpoint: 'c' })
    cursor.poll()
    platform.refuse = ({ name }) => (name === 'fsync' ? 'EIO' : undefined)
    expect(codesOf(refusal('CheckpointWriteFailed', () => cursor.commit()))).toContain('EIO')
    platform.refuse = undefined
    const again = refusal('CheckpointWriteFailed', () => cursor.commit())
    expect(codesOf(again)[1]).toBe('WriterCrashed')
    expect(readdirSync(dataDir)).not.toContain('cursors')
  })

  it('is read but not written on a store that only reads (D21)', () => {
    const dataDir = written()
    const store = openStore({ dataDir })
    const cursor = store.cursor(NOTES, { checkpoint: 'c' })
    cursor.pollBatch(2)
    cursor.commit()
    store.close()
    for (const open of [openReadOnly, openUnlocked]) {
      const reading = open({ dataDir })
      const one = reading.cursor(NOTES, { checkpoint: 'c' })
      expect(one.position).toBe(cursor.position)
      one.poll()
      expect(refusal('Configuration', () => one.commit()).reason).toMatch(/ReadOnly|Unlocked/)
      // Nothing is written, so several may read it.
      expect(reading.cursor(NOTES, { checkpoint: 'c' }).position).toBe(cursor.position)
      reading.close()
    }
  })

  it('has one owner at a time in a store', () => {
    const store = openStore()
    const one = store.cursor(NOTES, { checkpoint: 'c' })
    expect(refusal('Configuration', () => store.cursor({}, { checkpoint: 'c' })).reason).toMatch(
      /checkpoint c is in use/,
    )
    one[Symbol.dispose]()
    one[Symbol.dispose]()
    const two = store.cursor(NOTES, { checkpoint: 'c' })
    one[Symbol.dispose]() // not its claim any more
    refusal('Configuration', () => store.cursor({}, { checkpoint: 'c' }))
    two[Symbol.dispose]()
  })

  it.skipIf(!unix)('behind a symbolic link is not replaced', () => {
    const { store, dataDir } = rig()
    store.append(at('e'), Noted, { n: 1 })
    const elsewhere = put(dataDir, 'elsewhere', encodeCheckpoint(0, regionIdentity(NOTES)))
    symlinkSync(elsewhere, join(dataDir, 'cursors', 'link.ckpt'))
    const cursor = store.cursor(NOTES, { checkpoint: 'link' })
    cursor.poll()
    expect(codesOf(refusal('CheckpointWriteFailed', () => cursor.commit()))).toContain('EINVAL')
    expect(readFileSync(elsewhere)).toEqual(Buffer.from(encodeCheckpoint(0, regionIdentity(NOTES))))
  })

  it('that is a directory, or may not be read, is Io', () => {
    const { store, dataDir, platform } = rig()
    mkdirSync(join(dataDir, 'cursors', 'dir.ckpt'), { recursive: true })
    refusal('Io', () => store.cursor(NOTES, { checkpoint: 'dir' }))
    put(dataDir, 'secret', encodeCheckpoint(0, regionIdentity(NOTES)))
    platform.refuse = ({ file }) => (file === 'secret.ckpt' ? 'EACCES' : undefined)
    expect(codesOf(refusal('Io', () => store.cursor(NOTES, { checkpoint: 'secret' })))).toContain(
      'EACCES',
    )
  })
})
