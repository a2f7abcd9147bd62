/** The checks of a decoded profile: each one alone, and their order when several would fail. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  describeIssue,
  parseProfile,
  type ProfileIssue,
  type StorePathStatus,
} from '../src/index.ts'
import { checkProfile } from '../src/validate.ts'
import { type BodyChanges, bodyWith, fileOf, unixProfile, unixText, utf8 } from './hosts.ts'

function issueOf(file: Uint8Array): ProfileIssue | undefined {
  const result = parseProfile(file)
  return result.ok ? undefined : result.issue
}

const rejectedMmap = { mmap_index: 'Rejected', sealed_segment_mmap: 'Rejected' } as const

describe('each rule alone', () => {
  it.each([0, 2, 65535])('schema_version %i is not supported', (observed) => {
    const issue = { kind: 'UnsupportedSchemaVersion', observed, expected: 1 }
    expect(issueOf(fileOf({ schema_version: observed }))).toStrictEqual(issue)
    expect(issueOf(fileOf({ schema_version: observed }, 0))).toStrictEqual(issue)
  })

  it.each([198181093, 198181095, 0, 4294967295])(
    'a fingerprint of %i is not that of the Unix body',
    (observed) => {
      expect(issueOf(fileOf({}, observed))).toStrictEqual({
        kind: 'FingerprintMismatch',
        observed,
        computed: 198181094,
      })
    },
  )

  it('a body that was edited no longer has its fingerprint', () => {
    expect(issueOf(fileOf({ host: { monotonic_clock: 'Unknown' } }, 198181094))?.kind).toBe(
      'FingerprintMismatch',
    )
  })

  it.each<[evidence: string, admission: string]>(
    pairs(
      [
        'AtomicNoFollow',
        'BestEffortCheckThenOpen',
        'Unknown',
        'ObservedUnsupported',
        'ProbeFailed',
      ],
      ['AtomicNoFollow', 'BestEffortCheckThenOpen', 'Rejected'],
    ),
  )('lock evidence %s with admission %s', (evidence, admission) => {
    const file = fileOf({
      store_path: { lock_leaf_symlink_protection: evidence },
      admission: { store_lock: admission },
    } as BodyChanges)
    const admitted = ['AtomicNoFollow', 'BestEffortCheckThenOpen'].includes(evidence)
      ? evidence
      : 'Rejected'
    expect(issueOf(file)).toStrictEqual(
      admission === admitted
        ? undefined
        : { kind: 'InconsistentLockAdmission', admission, evidence },
    )
  })

  it.each<[evidence: string, admission: string]>(
    pairs(
      ['UnixFsync', 'RenameOnly', 'Unknown', 'ProbeFailed'],
      ['UnixFsync', 'RenameOnly', 'Rejected'],
    ),
  )('parent sync evidence %s with admission %s', (evidence, admission) => {
    const file = fileOf({
      store_path: { parent_dir_sync: evidence },
      admission: { parent_dir_sync: admission },
    } as BodyChanges)
    const admitted = ['UnixFsync', 'RenameOnly'].includes(evidence) ? evidence : 'Rejected'
    expect(issueOf(file)).toStrictEqual(
      admission === admitted
        ? undefined
        : { kind: 'InconsistentParentDirSyncAdmission', admission, evidence },
    )
  })

  const mmapEvidence = ['FileBacked', 'Unknown', 'ObservedUnsupported', 'ProbeFailed'] as const

  describe.each(['mmap_index', 'sealed_segment_mmap'] as const)('%s', (field) => {
    it.each<[evidence: string, admission: string]>(pairs(mmapEvidence, ['FileBacked', 'Rejected']))(
      'evidence %s with admission %s',
      (evidence, admission) => {
        const file = fileOf({
          store_path: { [field]: evidence },
          admission: { [field]: admission },
        })
        const consistent = (evidence === 'FileBacked') === (admission === 'FileBacked')
        expect(issueOf(file)).toStrictEqual(
          consistent
            ? undefined
            : { kind: 'InconsistentMmapAdmission', field, admission, evidence },
        )
      },
    )

    it.each<[StorePathStatus, expected: (typeof mmapEvidence)[number]]>([
      ['UnknownMissing', 'Unknown'],
      ['ObservedUnsupportedNotDirectory', 'ObservedUnsupported'],
      [{ ProbeFailed: { reason: 'Permission denied (os error 13)' } }, 'ProbeFailed'],
    ])('of a path that is %j can only be %s', (path_status, expected) => {
      for (const evidence of mmapEvidence) {
        const store_path = {
          path_status,
          mmap_index: expected,
          sealed_segment_mmap: expected,
          [field]: evidence,
        }
        const file = fileOf({
          store_path,
          admission: {
            ...rejectedMmap,
            [field]: evidence === 'FileBacked' ? 'FileBacked' : 'Rejected',
          },
        })
        expect(issueOf(file)).toStrictEqual(
          evidence === expected
            ? undefined
            : { kind: 'InconsistentMmapPath', field, evidence, expected, pathStatus: path_status },
        )
      }
    })
  })

  it.each<[string, BodyChanges]>([
    ['a clock that is not known', { host: { monotonic_clock: 'Unknown' } }],
    ['reads that were not probed', { store_path: { active_segment_read: 'ProbeFailed' } }],
    [
      'two mmap fields that differ',
      { store_path: { mmap_index: 'ProbeFailed' }, admission: { mmap_index: 'Rejected' } },
    ],
    [
      'a lock and a sync that nobody probed, below a missing path',
      {
        store_path: {
          path_status: 'UnknownMissing',
          parent_dir_sync: 'Unknown',
          lock_leaf_symlink_protection: 'Unknown',
          mmap_index: 'Unknown',
          sealed_segment_mmap: 'Unknown',
        },
        admission: { store_lock: 'Rejected', parent_dir_sync: 'Rejected', ...rejectedMmap },
      },
    ],
  ])('no rule speaks against %s', (_name, changes) => {
    expect(issueOf(fileOf(changes))).toBeUndefined()
  })
})

describe('several rules at once: the first in this order is the answer', () => {
  // Each step breaks one more rule, from the last to the first.
  const steps: [kind: string, field: string | undefined, changes: BodyChanges, crc?: number][] = [
    [
      'InconsistentMmapAdmission',
      'sealed_segment_mmap',
      { admission: { sealed_segment_mmap: 'Rejected' } },
    ],
    ['InconsistentMmapAdmission', 'mmap_index', { admission: { mmap_index: 'Rejected' } }],
    [
      'InconsistentMmapPath',
      'sealed_segment_mmap',
      {
        store_path: { path_status: 'UnknownMissing', mmap_index: 'Unknown' },
        admission: { mmap_index: 'FileBacked' },
      },
    ],
    [
      'InconsistentMmapPath',
      'mmap_index',
      { store_path: { mmap_index: 'FileBacked' }, admission: { mmap_index: 'Rejected' } },
    ],
    [
      'InconsistentParentDirSyncAdmission',
      undefined,
      { admission: { parent_dir_sync: 'Rejected' } },
    ],
    ['InconsistentLockAdmission', undefined, { admission: { store_lock: 'Rejected' } }],
    ['FingerprintMismatch', undefined, {}, 7],
    ['UnsupportedSchemaVersion', undefined, { schema_version: 2 }, 7],
  ]
  it.each(steps.map((step, index) => [index, ...step] as const))(
    'with rules 0 to %i broken: %s %s',
    (index, kind, field) => {
      const broken = steps.slice(0, index + 1).map(([, , changes]) => changes)
      const file = fileOf(
        {
          schema_version: Math.max(...broken.map((changes) => changes.schema_version ?? 1)),
          store_path: Object.assign({}, ...broken.map((changes) => changes.store_path)),
          admission: Object.assign({}, ...broken.map((changes) => changes.admission)),
        },
        steps[index]?.[3],
      )
      const issue = issueOf(file)
      expect(issue?.kind).toBe(kind)
      expect(issue && 'field' in issue ? issue.field : undefined).toBe(field)
    },
  )

  it('a file that cannot be decoded is told so, whatever else is wrong', () => {
    const text = new TextDecoder().decode(fileOf({ schema_version: 2 }, 0))
    expect(issueOf(utf8(text.replace('"FileBacked"', '"Mapped"')))?.kind).toBe('DecodeJson')
  })
})

describe('seed case S4, the impossible profile (Q5)', () => {
  const body = JSON.stringify(bodyWith({ store_path: { path_status: 'UnknownMissing' } }))

  it('(a) with all its braces trimmed is not JSON', () => {
    const file = utf8(`${body.replace(/\}+$/, '')},"fingerprint_crc32":4040084275}`)
    expect(issueOf(file)?.kind).toBe('DecodeJson')
  })

  it('(b) correctly closed breaks the rule between path and mmap', () => {
    const file = utf8(`${body.slice(0, -1)},"fingerprint_crc32":4040084275}`)
    expect(issueOf(file)).toStrictEqual({
      kind: 'InconsistentMmapPath',
      field: 'mmap_index',
      evidence: 'FileBacked',
      expected: 'Unknown',
      pathStatus: 'UnknownMissing',
    })
  })
})

it('a text without UTF-8 form, which no file can hold, is FingerprintEncode', () => {
  const body = bodyWith({ store_path: { path_status: { ProbeFailed: { reason: '\ud83d' } } } })
  const result = checkProfile({ ...body, fingerprint_crc32: 0 })
  expect(result).toMatchObject({ ok: false, issue: { kind: 'FingerprintEncode' } })
})

describe('parseProfile', () => {
  it('takes a Buffer, a view into a larger buffer and shared memory', () => {
    const file = utf8(unixText)
    const padded = new Uint8Array(file.length + 20)
    padded.set(file, 10)
    const shared = new Uint8Array(new SharedArrayBuffer(file.length))
    shared.set(file)
    for (const bytes of [Buffer.from(file), padded.subarray(10, -10), shared]) {
      expect(parseProfile(bytes)).toStrictEqual({ ok: true, profile: unixProfile })
    }
  })

  it.each([
    ['a string', unixText, 'string'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'Null'],
    ['an array of numbers', [123, 125], 'Array'],
    ['an ArrayBuffer', new ArrayBuffer(2), 'ArrayBuffer'],
    ['a DataView', new DataView(new ArrayBuffer(2)), 'DataView'],
    ['a Uint16Array', new Uint16Array(2), 'Uint16Array'],
    ['an object that claims to be one', { [Symbol.toStringTag]: 'Uint8Array' }, 'Uint8Array'],
  ])('refuses %s with a TypeError', (_name, bytes, got) => {
    const call = () => parseProfile(bytes as unknown as Uint8Array)
    expect(call).toThrow(TypeError)
    expect(call).toThrow(`bytes must be a Uint8Array, got ${got}`)
  })
})

describe('describeIssue names what was refused, the values and what to do', () => {
  const lock = { admission: 'AtomicNoFollow', evidence: 'Unknown' } as const
  it.each<[string, ProfileIssue | undefined, readonly string[]]>([
    [
      'Io',
      { kind: 'Io', cause: fileError() },
      ['cannot be read', 'ENOENT', 'no-such.profile', 'name a readable file'],
    ],
    ['Io of a cause that is no Error', { kind: 'Io', cause: 'gone' }, ['cannot be read: gone']],
    [
      'DecodeJson',
      issueOf(utf8('{not json')),
      ['cannot be decoded', 'line 1, column 2', 'capture the profile again'],
    ],
    [
      'UnsupportedSchemaVersion',
      issueOf(fileOf({ schema_version: 2 })),
      ['schema_version is 2', 'expected 1', 'capture the profile again'],
    ],
    [
      'FingerprintEncode',
      { kind: 'FingerprintEncode', cause: new TypeError('lone surrogate') },
      ['fingerprint_crc32', 'lone surrogate'],
    ],
    [
      'FingerprintMismatch',
      issueOf(fileOf({}, 5)),
      ['fingerprint_crc32 is 5', '198181094', 'capture the profile again'],
    ],
    [
      'InconsistentLockAdmission',
      { kind: 'InconsistentLockAdmission', ...lock },
      [
        'admission.store_lock',
        'AtomicNoFollow',
        'store_path.lock_leaf_symlink_protection',
        'Unknown',
      ],
    ],
    [
      'InconsistentParentDirSyncAdmission',
      issueOf(fileOf({ admission: { parent_dir_sync: 'RenameOnly' } })),
      ['admission.parent_dir_sync', 'RenameOnly', 'store_path.parent_dir_sync', 'UnixFsync'],
    ],
    [
      'InconsistentMmapPath',
      issueOf(fileOf({ store_path: { path_status: { ProbeFailed: { reason: 'no "x"' } } } })),
      [
        'store_path.mmap_index',
        'FileBacked',
        'path_status',
        String.raw`{"ProbeFailed":{"reason":"no \"x\""}}`,
        'allows only ProbeFailed',
      ],
    ],
    [
      'InconsistentMmapAdmission',
      issueOf(fileOf({ admission: { sealed_segment_mmap: 'Rejected' } })),
      ['admission.sealed_segment_mmap', 'Rejected', 'store_path.sealed_segment_mmap', 'FileBacked'],
    ],
  ])('%s', (name, issue, parts) => {
    expect(issue?.kind).toBe(name.split(' ')[0])
    const text = describeIssue(issue as ProfileIssue)
    for (const part of parts) expect(text).toContain(part)
    expect(text).not.toMatch(/\.$/)
  })

  it('cuts a reason that would fill the screen', () => {
    const pathStatus = { ProbeFailed: { reason: 'x'.repeat(5000) } }
    const text = describeIssue({
      kind: 'InconsistentMmapPath',
      field: 'mmap_index',
      evidence: 'Unknown',
      expected: 'ProbeFailed',
      pathStatus,
    })
    expect(text.length).toBeLessThan(400)
    expect(text).toContain('xxx…')
  })

  it('refuses a kind it does not know', () => {
    const unknown = { kind: 'Other' } as unknown as ProfileIssue
    expect(() => describeIssue(unknown)).toThrow('unknown profile issue: {"kind":"Other"}')
  })
})

function fileError(): unknown {
  try {
    return readFileSync('no-such.profile')
  } catch (error) {
    return error
  }
}

function pairs<A extends string, B extends string>(a: readonly A[], b: readonly B[]): [A, B][] {
  return a.flatMap((left) => b.map((right): [A, B] => [left, right]))
}
