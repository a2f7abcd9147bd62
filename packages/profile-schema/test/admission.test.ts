/** Evidence → admission, complete: every input of every family, and that families do not mix. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { admissionFor } from '../src/evidence.ts'
import { anyEvidence } from './arbitraries.ts'
import { evidenceWith } from './hosts.ts'

const unix = {
  storeLock: 'AtomicNoFollow',
  parentDirSync: 'UnixFsync',
  mmapIndex: 'FileBacked',
  sealedSegmentMmap: 'FileBacked',
}

describe('admissionFor', () => {
  it.each([
    ['AtomicNoFollow', 'AtomicNoFollow'],
    ['BestEffortCheckThenOpen', 'BestEffortCheckThenOpen'],
    ['Unknown', 'Rejected'],
    ['ObservedUnsupported', 'Rejected'],
    ['ProbeFailed', 'Rejected'],
  ] as const)('lock evidence %s admits %s and nothing else moves', (evidence, admission) => {
    const admitted = admissionFor(evidenceWith({ lockLeafSymlinkProtection: evidence }))
    expect(admitted).toStrictEqual({ ...unix, storeLock: admission })
  })

  it.each([
    ['UnixFsync', 'UnixFsync'],
    ['RenameOnly', 'RenameOnly'],
    ['Unknown', 'Rejected'],
    ['ProbeFailed', 'Rejected'],
  ] as const)('parent sync evidence %s admits %s and nothing else moves', (evidence, admission) => {
    const admitted = admissionFor(evidenceWith({ parentDirSync: evidence }))
    expect(admitted).toStrictEqual({ ...unix, parentDirSync: admission })
  })

  describe.each(['mmapIndex', 'sealedSegmentMmap'] as const)('%s', (field) => {
    it.each([
      ['FileBacked', 'FileBacked'],
      ['Unknown', 'Rejected'],
      ['ObservedUnsupported', 'Rejected'],
      ['ProbeFailed', 'Rejected'],
    ] as const)('evidence %s admits %s and nothing else moves', (evidence, admission) => {
      const admitted = admissionFor(evidenceWith({ [field]: evidence }))
      expect(admitted).toStrictEqual({ ...unix, [field]: admission })
    })
  })

  it('decides each family from its own evidence alone', () => {
    fc.assert(
      fc.property(anyEvidence, anyEvidence, ({ storePath: a }, { storePath: b }) => {
        const of = (storePath: typeof a) => admissionFor({ storePath })
        expect(of({ ...b, lockLeafSymlinkProtection: a.lockLeafSymlinkProtection }).storeLock).toBe(
          of(a).storeLock,
        )
        expect(of({ ...b, parentDirSync: a.parentDirSync }).parentDirSync).toBe(of(a).parentDirSync)
        expect(of({ ...b, mmapIndex: a.mmapIndex }).mmapIndex).toBe(of(a).mmapIndex)
        expect(of({ ...b, sealedSegmentMmap: a.sealedSegmentMmap }).sealedSegmentMmap).toBe(
          of(a).sealedSegmentMmap,
        )
      }),
    )
  })

  it.each([
    [{ pathStatus: 'UnknownMissing' }],
    [{ pathStatus: { ProbeFailed: { reason: 'x' } } }],
    [{ activeSegmentRead: 'ProbeFailed' }],
  ] as const)('is not moved by %j', (change) => {
    expect(admissionFor(evidenceWith(change))).toStrictEqual(unix)
  })

  it.each([
    [evidenceWith({ mmapIndex: 'filebacked' as 'FileBacked' }), /mmapIndex must be .*"filebacked"/],
    [evidenceWith({ sealedSegmentMmap: undefined as never }), /sealedSegmentMmap must be one of/],
    [evidenceWith({ parentDirSync: 'Unixfsync' as 'UnixFsync' }), /parentDirSync must be one of/],
    [evidenceWith({ lockLeafSymlinkProtection: 'constructor' as never }), /lockLeafSymlink.* must/],
    [{}, /evidence\.storePath must be an object, got undefined/],
    [undefined, /evidence must be an object, got undefined/],
    [evidenceWith({}).storePath, /evidence\.storePath must be an object/],
  ])('refuses what is no evidence, by name: %#', (evidence, message) => {
    const call = (): unknown => admissionFor(evidence as never)
    expect(call).toThrow(TypeError)
    expect(call).toThrow(message)
  })
})
