/**
 * A crash, or a failing disk, at every step of a heal.
 * Harness pattern: Fault-Injection Harness.
 * PROVES: whatever file-system call of a healing open fails for good, the next open gives the same
 *   rows and finishes the heal, and the cut bytes are saved before they are cut.
 * CATCHES: a truncation before its copy is durable, a heal that is only right the first time, a new
 *   segment before the heals.
 * SEEDED: no randomness; every call index is tried.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodePlatform, type PlatformBackend, type PlatformFs } from '@batpak/platform'
import { describe, expect, it } from 'vitest'
import { Store, isStoreError, type Heal } from '../../src/index.ts'
import { abandon } from '../../src/testing.ts'
import { mp } from '../support/raw-msgpack.ts'
import { beginFrame, eventFrame, segmentBytes } from '../support/raw-segment.ts'
import { killedStore, observe, put, segment } from '../support/recovery.ts'
import { copyOf, filesIn } from '../support/scratch.ts'
import { crc32 } from 'node:zlib'

/** The calls that change something; the numbers of the descriptors are replaced by names. */
const CHANGING = ['open', 'pwrite', 'ftruncate', 'fsync', 'fsyncDir', 'rename', 'unlink'] as const

interface Recording {
  readonly platform: PlatformBackend
  readonly calls: string[]
}

/** A platform that records changing calls, and on which every one from number `failAt` on fails. */
function recording(failAt = Infinity): Recording {
  const real = nodePlatform()
  const calls: string[] = []
  const names = new Map<number, string>()
  const guarded = (name: string, call: string, run: () => unknown): unknown => {
    calls.push(call)
    if (calls.length <= failAt) return run()
    throw Object.assign(new Error(`injected: ${name}`), { code: 'EIO', syscall: name })
  }
  const fs: PlatformFs = { ...real.fs }
  for (const name of CHANGING) {
    const original = real.fs[name] as (...args: unknown[]) => unknown
    const replaced = (...args: unknown[]): unknown => {
      if (name === 'open' && args[1] !== 'create-new' && args[1] !== 'read-write')
        return original(...args)
      const subject =
        typeof args[0] === 'number' ? (names.get(args[0]) ?? '?') : short(args[0] as string)
      return guarded(name, `${name} ${subject}`, () => {
        const result = original(...args)
        if (name === 'open') names.set(result as number, subject)
        return result
      })
    }
    Object.assign(fs, { [name]: replaced })
  }
  return { platform: { ...real, fs }, calls }
}

function short(path: string): string {
  return path.replace(/^.*\/store\/?/, '').replace(/\.tmp\w+/, '.tmp') || '.'
}

/** A torn frame, an open batch, a short header, and a hidden range too far: every heal at once. */
function damagedStore(): string {
  const dir = killedStore(2)
  put(dir, Buffer.concat([segment(dir), eventFrame({ eventId: 9n }).subarray(0, 99)]))
  put(
    dir,
    Buffer.concat([segmentBytes(2, eventFrame({ eventId: 8n, entity: 'b' })), beginFrame(2)]),
    2,
  )
  put(dir, Buffer.from('FBAT\0\0'), 3)
  const body = mp({
    map: [
      [
        'ranges',
        [
          {
            map: [
              ['start', 1],
              ['end', 2],
            ],
          },
          {
            map: [
              ['start', 4],
              ['end', 8],
            ],
          },
        ],
      ],
    ],
  })
  const head = Buffer.from('FBATVR\x01\0....', 'latin1')
  head.writeUInt32LE(crc32(body), 8)
  writeFileSync(join(dir, 'visibility_ranges.fbv'), Buffer.concat([head, body]))
  return dir
}

describe('a heal that is interrupted', () => {
  it('at any call is finished by the next open: same rows, every cut byte saved (D6)', () => {
    const dir = damagedStore()
    const { rows, healed } = observe(dir)
    expect(healed.map((heal) => heal.reason)).toEqual([
      'TornTail',
      'OpenBatch',
      'ShortHeader',
      'HiddenRangesBeyondLog',
    ])
    const original = filesIn(dir)
    let failAt = 0
    for (; failAt < 200; failAt += 1) {
      const store = copyOf(dir)
      const failed = openFails(store, recording(failAt).platform)
      if (!failed) break
      expect(observe(store).rows.slice(0, rows.length), `after call ${failAt}`).toEqual(rows)
      abandon(Store.open({ dataDir: store }))
      const seen = observe(store)
      expect(seen.healed).toEqual([])
      expect(seen.rows.slice(0, rows.length)).toEqual(rows)
      expectSaved(store, original, healed)
    }
    expect(failAt).toBeGreaterThan(20)
  })
})

describe('the calls of a heal', () => {
  it('save the bytes durably, then cut and sync, segment by segment, before the new segment (D6, D7)', () => {
    const dir = damagedStore()
    const { platform, calls } = recording()
    const store = Store.open({ dataDir: dir, platform })
    const replaceFile = ['open .tmp', 'pwrite .tmp', 'fsync .tmp', 'rename .tmp', 'fsyncDir .']
    const cut = (segment: string, offset: number): string[] => [
      `open ${segment}`,
      ...replaceFile,
      ...(offset > 0
        ? [`ftruncate ${segment}`, `fsync ${segment}`]
        : [`unlink ${segment}`, 'fsyncDir .']),
    ]
    const { healed } = store.diagnostics().openReport
    const newRanges = replaceFile
    const newSegment = replaceFile
    const expected = [
      ...cut('000001.fbat', healed[0]!.offset),
      ...cut('000002.fbat', healed[1]!.offset),
      ...cut('000003.fbat', 0),
      ...newRanges,
      ...newSegment,
    ]
    expect(calls.slice(0, expected.length)).toEqual(expected)
    store.close()
  })

  it('are none on a read-only open', () => {
    for (const how of ['openReadOnly', 'openUnlocked'] as const) {
      const { platform, calls } = recording()
      Store[how]({ dataDir: damagedStore(), platform }).close()
      expect(calls).toEqual([])
    }
  })
})

function openFails(dir: string, platform: PlatformBackend): boolean {
  try {
    abandon(Store.open({ dataDir: dir, platform }))
    return false
  } catch (error) {
    expect(isStoreError(error, 'Io'), String(error)).toBe(true)
    return true
  }
}

function expectSaved(
  dir: string,
  original: Readonly<Record<string, string>>,
  healed: readonly Heal[],
): void {
  const files = filesIn(dir)
  for (const { segmentId, reason, offset } of healed) {
    if (reason === 'HiddenRangesBeyondLog') continue
    const name = `${String(segmentId).padStart(6, '0')}.fbat`
    expect(files[`${name}.healed-${offset}`]).toBe(original[name]!.slice(offset * 2))
  }
}
