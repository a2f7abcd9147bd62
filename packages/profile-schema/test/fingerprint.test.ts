/** The fingerprint is the CRC-32 of the canonical body, whatever object it is computed from. */
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fingerprint, type ProfileBody } from '../src/index.ts'
import { wellFormedText } from './arbitraries.ts'
import { type BodyChanges, bodyWith, unixProfile, utf8 } from './hosts.ts'

const bothMmap = (value: 'Unknown' | 'ObservedUnsupported' | 'ProbeFailed') => ({
  mmap_index: value,
  sealed_segment_mmap: value,
})
const rejected = { mmap_index: 'Rejected', sealed_segment_mmap: 'Rejected' } as const
const failed = (reason: string): BodyChanges => ({
  store_path: { path_status: { ProbeFailed: { reason } }, ...bothMmap('ProbeFailed') },
  admission: rejected,
})

const vectors: readonly [name: string, changes: BodyChanges, bytes: number, crc: number][] = [
  ['the Unix body', {}, 433, 198181094],
  [
    'the Windows body',
    {
      store_path: {
        parent_dir_sync: 'RenameOnly',
        lock_leaf_symlink_protection: 'BestEffortCheckThenOpen',
        active_segment_read: 'LockedSeekRead',
      },
      admission: { parent_dir_sync: 'RenameOnly', store_lock: 'BestEffortCheckThenOpen' },
    },
    457,
    352735033,
  ],
  [
    'a host that cannot map',
    { store_path: bothMmap('ObservedUnsupported'), admission: rejected },
    447,
    1810418857,
  ],
  [
    'a missing path',
    {
      store_path: { path_status: 'UnknownMissing', ...bothMmap('Unknown') },
      admission: rejected,
    },
    420,
    2024719236,
  ],
  [
    'an impossible body: missing path, mapped files',
    { store_path: { path_status: 'UnknownMissing' } },
    430,
    4040084275,
  ],
  [
    'a read-only directory',
    { store_path: bothMmap('ProbeFailed'), admission: rejected },
    431,
    905433382,
  ],
  [
    'a path that is no directory',
    {
      store_path: {
        path_status: 'ObservedUnsupportedNotDirectory',
        ...bothMmap('ObservedUnsupported'),
      },
      admission: rejected,
    },
    461,
    4260237164,
  ],
  ['a failed path probe', failed('Permission denied (os error 13)'), 472, 3795425252],
  [
    'a reason with controls, quotes and non-ASCII characters',
    failed('\u0001\n"\\é/\u{1F600}\u007F\u2028'),
    464,
    510426422,
  ],
  ['a body of version 2', { schema_version: 2 }, 433, 2528326025],
]

describe('the ten vectors of batpak 0.8.0', () => {
  it.each(vectors)('%s', (_name, changes, bytes, crc) => {
    const body = bodyWith(changes)
    const text = JSON.stringify(body)
    expect(utf8(text).length).toBe(bytes)
    expect(crc32(text)).toBe(crc)
    expect(fingerprint(body)).toBe(crc)
  })
})

it('is the same whatever the order of the keys and whatever else the object holds', () => {
  const shuffled = (record: object) =>
    fc
      .shuffledSubarray(Object.entries(record), { minLength: Object.keys(record).length })
      .map((entries) => Object.fromEntries(entries) as object)
  const { store_path, admission } = unixProfile
  fc.assert(
    fc.property(shuffled(store_path), shuffled(admission), fc.string(), (path, grants, extra) => {
      const body = {
        fingerprint_crc32: 1,
        admission: { [`x${extra}`]: extra, ...grants },
        store_path: { ...path, [`x${extra}`]: extra },
        host: { [`x${extra}`]: extra, ...unixProfile.host },
        [`x${extra}`]: extra,
        schema_version: 1,
      }
      expect(fingerprint(body as unknown as ProfileBody)).toBe(198181094)
    }),
    { numRuns: 50 },
  )
})

it('agrees with zlib for every reason that has a UTF-8 form', () => {
  fc.assert(
    fc.property(wellFormedText, (reason) => {
      const body = bodyWith(failed(reason))
      expect(fingerprint(body)).toBe(crc32(JSON.stringify(body)))
    }),
  )
})

it.each([
  ['no body', undefined, 'body must be an object, got undefined'],
  ['no host', { ...unixProfile, host: undefined }, 'host must be an object, got undefined'],
  [
    'a field that is missing',
    { ...unixProfile, admission: { ...unixProfile.admission, mmap_index: undefined } },
    'admission.mmap_index must be a string, got undefined',
  ],
  [
    'a path status of null',
    { ...unixProfile, store_path: { ...unixProfile.store_path, path_status: null } },
    'store_path.path_status must be an object, got null',
  ],
  [
    'a failed probe without its reason',
    {
      ...unixProfile,
      store_path: { ...unixProfile.store_path, path_status: { ProbeFailed: {} } },
    },
    'store_path.path_status.ProbeFailed.reason must be a string, got undefined',
  ],
  [
    'a version that is no integer',
    { ...unixProfile, schema_version: Number.NaN },
    'schema_version must be an integer, got NaN',
  ],
  [
    'a lone surrogate',
    bodyWith(failed('ab\ud83d')),
    'store_path.path_status.ProbeFailed.reason has a lone surrogate at index 2',
  ],
])('refuses %s with a TypeError that names the field', (_name, body, message) => {
  expect(() => fingerprint(body as unknown as ProfileBody)).toThrow(TypeError)
  expect(() => fingerprint(body as unknown as ProfileBody)).toThrow(message)
})
