/** Profile against host: every difference is found, in canonical order, and nothing else. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compareProfile,
  describeDifferences,
  type PlatformEvidence,
  profileFromEvidence,
  type StorePathEvidence,
} from '../src/index.ts'
import { anyEvidence } from './arbitraries.ts'
import { evidenceWith, unixEvidence, unixProfile } from './hosts.ts'

it('a host equals its own profile, in another process too', () => {
  fc.assert(
    fc.property(anyEvidence, fc.bigInt(), (evidence, processClockEpochMarkerNs) => {
      const host = { ...evidence.host, processClockEpochMarkerNs }
      const profile = { ...profileFromEvidence(evidence), fingerprint_crc32: 0 }
      expect(compareProfile(profile, { ...evidence, host })).toStrictEqual({ equal: true })
    }),
  )
})

it('two hosts are equal exactly if all their evidence is', () => {
  const facts = ({ host, storePath }: PlatformEvidence) =>
    JSON.stringify([host.monotonicClock, ...fieldsOf(storePath)])
  fc.assert(
    fc.property(anyEvidence, anyEvidence, (a, b) => {
      expect(compareProfile(profileFromEvidence(a), b).equal).toBe(facts(a) === facts(b))
    }),
  )
})

describe('a single difference', () => {
  it.each<[path: string, change: Partial<StorePathEvidence>, expected: string, observed: unknown]>([
    ['path_status', { pathStatus: 'UnknownMissing' }, 'ObservedDirectory', 'UnknownMissing'],
    [
      'path_status',
      { pathStatus: { ProbeFailed: { reason: 'x' } } },
      'ObservedDirectory',
      { ProbeFailed: { reason: 'x' } },
    ],
    [
      'active_segment_read',
      { activeSegmentRead: 'LockedSeekRead' },
      'UnixReadAt',
      'LockedSeekRead',
    ],
  ])('in %s of %j', (field, change, expected, observed) => {
    expect(compareProfile(unixProfile, evidenceWith(change))).toStrictEqual({
      equal: false,
      differences: [{ path: `store_path.${field}`, expected, observed }],
    })
  })

  it('in the clock', () => {
    const { storePath, host } = unixEvidence
    const evidence: PlatformEvidence = { storePath, host: { ...host, monotonicClock: 'Unknown' } }
    expect(compareProfile(unixProfile, evidence)).toStrictEqual({
      equal: false,
      differences: [
        {
          path: 'host.monotonic_clock',
          expected: 'ProcessLocalInstantAnchor',
          observed: 'Unknown',
        },
      ],
    })
  })

  it('in the text of a failed probe', () => {
    const failed = (reason: string) => evidenceWith({ pathStatus: { ProbeFailed: { reason } } })
    const profile = profileFromEvidence(failed('Permission denied (os error 13)'))
    expect(compareProfile(profile, failed('Permission denied (os error 13)'))).toStrictEqual({
      equal: true,
    })
    expect(compareProfile(profile, failed('EACCES'))).toStrictEqual({
      equal: false,
      differences: [
        {
          path: 'store_path.path_status',
          expected: { ProbeFailed: { reason: 'Permission denied (os error 13)' } },
          observed: { ProbeFailed: { reason: 'EACCES' } },
        },
      ],
    })
  })

  it('in the version, if a caller brings a profile of another one', () => {
    const other = { ...unixProfile, schema_version: 2 } as unknown as typeof unixProfile
    expect(compareProfile(other, unixEvidence)).toStrictEqual({
      equal: false,
      differences: [{ path: 'schema_version', expected: 2, observed: 1 }],
    })
  })

  it('in an admission that its evidence does not give', () => {
    const { admission } = unixProfile
    const profile = { ...unixProfile, admission: { ...admission, store_lock: 'Rejected' as const } }
    expect(compareProfile(profile, unixEvidence)).toStrictEqual({
      equal: false,
      differences: [
        { path: 'admission.store_lock', expected: 'Rejected', observed: 'AtomicNoFollow' },
      ],
    })
  })
})

const windows = evidenceWith({
  parentDirSync: 'RenameOnly',
  lockLeafSymlinkProtection: 'BestEffortCheckThenOpen',
  activeSegmentRead: 'LockedSeekRead',
})

it('lists all differences in canonical order, admissions last', () => {
  const comparison = compareProfile(unixProfile, windows)
  expect(comparison.equal ? [] : comparison.differences).toStrictEqual([
    { path: 'store_path.parent_dir_sync', expected: 'UnixFsync', observed: 'RenameOnly' },
    {
      path: 'store_path.lock_leaf_symlink_protection',
      expected: 'AtomicNoFollow',
      observed: 'BestEffortCheckThenOpen',
    },
    { path: 'store_path.active_segment_read', expected: 'UnixReadAt', observed: 'LockedSeekRead' },
    {
      path: 'admission.store_lock',
      expected: 'AtomicNoFollow',
      observed: 'BestEffortCheckThenOpen',
    },
    { path: 'admission.parent_dir_sync', expected: 'UnixFsync', observed: 'RenameOnly' },
  ])
})

it('puts paths and variant names into the text of an error', () => {
  const comparison = compareProfile(unixProfile, windows)
  expect(describeDifferences(comparison.equal ? [] : comparison.differences.slice(0, 2))).toBe(
    'store_path.parent_dir_sync is RenameOnly, the profile says UnixFsync; ' +
      'store_path.lock_leaf_symlink_protection is BestEffortCheckThenOpen, ' +
      'the profile says AtomicNoFollow',
  )
  const failed = evidenceWith({ pathStatus: { ProbeFailed: { reason: 'a "b"' } } })
  const withReason = compareProfile(unixProfile, failed)
  expect(withReason.equal ? '' : describeDifferences(withReason.differences)).toBe(
    String.raw`store_path.path_status is {"ProbeFailed":{"reason":"a \"b\""}}, the profile says ObservedDirectory`,
  )
})

it.each([
  ['no profile', undefined, unixEvidence, 'body must be an object'],
  ['no evidence', unixProfile, undefined, 'evidence must be an object'],
])('refuses %s with a TypeError', (_name, profile, evidence, message) => {
  const call = () => compareProfile(profile as never, evidence as never)
  expect(call).toThrow(TypeError)
  expect(call).toThrow(message)
})

function fieldsOf(path: StorePathEvidence): unknown[] {
  return [
    path.pathStatus,
    path.parentDirSync,
    path.lockLeafSymlinkProtection,
    path.mmapIndex,
    path.sealedSegmentMmap,
    path.activeSegmentRead,
  ]
}
